import { readPage } from '../listing.ts';
import type { Listing } from '../listing.ts';
import { lookUpUser } from './admin.ts';
import { invalid, json, linkHeader, notFound } from './answers.ts';
import { nameOf } from './directory.ts';
import type { OktaApp, OktaDirectory, OktaGroup, OktaUser } from './directory.ts';
import { compileFilter } from './filter.ts';
import { GROUP_FILTER, GROUP_SEARCH, USER_FILTER, USER_SEARCH } from './grammars.ts';
import type { OktaBucket } from './limits.ts';
import { omission, projectionOf } from './projection.ts';
import { appGroupRecord, appRecord, appUserRecord, groupRecord, userRecord } from './records.ts';

/** A request that was let in. */
export interface OktaCall {
  readonly url: URL;
  readonly query: URLSearchParams;
  readonly contentType: string | null;
  readonly directory: OktaDirectory;
  /** False for a service app without an admin role. */
  readonly seesUsers: boolean;
}

/** One endpoint. */
export interface OktaRoute {
  /** Matches the whole path; its group, if any, is the id. */
  readonly path: RegExp;
  readonly bucket: OktaBucket;
  readonly scope: string;
  /** The query parameters it knows; any other is refused. */
  readonly parameters: readonly string[];
  readonly answer: (call: OktaCall, id: string) => Response;
}

const PAGE = ['after', 'limit'];

/** Every endpoint of the management API that is here; all are read with GET. */
export const ROUTES: readonly OktaRoute[] = [
  {
    path: /^\/api\/v1\/users$/,
    bucket: 'users',
    scope: 'okta.users.read',
    parameters: [...PAGE, 'filter', 'search', 'q', 'fields'],
    answer: listUsers,
  },
  {
    path: /^\/api\/v1\/users\/([^/]+)$/,
    bucket: 'user',
    scope: 'okta.users.read',
    parameters: [],
    answer: readUser,
  },
  {
    path: /^\/api\/v1\/users\/([^/]+)\/groups$/,
    bucket: 'userGroups',
    scope: 'okta.groups.read',
    parameters: [],
    answer: listUserGroups,
  },
  {
    path: /^\/api\/v1\/groups$/,
    bucket: 'groups',
    scope: 'okta.groups.read',
    parameters: [...PAGE, 'filter', 'search', 'q', 'expand'],
    answer: listGroups,
  },
  {
    path: /^\/api\/v1\/groups\/([^/]+)$/,
    bucket: 'group',
    scope: 'okta.groups.read',
    parameters: [],
    answer: readGroup,
  },
  {
    path: /^\/api\/v1\/groups\/([^/]+)\/users$/,
    // Lists of groups and of their members draw on one limit.
    bucket: 'groups',
    scope: 'okta.groups.read',
    parameters: PAGE,
    answer: listGroupUsers,
  },
  {
    path: /^\/api\/v1\/apps\/([^/]+)$/,
    bucket: 'apps',
    scope: 'okta.apps.read',
    parameters: [],
    answer: (call, id) => json(200, appRecord(appOf(call, id), call.url.origin)),
  },
  {
    path: /^\/api\/v1\/apps\/([^/]+)\/users$/,
    bucket: 'apps',
    scope: 'okta.apps.read',
    parameters: [...PAGE, 'expand'],
    answer: listAppUsers,
  },
  {
    path: /^\/api\/v1\/apps\/([^/]+)\/groups$/,
    bucket: 'apps',
    scope: 'okta.apps.read',
    parameters: [...PAGE, 'expand'],
    answer: listAppGroups,
  },
];

function listUsers(call: OktaCall): Response {
  const { query, directory, url } = call;
  const limit = limitOf(query, { standard: 200, least: 1, most: 200 });
  const project = projectionOf(query.get('fields'));
  const omit = omission(call.contentType);
  const show = (user: OktaUser) => project(omit(userRecord(user, url.origin)));
  const test = userTest(query);
  if (!call.seesUsers) return json(200, [], { Link: linkHeader(url, null) });
  return answerPage(call, directory.listUsers(), { limit, test, show });
}

/** Deactivated users show only to those who filter or search (Okta: list users). */
function userTest(query: URLSearchParams): (user: OktaUser) => boolean {
  const filter = query.get('filter');
  const search = query.get('search');
  const words = query.get('q')?.toLowerCase();
  if (['filter', 'search', 'q'].filter((name) => query.has(name)).length > 1) {
    throw invalid('search', 'Only one of filter, search and q may be given.');
  }
  if (filter !== null) return compileFilter(filter, USER_FILTER);
  if (search !== null) return compileFilter(search, USER_SEARCH);
  if (words === undefined) return (user) => user.status !== 'DEPROVISIONED';
  return ({ status, profile }) =>
    status !== 'DEPROVISIONED' &&
    ['firstName', 'lastName', 'email'].some((name) => String(profile[name]).toLowerCase().startsWith(words));
}

function readUser(call: OktaCall, id: string): Response {
  return json(200, userRecord(userOf(call, id), call.url.origin));
}

function listUserGroups(call: OktaCall, id: string): Response {
  const user = userOf(call, id);
  const { items } = call.directory.listGroups();
  const joined = items.filter((group) => group.type === 'BUILT_IN' || group.members.has(user.id));
  return json(
    200,
    joined.map((group) => groupRecord(group, call.url.origin)),
    { Link: linkHeader(call.url, null) },
  );
}

function listGroups(call: OktaCall): Response {
  const { query, directory, url } = call;
  const limit = limitOf(query, { standard: 10_000, least: 1, most: 10_000 });
  const expand = expandOf(query, 'stats');
  const app = directory.app();
  const show = (group: OktaGroup) =>
    groupRecord(
      group,
      url.origin,
      expand === null
        ? undefined
        : { users: directory.listMembers(group).items.length, apps: app.groups.includes(group.id) ? 1 : 0 },
    );
  return answerPage(call, directory.listGroups(), { limit, test: groupTest(query), show });
}

function groupTest(query: URLSearchParams): (group: OktaGroup) => boolean {
  const filter = query.get('filter');
  const search = query.get('search');
  const start = query.get('q')?.toLowerCase() ?? '';
  const tests = [
    ...(filter === null ? [] : [compileFilter(filter, GROUP_FILTER)]),
    ...(search === null ? [] : [compileFilter(search, GROUP_SEARCH)]),
    (group: OktaGroup) => nameOf(group).toLowerCase().startsWith(start),
  ];
  return (group) => tests.every((test) => test(group));
}

function readGroup(call: OktaCall, id: string): Response {
  return json(200, groupRecord(groupOf(call, id), call.url.origin));
}

function listGroupUsers(call: OktaCall, id: string): Response {
  const limit = limitOf(call.query, { standard: 1000, least: 1, most: 1000 });
  const show = (user: OktaUser) => userRecord(user, call.url.origin);
  return answerPage(call, call.directory.listMembers(groupOf(call, id)), { limit, show });
}

function listAppUsers(call: OktaCall, id: string): Response {
  const limit = limitOf(call.query, { standard: 50, least: 1, most: 500 });
  const context = { app: appOf(call, id), origin: call.url.origin, expand: expandOf(call.query, 'user') };
  return answerPage(call, call.directory.listAppUsers(), {
    limit,
    show: (assignment) => appUserRecord(assignment, context),
  });
}

function listAppGroups(call: OktaCall, id: string): Response {
  const limit = limitOf(call.query, { standard: 20, least: 20, most: 200 });
  const context = { app: appOf(call, id), origin: call.url.origin, expand: expandOf(call.query, 'group') };
  return answerPage(call, call.directory.listAppGroups(), {
    limit,
    show: (group) => appGroupRecord(group, context),
  });
}

function answerPage<T>(
  { url, query }: OktaCall,
  listing: Listing<T>,
  options: {
    readonly limit: number;
    readonly test?: (item: T) => boolean;
    readonly show: (item: T) => unknown;
  },
): Response {
  const { limit, test = () => true, show } = options;
  const page = readPage(listing, { after: query.get('after'), limit, test });
  return json(
    200,
    page.items.map((item) => show(item)),
    { Link: linkHeader(url, page.more ? page.last : null) },
  );
}

function limitOf(
  query: URLSearchParams,
  bounds: { readonly standard: number; readonly least: number; readonly most: number },
): number {
  const given = query.get('limit');
  if (given === null) return bounds.standard;
  const limit = /^\d{1,9}$/.test(given) ? Number(given) : Number.NaN;
  if (limit >= bounds.least && limit <= bounds.most) return limit;
  throw invalid('limit', `The limit must be a whole number from ${bounds.least} to ${bounds.most}.`);
}

function expandOf<Word extends string>(query: URLSearchParams, known: Word): Word | null {
  const given = query.get('expand');
  if (given === null) return null;
  if (given === known) return known;
  throw invalid('expand', `Only ${known} can be expanded.`);
}

function userOf({ directory, seesUsers }: OktaCall, id: string): OktaUser {
  const user = seesUsers ? lookUpUser(directory, id) : undefined;
  if (user === undefined) throw notFound(id, 'User');
  return user;
}

function groupOf({ directory }: OktaCall, id: string): OktaGroup {
  const group = directory.groups.get(id);
  if (group === undefined) throw notFound(id, 'UserGroup');
  return group;
}

function appOf({ directory }: OktaCall, id: string): OktaApp {
  const app = directory.app();
  if (app.id !== id) throw notFound(id, 'AppInstance');
  return app;
}
