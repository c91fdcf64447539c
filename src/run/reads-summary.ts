import type { RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { ReadSize, Snapshot, SnapshotSummary } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import { shrinkagesOf } from '../plan/shrinkage.ts';

/** How large and how complete the reads are that a plan rests on. */
export function readsIn(snapshots: readonly Snapshot[]): Plan['reads'] {
  return snapshots.map(({ source, users, groups, completeness }) => ({
    source,
    users: users.length,
    groups: groups.length,
    partial: partialsOf(completeness),
  }));
}

/** Of the sources that were read whole: what the next run compares itself with. */
export function wholeReadsOf(snapshots: readonly Snapshot[]): readonly SnapshotSummary[] {
  return snapshots
    .filter(({ completeness }) => partialsOf(completeness).length === 0)
    .map(({ source, takenAt, users, groups }) => ({
      source,
      takenAt,
      users: users.length,
      groups: groups.length,
    }));
}

/** How much each source shows; null where its list is not whole. */
export function sizesOf(snapshots: readonly Snapshot[]): readonly ReadSize[] {
  return snapshots.map(({ source, users, groups, completeness }) => ({
    source,
    users: completeness.users.state === 'complete' ? users.length : null,
    groups: completeness.groups.state === 'complete' ? groups.length : null,
  }));
}

/**
 * The reads that the next run compares itself with: a source that shrank keeps its former size until somebody has
 * approved what follows from it, or nothing does.
 */
export function believedReads(
  wholeReads: readonly SnapshotSummary[],
  { plan, approved }: Pick<RunRecord, 'plan' | 'approved'>,
  { snapshots }: Pick<Memory, 'snapshots'>,
): readonly SnapshotSummary[] {
  if (approved !== null || plan.operations.length === 0) return wholeReads;
  const shrunk = new Set(shrinkagesOf(wholeReads, snapshots).map(({ source }) => source));
  return wholeReads.filter(({ source }) => !shrunk.has(source));
}

/** The whole reads that an approved plan rests on, where nothing newer was read since. */
export function readsOfPlan(
  { reads, createdAt }: Plan,
  { snapshots }: Pick<Memory, 'snapshots'>,
): readonly SnapshotSummary[] {
  return reads
    .filter(
      ({ source, partial }) => partial.length === 0 && (snapshots.get(source)?.takenAt ?? '') <= createdAt,
    )
    .map(({ source, users, groups }) => ({ source, takenAt: createdAt, users, groups }));
}

function partialsOf({ users, groups, partialGroups }: Snapshot['completeness']): string[] {
  const parts: string[] = [];
  if (users.state === 'partial') parts.push(users.because);
  if (groups.state === 'partial') parts.push(groups.because);
  return [...parts, ...partialGroups.values()];
}
