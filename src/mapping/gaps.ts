import type { RejectedRow, Snapshot } from '../model/snapshot.ts';

/** How many refused rows are named, of people and of groups of one source; the others are counted. */
const mostNamed = 10;

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

/** What a snapshot lacks, and which rows, for people; groups count only when something depends on them. */
export function whatIsMissing(snapshot: Snapshot, scope: 'people' | 'peopleAndGroups'): string[] {
  const { source, unread } = snapshot;
  if (unread !== undefined)
    return [`${source}: could not be read, and its people and groups stay as they are: ${unread}`];
  const { users, groups, partialGroups } = snapshot.completeness;
  const missing: string[] = [];
  if (users.state === 'partial') missing.push(`${source}: people are incomplete: ${users.because}`);
  missing.push(...refusedRows(snapshot, 'user'));
  if (scope === 'people') return missing;
  if (groups.state === 'partial') missing.push(`${source}: groups are incomplete: ${groups.because}`);
  for (const [id, because] of partialGroups) missing.push(`${source}: group ${id} is incomplete: ${because}`);
  return [...missing, ...refusedRows(snapshot, 'group')];
}

/** The rows that were refused, so that somebody can correct them; a group that is named as incomplete is not named again. */
function refusedRows(snapshot: Snapshot, type: RejectedRow['type']): string[] {
  const { source, rejected, completeness } = snapshot;
  const what = type === 'user' ? 'person' : 'group';
  const { partialGroups } = completeness;
  const isNamed = ({ externalId }: RejectedRow): boolean =>
    type === 'group' && externalId !== null && partialGroups.has(externalId);
  const rows = rejected.filter((row) => row.type === type && !isNamed(row));
  const named = rows.slice(0, mostNamed).map(({ externalId, text }) => {
    const which = externalId === null ? `a ${what} without an id` : `${what} ${externalId}`;
    return `${source}: ${which} was left out: ${text}`;
  });
  const others = rows.length - named.length;
  return others === 0 ? named : [...named, `${source}: ${others} more were left out, each a ${what}`];
}
