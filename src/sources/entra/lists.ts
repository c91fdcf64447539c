import { rowGuard } from '../../http/paginate.ts';
import type { GroupRecord, Row } from '../../model/collection.ts';
import type { User } from '../../model/user.ts';
import { eachOf } from '../../runtime/each-of.ts';
import { groupOf, groupSelect, idOf, personOf, userSelect } from './convert.ts';
import { concurrency, inParts, top, type Reading, type ReadParts, type Take } from './reading.ts';

/** The most values that Graph takes in one `in (…)`. */
export const mostInFilter = 15;

/** Everybody in the tenant. */
export async function readPeople({
  client,
  collection,
  guests,
  select,
  use,
  onPage,
}: Reading): Promise<void> {
  const guard = rowGuard('/users');
  for await (const page of client.pages(`/users?${top}&$select=${userSelect(select)}`, use)) {
    guard.visit(page.map(idOf));
    for (const row of page) collection.addPerson(personOf(row, guests));
    onPage(collection.counts());
  }
}

/**
 * Asks for people by id, fifteen at a time. `onRow` gets those who are there; a row that was not asked for is none
 * of them, unless it has no id and might be anybody.
 */
export async function lookUp(
  ids: Iterable<string>,
  { client, guests, select, use }: Pick<ReadParts, 'client' | 'guests' | 'select' | 'use'>,
  onRow: (row: Row<User>) => void,
): Promise<void> {
  await eachOf(inParts([...ids], mostInFilter), { concurrency, signal: use.signal }, async (part, signal) => {
    const asked = new Set(part);
    const filter = encodeURIComponent(
      `id in (${part.map((id) => `'${id.replaceAll("'", "''")}'`).join(',')})`,
    );
    const path = `/users?${top}&$filter=${filter}&$select=${userSelect(select)}`;
    const guard = rowGuard('/users');
    for await (const page of client.pages(path, { ...use, signal })) {
      guard.visit(page.map(idOf));
      for (const row of page) if (wasAskedFor(row, asked)) onRow(personOf(row, guests));
    }
  });
}

function wasAskedFor(row: unknown, asked: ReadonlySet<string>): boolean {
  const id = idOf(row);
  return id === null || asked.has(id);
}

/** A group that can't be read might have been picked; where people come from groups, its people are missing too. */
export async function listGroups(
  take: Take,
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
