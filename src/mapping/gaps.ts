import type { Snapshot } from '../model/snapshot.ts';

/**
 * Why a source may hold groups that its snapshot does not list; null when the list is whole. A group whose
 * row was refused is known by its id alone: nobody can say which rule it would have matched.
 */
export function groupGapOf(snapshot: Snapshot): string | null {
  const { groups, partialGroups } = snapshot.completeness;
  if (groups.state === 'partial') return groups.because;
  if (partialGroups.size === 0) return null;
  const listed = new Set(snapshot.groups.map((group) => group.externalId));
  for (const [externalId, because] of partialGroups) if (!listed.has(externalId)) return because;
  return null;
}

/** Why the members of a listed group may not be all; null when they are. */
export function memberGapOf(snapshot: Snapshot, externalId: string): string | null {
  const { groups, partialGroups } = snapshot.completeness;
  return partialGroups.get(externalId) ?? (groups.state === 'partial' ? groups.because : null);
}

/** What a snapshot lacks, for people; groups count only when something depends on them. */
export function whatIsMissing(snapshot: Snapshot, scope: 'people' | 'peopleAndGroups'): string[] {
  const { source } = snapshot;
  const { users, groups, partialGroups } = snapshot.completeness;
  const missing: string[] = [];
  if (users.state === 'partial') missing.push(`${source}: people are incomplete: ${users.because}`);
  if (scope === 'people') return missing;
  if (groups.state === 'partial') missing.push(`${source}: groups are incomplete: ${groups.because}`);
  for (const [id, because] of partialGroups) missing.push(`${source}: group ${id} is incomplete: ${because}`);
  return missing;
}
