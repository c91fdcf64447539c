import { createCallLog, type RecordedCall } from '../stand-in.ts';
import { accessRequestRoutes } from './access-requests.ts';
import { attributeRoutes } from './attributes.ts';
import { catalogueRoutes } from './catalogue.ts';
import { answerControl, apiPrefix, controlPrefix } from './control.ts';
import { groupRoutes } from './groups.ts';
import { createHandChanges } from './hand.ts';
import { inviteRoutes } from './invites.ts';
import { memberRoutes } from './members.ts';
import type { Organization } from './organization.ts';
import { permissionRoutes } from './permissions.ts';
import { createQuota, type Quota } from './quota.ts';
import { Refusal, refused, toResponse, type Reply } from './reply.ts';
import { readJson, readQuery } from './request.ts';
import { checkParameters, matchRoute, type Route } from './route.ts';
import { seedOrganization } from './seed.ts';
import { stateOf } from './state.ts';
import type { RetoolSandbox, RetoolSandboxOptions } from './types.ts';
import { userRoutes } from './users.ts';

export type * from './types.ts';
export type * from './wire.ts';

const routes: readonly Route[] = [
  ...userRoutes,
  ...attributeRoutes,
  ...groupRoutes,
  ...memberRoutes,
  ...inviteRoutes,
  ...accessRequestRoutes,
  ...permissionRoutes,
  ...catalogueRoutes,
];

/** A request as it arrived, read to its end. */
interface Arrival {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly method: string;
  readonly url: URL;
  readonly authorization: string | null;
  readonly contentType: string | null;
  readonly text: string | null;
}

interface Parts {
  readonly options: RetoolSandboxOptions;
  readonly org: Organization;
  readonly quota: Quota;
}

/**
 * A strict, stateful stand-in of one Retool organisation behind REST API v2 (spec 2.12.0). It keeps its
 * state in memory, checks everything a request carries and refuses with `{success: false, message}`
 * before it changes anything. A route is carried out in one step, so requests cannot interleave.
 */
export function createRetoolSandbox(options: RetoolSandboxOptions): RetoolSandbox {
  if (options.pageLimit !== undefined && options.pageLimit < 1)
    throw new Error('pageLimit must be at least 1');
  const org = seedOrganization(options.seed ?? {}, options.token, options.now());
  const parts: Parts = { options, org, quota: createQuota(options.requestsPerMinute) };
  const log = createCallLog();
  return {
    log,
    state: () => stateOf(org),
    hand: createHandChanges(org, options.now),
    async fetch(request) {
      const arrival = await readArrival(request, options.now());
      const { method, url } = arrival;
      if (url.pathname.startsWith(controlPrefix)) {
        return toResponse(answerControl(method, url.pathname, log, routes));
      }
      const { reply, headers } = answer(parts, arrival);
      log.record(recordOf(arrival, reply));
      return toResponse(reply, headers);
    },
  };
}

async function readArrival(request: Request, at: number): Promise<Arrival> {
  const text = await request.text();
  return {
    at,
    method: request.method,
    url: new URL(request.url),
    authorization: request.headers.get('authorization'),
    contentType: request.headers.get('content-type'),
    text: text === '' ? null : text,
  };
}

function recordOf({ at, method, url, text }: Arrival, reply: Reply): RecordedCall {
  return { at, method, path: url.pathname, query: url.search.slice(1), status: reply.status, body: text };
}

interface Answer {
  readonly reply: Reply;
  readonly headers?: Readonly<Record<string, string>>;
}

function answer(parts: Parts, arrival: Arrival): Answer {
  const { method, url } = arrival;
  // The version probe lies outside the API: it needs no token and takes no place in the quota.
  if (method === 'GET' && url.pathname === '/api/checkHealth') {
    return { reply: { status: 200, body: { version: parts.options.version ?? '3.334.0' } } };
  }
  if (!url.pathname.startsWith(`${apiPrefix}/`))
    return { reply: refused(404, `Cannot ${method} ${url.pathname}`) };
  const decision = parts.quota.take(arrival.at);
  if (decision.kind === 'granted') return { reply: answerApi(parts, arrival) };
  const reply = refused(429, 'Too many requests');
  if (parts.options.retryAfter !== 'seconds') return { reply };
  return { reply, headers: { 'retry-after': String(Math.ceil(decision.retryAfterMs / 1000)) } };
}

function answerApi(parts: Parts, arrival: Arrival): Reply {
  try {
    return carryOut(parts, arrival);
  } catch (error) {
    if (error instanceof Refusal) return refused(error.status, error.message);
    throw error;
  }
}

function carryOut({ options, org }: Parts, arrival: Arrival): Reply {
  const { at, method, url, text } = arrival;
  if (!isBearer(arrival.authorization, options.token)) throw new Refusal(401, 'Authentication failure');
  const match = matchRoute(routes, method, url.pathname.slice(apiPrefix.length));
  if (match === undefined) throw new Refusal(404, `Cannot ${method} ${url.pathname}`);
  const { route } = match;
  if (options.plan === 'business' && route.plan !== 'business') {
    throw new Refusal(403, 'this API endpoint is not available on your plan');
  }
  const params = checkParameters(match.params);
  const query = readQuery(url.searchParams, route.query);
  if (route.body === undefined && text !== null) throw new Refusal(400, `${method} takes no body here`);
  const body = route.body === 'json' ? readJson(text, arrival.contentType) : undefined;
  return route.handle({ org, now: at, params, query, body, pageLimit: options.pageLimit });
}

function isBearer(authorization: string | null, token: string): boolean {
  const [scheme = '', credentials, ...more] = (authorization ?? '').split(' ');
  return scheme.toLowerCase() === 'bearer' && credentials === token && more.length === 0;
}
