import type { z } from 'zod';
import type { CurrentGroup, CurrentState } from '../model/current-state.ts';
import type { Clock } from '../model/ports.ts';
import { faultOf } from '../model/stated.ts';
import {
  adminsOf,
  toAttributeDefinition,
  toCurrentGroup,
  toCurrentInvite,
  toCurrentUser,
} from './convert.ts';
import { readRows, type ListParts } from './list.ts';
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
    attributes: unique(listings.userAttributes, attributes.map(toAttributeDefinition), ({ name }) => name),
    invites: unique(listings.userInvites, invites.map(toCurrentInvite), ({ id }) => id),
    readAt: { began, ended: parts.clock.now() },
  };
}

/** Reads users and groups again; the other two lists are those of `earlier`. */
export async function rereadState(
  parts: ReadParts,
  earlier: CurrentState,
  signal: AbortSignal,
): Promise<CurrentState> {
  const began = parts.clock.now();
  const [users, groups] = await allOrNothing(signal, (signal) =>
    Promise.all([rowsOf(parts, listings.users, User, signal), rowsOf(parts, listings.groups, Group, signal)]),
  );
  return { ...earlier, ...usersAndGroups(users, groups), readAt: { began, ended: parts.clock.now() } };
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

async function rowsOf<Row>(
  parts: ReadParts,
  listing: Listing,
  schema: z.ZodType<Row>,
  signal: AbortSignal,
): Promise<readonly Row[]> {
  const rows = await readRows(parts, listing, signal);
  return rows.map((row, index) => {
    const parsed = schema.safeParse(row);
    if (parsed.success) return parsed.data;
    throw invalidReply(listing, `row ${index + 1}: ${faultOf(parsed.error)}`);
  });
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

/** When one of several reads fails, the others are of no use and would only spend calls. */
async function allOrNothing<T>(signal: AbortSignal, reads: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const stop = new AbortController();
  try {
    return await reads(AbortSignal.any([signal, stop.signal]));
  } catch (error) {
    stop.abort(error);
    throw error;
  }
}
