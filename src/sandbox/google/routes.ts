import { readPage } from '../listing.ts';
import type { Listing } from '../listing.ts';
import { badRequest, insufficientScope, invalidInput, notFound } from './answers.ts';
import { findGroup, findUser, groupsByAddress, membersOf, usersByAddress } from './directory.ts';
import type { GoogleAccount, GoogleGroup, GoogleMember, GoogleUser } from './directory.ts';
import { fieldsIn, only } from './fields.ts';
import { readScopes } from './login.ts';

/** A request to the Directory API whose token was accepted. */
export interface DirectoryRequest {
  /** Below `/admin/directory/v1`. */
  readonly path: string;
  readonly search: URLSearchParams;
  readonly account: GoogleAccount;
  /** The id of the account. */
  readonly customer: string;
  readonly scopes: ReadonlySet<string>;
}

interface Route {
  readonly path: RegExp;
  readonly scope: string;
  /** The query parameters that it knows; any other is refused, where Google takes no notice of it. */
  readonly parameters: readonly string[];
  readonly answer: (request: DirectoryRequest, keys: readonly string[]) => object;
  /** What the answer is, for masks of fields. */
  readonly gives: 'page' | 'users';
}

const listParameters = ['customer', 'domain', 'maxResults', 'pageToken', 'orderBy', 'sortOrder', 'query'];

const routes: readonly Route[] = [
  {
    path: /^\/users$/,
    scope: readScopes.people,
    parameters: [...listParameters, 'projection', 'showDeleted'],
    answer: listUsers,
    gives: 'page',
  },
  {
    path: /^\/users\/([^/]+)$/,
    scope: readScopes.people,
    parameters: ['projection', 'viewType'],
    answer(request, [key = '']) {
      const user = findUser(request.account, key);
      if (user === undefined) throw notFound('userKey');
      return userBody(user, request);
    },
    gives: 'users',
  },
  {
    path: /^\/groups$/,
    scope: readScopes.groups,
    parameters: listParameters,
    answer: listGroups,
    gives: 'page',
  },
  {
    path: /^\/groups\/([^/]+)\/members$/,
    scope: readScopes.groups,
    parameters: ['includeDerivedMembership', 'maxResults', 'pageToken', 'roles'],
    answer: listMembers,
    gives: 'page',
  },
];

/** The body of an answer. @throws GoogleFault */
export function answerDirectory(request: DirectoryRequest): object {
  for (const route of routes) {
    const match = route.path.exec(request.path);
    if (match === null) continue;
    if (!request.scopes.has(route.scope)) throw insufficientScope();
    const known = [...route.parameters, 'fields'];
    for (const name of request.search.keys()) if (!known.includes(name)) throw invalidInput(name);
    const mask = request.search.get('fields');
    const fields = mask === null ? null : fieldsIn(mask, route.gives);
    const body = route.answer(request, match.slice(1).map(decodeURIComponent));
    return fields === null ? body : only(body, fields);
  }
  throw notFound('path');
}

function listUsers(request: DirectoryRequest): object {
  checkCustomer(request);
  const { search } = request;
  if (!['basic', 'full', null].includes(search.get('projection'))) throw invalidInput('projection');
  const unit = unitIn(search.get('query'));
  const test = (user: GoogleUser): boolean => unit === null || user.orgUnitPath === unit;
  return page('users', usersByAddress(request.account), request, { most: 500, test, body: userBody });
}

/** The one clause of Google's search for users that is known here. */
function unitIn(query: string | null): string | null {
  if (query === null) return null;
  const unit = /^orgUnitPath='?(\/[^']*)'?$/.exec(query)?.[1];
  if (unit === undefined) throw invalidInput('query');
  return unit;
}

function listGroups(request: DirectoryRequest): object {
  checkCustomer(request);
  const all = (): boolean => true;
  return page('groups', groupsByAddress(request.account), request, { most: 200, test: all, body: groupBody });
}

function listMembers(request: DirectoryRequest, [key = '']: readonly string[]): object {
  const group = findGroup(request.account, key);
  if (group === undefined) throw notFound('groupKey');
  const derived = request.search.get('includeDerivedMembership') ?? 'false';
  if (!['true', 'false'].includes(derived)) throw invalidInput('includeDerivedMembership');
  const listing = membersOf(group, request.account, {
    derived: derived === 'true',
    customer: request.customer,
  });
  return page('members', listing, request, { most: 200, test: () => true, body: memberBody });
}

function checkCustomer({ search, customer }: DirectoryRequest): void {
  const given = search.get('customer');
  if (given === null && search.get('domain') === null) throw badRequest();
  if (given !== null && given !== 'my_customer' && given !== customer) throw badRequest();
}

interface PageOf<Row> {
  readonly most: number;
  readonly test: (row: Row) => boolean;
  readonly body: (row: Row, request: DirectoryRequest) => object;
}

/** A page without rows has no list at all, as Google's have none. */
function page<Row>(
  name: 'users' | 'groups' | 'members',
  listing: Listing<Row>,
  request: DirectoryRequest,
  { most, test, body }: PageOf<Row>,
): object {
  const { search } = request;
  const limit = numberIn(search.get('maxResults') ?? String(name === 'users' ? 100 : 200), most);
  const { items, last, more } = readPage(listing, {
    after: keyIn(search.get('pageToken'), name),
    limit,
    test,
  });
  return {
    kind: `admin#directory#${name}`,
    etag: '"etag"',
    ...(items.length === 0 ? {} : { [name]: items.map((item) => body(item, request)) }),
    ...(more && last !== null ? { nextPageToken: tokenFor(last, name) } : {}),
  };
}

function numberIn(text: string, most: number): number {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > most) throw invalidInput('maxResults');
  return Number(text);
}

function tokenFor(last: string, name: string): string {
  return Buffer.from(JSON.stringify([name, last])).toString('base64url');
}

function keyIn(token: string | null, name: string): string | null {
  if (token === null) return null;
  const [list, last] = partsOf(token);
  if (list !== name || typeof last !== 'string') throw invalidInput('pageToken');
  return last;
}

function partsOf(token: string): readonly unknown[] {
  try {
    const parts: unknown = JSON.parse(Buffer.from(token, 'base64url').toString());
    return Array.isArray(parts) ? parts : [];
  } catch {
    // A token that was not given here is refused by whoever asked.
    return [];
  }
}

function userBody(user: GoogleUser, { customer }: DirectoryRequest): object {
  const { id, primaryEmail, given, family, suspended, archived, aliases, orgUnitPath } = user;
  return {
    kind: 'admin#directory#user',
    id,
    etag: '"etag"',
    primaryEmail,
    name: { givenName: given, familyName: family, fullName: `${given} ${family}` },
    isAdmin: false,
    isDelegatedAdmin: false,
    lastLoginTime: '1970-01-01T00:00:00.000Z',
    creationTime: '2020-01-01T00:00:00.000Z',
    agreedToTerms: true,
    suspended,
    archived,
    changePasswordAtNextLogin: false,
    ipWhitelisted: false,
    emails: [{ address: primaryEmail, primary: true }, ...aliases.map((address) => ({ address }))],
    externalIds: [{ value: user.employeeNumber, type: 'organization' }],
    organizations: [{ title: user.title, primary: true, customType: '', department: user.department }],
    ...(aliases.length === 0 ? {} : { aliases }),
    customerId: customer,
    orgUnitPath,
    isMailboxSetup: true,
    includeInGlobalAddressList: true,
  };
}

function groupBody({ id, email, name, description, members }: GoogleGroup): object {
  return {
    kind: 'admin#directory#group',
    id,
    etag: '"etag"',
    email,
    name,
    directMembersCount: String(members.size),
    description,
    adminCreated: true,
  };
}

function memberBody({ id, email, type, status }: GoogleMember): object {
  return {
    kind: 'admin#directory#member',
    etag: '"etag"',
    id,
    ...(email === null ? {} : { email }),
    role: 'MEMBER',
    type,
    ...(status === null ? {} : { status }),
  };
}
