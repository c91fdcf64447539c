import type { Properties } from './properties.ts';
import type { DirectoryObject, EntraGroup, EntraUser } from './objects.ts';

/** A member of a group, as far as a change of membership names it. */
export interface MemberRef {
  readonly id: string;
  readonly kind: DirectoryObject['kind'];
}

/** One change of one object; what it is now is read from the tenant. */
export interface Change {
  readonly entity: 'users' | 'groups';
  readonly id: string;
  /** `whole`: it came into being, went away or came back, which every query is told. */
  readonly properties: 'whole' | ReadonlySet<string>;
  readonly added: readonly MemberRef[];
  readonly removed: readonly MemberRef[];
}

/** Everything that has happened, in order. */
export interface ChangeLog {
  /** How many changes there were: what a delta token stands for. */
  length(): number;
  /** The changes after `from` of them, up to `until` of them. */
  between(from: number, until: number): readonly Change[];
  record(change: Change): void;
}

export function createChangeLog(): ChangeLog {
  const changes: Change[] = [];
  return {
    length: () => changes.length,
    between: (from, until) => changes.slice(from, until),
    record: (change) => void changes.push(change),
  };
}

export function userChange(before: EntraUser | undefined, after: EntraUser): Change {
  const isSame = before?.state === after.state;
  const properties = isSame ? changedProperties(before.properties, after.properties) : 'whole';
  return { entity: 'users', id: after.id, properties, added: [], removed: [] };
}

export function groupChange(
  before: EntraGroup | undefined,
  after: EntraGroup,
  refOf: (id: string) => MemberRef,
): Change {
  const properties = before === undefined ? 'whole' : changedProperties(before.properties, after.properties);
  const held = before?.members ?? new Set<string>();
  return {
    entity: 'groups',
    id: after.id,
    properties,
    added: [...after.members].filter((id) => !held.has(id)).map(refOf),
    removed: [...held].filter((id) => !after.members.has(id)).map(refOf),
  };
}

/** That an object is gone for good. */
export function lossOf(entity: Change['entity'], id: string): Change {
  return { entity, id, properties: 'whole', added: [], removed: [] };
}

/** The names of the properties that differ. */
function changedProperties(before: Properties, after: Properties): ReadonlySet<string> {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return new Set([...names].filter((name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])));
}
