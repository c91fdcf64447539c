import PQueue from 'p-queue';
import { BridgeError } from '../../model/errors.ts';
import type { Logger } from '../../model/ports.ts';
import { CallFailure, type OktaClient } from './client.ts';
import { createCollection, type Collection, type Content } from './collection.ts';
import { groupOf, idOf, personOf, type GroupRecord, type Standings } from './convert.ts';
import type { CallUse } from './executor.ts';
import { AppGroup, AppUser, type OktaOptions } from './schema.ts';
import { selectGroups } from './select.ts';

/** Member lists that are read at the same time. */
const concurrency = 4;

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
interface Reading extends ReadParts {
  readonly collection: Collection;
}

/** Reads what `scope` names. People and groups are kept as converted; pages are not kept. */
export async function readScope(scope: OktaOptions['scope'], parts: ReadParts): Promise<Content> {
  const reading = { ...parts, collection: createCollection() };
  if (scope.app !== undefined) await readApp(scope.app, reading);
  else if (scope.groups !== undefined) await readNamedGroups(scope.groups, reading);
  else await readOrg(reading);
  return reading.collection.content();
}

/** The people assigned to the app, directly or through a group, and the groups assigned to it. */
async function readApp(app: string, reading: Reading): Promise<void> {
  await readPeople(`/api/v1/apps/${app}/users?limit=500&expand=user`, assignedUser, reading);
  const groups = await listGroups(
    `/api/v1/apps/${app}/groups?limit=200&expand=group`,
    assignedGroup,
    reading,
  );
  await readMembers(groups, 'idsOnly', reading);
}

/** Everybody but DEPROVISIONED people, whom Okta leaves out of its plain list, and all groups. */
async function readOrg(reading: Reading): Promise<void> {
  await readPeople('/api/v1/users?limit=200', asListed, reading);
  await readMembers(await listGroups('/api/v1/groups?limit=200', asListed, reading), 'idsOnly', reading);
}

/** Named groups and the people in them. Deactivated people stay in their groups, so leavers are seen here. */
async function readNamedGroups(selectors: readonly string[], reading: Reading): Promise<void> {
  const listed = await listGroups('/api/v1/groups?limit=200', asListed, reading);
  const { picked, missing, unmatched } = selectGroups(listed, selectors);
  for (const selector of missing) reading.collection.missGroup(selector);
  for (const pattern of unmatched)
    reading.logger.warn({ source: reading.source, pattern }, 'A pattern matches no group');
  await readMembers(picked, 'people', reading);
}

async function readPeople(path: string, unwrap: (row: unknown) => unknown, reading: Reading): Promise<void> {
  const { client, collection, standings, use } = reading;
  for await (const page of client.pages(path, use)) {
    const rows = page.map(unwrap);
    refuseTwins(rows, path);
    for (const row of rows) collection.addPerson(personOf(row, standings));
    reading.onPage(collection.counts());
  }
}

async function listGroups(
  path: string,
  unwrap: (row: unknown) => unknown,
  reading: Reading,
): Promise<readonly GroupRecord[]> {
  const groups = new Map<string, GroupRecord>();
  for await (const page of reading.client.pages(path, reading.use)) {
    const rows = page.map(unwrap);
    refuseTwins(rows, path);
    for (const row of rows) {
      const converted = groupOf(row);
      if (converted.state === 'group') groups.set(converted.group.externalId, converted.group);
      else reading.collection.rejectGroup(converted.externalId, converted.text);
    }
    reading.onPage(reading.collection.counts());
  }
  return [...groups.values()];
}

/** Reads the members of each group: their ids alone where the people are known from elsewhere. */
async function readMembers(
  groups: readonly GroupRecord[],
  take: 'people' | 'idsOnly',
  reading: Reading,
): Promise<void> {
  await eachOf(groups, reading.use.signal, async (group, signal) => {
    const members = new Set<string>();
    const because = await readGroup(group, members, take, { ...reading, use: { ...reading.use, signal } });
    if (because !== null && take === 'people')
      reading.collection.missPeople(`the group ${group.externalId}: ${because}`);
    reading.collection.addGroup(group, members, because);
    reading.onPage(reading.collection.counts());
  });
}

/** Fills `members`; returns why they may not be all, or null when they are. */
async function readGroup(
  group: GroupRecord,
  members: Set<string>,
  take: 'people' | 'idsOnly',
  { client, collection, standings, use }: Reading,
): Promise<string | null> {
  const path = `/api/v1/groups/${group.externalId}/users?limit=1000`;
  let because: string | null = null;
  try {
    for await (const page of client.pages(path, use)) {
      refuseTwins(page, path);
      for (const row of page) {
        const id = idOf(row);
        if (id === null) because = 'a member has no id';
        else members.add(id);
        if (take === 'people') collection.addPerson(personOf(row, standings));
      }
    }
  } catch (error) {
    if (!(error instanceof CallFailure) || !error.concernsOneResource()) throw error;
    because = error.message;
  }
  return because;
}

/**
 * A row may come again on a later page, when a change moved it while the pages were read; on one page it
 * can't, and a list that does so is not the list it claims to be.
 */
function refuseTwins(rows: readonly unknown[], path: string): void {
  const ids = rows.map(idOf).filter((id) => id !== null);
  if (new Set(ids).size === ids.length) return;
  throw new BridgeError('sourceInvalid', `A page of ${path.split('?', 1)[0]} has one id twice.`);
}

function asListed(row: unknown): unknown {
  return row;
}

/** The user inside an assignment. An assignment has a status and a profile of its own, which are not the user's. */
function assignedUser(row: unknown): unknown {
  return AppUser.safeParse(row).data?._embedded.user ?? null;
}

function assignedGroup(row: unknown): unknown {
  return AppGroup.safeParse(row).data?._embedded.group ?? null;
}

/** Works on a few items at a time; the first failure stops what is under way and is what this rejects with. */
async function eachOf<Item>(
  items: readonly Item[],
  signal: AbortSignal,
  work: (item: Item, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  const queue = new PQueue({ concurrency });
  try {
    await Promise.all(items.map((item) => queue.add(() => work(item, either))));
  } catch (error) {
    queue.clear();
    stop.abort(error);
    throw error;
  } finally {
    await queue.onIdle();
  }
}
