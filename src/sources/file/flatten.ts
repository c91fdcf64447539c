import { compareText } from '../../model/text.ts';
import type { NestedMember } from '../../model/group.ts';
import type { NestedGroup } from './convert.ts';

/** The people of one group, those of the groups inside it included. */
export interface FlatMembers {
  /** Sorted, each once. */
  readonly members: readonly string[];
  /** Those who are in it through other groups only, sorted, each with the first way that was found. */
  readonly through: readonly NestedMember[];
  /** Why there may be more; null when there cannot be. */
  readonly because: string | null;
}

export interface Population {
  readonly people: ReadonlySet<string>;
  readonly groups: ReadonlyMap<string, NestedGroup>;
}

/**
 * Resolves a group's nesting within one file. Groups may contain each other or themselves: each is entered
 * once. A member called a group that the file does not hold may stand for anybody, so the result says so;
 * any other unknown id is kept as it is, the id of nobody here.
 */
export function flatMembers(group: NestedGroup, { people, groups }: Population): FlatMembers {
  /** The last step of the way to each member; null for those in the group itself. */
  const ways = new Map<string, Step | null>();
  const entered = new Set([group.externalId]);
  const open: { readonly inner: NestedGroup; readonly way: Step | null }[] = [{ inner: group, way: null }];
  let because: string | null = null;
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { inner, way } = next;
    if (inner.because !== null) because ??= reasonOf(inner, group);
    for (const { value, type } of inner.members ?? []) {
      const nested =
        type !== 'User' && (type === 'Group' || !people.has(value)) ? groups.get(value) : undefined;
      if (nested === undefined && type === 'Group') {
        because ??= `its member group ${JSON.stringify(value)} is not in the file`;
      } else if (nested === undefined) {
        if (!ways.has(value)) ways.set(value, way);
      } else if (!entered.has(value)) {
        entered.add(value);
        open.push({ inner: nested, way: { name: nested.displayName, before: way } });
      }
    }
  }
  const members = [...ways.keys()].sort(compareText);
  const through = members
    .map((member) => ({ member, groups: namesOf(ways.get(member) ?? null) }))
    .filter(({ groups }) => groups.length > 0);
  return { members, through, because };
}

/** One group on the way down, and how it was reached: ways that share their beginning share it in memory too. */
interface Step {
  readonly name: string;
  readonly before: Step | null;
}

function namesOf(last: Step | null): readonly string[] {
  const names: string[] = [];
  for (let step = last; step !== null; step = step.before) names.push(step.name);
  return names.toReversed();
}

function reasonOf(inner: NestedGroup, group: NestedGroup): string | null {
  return inner === group
    ? group.because
    : `its member group ${JSON.stringify(inner.externalId)}: ${inner.because}`;
}
