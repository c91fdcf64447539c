import type { GroupRecord, Row } from '../../model/collection.ts';
import { canonicalJson } from '../../model/canonical.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { User } from '../../model/user.ts';
import { isPathId } from '../../http/options.ts';
import { rowGuard } from '../../http/paginate.ts';
import { eachOf } from '../../runtime/each-of.ts';
import { listAssignments, roleNames, withoutAppRoles, type Assignments } from './assignments.ts';
import { groupOf, groupSelect, idOf, memberOf, personOf, userSelect } from './convert.ts';
import type { DeltaPosition } from './cursor.ts';
import { CannotGoOn, followGroups, followUsers, usable, type GroupChange } from './delta.ts';
import { CallFailure, concernsOneResource } from '../../http/call-failure.ts';
import { provesAbsence } from './failures.ts';
import { lookUp, mostInFilter } from './lists.ts';
import { concurrency, top, type Reading } from './reading.ts';
import { below, onRecord, rosterIn, type MemberList, type Roster } from './roster.ts';
import type { EntraScope } from './schema.ts';
import { createBudget, isPicked, pickFrom, tell, type Budget, type Told } from './told.ts';

/** A later round under way. */
interface Work {
  readonly scope: EntraScope;
  readonly reading: Reading;
  readonly budget: Budget;
  readonly roster: Roster;
  readonly assignments: Assignments | null;
  /** People by id: those of the baseline, until they are read again. */
  readonly rows: Map<string, Row<User>>;
  /** Everybody who stood anywhere in the baseline: who does not has to be asked for. */
  readonly known: ReadonlySet<string>;
  /** Whom the round of people spoke of. */
  readonly touched: ReadonlySet<string>;
  readonly changes: ReadonlyMap<string, GroupChange>;
  /** Who was read by this run itself. */
  readonly fresh: Set<string>;
}

/**
 * Reads what has changed since the baseline. The rounds say what to look at; additions to groups are taken from them,
 * and all else that they tell of is read again: people by id, the record of a group by id, the list of a group that
 * somebody left. So a change that is told twice, late or out of order takes nothing from anybody, and what is taken is
 * what reading everything would take. Throws `CannotGoOn` when everything has to be read instead.
 */
export async function goOn(
  baseline: Snapshot,
  position: DeltaPosition,
  scope: EntraScope,
  reading: Reading,
): Promise<Told> {
  const { enterpriseApp: app } = scope;
  const touched = new Set<string>();
  const usersAt = await followUsers(position.usersAt, reading, ({ id }) => void touched.add(id));
  const { changes, next: groupsAt } = await followGroups(position.groupsAt, reading, () => true);
  const assignments = app === undefined ? null : await listAssignments(app, reading);
  const roles =
    app === undefined || assignments === null
      ? new Map<string, string>()
      : await roleNames(app, assignments, new Map(position.roles), reading);
  const roster = rosterIn(baseline, position, scope.nested === true);
  const work: Work = {
    scope,
    reading,
    budget: createBudget(position.anewCalls),
    roster,
    assignments,
    rows: new Map(
      baseline.users.map((user) => [user.externalId, { state: 'read', value: withoutAppRoles(user) }]),
    ),
    known: everybodyIn(baseline, position, roster),
    touched,
    changes,
    fresh: new Set(),
  };
  for (const [id, { removed }] of changes) if (!removed) roster.absent.delete(id);
  await pickAgain(work);
  await listAgain(work);
  await lookAgain(work);
  return tell(
    { roster, rows: work.rows, assignments, roles, links: { usersAt, groupsAt } },
    { ...position, scope },
    reading,
  );
}

function everybodyIn(
  { users }: Snapshot,
  { leftOut }: DeltaPosition,
  { lists, absent }: Roster,
): ReadonlySet<string> {
  const known = new Set([...users.map(({ externalId }) => externalId), ...absent, ...leftOut]);
  for (const { people } of lists.values()) for (const person of people) known.add(person);
  return known;
}

/** Settles which groups count, and what they are called. */
async function pickAgain(work: Work): Promise<void> {
  const { scope, roster, assignments, reading } = work;
  if (assignments !== null) {
    roster.picked.clear();
    for (const [id, group] of assignments.groups) roster.picked.set(id, group);
    return;
  }
  for (const [id, change] of work.changes) {
    if (!isInQuestion(id, change, work)) continue;
    const group = await findGroup(id, work);
    if (group === null) lose(id, roster);
    else if (isPicked(group, scope)) roster.picked.set(id, group);
    else roster.picked.delete(id);
  }
  const picked = pickFrom([...roster.picked.values()], scope, reading);
  const ids = new Set(picked.map(({ externalId }) => externalId));
  for (const id of roster.picked.keys()) if (!ids.has(id)) roster.picked.delete(id);
}

/** A group that is as it was is not asked for, nor is one that never counted and does not now. */
function isInQuestion(id: string, { row, removed }: GroupChange, { roster, scope }: Work): boolean {
  const before = roster.picked.get(id);
  if (removed) return before !== undefined || roster.lists.has(id);
  const now = groupOf(row);
  if (now.state !== 'read') return true;
  return before === undefined
    ? isPicked(now.value, scope)
    : canonicalJson(before) !== canonicalJson(now.value);
}

function lose(id: string, { picked, lists, absent }: Roster): void {
  picked.delete(id);
  lists.delete(id);
  absent.add(id);
}

async function findGroup(
  id: string,
  { reading: { client, use }, budget }: Work,
): Promise<GroupRecord | null> {
  refuseUnaskable(id);
  budget.spend(1);
  const found = await unlessAbsent(client.get(`/groups/${id}?$select=${groupSelect}`, use));
  if (found === null) return null;
  const group = usable(groupOf(found.answer));
  if (group.state === 'leftOut' || group.value.externalId !== id)
    throw new CannotGoOn(`asked for the group ${id}, Graph answered with another one`);
  return group.value;
}

/** Rounds and lists name ids that no path could carry; only what they are compared with has been checked. */
function refuseUnaskable(id: string): void {
  if (!isPathId(id)) throw new CannotGoOn('an id is none that could be asked for');
}

/**
 * Null when Graph itself says that there is no such object; an answer is wrapped, since it may be null itself. A no
 * that says less is for a full read to tell.
 */
async function unlessAbsent<Value>(asked: Promise<Value>): Promise<{ readonly answer: Value } | null> {
  try {
    return { answer: await asked };
  } catch (error) {
    if (!(error instanceof CallFailure)) throw error;
    if (provesAbsence(error)) return null;
    if (concernsOneResource(error)) throw new CannotGoOn(error.message, { cause: error });
    throw error;
  }
}

/** Brings the lists of all groups that count up to date, down to the last group in a group. */
async function listAgain(work: Work): Promise<void> {
  const { roster, changes } = work;
  for (const [id, change] of changes) {
    const list = roster.lists.get(id);
    if (list !== undefined) apply(change, list, roster);
  }
  const done = new Set<string>();
  for (;;) {
    const reached = new Set([...roster.picked.keys()].flatMap((group) => [...below(group, roster)]));
    const open = [...reached].filter((id) => !done.has(id) && needsReading(id, work));
    if (open.length === 0) return;
    for (const id of open) done.add(id);
    await eachOf(open, { concurrency, signal: work.reading.use.signal }, (id, signal) =>
      readList(id, work, signal),
    );
  }
}

function needsReading(id: string, { roster, changes }: Work): boolean {
  if (!roster.lists.has(id)) return true;
  const { people, groups } = changes.get(id) ?? {};
  const left = [...(people?.values() ?? []), ...(roster.nested ? (groups?.values() ?? []) : [])];
  return left.includes('left');
}

function apply({ people, groups }: GroupChange, list: MemberList, { nested }: Roster): void {
  for (const [id, which] of people) {
    if (which === 'joined') list.people.add(id);
    else list.people.delete(id);
  }
  for (const [id, which] of nested ? groups : []) {
    if (which === 'joined') list.groups.add(id);
    else list.groups.delete(id);
  }
}

/**
 * Reads one group's own list. It takes two to take a member out, the round that says so and the list: whom the list
 * lacks without the round's saying so was deleted, and stays on record, or left just now, and the next round tells.
 */
async function readList(id: string, work: Work, signal: AbortSignal): Promise<void> {
  const { roster, assignments } = work;
  const found = await unlessAbsent(membersOf(id, work, signal));
  if (found === null) {
    if (assignments !== null) throw new CannotGoOn(`the assigned group ${id} is gone`);
    return lose(id, roster);
  }
  const { answer: list } = found;
  const before = roster.lists.get(id);
  for (const person of before?.people ?? []) list.people.add(person);
  for (const group of before?.groups ?? []) list.groups.add(group);
  roster.lists.set(id, list);
}

async function membersOf(id: string, work: Work, signal: AbortSignal): Promise<MemberList> {
  const { scope, reading, roster, budget } = work;
  const { client, use, guests, select } = reading;
  refuseUnaskable(id);
  const takesPeople = scope.everything !== true;
  const path = `/groups/${id}/members?${top}&$select=${takesPeople ? userSelect(select) : 'id'}`;
  const list: MemberList = { people: new Set(), groups: new Set() };
  const guard = rowGuard(`/groups/${id}/members`);
  for await (const page of client.pages(path, { ...use, signal })) {
    budget.spend(1);
    guard.visit(page.map(idOf));
    for (const raw of page) {
      const member = memberOf(raw);
      if (member.state === 'rejected')
        throw new CannotGoOn(`a member of ${id} can't be read: ${member.text}`);
      if (member.state === 'group' && roster.nested) list.groups.add(member.id);
      if (member.state !== 'person' && member.state !== 'veiled') continue;
      list.people.add(member.id);
      if (takesPeople) take(member.id, usable(personOf(raw, guests)), work);
    }
  }
  return list;
}

function take(id: string, row: Row<User>, { rows, fresh, roster }: Work): void {
  rows.set(id, row);
  fresh.add(id);
  roster.absent.delete(id);
}

/**
 * Asks by id for everybody of whom the round spoke, or who is new to the scope. Who is not there is absent, and stays
 * on record: people come back from the recycle bin with their memberships.
 */
async function lookAgain(work: Work): Promise<void> {
  const { roster, rows, reading, fresh, budget } = work;
  const asked = inQuestion(work);
  budget.spend(Math.ceil(asked.size / mostInFilter));
  await lookUp(asked, reading, (row) => {
    const person = usable(row);
    take(person.state === 'read' ? person.value.externalId : person.externalId, person, work);
  });
  const unseen = [...asked].filter((id) => !fresh.has(id));
  await eachOf(unseen, { concurrency, signal: reading.use.signal }, async (id, signal) => {
    const person = await findPerson(id, work, signal);
    if (person !== null) return take(id, person, work);
    rows.delete(id);
    roster.absent.add(id);
  });
}

function inQuestion({ scope, roster, assignments, touched, known, fresh }: Work): ReadonlySet<string> {
  const inScope = new Set(assignments?.people);
  for (const group of roster.picked.keys()) for (const person of onRecord(group, roster)) inScope.add(person);
  const asked = new Set(scope.everything === true ? touched : []);
  for (const id of inScope) if (touched.has(id) || !known.has(id)) asked.add(id);
  return new Set([...asked].filter((id) => !fresh.has(id)));
}

/** Whom a list of many lacks is asked for once more: null on Graph's own word that there is nobody. */
async function findPerson(
  id: string,
  { reading, budget }: Work,
  signal: AbortSignal,
): Promise<Row<User> | null> {
  const { client, guests, select, use } = reading;
  refuseUnaskable(id);
  budget.spend(1);
  const path = `/users/${id}?$select=${userSelect(select)}`;
  const found = await unlessAbsent(client.get(path, { ...use, signal }));
  if (found === null) return null;
  const { answer: raw } = found;
  if (idOf(raw) !== id) throw new CannotGoOn(`asked for ${id}, Graph answered with somebody else`);
  return usable(personOf(raw, guests));
}
