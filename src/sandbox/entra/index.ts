import { recordingFetch } from '../recording-fetch.ts';
import type { Intercept, ReceivedCall } from '../recording-fetch.ts';
import { createCallLog } from '../stand-in.ts';
import type { StandIn } from '../stand-in.ts';
import type { World } from '../world/types.ts';
import { createEntraAdmin } from './admin.ts';
import type { EntraAdmin } from './admin.ts';
import { accessDenied, faultAnswer, GraphFault, invalidToken, noSuchSegment, badRequest } from './answers.ts';
import type { GraphAnswer } from './answers.ts';
import { answerBatch } from './batch.ts';
import type { GraphRequest } from './batch.ts';
import { createDeltaQueries } from './delta.ts';
import type { DeltaHabits, DeltaQueries } from './delta.ts';
import { createEntraLogin } from './login.ts';
import type { EntraClient, EntraLogin } from './login.ts';
import { noQuery, readQuery } from './query.ts';
import { answerRoute, findRoute } from './routes.ts';
import { createEntraTenant } from './tenant.ts';
import type { EntraTenant } from './tenant.ts';
import { createThrottle } from './throttle.ts';
import type { Throttle } from './throttle.ts';

export type { DeltaHabits } from './delta.ts';
export type { EntraAdmin } from './admin.ts';
export type { EntraClient } from './login.ts';

/** How the Graph and login stand-in behaves and what its tenant holds at first. */
export interface EntraSandboxOptions extends EntraClient {
  readonly world: World;
  /** The server's clock, epoch milliseconds. */
  readonly now: () => number;
  /** Default 3599, as the real service says. */
  readonly tokenLifetimeSeconds?: number;
  /** Requests to Graph in ten seconds, each step of a batch counted; default `unlimited`. */
  readonly requestsPer10Seconds?: number | 'unlimited';
  /** What an administrator consented to; default all that reading people, groups and assignments needs. */
  readonly permissions?: readonly string[];
  readonly delta?: DeltaHabits;
  readonly intercept?: Intercept;
}

/** An Entra tenant in this process: Graph under `/v1.0`, and the token endpoint beside it. */
export interface EntraSandbox extends StandIn {
  readonly admin: EntraAdmin;
}

const READING = ['User.Read.All', 'GroupMember.Read.All', 'Application.Read.All', 'Organization.Read.All'];

/**
 * Answers the read side of Microsoft Graph's directory, and client credentials, as a `fetch` handler.
 * It is stricter than Graph where that finds mistakes: a query option it does not know is 400.
 */
export function createEntraSandbox(options: EntraSandboxOptions): EntraSandbox {
  const { world, now, tokenLifetimeSeconds = 3599 } = options;
  const tenant = createEntraTenant(world, options.tenantId);
  const delta = createDeltaQueries(tenant, options.delta ?? {}, now);
  const login = createEntraLogin(options, { now, tokenLifetimeSeconds });
  const graph = createGraph({
    tenant,
    delta,
    login,
    now,
    throttle: createThrottle(options.requestsPer10Seconds ?? 'unlimited', now),
    permissions: new Set(options.permissions ?? READING),
  });
  const log = createCallLog();
  const answer = (call: ReceivedCall): Response => {
    const response = login.answer(call) ?? graph(call);
    response.headers.set('Date', new Date(now()).toUTCString());
    return response;
  };
  return {
    fetch: recordingFetch({ answer, intercept: options.intercept, now, log }),
    log,
    admin: createEntraAdmin(tenant, now, delta.reset),
  };
}

interface GraphParts {
  readonly tenant: EntraTenant;
  readonly delta: DeltaQueries;
  readonly login: EntraLogin;
  readonly now: () => number;
  readonly throttle: Throttle;
  readonly permissions: ReadonlySet<string>;
}

function createGraph(parts: GraphParts): (call: ReceivedCall) => Response {
  let answered = 0;
  return (call) => {
    answered += 1;
    const requestId = `00000000-0000-4000-8000-${String(answered).padStart(12, '0')}`;
    const refuse = (error: unknown): GraphAnswer => {
      if (!(error instanceof GraphFault)) throw error;
      return faultAnswer(error, { requestId, now: parts.now() });
    };
    const { status, headers, body } = attempt(() => answerCall(call, parts, refuse), refuse);
    return new Response(JSON.stringify(body), {
      status,
      headers: { ...headers, 'request-id': requestId, 'client-request-id': requestId },
    });
  };
}

type Refuse = (error: unknown) => GraphAnswer;

function attempt(answer: () => GraphAnswer, refuse: Refuse): GraphAnswer {
  try {
    return answer();
  } catch (error) {
    return refuse(error);
  }
}

function answerCall(call: ReceivedCall, parts: GraphParts, refuse: Refuse): GraphAnswer {
  const { url, method, headers, body } = call;
  const [, version = '', path = ''] = /^\/([^/]*)(.*)$/.exec(url.pathname) ?? [];
  checkToken(headers.get('Authorization'), parts.login);
  if (version !== 'v1.0') throw badRequest(`Invalid version: ${version}`);
  const answerOne = (request: GraphRequest): GraphAnswer =>
    attempt(() => answerRequest(request, parts), refuse);
  if (path === '/$batch' && method === 'POST') {
    return answerBatch({ origin: url.origin, body }, answerOne, refuse);
  }
  const consistencyLevel = headers.get('ConsistencyLevel');
  return answerOne({ method, origin: url.origin, path, search: url.searchParams, consistencyLevel });
}

function checkToken(authorization: string | null, login: EntraLogin): void {
  const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw invalidToken('Access token is empty.');
  const verdict = login.judge(token);
  if (verdict === 'expired') throw invalidToken('Lifetime validation failed, the token is expired.');
  if (verdict === 'unknown') throw invalidToken('Access token validation failure.');
}

function answerRequest(request: GraphRequest, parts: GraphParts): GraphAnswer {
  parts.throttle.take();
  const { origin, path, search } = request;
  const route = findRoute(path);
  if (route === undefined) throw noSuchSegment(path.slice(1));
  if (request.method !== 'GET') {
    const message = 'Specified HTTP method is not allowed for the request target.';
    throw new GraphFault({ status: 405, code: 'Request_BadRequest', message });
  }
  if (!route.permissions.some((permission) => parts.permissions.has(permission))) throw accessDenied();
  const { consistencyLevel } = request;
  const query =
    route.options === 'own' ? noQuery : readQuery(search, { options: route.options, consistencyLevel });
  return answerRoute(route, {
    origin,
    path,
    search,
    query,
    tenant: parts.tenant,
    delta: parts.delta,
    permissions: parts.permissions,
  });
}
