import type { Organization, StoredGroup, StoredInvite, StoredUser } from './organization.ts';
import { Refusal, type Reply } from './reply.ts';
import { userIdPattern } from './schemas.ts';

/** A request that has found its route: authenticated, within the quota, with its body parsed. */
export interface ApiCall {
  readonly org: Organization;
  /** Epoch milliseconds. */
  readonly now: number;
  readonly params: ReadonlyMap<string, string>;
  readonly query: ReadonlyMap<string, string>;
  /** The JSON body of a route that takes one, not yet checked against a schema. */
  readonly body: unknown;
  /** The most users on a page, when the server limits it. */
  readonly pageLimit: number | undefined;
}

export interface Route {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** Below /api/v2; a segment that starts with a colon is a parameter. */
  readonly path: string;
  /** The smallest plan that has the route. */
  readonly plan: 'business' | 'enterprise';
  /** The names of the query parameters it knows; default none. */
  readonly query?: readonly string[];
  /** Whether it takes a JSON body; without this a body is refused. */
  readonly body?: 'json';
  readonly handle: (call: ApiCall) => Reply;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;
const numberPattern = /^\d{1,12}$/;

/** What each path parameter has to look like before its route is tried. */
const parameterPatterns: ReadonlyMap<string, RegExp> = new Map([
  ['userId', userIdPattern],
  ['groupId', numberPattern],
  ['userInviteId', numberPattern],
  ['accessRequestId', numberPattern],
  ['attributeId', uuidPattern],
  ['attributeName', /^.+$/],
]);

/** A route and the parameters read from a path, not yet checked. */
export interface RouteMatch {
  readonly route: Route;
  readonly params: ReadonlyMap<string, string>;
}

/** The route for a method and a path below /api/v2, or undefined. */
export function matchRoute(routes: readonly Route[], method: string, path: string): RouteMatch | undefined {
  const segments = path.split('/');
  for (const route of routes) {
    if (route.method !== method) continue;
    const params = matchSegments(route.path.split('/'), segments);
    if (params !== undefined) return { route, params };
  }
  return undefined;
}

function matchSegments(
  pattern: readonly string[],
  segments: readonly string[],
): ReadonlyMap<string, string> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params = new Map<string, string>();
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index] ?? '';
    const isParameter = expected.startsWith(':') && segment !== '';
    if (isParameter) params.set(expected.slice(1), segment);
    else if (expected !== segment) return undefined;
  }
  return params;
}

/** Decodes the parameters and refuses those that do not match their pattern. */
export function checkParameters(params: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const checked = new Map<string, string>();
  for (const [name, encoded] of params) {
    const value = decode(name, encoded);
    if (parameterPatterns.get(name)?.test(value) !== true) {
      throw new Refusal(
        400,
        name === 'userId' ? 'User sid is misformatted: userId' : `Invalid ${name}: ${value}`,
      );
    }
    checked.set(name, value);
  }
  return checked;
}

function decode(name: string, encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    throw new Refusal(400, `Invalid ${name}: ${encoded}`);
  }
}

/** A parameter of the call's own path. */
export function parameter(call: ApiCall, name: string): string {
  const value = call.params.get(name);
  if (value === undefined) throw new Error(`The route has no parameter ${name}`);
  return value;
}

export function findUser(org: Organization, userId: string): StoredUser {
  const user = org.users.get(userId);
  if (user === undefined) throw new Refusal(404, `No user '${userId}' found for organization`);
  return user;
}

export function findGroup(org: Organization, groupId: number): StoredGroup {
  const group = org.groups.get(groupId);
  if (group === undefined) throw new Refusal(404, `No group '${groupId}' found for organization`);
  return group;
}

export function findInvite(org: Organization, inviteId: number): StoredInvite {
  const invite = org.invites.get(inviteId);
  if (invite === undefined) throw new Refusal(404, `No user invite '${inviteId}' found for organization`);
  return invite;
}

export function userOf(call: ApiCall): StoredUser {
  return findUser(call.org, parameter(call, 'userId'));
}

export function groupOf(call: ApiCall): StoredGroup {
  return findGroup(call.org, Number(parameter(call, 'groupId')));
}

export function inviteOf(call: ApiCall): StoredInvite {
  return findInvite(call.org, Number(parameter(call, 'userInviteId')));
}
