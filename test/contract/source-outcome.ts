import { BridgeError } from '../../src/model/errors.ts';
import type { Snapshot } from '../../src/model/snapshot.ts';
import type { Source } from '../../src/model/source.ts';

export const never = new AbortController().signal;
const faultCodes = ['sourceUnauthorized', 'sourceUnreadable', 'sourceInvalid', 'sourceEmpty'];

/** What counts of a snapshot: not when it was taken, nor what it cost. */
export function contentOf({ users, groups, completeness, rejected }: Snapshot) {
  return { users, groups, completeness, rejected };
}

export type Outcome =
  | { readonly state: 'read'; readonly snapshot: Snapshot }
  | { readonly state: 'threw'; readonly error: BridgeError };

/** What became of a read; anything thrown but what a source may throw fails the test. */
export async function outcomeOf(source: Source, baseline: Snapshot | null = null): Promise<Outcome> {
  try {
    return { state: 'read', snapshot: await source.read(never, undefined, baseline) };
  } catch (error) {
    if (!(error instanceof BridgeError) || !faultCodes.includes(error.code)) throw error;
    return { state: 'threw', error };
  }
}

/** What a read brought, or the error's code. */
export function told(outcome: Outcome): object | string {
  return outcome.state === 'read' ? contentOf(outcome.snapshot) : outcome.error.code;
}

/** Holds a read against a clean one: all that it lacks without saying so. */
export function liesOf(outcome: Outcome, clean: Snapshot): readonly string[] {
  if (outcome.state === 'threw') return [];
  const { users, groups, completeness } = outcome.snapshot;
  const people = new Set(users.map(({ externalId }) => externalId));
  const lists = new Map(groups.map((group) => [group.externalId, new Set(group.members)]));
  const lies: string[] = [];
  for (const { externalId } of clean.users) {
    if (!people.has(externalId) && completeness.users.state === 'complete')
      lies.push(`no user ${externalId}`);
  }
  for (const { externalId, members } of clean.groups) {
    const excused = completeness.groups.state === 'partial' || completeness.partialGroups.has(externalId);
    const found = lists.get(externalId);
    if (excused) continue;
    if (found === undefined) lies.push(`no group ${externalId}`);
    else if (!members.every((member) => found.has(member))) lies.push(`too few in ${externalId}`);
  }
  return lies;
}
