import { createCollection, type Content } from '../../model/collection.ts';
import { selectGroups } from '../../model/glob.ts';
import { listAssignments, roleNames, withAppRoles } from './assignments.ts';
import { listGroups, lookUp, readPeople } from './lists.ts';
import { readMembers, type MemberLists } from './members.ts';
import { emptyRemedy, type Reading, type ReadParts } from './reading.ts';
import type { EntraScope } from './schema.ts';

/** Reads what `scope` names, from ordinary lists. People and groups are kept as converted; pages are not kept. */
export async function readScope(scope: EntraScope, parts: ReadParts): Promise<Content> {
  const reading = { ...parts, collection: createCollection() };
  const path = scope.nested === true ? 'transitiveMembers' : 'members';
  if (scope.enterpriseApp !== undefined) return readApp(scope.enterpriseApp, reading);
  if (scope.groups !== undefined) await readNamedGroups(scope.groups, { path, take: 'people' }, reading);
  else await readTenant({ path, take: 'idsOnly' }, reading);
  return reading.collection.content(emptyRemedy);
}

/** Named groups and the people in them, who come with the member lists: nobody is asked for twice. */
async function readNamedGroups(
  selectors: readonly string[],
  lists: MemberLists,
  reading: Reading,
): Promise<void> {
  const { picked, missing, unmatched } = selectGroups(await listGroups(lists.take, reading), selectors);
  for (const selector of missing) reading.collection.missGroup(selector);
  for (const pattern of unmatched)
    reading.logger.warn({ source: reading.source, pattern }, 'A pattern matches no group');
  await readMembers(picked, lists, reading);
}

async function readTenant(lists: MemberLists, reading: Reading): Promise<void> {
  await readPeople(reading);
  await readMembers(await listGroups(lists.take, reading), lists, reading);
}

/**
 * The people assigned to the enterprise application, directly or through a group, and the groups assigned to it.
 * Groups come first: who is in one of them need not be asked for.
 */
async function readApp(app: string, reading: Reading): Promise<Content> {
  const { collection, onPage } = reading;
  const assignments = await listAssignments(app, reading);
  const names = await roleNames(app, assignments, new Map(), reading);
  await readMembers([...assignments.groups.values()], { path: 'members', take: 'people' }, reading);
  const others = [...assignments.people].filter((id) => !collection.hasPerson(id));
  await lookUp(others, reading, (row) => collection.addPerson(row));
  onPage(collection.counts());
  return withAppRoles(collection.content(emptyRemedy), assignments, names);
}
