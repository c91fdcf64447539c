import { rowGuard } from '../../http/paginate.ts';
import type { GroupRecord } from '../../model/collection.ts';
import { eachOf } from '../../runtime/each-of.ts';
import { idOf, memberOf, personOf, userSelect } from './convert.ts';
import { CallFailure, concernsOneResource } from '../../http/call-failure.ts';
import { concurrency, inParts, type Reading, type Take } from './reading.ts';
import { Page } from './schema.ts';

/** How the members of a group are read. */
export interface MemberLists {
  readonly path: 'members' | 'transitiveMembers';
  readonly take: Take;
}

/** Up to so many groups are asked for one by one: a batch saves round trips, and those are few. */
const fewGroups = 20;
/** The most requests that Graph takes in one batch (Microsoft Graph: "JSON batching"). */
const batchSize = 20;
/** Rows of a first page inside a batch: 20 pages of people with all their properties are held at once. */
const batchedTop = { people: 200, idsOnly: 999 } as const;
const wholeTop = 999;

/** Reads the members of groups; of many groups the first pages come 20 at a time. */
export async function readMembers(
  groups: readonly GroupRecord[],
  lists: MemberLists,
  reading: Reading,
): Promise<void> {
  if (groups.length <= fewGroups) return readEach(groups, new Map(), lists, reading);
  for (const part of inParts(groups, batchSize)) {
    const paths = part.map(({ externalId }) => pathOf(externalId, lists, batchedTop[lists.take], reading));
    const bodies = await reading.client.batch(paths, reading.use);
    await readEach(part, bodies, lists, reading);
  }
}

async function readEach(
  groups: readonly GroupRecord[],
  bodies: ReadonlyMap<string, unknown>,
  lists: MemberLists,
  reading: Reading,
): Promise<void> {
  const { collection, use, onPage } = reading;
  await eachOf(groups, { concurrency, signal: use.signal }, async (group, signal) => {
    const members = new Set<string>();
    const first = bodies.get(pathOf(group.externalId, lists, batchedTop[lists.take], reading));
    const because = await readGroup(
      group,
      members,
      { ...lists, first },
      { ...reading, use: { ...use, signal } },
    );
    if (because !== null && lists.take === 'people')
      collection.missPeople(`the group ${group.externalId}: ${because}`);
    collection.addGroup(group, members, because);
    onPage(collection.counts());
  });
}

function pathOf(group: string, { path, take }: MemberLists, rows: number, { select }: Reading): string {
  const properties = take === 'people' ? userSelect(select) : 'id';
  return `/groups/${group}/${path}?$top=${rows}&$select=${properties}`;
}

/** Fills `members`; returns why they may not be all, or null when they are. */
async function readGroup(
  group: GroupRecord,
  members: Set<string>,
  lists: MemberLists & { readonly first: unknown },
  reading: Reading,
): Promise<string | null> {
  const guard = rowGuard(`/groups/${group.externalId}/${lists.path}`);
  let because: string | null = null;
  try {
    for await (const page of pagesOf(group, lists, reading)) {
      guard.visit(page.map(idOf));
      for (const row of page) because = addMember(row, members, lists.take, reading) ?? because;
      reading.onPage(reading.collection.counts());
    }
  } catch (error) {
    if (!(error instanceof CallFailure) || !concernsOneResource(error)) throw error;
    because = error.message;
  }
  return because;
}

/** A first page that came small is no good beginning for a long list: that one is read anew, in pages of 999. */
function pagesOf(
  { externalId }: GroupRecord,
  lists: MemberLists & { readonly first: unknown },
  reading: Reading,
): AsyncGenerator<readonly unknown[]> {
  const { first, take } = lists;
  const goesOn = Page.safeParse(first).data?.['@odata.nextLink'] !== undefined;
  const isOfUse = first !== undefined && (!goesOn || batchedTop[take] === wholeTop);
  const path = pathOf(externalId, lists, wholeTop, reading);
  return reading.client.pages(path, reading.use, isOfUse ? first : undefined);
}

/** Takes over one row of a member list; returns what keeps the list from being whole, or null. */
function addMember(
  raw: unknown,
  members: Set<string>,
  take: Take,
  { collection, guests }: Reading,
): string | null {
  const member = memberOf(raw);
  if (member.state === 'rejected') return `a member can't be read: ${member.text}`;
  if (member.state === 'other' || member.state === 'group') return null;
  members.add(member.id);
  if (take === 'idsOnly') return null;
  if (member.state === 'veiled')
    collection.missPeople('Graph shows nothing of people but their ids; the app needs User.Read.All');
  else collection.addPerson(personOf(raw, guests));
  return null;
}
