import { keyText } from '../../model/desired-state.ts';
import type { Explanation, ReadBasis } from '../../model/explanation.ts';
import type { RunRecord } from '../../model/outcome.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Memory, Store } from '../../model/store.ts';
import type { Absence } from '../../plan/input.ts';
import type { ReconcileParts } from '../parts.ts';
import { memoryOf, planInputOf } from '../plan-input.ts';
import { confirmAbsences, readSources } from '../read.ts';
import { refuseDamaged } from '../whole.ts';
import { readWholeTarget } from '../whole-target.ts';
import type { AnsweredFrom } from './answered-from.ts';
import { explain } from './explain.ts';
import { askAgain } from './live.ts';

/** Runs whose records are looked into for changes of one person. */
const mostRuns = 50;

/**
 * Explains one person from what the last run that writes has read; with `live` their records and Retool are asked
 * anew. Without an earlier run both sides are read whole. Writes nothing but the window of sends.
 */
export async function explainPerson(
  parts: ReconcileParts,
  asked: string,
  freshness: 'lastRun' | 'live',
  signal: AbortSignal,
): Promise<Explanation> {
  if (freshness === 'live') refuseDamaged(parts);
  const history = historyOf(parts.store);
  const memory = memoryOf(parts);
  const last = lastReads(parts, memory, history);
  const reads =
    last === null
      ? await readNow(parts, memory, signal)
      : freshness === 'live'
        ? await askAgain(parts, { asked, last, memory }, signal)
        : last;
  return explain({
    asked,
    basis: basisOf(reads, parts.clock.now()),
    snapshots: reads.snapshots,
    mapping: parts.mapping,
    input: planInputOf(parts, { ...reads, memory }),
    history,
  });
}

/** Records of the last runs that had anything to do, newest first. */
function historyOf(store: Store): readonly RunRecord[] {
  return store
    .runs(1_000)
    .filter(({ operations }) => operations > 0)
    .slice(0, mostRuns)
    .map(({ id }) => store.run(id))
    .filter((record) => record !== null);
}

/** What the last run that writes has read; before the first, a read that is made now. */
export async function readsFor(parts: ReconcileParts, signal: AbortSignal): Promise<AnsweredFrom> {
  const memory = memoryOf(parts);
  return lastReads(parts, memory, historyOf(parts.store)) ?? (await readNow(parts, memory, signal));
}

function lastReads(
  parts: ReconcileParts,
  memory: Memory,
  history: readonly RunRecord[],
): AnsweredFrom | null {
  const last = parts.store.lastReads();
  if (last === null) return null;
  const configured = new Set(parts.mapping.precedence);
  const snapshots = last.snapshots.filter(({ source }) => configured.has(source));
  if (snapshots.length === 0) return null;
  const { current } = last;
  const absences = absencesOf(parts.sources, memory, snapshots, history);
  return { from: 'lastRun', snapshots, current, absences, live: [] };
}

/**
 * What is known of linked people whom the last reads lack. A file proves absence by itself; for the others the run
 * that disabled an account says what it was told, and whom no run has asked for stays unknown.
 */
function absencesOf(
  sources: ReconcileParts['sources'],
  { links }: Memory,
  snapshots: readonly Snapshot[],
  history: readonly RunRecord[],
): ReadonlyMap<string, Absence> {
  const absences = new Map<string, Absence>();
  for (const { plan } of history.toReversed()) {
    for (const { kind, reason } of plan.operations) {
      const { code, source, externalId } = reason;
      if (kind !== 'deactivateUser' || source === null || externalId === null) continue;
      if (code === 'gone' || code === 'inactive' || code === 'outOfScope')
        absences.set(keyText({ source, externalId }), code);
    }
  }
  const whole = new Set(
    snapshots
      .filter(({ completeness }) => completeness.users.state === 'complete')
      .map(({ source }) => source),
  );
  const proving = new Set(
    sources.filter(({ id, absence }) => absence === 'provenByList' && whole.has(id)).map(({ id }) => id),
  );
  for (const link of links)
    if (link.type === 'user' && proving.has(link.source)) absences.set(keyText(link), 'gone');
  return absences;
}

async function readNow(parts: ReconcileParts, memory: Memory, signal: AbortSignal): Promise<AnsweredFrom> {
  const current = await readWholeTarget(parts, signal);
  const snapshots = await readSources(parts, memory, signal);
  const { absences } = await confirmAbsences(parts, snapshots, memory, current, signal);
  return { from: 'now', snapshots, current, absences, live: [] };
}

function basisOf({ from, snapshots, current, live }: AnsweredFrom, now: number): ReadBasis {
  const oldest = Math.min(current.readAt.began, ...snapshots.map(({ takenAt }) => Date.parse(takenAt)));
  return {
    from,
    sources: snapshots.map(({ source, takenAt, users, groups, completeness }) => ({
      source,
      takenAt,
      users: users.length,
      groups: groups.length,
      partial: completeness.users.state === 'partial' ? completeness.users.because : null,
    })),
    targetReadAt: new Date(current.readAt.began).toISOString(),
    users: current.users.length,
    ageSeconds: Math.max(0, Math.round((now - oldest) / 1000)),
    live,
  };
}
