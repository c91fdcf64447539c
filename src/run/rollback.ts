import { BridgeError } from '../model/errors.ts';
import type { CurrentState } from '../model/current-state.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Store } from '../model/store.ts';
import { folded } from '../model/text.ts';
import { configHash } from '../plan/fingerprint.ts';
import { planRollback } from '../plan/rollback.ts';
import { extrasFor } from '../plan/extras.ts';
import { withExtras } from './extras.ts';
import { readSettled, unrecordedAs, unsettledIn } from './earlier.ts';
import type { ReconcileParts } from './parts.ts';
import { recordOf } from './record.ts';
import { refuseDamaged } from './whole.ts';
import { readWholeTarget } from './whole-target.ts';

/** More runs than any history keeps. */
const everyRun = 1_000_000;

/**
 * The run of an id, or the last one for `last`; one that left no record so far, as far as the journal knows it. Throws
 * `badCommand` when there is none.
 */
export function findRun(store: Store, id: string): RunRecord {
  const unrecorded = unrecordedAs(store, id);
  if (unrecorded !== null) return unrecorded;
  const [newest] = id === 'last' ? store.runs(1) : [];
  const record = store.run(newest?.id ?? id);
  if (record !== null) return record;
  throw new BridgeError('badCommand', `there is no run ${id} in this state`, {
    remedy: 'See `retool-bridge runs` for those there are.',
  });
}

/**
 * The plan that undoes an applied run, as the record of a dry run. Reads the target and the history, and writes
 * nothing but the record of a run that was cut short. Throws `stateLocked` while a run goes on. `email`: only what was done to this account; null: everything.
 */
export async function rollback(
  parts: ReconcileParts,
  { id, email }: { readonly id: string; readonly email: string | null },
  signal: AbortSignal,
): Promise<RunRecord> {
  const { store, sink, clock, mapping, policy, guard, requestsPerMinute, seats } = parts;
  const startedAt = clock.now();
  refuseDamaged(parts);
  const found = findRun(store, id);
  refuseForeign(found, sink.target);
  const callsBefore = sink.callsMade();
  const listed = await readTarget(parts, signal);
  const record = store.run(found.id) ?? found;
  const current = await withExtras(sink, listed, extrasFor(record.plan.operations), signal);
  const longestWindowMs = Math.max(0, ...guard.windows.map((window) => window.lengthMs));
  const plan = planRollback({
    record,
    later: runsAfter(store, record.id),
    email: email === null ? null : folded(email),
    current,
    memory: store.memory(startedAt - longestWindowMs),
    policy,
    guard,
    costs: sink.costs,
    target: sink.target,
    config: configHash(mapping, policy),
    requestsPerMinute,
    seats,
    now: clock.now(),
  });
  return recordOf({
    id: parts.newRunId(),
    kind: 'dryRun',
    plan,
    outcomes: [],
    calls: { target: sink.callsMade() - callsBefore, source: 0 },
    startedAt,
    finishedAt: clock.now(),
    approved: null,
    approvalKey: null,
  });
}

function refuseForeign({ id, plan }: RunRecord, target: string): void {
  if (plan.target === target) return;
  throw new BridgeError('planForeign', `run ${id} was about ${plan.target}`, {
    remedy: `The configuration names ${target}. Use the one the run was made with.`,
  });
}

/**
 * The target as it is. A run that was cut short is recorded first: nobody could say otherwise what it did, and no
 * other command should have to carry on with its work before that can be undone.
 */
async function readTarget(parts: ReconcileParts, signal: AbortSignal): Promise<CurrentState> {
  const { store, sink } = parts;
  if (store.unrecordedRun() === null) return readWholeTarget(sink, signal);
  const lock = store.lock();
  try {
    return await readSettled(parts, unsettledIn(store), signal);
  } finally {
    lock.release();
  }
}

/** Oldest first. */
function runsAfter(store: Pick<Store, 'run' | 'runs'>, id: string): RunRecord[] {
  const rows = store.runs(everyRun);
  const place = rows.findIndex((row) => row.id === id);
  const later = rows.slice(0, Math.max(0, place)).toReversed();
  return later.flatMap((row) => (row.operations === 0 ? [] : (store.run(row.id) ?? [])));
}
