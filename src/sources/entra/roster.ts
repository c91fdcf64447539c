import type { GroupRecord } from '../../model/collection.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { DeltaPosition } from './cursor.ts';
import { withoutAppRoles } from './assignments.ts';

/** Who stands directly in a group, on record: those who were deleted stay on it until that is for good. */
export interface MemberList {
  readonly people: Set<string>;
  /** Kept where nesting counts, and empty elsewhere. */
  readonly groups: Set<string>;
}

/** Which groups count and who is in them, as reading changes keeps it from run to run. */
export interface Roster {
  readonly nested: boolean;
  readonly picked: Map<string, GroupRecord>;
  /** Of the picked groups, and where nesting counts of all groups met below them. */
  readonly lists: Map<string, MemberList>;
  /** On the lists, but not there. */
  readonly absent: Set<string>;
}

export function emptyRoster(nested: boolean): Roster {
  return { nested, picked: new Map(), lists: new Map(), absent: new Set() };
}

/** The roster as a snapshot and its position hold it together. */
export function rosterIn({ groups }: Snapshot, { lists, absent }: DeltaPosition, nested: boolean): Roster {
  const roster = { ...emptyRoster(nested), absent: new Set(absent) };
  for (const { members, through: _through, ...group } of groups) {
    roster.picked.set(group.externalId, withoutAppRoles(group));
    if (!nested) roster.lists.set(group.externalId, { people: new Set(members), groups: new Set() });
  }
  for (const [id, people, inside] of lists) {
    const list = roster.lists.get(id) ?? { people: new Set(), groups: new Set() };
    for (const person of people) list.people.add(person);
    for (const group of inside) list.groups.add(group);
    roster.lists.set(id, list);
  }
  return roster;
}

/** What of the roster a snapshot does not hold. */
export function listsOf({ nested, lists, absent }: Roster): DeltaPosition['lists'] {
  return [...lists].flatMap(([id, { people, groups }]): DeltaPosition['lists'] => {
    if (nested) return [[id, [...people], [...groups]]];
    const unseen = [...people].filter((person) => absent.has(person));
    return unseen.length === 0 ? [] : [[id, unseen, []]];
  });
}

/** A group and all groups in it, to any depth; a group may hold itself. Groups without a list are in it, too. */
export function below(group: string, { nested, lists, absent }: Roster): ReadonlySet<string> {
  const found = new Set([group]);
  if (!nested) return found;
  for (const holder of found) {
    for (const inside of lists.get(holder)?.groups ?? []) if (!absent.has(inside)) found.add(inside);
  }
  return found;
}

/** Everybody on record in a group, nesting counted, whether or not they are there. */
export function onRecord(group: string, roster: Roster): ReadonlySet<string> {
  const people = new Set<string>();
  for (const holder of below(group, roster))
    for (const person of roster.lists.get(holder)?.people ?? []) people.add(person);
  return people;
}

/** Drops lists that no picked group leads to any more, and of the absent all who stand on none and are not `kept`. */
export function prune(roster: Roster, kept: ReadonlySet<string>): void {
  const { picked, lists, absent } = roster;
  const reached = new Set([...picked.keys()].flatMap((group) => [...below(group, roster)]));
  for (const group of lists.keys()) if (!reached.has(group)) lists.delete(group);
  const named = new Set(kept);
  for (const { people, groups } of lists.values()) for (const id of [...people, ...groups]) named.add(id);
  for (const id of absent) if (!named.has(id)) absent.delete(id);
}
