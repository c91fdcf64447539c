import { rowGuard } from '../../http/paginate.ts';
import type { Collection, GroupRecord } from '../../model/collection.ts';
import type { Logger } from '../../model/ports.ts';
import { eachOf } from '../../runtime/each-of.ts';
import { CallFailure, type OktaClient } from './client.ts';
import { groupOf, idOf, listedPerson, membersChangedAt, personOf, type Standings } from './convert.ts';
import type { CallUse } from './executor.ts';
import { AssignedGroup, AssignedUser } from './schema.ts';

/** Member lists that are read at the same time. */
const concurrency = 6;

export const emptyRemedy =
  'Check the scope. To a service app without an admin role Okta shows no people at all: give the app the role "Read-only Administrator".';

export interface ReadParts {
  readonly source: string;
  readonly client: OktaClient;
  readonly standings: Standings;
  readonly logger: Logger;
  readonly use: CallUse;
  /** Told after each page how much there is so far. */
  readonly onPage: (seen: { readonly users: number; readonly groups: number }) => void;
}

/** A read under way. */
export interface Reading extends ReadParts {
  readonly collection: Collection;
  /** The people whose rows were met in lists of members. */
  readonly seen: Set<string>;
}

/** What a member list is read for: people, or their ids where the people are known from elsewhere. */
export type Take = 'people' | 'idsOnly';

/** A group as a list tells it. */
export interface ListedGroup extends GroupRecord {
  /** `lastMembershipUpdated`, epoch milliseconds; null when Okta does not say. */
  readonly membersChangedAt: number | null;
}

/** The lists of a read, each in pages of the largest size that Okta gives. */
export const paths = {
  people: '/api/v1/users?limit=200',
  groups: '/api/v1/groups?limit=200',
  peopleOfApp: (app: string): string => `/api/v1/apps/${app}/users?limit=500&expand=user`,
  groupsOfApp: (app: string): string => `/api/v1/apps/${app}/groups?limit=200&expand=group`,
  members: (group: string): string => `/api/v1/groups/${group}/users?limit=1000`,
  /** `filter`, unlike `search`, is answered from the data itself and not from an index that comes after it. */
  changedPeople: (since: number): string => `/api/v1/users?limit=200&filter=${after('lastUpdated', since)}`,
  changedGroups: (since: number): string =>
    `/api/v1/groups?limit=200&filter=${after('lastUpdated', since)}%20or%20${after('lastMembershipUpdated', since)}`,
  groupsOfPerson: (person: string): string => `/api/v1/users/${person}/groups`,
};

/** The filter for what has a later time than `since`, epoch milliseconds by Okta's clock. */
function after(attribute: string, since: number): string {
  return encodeURIComponent(`${attribute} gt "${new Date(since).toISOString()}"`);
}

/** Rows of a list, page by page, each with its id. Throws `sourceInvalid` when a list repeats itself. */
export async function* rowPages(
  path: string,
  unwrap: (row: unknown) => unknown,
  { client, use }: Pick<ReadParts, 'client' | 'use'>,
): AsyncGenerator<readonly unknown[]> {
  const guard = rowGuard(withoutQuery(path));
  for await (const page of client.pages(path, use)) {
    const rows = page.map(unwrap);
    guard.visit(rows.map(idOf));
    yield rows;
  }
}

/**
 * The list of all people in scope; gives the ids of all its rows. When it shows nobody the source is empty, whomever
 * its groups may show.
 */
export async function readPeople(
  path: string,
  unwrap: (row: unknown) => unknown,
  reading: Reading,
): Promise<ReadonlySet<string>> {
  const { collection, standings } = reading;
  const ids = new Set<string>();
  for await (const rows of rowPages(path, unwrap, reading)) {
    for (const row of rows) {
      const id = idOf(row);
      if (id !== null) ids.add(id);
      collection.addPerson(listedPerson(row, standings));
    }
    reading.onPage(collection.counts());
  }
  collection.content(emptyRemedy);
  return ids;
}

/** A group that can't be read might have been picked; where people come from groups, its people are missing too. */
export async function listGroups(
  path: string,
  unwrap: (row: unknown) => unknown,
  take: Take,
  reading: Reading,
): Promise<readonly ListedGroup[]> {
  const groups = new Map<string, ListedGroup>();
  for await (const rows of rowPages(path, unwrap, reading)) {
    for (const row of rows) {
      const converted = groupOf(row);
      if (converted.state === 'read')
        groups.set(converted.value.externalId, {
          ...converted.value,
          membersChangedAt: membersChangedAt(row),
        });
      if (converted.state !== 'rejected') continue;
      reading.collection.rejectGroup(converted.externalId, converted.text);
      if (take === 'people') reading.collection.missPeople('rows of groups could not be read');
    }
    reading.onPage(reading.collection.counts());
  }
  return [...groups.values()];
}

/**
 * Reads the members of each group: their ids alone where the people are known from elsewhere. Gives the members of
 * every group whose list came whole, by the group's id.
 */
export async function readMembers(
  groups: readonly GroupRecord[],
  take: Take,
  reading: Reading,
): Promise<ReadonlyMap<string, ReadonlySet<string>>> {
  const membersOf = new Map<string, ReadonlySet<string>>();
  await eachOf(groups, { concurrency, signal: reading.use.signal }, async (group, signal) => {
    const members = new Set<string>();
    const because = await readGroup(group, members, take, { ...reading, use: { ...reading.use, signal } });
    if (because !== null && take === 'people')
      reading.collection.missPeople(`the group ${group.externalId}: ${because}`);
    reading.collection.addGroup(recordOf(group), members, because);
    if (because === null) membersOf.set(group.externalId, members);
  });
  return membersOf;
}

/** The part of a listed group that a snapshot holds. */
export function recordOf({ externalId, displayName, extra }: GroupRecord): GroupRecord {
  return { externalId, displayName, extra };
}

/** Fills `members`; returns why they may not be all, or null when they are. */
async function readGroup(
  group: GroupRecord,
  members: Set<string>,
  take: Take,
  reading: Reading,
): Promise<string | null> {
  const { collection, seen, standings, onPage } = reading;
  let because: string | null = null;
  try {
    for await (const rows of rowPages(paths.members(group.externalId), asListed, reading)) {
      for (const row of rows) {
        const id = idOf(row);
        if (id === null) because = 'a member has no id';
        else members.add(id);
        // Most people are in several groups, and converting a row costs more than reading it.
        if (take === 'people' ? id !== null && seen.has(id) : !isMissed(row, reading)) continue;
        collection.addPerson(listedPerson(row, standings));
        if (id !== null) seen.add(id);
      }
      onPage(collection.counts());
    }
  } catch (error) {
    if (!(error instanceof CallFailure) || !error.concernsOneResource()) throw error;
    because = error.message;
  }
  return because;
}

/**
 * Whether the list of people, already read, lacks somebody it should have. It comes by status, so whoever got an
 * earlier status while it was read is on none of its pages; the deactivated are not in it anyway.
 */
function isMissed(row: unknown, { collection, standings }: Reading): boolean {
  const id = idOf(row);
  if (id === null || collection.hasPerson(id)) return false;
  const person = personOf(row, standings);
  return person.state === 'rejected' || person.user.extra['status'] !== 'DEPROVISIONED';
}

function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? path;
}

export function asListed(row: unknown): unknown {
  return row;
}

/** The user inside an assignment. An assignment has a status and a profile of its own, which are not the user's. */
export function assignedUser(row: unknown): unknown {
  return AssignedUser.safeParse(row).data ?? null;
}

export function assignedGroup(row: unknown): unknown {
  return AssignedGroup.safeParse(row).data ?? null;
}
