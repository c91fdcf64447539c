import type { Content, Row } from '../../model/collection.ts';
import { selectGroups, type Selection } from '../../model/glob.ts';
import type { GroupRecord } from '../../model/collection.ts';
import type { User } from '../../model/user.ts';
import { withAppRoles, type Assignments, type RoleNames } from './assignments.ts';
import type { DeltaPosition, Position } from './cursor.ts';
import { CannotGoOn } from './delta.ts';
import { emptyRemedy, type Reading } from './reading.ts';
import { listsOf, onRecord, prune, type Roster } from './roster.ts';
import type { EntraScope } from './schema.ts';

/** What a read says, and from where the next one can go on; null when that is not to be. */
export interface Told {
  readonly content: Content;
  readonly position: Position | null;
}

/** What a first and a later round of changes have come to, once everything is known. */
export interface Outcome {
  readonly roster: Roster;
  /** People by id, guests that are left out among them. */
  readonly rows: ReadonlyMap<string, Row<User>>;
  readonly assignments: Assignments | null;
  readonly roles: RoleNames;
  readonly links: Pick<DeltaPosition, 'usersAt' | 'groupsAt'>;
}

/** Puts the outcome into a snapshot's content, as reading all lists would have filled it. */
export function tell(
  { roster, rows, assignments, roles, links }: Outcome,
  { scope, options, anewCalls }: { readonly scope: EntraScope } & Pick<Position, 'options' | 'anewCalls'>,
  { collection, onPage }: Reading,
): Told {
  const direct = assignments?.people ?? new Set<string>();
  prune(roster, direct);
  const { picked, lists, absent } = roster;
  const inScope = new Set(direct);
  for (const group of picked.values()) {
    const members = new Set([...onRecord(group.externalId, roster)].filter((id) => !absent.has(id)));
    for (const member of members) inScope.add(member);
    // A group without a list was not read, and must not look like an empty one.
    const because = lists.has(group.externalId) ? null : 'its members were not read';
    collection.addGroup(group, members, because);
  }
  for (const [id, row] of rows) if (scope.everything === true || inScope.has(id)) collection.addPerson(row);
  onPage(collection.counts());
  const content = collection.content(emptyRemedy);
  const position: DeltaPosition = {
    version: 1,
    options,
    anewCalls,
    stage: 'delta',
    ...links,
    lists: listsOf(roster),
    absent: [...absent],
    leftOut: [...direct].filter((id) => !absent.has(id) && !collection.hasPerson(id)),
    roles: [...roles].map(([id, name]) => [id, name]),
  };
  return { content: assignments === null ? content : withAppRoles(content, assignments, roles), position };
}

/** The groups of a scope among those that are known. Who is named and missing is for a full read to tell. */
export function pickFrom(
  records: readonly GroupRecord[],
  { groups: selectors, everything }: EntraScope,
  { logger, source }: Pick<Reading, 'logger' | 'source'>,
): readonly GroupRecord[] {
  if (everything === true || selectors === undefined) return records;
  const { picked, missing, unmatched }: Selection<GroupRecord> = selectGroups(records, selectors);
  if (missing.length > 0) throw new CannotGoOn(`a group is gone: ${missing.join(', ')}`);
  for (const pattern of unmatched) logger.warn({ source, pattern }, 'A pattern matches no group');
  return picked;
}

/** Whether a group would be picked. */
export function isPicked(record: GroupRecord, { groups: selectors, everything }: EntraScope): boolean {
  return (
    everything === true || (selectors !== undefined && selectGroups([record], selectors).picked.length > 0)
  );
}

/** The calls that reading changes may make beyond its rounds: as many as starting anew would. */
export interface Budget {
  spend(calls: number): void;
}

export function createBudget(calls: number): Budget {
  let left = calls;
  return {
    spend(count) {
      left -= count;
      if (left < 0) throw new CannotGoOn('so much has changed that reading everything is less work');
    },
  };
}
