import type { NestedGroup } from './convert.ts';

/** The people of one group, those of the groups inside it included. */
export interface FlatMembers {
  /** Sorted, each once. */
  readonly members: readonly string[];
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
  const members = new Set<string>();
  const entered = new Set([group.externalId]);
  const open: NestedGroup[] = [group];
  let because: string | null = null;
  for (let inner = open.pop(); inner !== undefined; inner = open.pop()) {
    if (inner.because !== null) because ??= reasonOf(inner, group);
    for (const { value, type } of inner.members ?? []) {
      const nested =
        type !== 'User' && (type === 'Group' || !people.has(value)) ? groups.get(value) : undefined;
      if (nested === undefined && type === 'Group') {
        because ??= `its member group ${JSON.stringify(value)} is not in the file`;
      } else if (nested === undefined) {
        members.add(value);
      } else if (!entered.has(value)) {
        entered.add(value);
        open.push(nested);
      }
    }
  }
  return { members: [...members].sort(), because };
}

function reasonOf(inner: NestedGroup, group: NestedGroup): string | null {
  return inner === group
    ? group.because
    : `its member group ${JSON.stringify(inner.externalId)}: ${inner.because}`;
}
