import { listingOf, readPage } from '../listing.ts';
import type { Listing } from '../listing.ts';
import { lookUpUser } from './admin.ts';
import { badRequest, graphAnswer, noSuchSegment, notFound, unsupportedQuery } from './answers.ts';
import type { GraphAnswer } from './answers.ts';
import type { DeltaQueries } from './delta.ts';
import { compileFilter, GROUP_FILTERS, SERVICE_PRINCIPAL_FILTERS, USER_FILTERS } from './filter.ts';
import type { FilterRules } from './filter.ts';
import {
  DEVICE_PROPERTIES,
  DIRECTORY_EXTENSION,
  GROUP_PROPERTIES,
  USER_DEFAULTS,
  USER_PROPERTIES,
} from './properties.ts';
import type { Properties } from './properties.ts';
import { nextSearch } from './query.ts';
import type { GraphOption, GraphQuery } from './query.ts';
import type { DirectoryObject, EntraGroup, EntraUser } from './objects.ts';
import type { EntraTenant } from './tenant.ts';

/** A request that was let in. */
export interface GraphCall {
  readonly origin: string;
  /** Without `/v1.0`, as it was sent. */
  readonly path: string;
  readonly search: URLSearchParams;
  readonly query: GraphQuery;
  readonly tenant: EntraTenant;
  readonly delta: DeltaQueries;
  readonly permissions: ReadonlySet<string>;
}

/** One endpoint. */
export interface GraphRoute {
  /** Matches the whole path; the groups are the arguments. */
  readonly path: RegExp;
  /** What a call costs; `$select` gives no discount, as recordings of the real service show. */
  readonly resourceUnits: number;
  /** Application permissions, any of which is enough. */
  readonly permissions: readonly string[];
  /** `own`: the endpoint reads its query itself. */
  readonly options: readonly GraphOption[] | 'own';
  readonly body: (call: GraphCall, first: string, second: string) => Properties;
}

const USERS = ['User.Read.All', 'Directory.Read.All'];
const GROUPS = ['GroupMember.Read.All', 'Group.Read.All', 'Directory.Read.All'];
const APPLICATIONS = ['Application.Read.All', 'Directory.Read.All'];
const DEVICES = ['Device.Read.All', 'Directory.Read.All'];
const GROUP_TRACKED: ReadonlySet<string> = new Set([...GROUP_PROPERTIES, 'members']);
const PAGED: readonly GraphOption[] = ['$select', '$top', '$skiptoken', '$count'];

/** Every endpoint of Graph v1.0 that is here, besides `$batch`; all are read with GET. */
const ROUTES: readonly GraphRoute[] = [
  {
    path: /^\/users$/,
    resourceUnits: 2,
    permissions: USERS,
    options: [...PAGED, '$filter'],
    body: listUsers,
  },
  {
    path: /^\/users\/delta$/,
    resourceUnits: 2,
    permissions: USERS,
    options: 'own',
    body: (call) => call.delta.answer(call, 'users', USER_PROPERTIES),
  },
  {
    path: /^\/users\/([^/]+)$/,
    resourceUnits: 2,
    permissions: USERS,
    options: ['$select'],
    body: (call, id) => single(call, 'users', userOf(call, id)),
  },
  {
    path: /^\/groups$/,
    resourceUnits: 1,
    permissions: GROUPS,
    options: [...PAGED, '$filter'],
    body: listGroups,
  },
  {
    path: /^\/groups\/delta$/,
    resourceUnits: 1,
    permissions: GROUPS,
    options: 'own',
    body: (call) => call.delta.answer(call, 'groups', GROUP_TRACKED),
  },
  {
    path: /^\/groups\/([^/]+)$/,
    resourceUnits: 1,
    permissions: GROUPS,
    options: ['$select'],
    body: (call, id) => single(call, 'groups', groupOf(call, id)),
  },
  {
    path: /^\/groups\/([^/]+)\/members(?:\/([^/]+))?$/,
    resourceUnits: 3,
    permissions: GROUPS,
    options: PAGED,
    body: (call, id, cast) => listMembers(call, { id, cast, depth: 'direct' }),
  },
  {
    path: /^\/groups\/([^/]+)\/transitiveMembers(?:\/([^/]+))?$/,
    resourceUnits: 5,
    permissions: GROUPS,
    options: PAGED,
    body: (call, id, cast) => listMembers(call, { id, cast, depth: 'all' }),
  },
  {
    path: /^\/servicePrincipals$/,
    resourceUnits: 1,
    permissions: APPLICATIONS,
    options: [...PAGED, '$filter'],
    body: listServicePrincipals,
  },
  {
    path: /^\/servicePrincipals(\/[^/]+|\(appId='[^']+'\))$/,
    resourceUnits: 1,
    permissions: APPLICATIONS,
    options: ['$select'],
    body: readServicePrincipal,
  },
  {
    path: /^\/servicePrincipals(\/[^/]+|\(appId='[^']+'\))\/appRoleAssignedTo$/,
    resourceUnits: 1,
    permissions: APPLICATIONS,
    options: PAGED,
    body: listAssignments,
  },
  {
    path: /^\/organization$/,
    resourceUnits: 1,
    permissions: ['Organization.Read.All', ...USERS],
    options: ['$select'],
    body: listOrganization,
  },
];

/** The endpoint of a path. */
export function findRoute(path: string): GraphRoute | undefined {
  const decoded = decodePath(path);
  return ROUTES.find((route) => route.path.test(decoded));
}

/** Answers a call with the endpoint's body and its price. */
export function answerRoute(route: GraphRoute, call: GraphCall): GraphAnswer {
  const [, first = '', second = ''] = route.path.exec(decodePath(call.path)) ?? [];
  return graphAnswer(route.body(call, first, second), route.resourceUnits);
}

function listUsers(call: GraphCall): Properties {
  const test = filterOf<EntraUser>(call.query, USER_FILTERS);
  const names = selected(call.query, { type: 'user', known: USER_PROPERTIES, defaults: USER_DEFAULTS });
  return page(call, call.tenant.listUsers(), {
    entity: 'users',
    test,
    show: ({ properties }) => pick(properties, names),
  });
}

function listGroups(call: GraphCall): Properties {
  const test = filterOf<EntraGroup>(call.query, GROUP_FILTERS);
  const names = selected(call.query, {
    type: 'group',
    known: GROUP_PROPERTIES,
    defaults: [...GROUP_PROPERTIES],
  });
  return page(call, call.tenant.listGroups(), {
    entity: 'groups',
    test,
    show: ({ properties }) => pick(properties, names),
  });
}

function single(call: GraphCall, entity: 'users' | 'groups', object: EntraUser | EntraGroup): Properties {
  const names =
    object.kind === 'user'
      ? selected(call.query, { type: 'user', known: USER_PROPERTIES, defaults: USER_DEFAULTS })
      : selected(call.query, { type: 'group', known: GROUP_PROPERTIES, defaults: [...GROUP_PROPERTIES] });
  return {
    '@odata.context': context(call, `${entity}${shape(call.query)}/$entity`),
    ...pick(object.properties, names),
  };
}

const CASTS: ReadonlyMap<string, DirectoryObject['kind']> = new Map([
  ['microsoft.graph.user', 'user'],
  ['microsoft.graph.group', 'group'],
  ['microsoft.graph.device', 'device'],
]);

function listMembers(
  call: GraphCall,
  asked: { readonly id: string; readonly cast: string; readonly depth: 'direct' | 'all' },
): Properties {
  const group = groupOf(call, asked.id);
  const kind = asked.cast === '' ? undefined : CASTS.get(asked.cast);
  if (asked.cast !== '' && kind === undefined) throw noSuchSegment(asked.cast);
  if (kind !== undefined && !call.query.advanced) {
    throw unsupportedQuery(
      `The cast to ${asked.cast} needs $count=true and the header ConsistencyLevel: eventual.`,
    );
  }
  const known = new Set([...USER_PROPERTIES, ...GROUP_PROPERTIES, ...DEVICE_PROPERTIES]);
  if (call.query.select !== null) selected(call.query, { type: 'directoryObject', known, defaults: [] });
  const entity = kind === undefined ? 'directoryObjects' : `${kind}s`;
  return page(call, call.tenant.listMembers(group, asked.depth), {
    entity,
    test: (member) => kind === undefined || member.kind === kind,
    show: (member) => ({
      ...(kind === undefined ? { '@odata.type': `#microsoft.graph.${member.kind}` } : {}),
      ...memberProperties(member, call),
    }),
  });
}

/** A member of a type that the app may not read shows its id and nothing else. */
function memberProperties(member: DirectoryObject, { query, permissions }: GraphCall): Properties {
  const needed = { user: USERS, group: GROUPS, device: DEVICES }[member.kind];
  const defaults = member.kind === 'user' ? USER_DEFAULTS : Object.keys(member.properties);
  const shown = pick(member.properties, query.select ?? defaults);
  if (needed.some((permission) => permissions.has(permission))) return shown;
  return Object.fromEntries(
    Object.entries(shown).map(([name, value]) => [name, name === 'id' ? value : null]),
  );
}

function listServicePrincipals(call: GraphCall): Properties {
  const test = filterOf<{ readonly properties: Properties }>(call.query, SERVICE_PRINCIPAL_FILTERS);
  const { servicePrincipal } = call.tenant;
  const listing = { keys: [servicePrincipal.id], items: [{ properties: servicePrincipal }] };
  const names = servicePrincipalNames(call);
  return page(call, listing, {
    entity: 'servicePrincipals',
    test,
    show: ({ properties }) => pick(properties, names),
  });
}

function readServicePrincipal(call: GraphCall, reference: string): Properties {
  const found = servicePrincipalOf(call, reference);
  const type = `servicePrincipals${shape(call.query)}/$entity`;
  return { '@odata.context': context(call, type), ...pick(found, servicePrincipalNames(call)) };
}

function servicePrincipalNames({ query, tenant }: GraphCall): readonly string[] {
  const known = Object.keys(tenant.servicePrincipal);
  return selected(query, { type: 'servicePrincipal', known: new Set(known), defaults: known });
}

const ASSIGNMENT_PROPERTIES: readonly string[] = [
  'id',
  'deletedDateTime',
  'appRoleId',
  'createdDateTime',
  'principalDisplayName',
  'principalId',
  'principalType',
  'resourceDisplayName',
  'resourceId',
];

function listAssignments(call: GraphCall, reference: string): Properties {
  const { id: resourceId, displayName } = servicePrincipalOf(call, reference);
  const { tenant, query } = call;
  const nameOf = (id: string): unknown =>
    (tenant.users.get(id) ?? tenant.groups.get(id))?.properties['displayName'] ?? null;
  const records = tenant.assignments().map((assignment) => ({
    ...assignment,
    deletedDateTime: null,
    principalDisplayName: nameOf(assignment.principalId),
    resourceDisplayName: displayName,
    resourceId,
  }));
  const listing = listingOf(records, ({ id }) => id);
  const names = selected(query, {
    type: 'appRoleAssignment',
    known: new Set(ASSIGNMENT_PROPERTIES),
    defaults: ASSIGNMENT_PROPERTIES,
  });
  return page(call, listing, { entity: 'appRoleAssignments', show: (record) => pick(record, names) });
}

function listOrganization(call: GraphCall): Properties {
  const organization = {
    id: call.tenant.id,
    displayName: 'Acme',
    tenantType: 'AAD',
    verifiedDomains: [
      { name: 'acme.com', isDefault: true, isInitial: false, type: 'Managed' },
      { name: 'acme.onmicrosoft.com', isDefault: false, isInitial: true, type: 'Managed' },
    ],
  };
  const known = Object.keys(organization);
  const names = selected(call.query, { type: 'organization', known: new Set(known), defaults: known });
  return {
    '@odata.context': context(call, `organization${shape(call.query)}`),
    value: [pick(organization, names)],
  };
}

/** A full page carries a nextLink even if nothing follows: a list may end in an empty page. */
function page<T>(
  call: GraphCall,
  listing: Listing<T>,
  options: {
    readonly entity: string;
    readonly test?: (item: T) => boolean;
    readonly show: (item: T) => Properties;
  },
): Properties {
  const { query, search, origin, path } = call;
  const { entity, test = () => true, show } = options;
  const { items, last } = readPage(listing, { after: query.after, limit: query.top, test });
  const full = items.length === query.top && last !== null;
  return {
    '@odata.context': context(call, `${entity}${shape(query)}`),
    ...(query.advanced ? { '@odata.count': listing.items.filter((item) => test(item)).length } : {}),
    ...(full ? { '@odata.nextLink': `${origin}/v1.0${path}?${nextSearch(search, last)}` } : {}),
    value: items.map((item) => show(item)),
  };
}

function context({ origin }: GraphCall, type: string): string {
  return `${origin}/v1.0/$metadata#${type}`;
}

function shape({ select }: GraphQuery): string {
  return select === null ? '' : `(${select.join(',')})`;
}

function selected(
  { select }: GraphQuery,
  of: { readonly type: string; readonly known: ReadonlySet<string>; readonly defaults: readonly string[] },
): readonly string[] {
  const extensible = of.type === 'user' || of.type === 'directoryObject';
  const stranger = select?.find(
    (name) => !of.known.has(name) && !(extensible && DIRECTORY_EXTENSION.test(name)),
  );
  if (stranger === undefined) return select ?? of.defaults;
  throw badRequest(
    `Parsing OData Select and Expand failed: Could not find a property named '${stranger}' on type 'microsoft.graph.${of.type}'.`,
  );
}

function filterOf<T extends { readonly properties: Properties }>(
  { filter }: GraphQuery,
  rules: FilterRules,
): (item: T) => boolean {
  if (filter === null) return () => true;
  const test = compileFilter(filter, rules);
  return ({ properties }) => test(properties);
}

function pick(properties: Properties, names: readonly string[]): Properties {
  return Object.fromEntries(
    names.filter((name) => name in properties).map((name) => [name, properties[name]]),
  );
}

function userOf({ tenant }: GraphCall, reference: string): EntraUser {
  const user = lookUpUser(tenant, reference);
  if (user === undefined) throw notFound(reference);
  return user;
}

function groupOf({ tenant }: GraphCall, id: string): EntraGroup {
  const group = tenant.groups.get(id);
  if (group === undefined) throw notFound(id);
  return group;
}

/** `/{id}` or `(appId='…')`. */
function servicePrincipalOf({ tenant }: GraphCall, reference: string): EntraTenant['servicePrincipal'] {
  const { servicePrincipal } = tenant;
  const appId = /^\(appId='([^']+)'\)$/.exec(reference)?.[1];
  if (appId === servicePrincipal.appId || reference === `/${servicePrincipal.id}`) return servicePrincipal;
  throw notFound(appId ?? reference.slice(1));
}

function decodePath(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch (error) {
    if (error instanceof URIError) throw badRequest('The path is not properly encoded.');
    throw error;
  }
}
