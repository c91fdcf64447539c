import { recordingFetch } from '../recording-fetch.ts';
import type { Intercept, ReceivedCall } from '../recording-fetch.ts';
import { createCallLog } from '../stand-in.ts';
import type { StandIn } from '../stand-in.ts';
import type { World } from '../world/types.ts';
import { createOktaAdmin } from './admin.ts';
import type { OktaAdmin } from './admin.ts';
import {
  faultBody,
  invalid,
  invalidToken,
  json,
  notFound,
  OktaFault,
  tooManyRequests,
  wrongMethod,
} from './answers.ts';
import { createOktaDirectory } from './directory.ts';
import type { OktaDirectory } from './directory.ts';
import { createRateLimits, DEFAULT_LIMIT, limitHeaders } from './limits.ts';
import type { OktaBucket, OktaLimits } from './limits.ts';
import { createOktaAuthorisation } from './oauth.ts';
import type { OktaAuthorisation, OktaServiceApp, ServiceAccess } from './oauth.ts';
import { ROUTES } from './routes.ts';
import type { OktaRoute } from './routes.ts';

export type { OktaAdmin } from './admin.ts';
export type { OktaBucket, OktaLimits } from './limits.ts';
export type { OktaServiceApp } from './oauth.ts';

/** How the Okta stand-in behaves and what it holds at first. */
export interface OktaSandboxOptions {
  readonly world: World;
  /** The API token that `Authorization: SSWS …` must carry. */
  readonly token: string;
  /** The server's clock, epoch milliseconds. */
  readonly now: () => number;
  /** Requests a minute by bucket; default 600 each. */
  readonly limits?: OktaLimits;
  /** A service app that may fetch Bearer tokens; without one the token endpoint refuses everybody. */
  readonly serviceApp?: OktaServiceApp;
  readonly intercept?: Intercept;
}

/** An Okta organisation in this process. */
export interface OktaSandbox extends StandIn {
  readonly admin: OktaAdmin;
}

/**
 * Answers the read side of Okta's management API as a `fetch` handler. It is stricter than Okta where
 * that finds mistakes: an unknown or repeated query parameter, or a limit out of bounds, is 400.
 */
export function createOktaSandbox(options: OktaSandboxOptions): OktaSandbox {
  const { world, token, now } = options;
  const directory = createOktaDirectory(world);
  const limits = createRateLimits(options.limits ?? DEFAULT_LIMIT, now);
  const authorisation = createOktaAuthorisation(options.serviceApp, { now, secret: token });
  const log = createCallLog();
  let answered = 0;
  const answer = (call: ReceivedCall): Response => {
    const requestId = `req${String((answered += 1)).padStart(9, '0')}`;
    const { bucket, respond } = direct(call, { directory, authorisation, token });
    const state = limits.take(bucket);
    const response = state.allowed ? guarded(respond, requestId) : guarded(refuseAsTooMany, requestId);
    const headers = {
      ...limitHeaders(state),
      Date: new Date(now()).toUTCString(),
      'X-Okta-Request-Id': requestId,
    };
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    return response;
  };
  return {
    fetch: recordingFetch({ answer, intercept: options.intercept, now, log }),
    log,
    admin: createOktaAdmin(directory, now),
  };
}

interface OktaParts {
  readonly directory: OktaDirectory;
  readonly authorisation: OktaAuthorisation;
  readonly token: string;
}

/** Finds the bucket a request draws on, and what would answer it. */
function direct(
  call: ReceivedCall,
  parts: OktaParts,
): { readonly bucket: OktaBucket; readonly respond: () => Response } {
  const { url, method, headers, body } = call;
  if (url.pathname === '/oauth2/v1/token') {
    const contentType = headers.get('Content-Type');
    const respond = (): Response => {
      if (method !== 'POST') throw wrongMethod();
      return parts.authorisation.answerToken({ url, contentType, body });
    };
    return { bucket: 'token', respond };
  }
  const route = ROUTES.find(({ path }) => path.test(url.pathname));
  return { bucket: route?.bucket ?? 'other', respond: () => answerRoute(call, route, parts) };
}

function answerRoute(call: ReceivedCall, route: OktaRoute | undefined, parts: OktaParts): Response {
  const { url, headers } = call;
  const access = accessOf(headers.get('Authorization'), parts);
  if (route === undefined) throw notFound(url.pathname, 'Endpoint');
  if (call.method !== 'GET') throw wrongMethod();
  if (access !== 'everything' && !access.scopes.has(route.scope)) return insufficientScope(url, route.scope);
  checkParameters(url.searchParams, route.parameters);
  const context = {
    url,
    query: url.searchParams,
    contentType: headers.get('Content-Type'),
    directory: parts.directory,
    seesUsers: access === 'everything' || access.adminRole === 'granted',
  };
  return route.answer(context, decodeId(route.path.exec(url.pathname)?.[1] ?? ''));
}

/** An API token carries all its owner's rights; a Bearer token only its scopes. */
function accessOf(
  authorization: string | null,
  { authorisation, token }: OktaParts,
): ServiceAccess | 'everything' {
  const [, scheme = '', value = ''] = /^(\S+) (\S+)$/.exec(authorization ?? '') ?? [];
  if (scheme === 'SSWS' && value === token) return 'everything';
  const access = scheme === 'Bearer' ? authorisation.accessOf(value) : undefined;
  if (access === undefined) throw invalidToken();
  return access;
}

/** Okta says it in a header only; the body is empty. */
function insufficientScope(url: URL, scope: string): Response {
  const description = 'The access token provided does not contain the required scopes.';
  const challenge = `Bearer realm="IssueAccessToken", scope="${scope}", error="insufficient_scope", error_description="${description}", resource="${url.pathname}"`;
  return new Response(null, { status: 403, headers: { 'WWW-Authenticate': challenge } });
}

function checkParameters(query: URLSearchParams, known: readonly string[]): void {
  for (const name of new Set(query.keys())) {
    if (!known.includes(name)) throw invalid(name, 'This endpoint has no such parameter.');
    if (query.getAll(name).length > 1) throw invalid(name, 'The parameter is given more than once.');
  }
}

function decodeId(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) throw invalid('id', 'The path is not properly encoded.');
    throw error;
  }
}

function refuseAsTooMany(): Response {
  throw tooManyRequests();
}

function guarded(respond: () => Response, requestId: string): Response {
  try {
    return respond();
  } catch (error) {
    if (!(error instanceof OktaFault)) throw error;
    return json(error.status, faultBody(error, `oae${requestId}`));
  }
}
