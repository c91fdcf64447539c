import type { CurrentState } from '../model/current-state.ts';
import { keyText, type SourceKey } from '../model/desired-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Lookup, ReadProgress, Source } from '../model/source.ts';
import type { Link, Memory } from '../model/store.ts';
import type { Absence } from '../plan/input.ts';
import { shrinkagesOf } from '../plan/shrinkage.ts';
import type { ReconcileParts } from './parts.ts';
import { sizesOf } from './reads-summary.ts';

/** More missing people than this are not asked for one by one: a read that short is not believed anyway. */
const mostLookups = 1000;

/** Reads every source, side by side. One that cannot be read fails the run: an error never looks like an absence. */
export async function readSources(
  parts: Pick<ReconcileParts, 'sources' | 'progress'>,
  memory: Pick<Memory, 'snapshots'>,
  signal: AbortSignal,
  baselineOf: (source: string) => Snapshot | null = () => null,
): Promise<Snapshot[]> {
  const snapshots = await Promise.all(
    parts.sources.map(async (source) => {
      const expected = memory.snapshots.get(source.id)?.users ?? null;
      try {
        const tell = (seen: ReadProgress): void => parts.progress.reading({ ...seen, expected });
        return await source.read(signal, tell, baselineOf(source.id));
      } catch (error) {
        throw namingSource(error, source.id);
      }
    }),
  );
  for (const snapshot of snapshots) {
    const earlier = memory.snapshots.get(snapshot.source);
    if (
      earlier !== undefined &&
      earlier.groups > 0 &&
      snapshot.groups.length === 0 &&
      snapshot.completeness.groups.state === 'complete'
    ) {
      throw new BridgeError(
        'sourceEmpty',
        `${snapshot.source} shows no groups at all, while its last complete read showed ${earlier.groups}`,
        {
          remedy: `Look at the scope and the permissions of ${snapshot.source}; nothing was changed.`,
          retryable: true,
        },
      );
    }
  }
  return snapshots;
}

/**
 * The snapshots from which sources may go on: none of a source whose last full read is too long ago, or dated ahead,
 * and none that shrank so much that it was not believed.
 */
export function baselines(
  { store, clock, fullReadEveryMs = 0 }: Pick<ReconcileParts, 'store' | 'clock' | 'fullReadEveryMs'>,
  { snapshots }: Pick<Memory, 'snapshots'>,
): (source: string) => Snapshot | null {
  return (source) => {
    if (fullReadEveryMs === 0) return null;
    const last = store.lastSnapshot(source);
    if (last?.cursor === undefined || shrinkagesOf(sizesOf([last]), snapshots).length > 0) return null;
    const age = clock.now() - Date.parse(last.cursor.fullReadAt);
    return age >= 0 && age < fullReadEveryMs ? last : null;
  };
}

/** An adapter says what is wrong; with several sources the reader has to know where. */
function namingSource(error: unknown, source: string): unknown {
  if (!(error instanceof BridgeError)) return error;
  const { code, message, remedy, retryable, audience } = error;
  const details = { retryable, audience, cause: error, ...(remedy === null ? {} : { remedy }) };
  return new BridgeError(code, `${source}: ${message}`, details);
}

/**
 * Asks the sources by id for every linked person with an active account or an open invite that their complete
 * lists lack. Only an answer counts: what cannot be asked is unknown, and keeps its access.
 */
export async function confirmAbsences(
  parts: ReconcileParts,
  snapshots: readonly Snapshot[],
  memory: Memory,
  current: CurrentState,
  signal: AbortSignal,
): Promise<{ readonly absences: ReadonlyMap<string, Absence>; readonly calls: number }> {
  const active = new Set(current.users.filter((user) => user.active).map((user) => user.id));
  // Open ones that were claimed are accounts which nobody linked yet.
  const pending = new Set<string>();
  for (const { id, state } of memory.invites.values()) if (state === 'open') pending.add(id);
  const absences = new Map<string, Absence>();
  let calls = 0;
  for (const snapshot of snapshots) {
    if (snapshot.completeness.users.state === 'partial') continue;
    const source = parts.sources.find((one) => one.id === snapshot.source);
    const seen = new Set(snapshot.users.map((user) => user.externalId));
    const missing = memory.links.filter(
      (link) =>
        link.source === snapshot.source && !seen.has(link.externalId) && givesAccess(link, active, pending),
    );
    if (source === undefined) continue;
    for (const [key, absence] of await askFor(source, missing, signal)) absences.set(key, absence);
    if (source.absence === 'needsLookup' && missing.length <= mostLookups) calls += missing.length;
  }
  return { absences, calls };
}

/** Whether somebody can use what the link leads to: an active account, or an invite of ours that has not ended. */
function givesAccess(
  { type, targetId }: Link,
  active: ReadonlySet<string>,
  pending: ReadonlySet<string>,
): boolean {
  return (type === 'user' && active.has(targetId)) || (type === 'invite' && pending.has(targetId));
}

async function askFor(
  source: Source,
  missing: readonly SourceKey[],
  signal: AbortSignal,
): Promise<Map<string, Absence>> {
  const answers = new Map<string, Absence>();
  for (const key of missing) {
    if (source.absence === 'provenByList') answers.set(keyText(key), 'gone');
    else if (missing.length > mostLookups) answers.set(keyText(key), 'unknown');
    else answers.set(keyText(key), absenceOf(await source.find(key.externalId, signal), source));
  }
  return answers;
}

function absenceOf(lookup: Lookup, { covers }: Source): Absence {
  if (lookup.state === 'absent') return 'gone';
  if (lookup.state === 'unknown' || lookup.user.unjudged !== undefined) return 'unknown';
  if (!lookup.user.active) return 'inactive';
  return covers === 'everybody' ? 'unknown' : 'outOfScope';
}
