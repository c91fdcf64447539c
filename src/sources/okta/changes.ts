import { isPathId } from '../../http/options.ts';
import { createCollection, type Content, type GroupRecord } from '../../model/collection.ts';
import type { Group } from '../../model/group.ts';
import { selectGroups } from '../../model/glob.ts';
import type { User } from '../../model/user.ts';
import { eachOf } from '../../runtime/each-of.ts';
import { CallFailure } from './client.ts';
import { groupOf, idOf, listedPerson } from './convert.ts';
import type { Baseline } from './cursor.ts';
import { StatusFailure } from './executor.ts';
import {
  asListed,
  assignedGroup,
  assignedUser,
  emptyRemedy,
  listGroups,
  paths,
  readMembers,
  readPeople,
  recordOf,
  rowPages,
  type ListedGroup,
  type Reading,
  type ReadParts,
  type Take,
} from './lists.ts';
import { pickGroups } from './read.ts';
import type { OktaOptions } from './schema.ts';

/** People who are asked for their groups at the same time. */
const concurrency = 6;
const membersPerPage = 1000;

/** An update of the last snapshot under way. */
interface Update extends Reading {
  readonly scope: OktaOptions['scope'];
  /** What changed after this may be missing in the last snapshot, epoch milliseconds by Okta's clock. */
  readonly since: number;
  /** The people and groups of the last snapshot, by id. */
  readonly people: ReadonlyMap<string, User>;
  readonly groups: ReadonlyMap<string, Group>;
  readonly take: Take;
}

/** The groups of the new snapshot: those whose members are read again, and those that stay as they were. */
interface Split {
  /** Members of groups that were read now, by the group's id. */
  readonly fresh: Map<string, ReadonlySet<string>>;
  readonly kept: Map<string, ListedGroup>;
  /** Ids of all groups in the scope. */
  readonly inScope: ReadonlySet<string>;
}

/**
 * Says what reading all of `scope` would say, by asking for what changed since `baseline` alone. Null when it cannot:
 * then everything has to be read. Not seen are people and groups that were deleted for good, until the next full read.
 */
export async function readChanges(
  scope: OktaOptions['scope'],
  baseline: Baseline,
  parts: ReadParts,
): Promise<Content | null> {
  const { users, groups } = baseline.snapshot;
  const update: Update = {
    ...parts,
    collection: createCollection(),
    seen: new Set(),
    scope,
    since: baseline.since,
    people: new Map(users.map((user) => [user.externalId, user])),
    groups: new Map(groups.map((group) => [group.externalId, group])),
    take: scope.groups === undefined ? 'idsOnly' : 'people',
  };
  try {
    await (scope.app === undefined ? updateOrg(update) : updateApp(scope.app, update));
    return update.collection.content(emptyRemedy);
  } catch (error) {
    if (isRefusedFilter(error)) return null;
    throw error;
  }
}

/** An org that does not take the filters can still be read as a whole. */
function isRefusedFilter(error: unknown): boolean {
  return error instanceof CallFailure && 'status' in error.reason && error.reason.status === 400;
}

/** Assignments have no list of changes, but both their lists are short, and groups come with their stamps. */
async function updateApp(app: string, update: Update): Promise<void> {
  const seen = await readPeople(paths.peopleOfApp(app), assignedUser, update);
  const listed = await listGroups(paths.groupsOfApp(app), assignedGroup, update.take, update);
  await updateGroups(listed, seen, update);
}

/** Everybody, or the people of named groups: as they were, with those laid over who changed. */
async function updateOrg(update: Update): Promise<void> {
  const { scope, collection } = update;
  for (const user of update.people.values()) collection.addPerson({ state: 'read', value: user });
  const changed = await readChangedPeople(update);
  const path = paths.changedGroups(update.since);
  const listed = new Map([...update.groups.values()].map((group) => [group.externalId, asItWas(group)]));
  for (const group of await listGroups(path, asListed, update.take, update))
    listed.set(group.externalId, group);
  const picked =
    scope.groups === undefined
      ? [...listed.values()]
      : pickGroups([...listed.values()], scope.groups, update).picked;
  const members = await updateGroups(picked, changed, update);
  if (scope.groups !== undefined && members !== null) collection.keepPeople(members);
}

/** A group that is not among the changed ones. */
function asItWas(group: Group): ListedGroup {
  return { ...recordOf(group), membersChangedAt: Number.NEGATIVE_INFINITY };
}

/** Lays the people who changed over those of the last snapshot; gives the ids of all who changed in the org. */
async function readChangedPeople(update: Update): Promise<ReadonlySet<string>> {
  const { collection, scope } = update;
  const isEverybody = scope.everything === true;
  const members = new Set([...update.groups.values()].flatMap((group) => group.members));
  const changed = new Set<string>();
  for await (const rows of rowPages(paths.changedPeople(update.since), asListed, update)) {
    for (const row of rows) {
      const id = idOf(row);
      if (id !== null) changed.add(id);
      if (!isEverybody && id !== null && !members.has(id)) continue;
      collection.addPerson(isEverybody ? inPlainList(row, update) : listedPerson(row, update.standings));
    }
    update.onPage(collection.counts());
  }
  return changed;
}

/** The plain list of everybody leaves out the deactivated, whom a filter shows. */
function inPlainList(row: unknown, { standings }: Update): ReturnType<typeof listedPerson> {
  const listed = listedPerson(row, standings);
  const isLeftOut = listed.state === 'read' && listed.value.extra['status'] === 'DEPROVISIONED';
  return isLeftOut ? { state: 'leftOut', externalId: listed.value.externalId } : listed;
}

/**
 * Reads the members of the groups in which they changed, and takes those of all others from the last snapshot.
 * `seen` are the people whose rows were read. Gives all members of all groups; null when some could not be read.
 */
async function updateGroups(
  picked: readonly ListedGroup[],
  seen: ReadonlySet<string>,
  update: Update,
): Promise<ReadonlySet<string> | null> {
  const { collection } = update;
  const kept = new Map<string, ListedGroup>();
  for (const group of picked) if (isUnchanged(group, seen, update)) kept.set(group.externalId, group);
  const split: Split = {
    fresh: new Map(),
    kept,
    inScope: new Set(picked.map(({ externalId }) => externalId)),
  };
  await readAgain(
    picked.filter(({ externalId }) => !kept.has(externalId)),
    split,
    update,
  );
  await followMovers(split, update);
  for (const group of kept.values())
    collection.addGroup(recordOf(group), new Set(membersBefore(group, update)), null);
  update.onPage(collection.counts());
  if (!picked.every(({ externalId }) => kept.has(externalId) || split.fresh.has(externalId))) return null;
  const members = [...kept.values()].flatMap((group) => membersBefore(group, update));
  return new Set([...members, ...[...split.fresh.values()].flatMap((ids) => [...ids])]);
}

async function readAgain(groups: readonly GroupRecord[], split: Split, update: Update): Promise<void> {
  for (const { externalId } of groups) split.kept.delete(externalId);
  const read = await readMembers(groups, update.take, update);
  for (const [id, members] of read) split.fresh.set(id, members);
}

function membersBefore({ externalId }: GroupRecord, { groups }: Update): readonly string[] {
  return groups.get(externalId)?.members ?? [];
}

/**
 * Whether the members of a group are those of the last snapshot. Its stamp says so; but a built-in group holds
 * everybody, and nothing is known of its stamp, so a newcomer changes it; and when somebody of a group is missing in
 * the list of people, the group is asked whether the list has missed them.
 */
function isUnchanged(group: ListedGroup, seen: ReadonlySet<string>, update: Update): boolean {
  const before = update.groups.get(group.externalId);
  if (before === undefined || group.membersChangedAt === null || group.membersChangedAt > update.since)
    return false;
  if (group.extra['type'] === 'BUILT_IN' && !holdsAll(before.members, seen)) return false;
  return before.members.every((id) => !update.people.has(id) || isPresent(id, update));
}

function holdsAll(members: readonly string[], people: ReadonlySet<string>): boolean {
  const held = new Set(members);
  return [...people].every((id) => held.has(id));
}

/** Of a whole org, people are what the last snapshot and the list of changes say. */
function isPresent(id: string, { scope, collection }: Update): boolean {
  return scope.app === undefined || collection.hasPerson(id);
}

/**
 * A stamp can come after the change that it stands for: somebody may already be out of one group and in another that
 * seems unchanged. So whoever lost a membership is asked for their groups, and the groups that were believed unchanged
 * are read again where they were wrong; all of them, when that takes fewer calls.
 */
async function followMovers(split: Split, update: Update): Promise<void> {
  const asked = new Set<string>();
  for (;;) {
    const movers = [...moversOf(split, update)].filter((id) => !asked.has(id));
    if (movers.length === 0 || split.kept.size === 0) return;
    for (const id of movers) asked.add(id);
    const stale =
      movers.length > callsToReadAgain(split, update) || !movers.every(isPathId)
        ? [...split.kept.values()]
        : await staleGroups(movers, split, update);
    await readAgain(stale, split, update);
  }
}

/** Everybody who is not in a group any more that they were in. */
function moversOf({ fresh, kept, inScope }: Split, { groups }: Update): ReadonlySet<string> {
  const movers = new Set<string>();
  for (const { externalId, members } of groups.values()) {
    const now = fresh.get(externalId);
    // Of a group whose members could not be read, nobody is believed to have left.
    if (kept.has(externalId) || (now === undefined && inScope.has(externalId))) continue;
    for (const id of members) if (now?.has(id) !== true) movers.add(id);
  }
  return movers;
}

function callsToReadAgain({ kept }: Split, update: Update): number {
  return [...kept.values()]
    .map((group) => Math.max(1, Math.ceil(membersBefore(group, update).length / membersPerPage)))
    .reduce((sum, calls) => sum + calls, 0);
}

/** The groups that hold one of these people and, as far as is known, do not. */
async function staleGroups(
  movers: readonly string[],
  split: Split,
  update: Update,
): Promise<readonly GroupRecord[]> {
  const stale = new Map<string, GroupRecord>();
  await eachOf(movers, { concurrency, signal: update.use.signal }, async (mover, signal) => {
    const theirs = await groupsOf(mover, { ...update, use: { ...update.use, signal } });
    for (const group of theirs ?? split.kept.values()) {
      if (isInScope(group, split, update) && (theirs === null || !isHeldBy(group, mover, split, update)))
        stale.set(group.externalId, split.kept.get(group.externalId) ?? group);
    }
  });
  return [...stale.values()];
}

/** The groups of one person: none of somebody who was deleted meanwhile, null when Okta can't say. */
async function groupsOf(person: string, { client, use }: Update): Promise<readonly GroupRecord[] | null> {
  try {
    const groups: GroupRecord[] = [];
    for await (const rows of rowPages(paths.groupsOfPerson(person), asListed, { client, use })) {
      for (const row of rows.map(groupOf)) {
        if (row.state !== 'read') return null;
        groups.push(row.value);
      }
    }
    return groups;
  } catch (error) {
    if (!(error instanceof CallFailure) || !error.concernsOneResource()) throw error;
    const isGone = error.reason instanceof StatusFailure && error.reason.errorCode() === 'E0000007';
    return isGone ? [] : null;
  }
}

function isInScope(group: GroupRecord, { inScope }: Split, { scope }: Update): boolean {
  if (scope.app !== undefined) return inScope.has(group.externalId);
  return scope.groups === undefined || selectGroups([group], scope.groups).picked.length > 0;
}

function isHeldBy(
  group: GroupRecord,
  person: string,
  { fresh, kept, inScope }: Split,
  update: Update,
): boolean {
  const { externalId } = group;
  if (kept.has(externalId)) return membersBefore(group, update).includes(person);
  // What was read in this run is as the org says now; a partial list stays what it is.
  return fresh.has(externalId) || inScope.has(externalId);
}
