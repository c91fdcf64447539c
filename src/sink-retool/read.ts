import type { z } from 'zod';
import type { CurrentGroup, CurrentState, ListVisibility } from '../model/current-state.ts';
import type { Clock } from '../model/ports.ts';
import type { TargetKnowledge, TokenOwner } from '../model/preflight.ts';
import type { Secret } from '../model/secret.ts';
import { faultOf } from '../model/stated.ts';
import {
  adminsOf,
  toAttributeDefinition,
  toCurrentGroup,
  toCurrentInvite,
  toCurrentUser,
} from './convert.ts';
import { readRows, type ListParts } from './list.ts';
import { invalidReply, listings, PlanGate, type Listing } from './listing.ts';
import { Group, groupIdIn, User, UserAttribute, UserInvite } from './schema.ts';
import { askForOwner } from './token-owner.ts';

export interface ReadParts extends ListParts {
  readonly clock: Clock;
  readonly token: Secret;
  readonly knowledge?: TargetKnowledge;
}

/**
 * Reads the four lists side by side. All of them come whole, or the read fails as a whole; but users and groups may
 * be hidden, where Retool says that the organisation's plan does not include them.
 */
export async function readState(parts: ReadParts, signal: AbortSignal): Promise<CurrentState> {
  const began = parts.clock.now();
  const [users, groups, attributes, invites] = await allOrNothing(signal, (signal) =>
    Promise.all([
      rowsOrHidden(parts, listings.users, User, signal),
      rowsOrHidden(parts, listings.groups, Group, signal),
      rowsOf(parts, listings.userAttributes, UserAttribute, signal),
      rowsOf(parts, listings.userInvites, UserInvite, signal),
    ]),
  );
  const owner = users === 'hidden' ? null : await ownerOf(parts, users, signal);
  return {
    ...usersAndGroups(users, groups, owner),
    attributes: unique(listings.userAttributes, attributes.map(toAttributeDefinition), ({ name }) => name),
    invites: unique(listings.userInvites, invites.map(toCurrentInvite), ({ id }) => id),
    readAt: { began, ended: parts.clock.now() },
  };
}

/** Whose token this is: asked for in the first read with a token, and remembered. null: nobody can say yet. */
async function ownerOf(
  { knowledge, ...parts }: ReadParts,
  users: readonly User[],
  signal: AbortSignal,
): Promise<TokenOwner | null> {
  if (knowledge === undefined) return null;
  const { tokenOwner } = knowledge.recall();
  if (tokenOwner !== null) return tokenOwner;
  const found = await askForOwner(parts, users, signal);
  if (found !== null) knowledge.remember({ tokenOwner: found });
  return found;
}

/** Reads users and groups again, as far as they are visible; the other two lists are those of `earlier`. */
export async function rereadState(
  parts: ReadParts,
  earlier: CurrentState,
  signal: AbortSignal,
): Promise<CurrentState> {
  const began = parts.clock.now();
  const { users, groups } = earlier.visible;
  const [userRows, groupRows] = await allOrNothing(signal, (signal) =>
    Promise.all([
      users === 'hidden' ? users : rowsOf(parts, listings.users, User, signal),
      groups === 'hidden' ? groups : rowsOf(parts, listings.groups, Group, signal),
    ]),
  );
  return {
    ...earlier,
    ...usersAndGroups(userRows, groupRows, earlier.tokenOwner ?? null),
    readAt: { began, ended: parts.clock.now() },
  };
}

type RowsOrHidden<Row> = readonly Row[] | 'hidden';

function usersAndGroups(
  userRows: RowsOrHidden<User>,
  groupRows: RowsOrHidden<Group>,
  owner: TokenOwner | null,
): Pick<CurrentState, 'visible' | 'tokenOwner' | 'users' | 'groups'> {
  const groups = unique(listings.groups, rowsIn(groupRows).map(groupFrom), ({ id }) => id);
  const admins = adminsOf(groups);
  const ownerId = owner?.state === 'known' ? owner.userId : null;
  const users = rowsIn(userRows).map((row) => toCurrentUser(row, admins, ownerId));
  return {
    visible: { users: visibilityOf(userRows), groups: visibilityOf(groupRows) },
    ...(owner === null ? {} : { tokenOwner: owner }),
    users: unique(listings.users, users, ({ id }) => id),
    groups,
  };
}

function rowsIn<Row>(rows: RowsOrHidden<Row>): readonly Row[] {
  return rows === 'hidden' ? [] : rows;
}

function visibilityOf(rows: RowsOrHidden<unknown>): ListVisibility {
  return rows === 'hidden' ? 'hidden' : 'visible';
}

function groupFrom(row: Group): CurrentGroup {
  const id = groupIdIn(row);
  if (id !== null) return toCurrentGroup(row, id);
  throw invalidReply(listings.groups, 'a group has no id');
}

/**
 * Only the words in which Retool names the plan make a list hidden. A refused scope, a page of HTML or an unknown
 * route may be anything, and fail the read.
 */
async function rowsOrHidden<Row>(
  parts: ReadParts,
  listing: Listing,
  schema: z.ZodType<Row>,
  signal: AbortSignal,
): Promise<RowsOrHidden<Row>> {
  try {
    return await rowsOf(parts, listing, schema, signal);
  } catch (error) {
    if (error instanceof PlanGate) return 'hidden';
    throw error;
  }
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
