import { rowGuard } from '../../http/paginate.ts';
import { createCollection, type Collection, type Content, type GroupRecord } from '../../model/collection.ts';
import { selectGroups } from '../../model/glob.ts';
import type { Logger } from '../../model/ports.ts';
import { faultOf } from '../../model/stated.ts';
import { eachOf } from '../../runtime/each-of.ts';
import type { CallUse, EntraClient } from './client.ts';
import { groupOf, groupSelect, idOf, memberOf, personOf, userSelect } from './convert.ts';
import { CallFailure } from './failures.ts';
import { AppRoleAssignment, type EntraScope, type Guests } from './schema.ts';

/** Lists that are read at the same time. */
const concurrency = 4;
/** The most that Graph gives in one page of any of these lists. */
const top = '$top=999';
/** The most values that Graph takes in one `in (…)`. */
const mostInFilter = 15;

const emptyRemedy =
  'Check the scope, and that the app has the application permissions User.Read.All and GroupMember.Read.All with admin consent.';

export interface ReadParts {
  readonly source: string;
  readonly client: EntraClient;
  readonly guests: Guests;
  /** Properties of users to read beside those that are always read. */
  readonly select: readonly string[];
  readonly logger: Logger;
  readonly use: CallUse;
  /** Told after each page how much there is so far. */
  readonly onPage: (seen: { readonly users: number; readonly groups: number }) => void;
}

/** A read under way. */
interface Reading extends ReadParts {
  readonly collection: Collection;
}

/** How the members of a group are read: with their own properties, where people are not known from elsewhere, or ids. */
interface MemberList {
  readonly path: 'members' | 'transitiveMembers';
  readonly take: 'people' | 'idsOnly';
}

/** Reads what `scope` names. People and groups are kept as converted; pages are not kept. */
export async function readScope(scope: EntraScope, parts: ReadParts): Promise<Content> {
  const reading = { ...parts, collection: createCollection() };
  const path = scope.nested === true ? 'transitiveMembers' : 'members';
  if (scope.groups !== undefined) await readNamedGroups(scope.groups, { path, take: 'people' }, reading);
  else if (scope.enterpriseApp !== undefined) await readApp(scope.enterpriseApp, reading);
  else await readTenant({ path, take: 'idsOnly' }, reading);
  return reading.collection.content(emptyRemedy);
}

/** Named groups and the people in them, who come with the member lists: nobody is asked for twice. */
async function readNamedGroups(
  selectors: readonly string[],
  list: MemberList,
  reading: Reading,
): Promise<void> {
  const { picked, missing, unmatched } = selectGroups(await listGroups(list.take, reading), selectors);
  for (const selector of missing) reading.collection.missGroup(selector);
  for (const pattern of unmatched)
    reading.logger.warn({ source: reading.source, pattern }, 'A pattern matches no group');
  await readMembers(picked, list, reading);
}

/** Everybody and all groups. */
async function readTenant(list: MemberList, reading: Reading): Promise<void> {
  await readPeople(`/users?${top}&$select=${userSelect(reading.select)}`, reading);
  await readMembers(await listGroups(list.take, reading), list, reading);
}

/**
 * The people assigned to the enterprise application, directly or through a group, and the groups assigned to it.
 * Groups come first: who is in one of them need not be asked for.
 */
async function readApp(app: string, reading: Reading): Promise<void> {
  const { collection, use } = reading;
  const { groups, people } = await listAssignments(app, reading);
  await readMembers(groups, { path: 'members', take: 'people' }, reading);
  const others = [...people].filter((id) => !collection.hasPerson(id));
  await eachOf(inParts(others, mostInFilter), { concurrency, signal: use.signal }, (ids, signal) => {
    const filter = encodeURIComponent(`id in (${ids.map((id) => `'${id}'`).join(',')})`);
    const path = `/users?${top}&$filter=${filter}&$select=${userSelect(reading.select)}`;
    return readPeople(path, { ...reading, use: { ...use, signal } }, new Set(ids));
  });
}

async function listAssignments(
  app: string,
  { client, collection, use }: Reading,
): Promise<{ readonly groups: readonly GroupRecord[]; readonly people: ReadonlySet<string> }> {
  const groups = new Map<string, GroupRecord>();
  const people = new Set<string>();
  const list = `/servicePrincipals/${app}/appRoleAssignedTo`;
  const guard = rowGuard(list);
  for await (const page of client.pages(`${list}?${top}`, use)) {
    guard.visit(page.map(idOf));
    for (const raw of page) {
      const parsed = AppRoleAssignment.safeParse(raw);
      if (!parsed.success) {
        collection.missPeople('assignments could not be read');
        collection.rejectGroup(null, `an assignment: ${faultOf(parsed.error)}`);
      } else if (parsed.data.principalType === 'User') people.add(parsed.data.principalId);
      else if (parsed.data.principalType === 'Group') addAssignedGroup(parsed.data, groups, collection);
    }
  }
  return { groups: [...groups.values()], people };
}

function addAssignedGroup(
  { principalId, principalDisplayName }: AppRoleAssignment,
  groups: Map<string, GroupRecord>,
  collection: Collection,
): void {
  const row = groupOf({ id: principalId, displayName: principalDisplayName });
  if (row.state === 'read') groups.set(principalId, row.value);
  else if (row.state === 'rejected') {
    collection.rejectGroup(row.externalId, row.text);
    collection.missPeople(`the group ${principalId} could not be read`);
  }
}

/** Takes everybody, or only those `asked` for, should the answer hold others as well; a row without an id counts. */
async function readPeople(
  path: string,
  { client, collection, guests, use, onPage }: Reading,
  asked: ReadonlySet<string> | null = null,
): Promise<void> {
  const guard = rowGuard('/users');
  for await (const page of client.pages(path, use)) {
    guard.visit(page.map(idOf));
    for (const row of page)
      if (asked === null || wasAskedFor(row, asked)) collection.addPerson(personOf(row, guests));
    onPage(collection.counts());
  }
}

function wasAskedFor(row: unknown, asked: ReadonlySet<string>): boolean {
  const id = idOf(row);
  return id === null || asked.has(id);
}

/** A group that can't be read might have been picked; where people come from groups, its people are missing too. */
async function listGroups(
  take: MemberList['take'],
  { client, collection, use, onPage }: Reading,
): Promise<readonly GroupRecord[]> {
  const groups = new Map<string, GroupRecord>();
  const guard = rowGuard('/groups');
  for await (const page of client.pages(`/groups?${top}&$select=${groupSelect}`, use)) {
    guard.visit(page.map(idOf));
    for (const raw of page) {
      const row = groupOf(raw);
      if (row.state === 'read') groups.set(row.value.externalId, row.value);
      if (row.state !== 'rejected') continue;
      collection.rejectGroup(row.externalId, row.text);
      if (take === 'people') collection.missPeople('rows of groups could not be read');
    }
    onPage(collection.counts());
  }
  return [...groups.values()];
}

async function readMembers(
  groups: readonly GroupRecord[],
  list: MemberList,
  reading: Reading,
): Promise<void> {
  const { collection, use, onPage } = reading;
  await eachOf(groups, { concurrency, signal: use.signal }, async (group, signal) => {
    const members = new Set<string>();
    const because = await readGroup(group, members, list, { ...reading, use: { ...use, signal } });
    if (because !== null && list.take === 'people')
      collection.missPeople(`the group ${group.externalId}: ${because}`);
    collection.addGroup(group, members, because);
    onPage(collection.counts());
  });
}

/** Fills `members`; returns why they may not be all, or null when they are. */
async function readGroup(
  group: GroupRecord,
  members: Set<string>,
  { path, take }: MemberList,
  reading: Reading,
): Promise<string | null> {
  const select = take === 'people' ? userSelect(reading.select) : 'id';
  const list = `/groups/${group.externalId}/${path}`;
  const guard = rowGuard(list);
  let because: string | null = null;
  try {
    for await (const page of reading.client.pages(`${list}?${top}&$select=${select}`, reading.use)) {
      guard.visit(page.map(idOf));
      for (const row of page) because = addMember(row, members, take, reading) ?? because;
      reading.onPage(reading.collection.counts());
    }
  } catch (error) {
    if (!(error instanceof CallFailure) || !error.concernsOneResource()) throw error;
    because = error.message;
  }
  return because;
}

/** Takes over one row of a member list; returns what keeps the list from being whole, or null. */
function addMember(
  raw: unknown,
  members: Set<string>,
  take: MemberList['take'],
  { collection, guests }: Reading,
): string | null {
  const member = memberOf(raw);
  if (member.state === 'rejected') return `a member can't be read: ${member.text}`;
  if (member.state === 'other') return null;
  members.add(member.id);
  if (take === 'idsOnly') return null;
  if (member.state === 'veiled')
    collection.missPeople('Graph shows nothing of people but their ids; the app needs User.Read.All');
  else collection.addPerson(personOf(raw, guests));
  return null;
}

function inParts<Item>(items: readonly Item[], size: number): readonly (readonly Item[])[] {
  return Array.from({ length: Math.ceil(items.length / size) }, (_, part) =>
    items.slice(part * size, (part + 1) * size),
  );
}
