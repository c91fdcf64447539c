import { z } from 'zod';
import { foldEmail, timestamp, userIdFrom } from './identifiers.ts';
import { applyPatch, patchBody, readPatched } from './json-patch.ts';
import {
  hasLiveInvite,
  listingOf,
  nextNumber,
  putUser,
  userByEmail,
  type Organization,
  type StoredUser,
} from './organization.ts';
import { pageOf, readPageRequest } from './page.ts';
import { listed, noContent, Refusal, single, type Reply } from './reply.ts';
import { readBody, readFlag } from './request.ts';
import { userOf, type ApiCall, type Route } from './route.ts';
import { metadata, personName, userType } from './schemas.ts';
import { groupsOfUser, shownMetadata, storedMetadata, viewUser } from './views.ts';
import { tableOf } from './table.ts';

const newUser = z.strictObject({
  email: z.email(),
  first_name: personName,
  last_name: personName,
  active: z.boolean().default(true),
  metadata: metadata.default({}),
  user_type: userType.default('default'),
});

/** The part of an account that PATCH may change; all else is read-only, the address too. */
function patchedUser(before: StoredUser) {
  return z.strictObject({
    first_name: nameAfter(before.first_name),
    last_name: nameAfter(before.last_name),
    active: z.boolean(),
    metadata: metadata.default({}),
    user_type: userType,
  });
}

/** A name that is missing may stay so, or an account made without names could never be disabled. */
function nameAfter(before: string | null): z.ZodType<string | null> {
  return before === null ? personName.nullable() : personName;
}

const patchableFields = new Map([
  ['first_name', 'value'],
  ['last_name', 'value'],
  ['active', 'value'],
  ['metadata', 'table'],
  ['user_type', 'value'],
] as const);

function listUsers(call: ApiCall): Reply {
  const { org, query } = call;
  const page = readPageRequest(query, { serverLimit: call.pageLimit });
  const entries = listingOf(org).filter(({ userId }) => matchesFilters(org, userId, query));
  const { items, nextToken } = pageOf(entries, (entry) => entry.key, page);
  const users = items.flatMap(({ userId }) => org.users.get(userId) ?? []);
  return listed({ items: users.map((user) => viewUser(org, user)), nextToken });
}

/** Whole values: an address in any letter case, names exactly. The documentation leaves this open. */
function matchesFilters(org: Organization, userId: string, query: ReadonlyMap<string, string>): boolean {
  const email = query.get('email');
  if (email !== undefined && org.userIdByEmail.get(foldEmail(email)) !== userId) return false;
  const user = org.users.get(userId);
  const firstName = query.get('first_name');
  const lastName = query.get('last_name');
  if (firstName !== undefined && firstName !== user?.first_name) return false;
  return lastName === undefined || lastName === user?.last_name;
}

function getUser(call: ApiCall): Reply {
  const user = userOf(call);
  const withGroups = readFlag(call.query, 'includeGroups');
  const view = viewUser(call.org, user);
  return single(withGroups ? { ...view, groups: groupsOfUser(call.org, user.id) } : view);
}

function createUser(call: ApiCall): Reply {
  const { org, now } = call;
  const body = readBody(newUser, call.body);
  refuseTakenEmail(org, body.email, now);
  const sequence = nextNumber(org, 'user');
  const user: StoredUser = {
    id: userIdFrom(sequence),
    legacy_id: sequence,
    ...body,
    metadata: tableOf(Object.entries(body.metadata)),
    created_at: timestamp(now),
    last_active: null,
    two_factor_auth_enabled: false,
  };
  putUser(org, user);
  return single(viewUser(org, user));
}

/**
 * An address belongs to one account of one organisation, in whatever letter case it is written; an
 * account that is disabled or not yet claimed holds it as well.
 */
export function refuseTakenEmail(org: Organization, email: string, now: number): void {
  const taken =
    userByEmail(org, email) !== undefined ||
    org.emailsElsewhere.has(foldEmail(email)) ||
    hasLiveInvite(org, email, now);
  if (taken) throw new Refusal(409, `A user with the email ${email} already exists.`);
}

function patchUser(call: ApiCall): Reply {
  const { org } = call;
  const user = userOf(call);
  const { operations } = readBody(patchBody, call.body);
  const { first_name, last_name, active, user_type } = user;
  const document = { first_name, last_name, active, user_type, metadata: shownMetadata(org, user) };
  const patched = readPatched(patchedUser(user), applyPatch(document, operations, patchableFields));
  const updated = { ...user, ...patched, metadata: storedMetadata(org, user, patched.metadata) };
  putUser(org, updated);
  return single(viewUser(org, updated));
}

/** DELETE disables: the account, its address and its memberships stay. */
function disableUser(call: ApiCall): Reply {
  const user = userOf(call);
  if (!user.active) throw new Refusal(422, `User '${user.id}' is already disabled`);
  putUser(call.org, { ...user, active: false });
  return noContent();
}

export const userRoutes: readonly Route[] = [
  {
    method: 'GET',
    path: '/users',
    plan: 'enterprise',
    query: ['email', 'first_name', 'last_name', 'limit', 'next_token'],
    handle: listUsers,
  },
  { method: 'GET', path: '/users/:userId', plan: 'enterprise', query: ['includeGroups'], handle: getUser },
  { method: 'POST', path: '/users', plan: 'enterprise', body: 'json', handle: createUser },
  { method: 'PATCH', path: '/users/:userId', plan: 'enterprise', body: 'json', handle: patchUser },
  { method: 'DELETE', path: '/users/:userId', plan: 'enterprise', handle: disableUser },
];
