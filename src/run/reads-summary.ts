import type { Plan } from '../model/plan.ts';
import type { Snapshot, SnapshotSummary } from '../model/snapshot.ts';

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

function partialsOf({ users, groups, partialGroups }: Snapshot['completeness']): string[] {
  const parts: string[] = [];
  if (users.state === 'partial') parts.push(users.because);
  if (groups.state === 'partial') parts.push(groups.because);
  return [...parts, ...partialGroups.values()];
}
