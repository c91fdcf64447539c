import type { CurrentGroup, CurrentState } from '../model/current-state.ts';
import type { Operation } from '../model/operation.ts';
import type { Clock } from '../model/ports.ts';
import {
  adminsOf,
  toAttributeDefinition,
  toCurrentGroup,
  toCurrentInvite,
  toCurrentUser,
} from './convert.ts';
import { changedBy } from './changed.ts';
import { readExtras } from './extras.ts';
import type { ListParts } from './list.ts';
import { allOrNothing, rowsOf } from './rows.ts';
import { invalidReply, listings, type Listing } from './listing.ts';
import { Group, groupIdIn, User, UserAttribute, UserInvite } from './schema.ts';

export interface ReadParts extends ListParts {
  readonly clock: Clock;
}

/** Reads the four lists side by side. All of them come whole, or the read fails as a whole. */
export async function readState(parts: ReadParts, signal: AbortSignal): Promise<CurrentState> {
  const began = parts.clock.now();
  const [users, groups, attributes, invites] = await allOrNothing(signal, (signal) =>
    Promise.all([
      rowsOf(parts, listings.users, User, signal),
      rowsOf(parts, listings.groups, Group, signal),
      rowsOf(parts, listings.userAttributes, UserAttribute, signal),
      rowsOf(parts, listings.userInvites, UserInvite, signal),
    ]),
  );
  return {
    ...usersAndGroups(users, groups),
    attributes: definitions(attributes),
    invites: invitesFrom(invites, groups),
    readAt: { began, ended: parts.clock.now() },
  };
}

/** Reads users and groups again, and of the other lists those that `operations` change; the rest is that of `earlier`. */
export async function rereadState(
  parts: ReadParts,
  earlier: CurrentState,
  operations: readonly Operation[],
  signal: AbortSignal,
): Promise<CurrentState> {
  const began = parts.clock.now();
  const changed = changedBy(operations);
  const [users, groups, attributes, invites, extras] = await allOrNothing(signal, (signal) =>
    Promise.all([
      rowsOf(parts, listings.users, User, signal),
      rowsOf(parts, listings.groups, Group, signal),
      changed.attributes ? rowsOf(parts, listings.userAttributes, UserAttribute, signal) : null,
      changed.invites ? rowsOf(parts, listings.userInvites, UserInvite, signal) : null,
      readExtras(parts, earlier, changed.extras, signal),
    ]),
  );
  return {
    ...extras,
    ...usersAndGroups(users, groups),
    ...(attributes === null ? {} : { attributes: definitions(attributes) }),
    ...(invites === null ? {} : { invites: invitesFrom(invites, groups) }),
    readAt: { began, ended: parts.clock.now() },
  };
}

function definitions(rows: readonly UserAttribute[]): CurrentState['attributes'] {
  return unique(listings.userAttributes, rows.map(toAttributeDefinition), ({ name }) => name);
}

function invitesFrom(rows: readonly UserInvite[], groups: readonly Group[]): CurrentState['invites'] {
  const joined = new Map<string, string[]>();
  for (const group of groups) {
    const id = groupIdIn(group);
    for (const invite of group.user_invites ?? []) {
      const of = groupIdIn(invite);
      if (id !== null && of !== null) joined.set(of, [...(joined.get(of) ?? []), id]);
    }
  }
  const invites = rows.map((row) => toCurrentInvite(row, joined.get(row.id) ?? []));
  return unique(listings.userInvites, invites, ({ id }) => id);
}

function usersAndGroups(
  userRows: readonly User[],
  groupRows: readonly Group[],
): Pick<CurrentState, 'users' | 'groups'> {
  const groups = unique(listings.groups, groupRows.map(groupFrom), ({ id }) => id);
  const admins = adminsOf(groups);
  const users = userRows.map((row) => toCurrentUser(row, admins));
  return { users: unique(listings.users, users, ({ id }) => id), groups };
}

function groupFrom(row: Group): CurrentGroup {
  const id = groupIdIn(row);
  if (id !== null) return toCurrentGroup(row, id);
  throw invalidReply(listings.groups, 'a group has no id');
}

/** One id twice means that the list is not what it claims, for example that its pages shifted while they were read. */
function unique<Row>(listing: Listing, rows: readonly Row[], keyOf: (row: Row) => string): readonly Row[] {
  const seen = new Set<string>();
  for (const row of rows) {
    const key = keyOf(row);
    if (seen.has(key)) throw invalidReply(listing, 'one row stands in it twice');
    seen.add(key);
  }
  return rows;
}
