import type { ReadSize, SnapshotSummary } from '../model/snapshot.ts';
import { count } from '../model/text.ts';

/** How many people, or groups, a source may show fewer than at its last complete read: the larger of the two. */
const allowed = { count: 3, percent: 10 };

/** A list that claims to be whole and is much shorter than it was. */
export interface Shrinkage {
  readonly source: string;
  readonly limit: number;
  /** How many fewer there are. */
  readonly actual: number;
  readonly text: string;
}

/** Every list that shrank by more than it may since the last complete read of its source. */
export function shrinkagesOf(
  sizes: readonly ReadSize[],
  remembered: ReadonlyMap<string, SnapshotSummary>,
): readonly Shrinkage[] {
  return sizes.flatMap(({ source, users, groups }) => {
    const before = remembered.get(source);
    if (before === undefined) return [];
    return [
      ...shrinkageOf(source, { one: 'person', many: 'people', now: users, before: before.users }),
      ...shrinkageOf(source, { one: 'group', many: 'groups', now: groups, before: before.groups }),
    ];
  });
}

interface Counted {
  readonly one: string;
  readonly many: string;
  readonly now: number | null;
  readonly before: number;
}

function shrinkageOf(source: string, { one, many, now, before }: Counted): readonly Shrinkage[] {
  const limit = Math.max(allowed.count, Math.floor((before * allowed.percent) / 100));
  if (now === null || before - now <= limit) return [];
  const actual = before - now;
  const text = `${source} shows ${count(now, one, many)}, ${actual} fewer than the ${before} of its last complete read, more than ${limit}: part of the list may be missing`;
  return [{ source, limit, actual, text }];
}
