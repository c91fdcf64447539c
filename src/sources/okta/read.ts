import { rowGuard } from '../../http/paginate.ts';
import { createCollection, type Collection, type Content, type GroupRecord } from '../../model/collection.ts';
import { selectGroups } from '../../model/glob.ts';
import type { Logger } from '../../model/ports.ts';
import { eachOf } from '../../runtime/each-of.ts';
import { CallFailure, type OktaClient } from './client.ts';
import { groupOf, idOf, listedPerson, personOf, type Standings } from './convert.ts';
import type { CallUse } from './executor.ts';
import { AssignedGroup, AssignedUser, type OktaOptions } from './schema.ts';

/** Member lists that are read at the same time. */
const concurrency = 4;

const emptyRemedy =
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

/** What a member list is read for: people, or their ids where the people are known from elsewhere. */
type Take = 'people' | 'idsOnly';

/** A read under way. */
interface Reading extends ReadParts {
  readonly collection: Collection;
}

/** Reads what `scope` names. People and groups are kept as converted; pages are not kept. */
export async function readScope(scope: OktaOptions['scope'], parts: ReadParts): Promise<Content> {
  const reading = { ...parts, collection: createCollection() };
  if (scope.app !== undefined) await readApp(scope.app, reading);
  else if (scope.groups !== undefined) await readNamedGroups(scope.groups, reading);
  else await readOrg(reading);
  return reading.collection.content(emptyRemedy);
}

/** The people assigned to the app, directly or through a group, and the groups assigned to it. */
async function readApp(app: string, reading: Reading): Promise<void> {
  await readPeople(`/api/v1/apps/${app}/users?limit=500&expand=user`, assignedUser, reading);
  const path = `/api/v1/apps/${app}/groups?limit=200&expand=group`;
  const groups = await listGroups(path, assignedGroup, 'idsOnly', reading);
  await readMembers(groups, 'idsOnly', reading);
}

/** Everybody but DEPROVISIONED people, whom Okta leaves out of its plain list, and all groups. */
async function readOrg(reading: Reading): Promise<void> {
  await readPeople('/api/v1/users?limit=200', asListed, reading);
  const groups = await listGroups('/api/v1/groups?limit=200', asListed, 'idsOnly', reading);
  await readMembers(groups, 'idsOnly', reading);
}

/** Named groups and the people in them. Deactivated people stay in their groups, so leavers are seen here. */
async function readNamedGroups(selectors: readonly string[], reading: Reading): Promise<void> {
  const listed = await listGroups('/api/v1/groups?limit=200', asListed, 'people', reading);
  const { picked, missing, unmatched } = selectGroups(listed, selectors);
  for (const selector of missing) reading.collection.missGroup(selector);
  for (const pattern of unmatched)
    reading.logger.warn({ source: reading.source, pattern }, 'A pattern matches no group');
  await readMembers(picked, 'people', reading);
}

/** The list of all people in scope. When it shows nobody the source is empty, whomever its groups may show. */
async function readPeople(path: string, unwrap: (row: unknown) => unknown, reading: Reading): Promise<void> {
  const { client, collection, standings, use } = reading;
  const guard = rowGuard(withoutQuery(path));
  for await (const page of client.pages(path, use)) {
    const rows = page.map(unwrap);
    guard.visit(rows.map(idOf));
    for (const row of rows) collection.addPerson(listedPerson(row, standings));
    reading.onPage(collection.counts());
  }
  collection.content(emptyRemedy);
}

/** A group that can't be read might have been picked; where people come from groups, its people are missing too. */
async function listGroups(
  path: string,
  unwrap: (row: unknown) => unknown,
  take: Take,
  reading: Reading,
): Promise<readonly GroupRecord[]> {
  const groups = new Map<string, GroupRecord>();
  const guard = rowGuard(withoutQuery(path));
  for await (const page of reading.client.pages(path, reading.use)) {
    const rows = page.map(unwrap);
    guard.visit(rows.map(idOf));
    for (const row of rows) {
      const converted = groupOf(row);
      if (converted.state === 'read') groups.set(converted.value.externalId, converted.value);
      if (converted.state !== 'rejected') continue;
      reading.collection.rejectGroup(converted.externalId, converted.text);
      if (take === 'people') reading.collection.missPeople('rows of groups could not be read');
    }
    reading.onPage(reading.collection.counts());
  }
  return [...groups.values()];
}

/** Reads the members of each group: their ids alone where the people are known from elsewhere. */
async function readMembers(groups: readonly GroupRecord[], take: Take, reading: Reading): Promise<void> {
  await eachOf(groups, { concurrency, signal: reading.use.signal }, async (group, signal) => {
    const members = new Set<string>();
    const because = await readGroup(group, members, take, { ...reading, use: { ...reading.use, signal } });
    if (because !== null && take === 'people')
      reading.collection.missPeople(`the group ${group.externalId}: ${because}`);
    reading.collection.addGroup(group, members, because);
  });
}

/** Fills `members`; returns why they may not be all, or null when they are. */
async function readGroup(
  group: GroupRecord,
  members: Set<string>,
  take: Take,
  reading: Reading,
): Promise<string | null> {
  const { client, collection, standings, use, onPage } = reading;
  const path = `/api/v1/groups/${group.externalId}/users?limit=1000`;
  const guard = rowGuard(withoutQuery(path));
  let because: string | null = null;
  try {
    for await (const page of client.pages(path, use)) {
      guard.visit(page.map(idOf));
      for (const row of page) {
        const id = idOf(row);
        if (id === null) because = 'a member has no id';
        else members.add(id);
        if (take === 'people' || isMissed(row, reading)) collection.addPerson(listedPerson(row, standings));
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

function asListed(row: unknown): unknown {
  return row;
}

/** The user inside an assignment. An assignment has a status and a profile of its own, which are not the user's. */
function assignedUser(row: unknown): unknown {
  return AssignedUser.safeParse(row).data ?? null;
}

function assignedGroup(row: unknown): unknown {
  return AssignedGroup.safeParse(row).data ?? null;
}
