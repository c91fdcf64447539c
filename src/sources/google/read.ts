import { rowGuard } from '../../http/paginate.ts';
import { createCollection, type Collection, type Content, type GroupRecord } from '../../model/collection.ts';
import { selectGroups } from '../../model/glob.ts';
import type { Logger } from '../../model/ports.ts';
import { eachOf } from '../../runtime/each-of.ts';
import type { CallUse } from './ask.ts';
import type { GoogleClient, Query } from './client.ts';
import { groupFields, groupOf, idOf, memberFields, memberOf, personOf, userFields } from './convert.ts';
import { CallFailure } from '../../http/call-failure.ts';
import { concernsOneGroup } from './failures.ts';
import type { GoogleOptions, ListName } from './schema.ts';

/** Lists that are read at the same time. */
const concurrency = 4;
/** The most that Google gives in one page of each list. */
const most = { users: '500', groups: '200', members: '200' } as const;

const emptyRemedy = 'Check customer and query, and that auth.subject may read people.';

export interface ReadParts {
  readonly source: string;
  readonly options: GoogleOptions;
  readonly client: GoogleClient;
  readonly logger: Logger;
  readonly use: CallUse;
  /** Told after each page how much there is so far. */
  readonly onPage: (seen: { readonly users: number; readonly groups: number }) => void;
}

/** A read under way. */
interface Reading extends ReadParts {
  readonly collection: Collection;
}

/** Everybody whom the list of people showed, and whether it could be read whole. */
interface Everybody {
  readonly ids: ReadonlySet<string>;
  readonly isWhole: boolean;
}

/** Reads people and groups. They are kept as converted; pages are not kept. */
export async function readAccount(parts: ReadParts): Promise<Content> {
  const reading = { ...parts, collection: createCollection() };
  const everybody = await readPeople(reading);
  await readMembers(await listGroups(reading), everybody, reading);
  return reading.collection.content(emptyRemedy);
}

/** The list of people, with the properties that are used, those of the account's own schemas among them. */
export function peopleQuery({ customer, query, select = [] }: GoogleOptions): Query {
  const fields = pageFields('users', userFields(select));
  const all = { customer, projection: 'full', orderBy: 'email', maxResults: most.users, fields };
  return query === undefined ? all : { ...all, query };
}

/** A partial answer: what makes a page of a list one, and of its rows these properties. */
function pageFields(list: ListName, ofRows: string): string {
  return `kind,nextPageToken,${list}(${ofRows})`;
}

async function readPeople({ client, options, collection, use, onPage }: Reading): Promise<Everybody> {
  const ids = new Set<string>();
  let isWhole = true;
  const guard = rowGuard('/users');
  for await (const page of client.pages('users', '/users', peopleQuery(options), use)) {
    guard.visit(page.map(idOf));
    for (const raw of page) {
      const row = personOf(raw);
      collection.addPerson(row);
      if (row.state === 'read') ids.add(row.value.externalId);
      else isWhole = false;
    }
    onPage(collection.counts());
  }
  return { ids, isWhole };
}

/** The groups that are read, of all there are: a group that can't be read might have been one of them. */
async function listGroups(reading: Reading): Promise<readonly GroupRecord[]> {
  const { client, options, collection, use, onPage } = reading;
  const groups = new Map<string, GroupRecord>();
  const guard = rowGuard('/groups');
  const fields = pageFields('groups', groupFields);
  const query = { customer: options.customer, maxResults: most.groups, fields };
  for await (const page of client.pages('groups', '/groups', query, use)) {
    guard.visit(page.map(idOf));
    for (const raw of page) {
      const row = groupOf(raw);
      if (row.state === 'read') groups.set(row.value.externalId, row.value);
      if (row.state === 'rejected') collection.rejectGroup(row.externalId, row.text);
    }
    onPage(collection.counts());
  }
  return options.groups === undefined
    ? [...groups.values()]
    : picked([...groups.values()], options.groups, reading);
}

function picked(
  groups: readonly GroupRecord[],
  selectors: readonly string[],
  { source, collection, logger }: Reading,
): readonly GroupRecord[] {
  const { picked: chosen, missing, unmatched } = selectGroups(groups, selectors);
  for (const selector of missing) collection.missGroup(selector);
  for (const pattern of unmatched) logger.warn({ source, pattern }, 'A pattern matches no group');
  return chosen;
}

async function readMembers(
  groups: readonly GroupRecord[],
  everybody: Everybody,
  reading: Reading,
): Promise<void> {
  const { collection, use, onPage } = reading;
  await eachOf(groups, { concurrency, signal: use.signal }, async (group, signal) => {
    const members = new Set<string>();
    const because = await readGroup(group, members, everybody, { ...reading, use: { ...use, signal } });
    collection.addGroup(group, members, because);
    onPage(collection.counts());
  });
}

/** Fills `members`; returns why they may not be all, or null when they are. */
async function readGroup(
  { externalId }: GroupRecord,
  members: Set<string>,
  everybody: Everybody,
  { client, options, use }: Reading,
): Promise<string | null> {
  const path = `/groups/${externalId}/members`;
  const query = {
    maxResults: most.members,
    fields: pageFields('members', memberFields),
    ...(options.nested === true ? { includeDerivedMembership: 'true' } : {}),
  };
  const guard = rowGuard(path);
  let because: string | null = null;
  try {
    for await (const page of client.pages('members', path, query, use)) {
      guard.visit(page.map(idOf));
      for (const raw of page) because = addMember(raw, members, everybody) ?? because;
    }
  } catch (error) {
    if (!(error instanceof CallFailure) || !concernsOneGroup(error)) throw error;
    because = error.message;
  }
  return because;
}

/** Takes over one row of a member list; returns what keeps the list from being whole, or null. */
function addMember(raw: unknown, members: Set<string>, everybody: Everybody): string | null {
  const member = memberOf(raw);
  if (member.state === 'rejected') return `a member can't be read: ${member.text}`;
  if (member.state === 'person') members.add(member.id);
  if (member.state !== 'everybody') return null;
  for (const id of everybody.ids) members.add(id);
  return everybody.isWhole ? null : 'everybody is in it, and rows of people could not be read';
}
