import type { z } from 'zod';
import type { CurrentGroup, CurrentState, ListVisibility } from '../model/current-state.ts';
import type { Operation } from '../model/operation.ts';
import type { Clock } from '../model/ports.ts';
import type { TargetKnowledge, TokenOwner } from '../model/preflight.ts';
import type { Secret } from '../model/secret.ts';
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
    attributes: definitions(attributes),
    invites: invitesFrom(invites, rowsIn(groups)),
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

/**
 * Reads users and groups again, as far as they are visible, and of the other lists those that `operations` change; the
 * rest is that of `earlier`.
 */
export async function rereadState(
  parts: ReadParts,
  earlier: CurrentState,
  operations: readonly Operation[],
  signal: AbortSignal,
): Promise<CurrentState> {
  const began = parts.clock.now();
  const changed = changedBy(operations);
  const { visible } = earlier;
  const [users, groups, attributes, invites, extras] = await allOrNothing(signal, (signal) =>
    Promise.all([
      visible.users === 'hidden' ? visible.users : rowsOf(parts, listings.users, User, signal),
      visible.groups === 'hidden' ? visible.groups : rowsOf(parts, listings.groups, Group, signal),
      changed.attributes ? rowsOf(parts, listings.userAttributes, UserAttribute, signal) : null,
      changed.invites ? rowsOf(parts, listings.userInvites, UserInvite, signal) : null,
      readExtras(parts, earlier, changed.extras, signal),
    ]),
  );
  return {
    ...extras,
    ...usersAndGroups(users, groups, earlier.tokenOwner ?? null),
    ...(attributes === null ? {} : { attributes: definitions(attributes) }),
    ...(invites === null ? {} : { invites: invitesFrom(invites, rowsIn(groups)) }),
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
