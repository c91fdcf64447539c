import { createCollection, type Content } from '../../model/collection.ts';
import { selectGroups, type Selection } from '../../model/glob.ts';
import {
  asListed,
  assignedGroup,
  assignedUser,
  emptyRemedy,
  listGroups,
  paths,
  readMembers,
  readPeople,
  type ListedGroup,
  type Reading,
  type ReadParts,
} from './lists.ts';
import type { OktaOptions } from './schema.ts';

/** Reads what `scope` names, all of it. People and groups are kept as converted; pages are not kept. */
export async function readScope(scope: OktaOptions['scope'], parts: ReadParts): Promise<Content> {
  const reading = { ...parts, collection: createCollection(), seen: new Set<string>() };
  if (scope.app !== undefined) await readApp(scope.app, reading);
  else if (scope.groups !== undefined) await readNamedGroups(scope.groups, reading);
  else await readOrg(reading);
  return reading.collection.content(emptyRemedy);
}

/** The people assigned to the app, directly or through a group, and the groups assigned to it. */
async function readApp(app: string, reading: Reading): Promise<void> {
  await readPeople(paths.peopleOfApp(app), assignedUser, reading);
  const groups = await listGroups(paths.groupsOfApp(app), assignedGroup, 'idsOnly', reading);
  await readMembers(groups, 'idsOnly', reading);
}

/** Everybody but DEPROVISIONED people, whom Okta leaves out of its plain list, and all groups. */
async function readOrg(reading: Reading): Promise<void> {
  await readPeople(paths.people, asListed, reading);
  const groups = await listGroups(paths.groups, asListed, 'idsOnly', reading);
  await readMembers(groups, 'idsOnly', reading);
}

/** Named groups and the people in them. Deactivated people stay in their groups, so leavers are seen here. */
async function readNamedGroups(selectors: readonly string[], reading: Reading): Promise<void> {
  const listed = await listGroups(paths.groups, asListed, 'people', reading);
  const { picked } = pickGroups(listed, selectors, reading);
  await readMembers(picked, 'people', reading);
}

/** The groups that selectors name, with what they name and is not there noted. */
export function pickGroups(
  listed: readonly ListedGroup[],
  selectors: readonly string[],
  { collection, logger, source }: Reading,
): Selection<ListedGroup> {
  const selection = selectGroups(listed, selectors);
  for (const selector of selection.missing) collection.missGroup(selector);
  for (const pattern of selection.unmatched) logger.warn({ source, pattern }, 'A pattern matches no group');
  return selection;
}
