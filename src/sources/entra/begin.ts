import type { Row } from '../../model/collection.ts';
import type { User } from '../../model/user.ts';
import { listAssignments, roleNames, type Assignments } from './assignments.ts';
import { groupOf, personOf } from './convert.ts';
import type { Position } from './cursor.ts';
import { CannotGoOn, firstGroups, firstUsers, followGroups, followUsers, usable } from './delta.ts';
import type { GroupChange } from './delta.ts';
import { lookUp, mostInFilter } from './lists.ts';
import type { Reading } from './reading.ts';
import { emptyRoster, onRecord, type Roster } from './roster.ts';
import { Counted, type DeltaRow, type EntraScope } from './schema.ts';
import { createBudget, isPicked, pickFrom, tell, type Told } from './told.ts';

/** The first round reads the tenant: who is in scope has to be at least so much of it, or lists are less work. */
const leastShare = 0.1;

/**
 * Whether it is worth while to read the tenant once in order to read changes from then on. One call, but none where
 * the scope is the tenant.
 */
export async function isWorthWhile(
  scope: EntraScope,
  peopleInScope: number,
  { client, use }: Pick<Reading, 'client' | 'use'>,
): Promise<boolean> {
  if (scope.everything === true) return true;
  const path = '/users?$top=1&$count=true&$select=id';
  const counted = Counted.safeParse(await client.get(path, use, { consistency: 'eventual' }));
  return counted.success && peopleInScope >= leastShare * counted.data['@odata.count'];
}

/**
 * The first rounds of groups and people: all of the tenant, as it is while they are read, ending at the links of the
 * next rounds. Members come with the groups, so nothing else is read but people whom the rounds left open.
 */
export async function begin(scope: EntraScope, position: Position, reading: Reading): Promise<Told> {
  const app = scope.enterpriseApp;
  const assignments = app === undefined ? null : await listAssignments(app, reading);
  const roles =
    app === undefined || assignments === null
      ? new Map()
      : await roleNames(app, assignments, new Map(), reading);
  const wants = (row: DeltaRow): boolean => mayCount(row, scope, assignments);
  const { changes, next: groupsAt } = await followGroups(firstGroups, reading, wants);
  const roster = enrolled(changes, { scope, assignments }, reading);
  const { rows, usersAt } = await readPeople({ scope, position, roster, assignments }, reading);
  return tell(
    { roster, rows, assignments, roles, links: { usersAt, groupsAt } },
    { ...position, scope },
    reading,
  );
}

/** With nesting any group may turn out to count. */
function mayCount(row: DeltaRow, scope: EntraScope, assignments: Assignments | null): boolean {
  if (assignments !== null) return assignments.groups.has(row.id);
  if (scope.nested === true || scope.everything === true) return true;
  const group = groupOf(row);
  return group.state !== 'read' || isPicked(group.value, scope);
}

function enrolled(
  changes: ReadonlyMap<string, GroupChange>,
  { scope, assignments }: { readonly scope: EntraScope; readonly assignments: Assignments | null },
  reading: Reading,
): Roster {
  const roster = emptyRoster(scope.nested === true);
  const present = [...changes].filter(([, { removed }]) => !removed);
  for (const [id, { people, groups }] of present)
    roster.lists.set(id, { people: joined(people), groups: roster.nested ? joined(groups) : new Set() });
  for (const { groups } of roster.lists.values())
    for (const group of groups) if (!roster.lists.has(group)) roster.absent.add(group);
  const candidates =
    assignments === null ? present.map(([, { row }]) => recordIn(row)) : [...assignments.groups.values()];
  for (const group of pickFrom(candidates, scope, reading)) {
    if (!roster.lists.has(group.externalId))
      throw new CannotGoOn(`the round lacks the group ${group.externalId}`);
    roster.picked.set(group.externalId, group);
  }
  return roster;
}

function joined(members: GroupChange['people']): Set<string> {
  return new Set([...members].flatMap(([id, which]) => (which === 'joined' ? [id] : [])));
}

function recordIn(raw: unknown) {
  const row = usable(groupOf(raw));
  if (row.state === 'leftOut') throw new CannotGoOn(`the group ${row.externalId} is left out`);
  return row.value;
}

interface Enrolled {
  readonly scope: EntraScope;
  readonly position: Position;
  readonly roster: Roster;
  readonly assignments: Assignments | null;
}

/** The round of people. Whom it does not show, or not as a person, is asked for by id: only Graph's no is a no. */
async function readPeople(
  { scope, position, roster, assignments }: Enrolled,
  reading: Reading,
): Promise<{ readonly rows: ReadonlyMap<string, Row<User>>; readonly usersAt: string }> {
  const rows = new Map<string, Row<User>>();
  const open = new Set(assignments?.people);
  for (const group of roster.picked.keys()) for (const person of onRecord(group, roster)) open.add(person);
  const counts = (id: string): boolean => scope.everything === true || open.has(id);
  const unclear = new Set<string>();
  const usersAt = await followUsers(firstUsers(reading.select), reading, (row) => {
    if (!counts(row.id)) return;
    const person = row['@removed'] === undefined ? personOf(row, reading.guests) : null;
    rows.delete(row.id);
    unclear.delete(row.id);
    if (person?.state === 'rejected') unclear.add(row.id);
    else if (person !== null) rows.set(row.id, person);
  });
  const asked = new Set([...open, ...unclear].filter((id) => !rows.has(id)));
  createBudget(position.anewCalls).spend(Math.ceil(asked.size / mostInFilter));
  await lookUp(asked, reading, (row) => {
    const person = usable(row);
    rows.set(person.state === 'read' ? person.value.externalId : person.externalId, person);
  });
  for (const id of asked) if (!rows.has(id)) roster.absent.add(id);
  return { rows, usersAt };
}
