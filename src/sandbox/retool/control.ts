import type { CallLog } from '../stand-in.ts';
import { refused, type Reply } from './reply.ts';
import { matchRoute, type Route } from './route.ts';

/** Everything below it serves the people who test, not the API. */
export const controlPrefix = '/sandbox/';
export const apiPrefix = '/api/v2';

/**
 * Lets another process read and reset the call log. These requests need no token, take no place in the
 * quota and are not on record themselves.
 */
export function answerControl(method: string, path: string, log: CallLog, routes: readonly Route[]): Reply {
  if (method === 'GET' && path === `${controlPrefix}calls`) {
    return { status: 200, body: summarize(log, routes) };
  }
  if (method === 'POST' && path === `${controlPrefix}calls/reset`) {
    log.clear();
    return { status: 200, body: summarize(log, routes) };
  }
  return refused(404, `Cannot ${method} ${path}`);
}

function summarize(log: CallLog, routes: readonly Route[]) {
  const byRoute = new Map<string, number>();
  for (const { method, path } of log.calls) {
    const name = `${method} ${foldPath(method, path, routes)}`;
    byRoute.set(name, (byRoute.get(name) ?? 0) + 1);
  }
  return {
    total: log.calls.length,
    mostInMinute: log.mostInWindow(60_000),
    byRoute: Object.fromEntries([...byRoute].sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** The path with every parameter written as `{id}`; a path without a route stays as it is. */
function foldPath(method: string, path: string, routes: readonly Route[]): string {
  if (!path.startsWith(`${apiPrefix}/`)) return path;
  const match = matchRoute(routes, method, path.slice(apiPrefix.length));
  if (match === undefined) return path;
  const segments = match.route.path.split('/').map((segment) => (segment.startsWith(':') ? '{id}' : segment));
  return apiPrefix + segments.join('/');
}
