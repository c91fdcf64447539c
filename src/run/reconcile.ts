import { applyOperations } from '../apply/apply.ts';
import { recover, settleWait } from '../apply/recover.ts';
import { mapSnapshots } from '../mapping/map.ts';
import type { CurrentState } from '../model/current-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Outcome, RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Snapshot, SnapshotSummary } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import { configHash } from '../plan/fingerprint.ts';
import { heldOperations } from '../plan/held.ts';
import { levelsOf } from '../plan/order.ts';
import { planChanges } from '../plan/plan.ts';
import { checkPlan, guardAgain } from './approve.ts';
import type { ReconcileParts, RunRequest } from './parts.ts';
import { confirmAbsences, readSources } from './read.ts';
import { recordOf } from './record.ts';

/**
 * One reconciliation: read, map, plan, guard, apply, verify. A dry run is the one early return; it
 * takes no lock and writes nothing. Throws a `BridgeError` when it could not run at all; whatever
 * became of single operations stands in the record.
 */
export async function reconcile(
  parts: ReconcileParts,
  request: RunRequest,
  signal: AbortSignal,
): Promise<RunRecord> {
  const run = { id: parts.newRunId(), startedAt: parts.clock.now(), callsBefore: parts.sink.callsMade() };
  refuseMovedTarget(parts, request);
  if (request.kind === 'apply') checkPlan(request, parts, configHash(parts.mapping, parts.policy));
  if (request.kind === 'dryRun') return recordNow(parts, run, request, await planNow(parts, signal), []);
  const lock = parts.store.lock();
  try {
    parts.store.bindTarget(parts.sink.target);
    const planned =
      request.kind === 'sync'
        ? await planNow(parts, signal, 'recover')
        : await planAgain(parts, request, signal);
    const outcomes = await applyPlan(parts, run.id, planned, heldOf(request, planned.plan), signal);
    const record = recordNow(parts, run, request, planned, outcomes);
    remember(parts, record, planned);
    return record;
  } finally {
    lock.release();
  }
}

interface StartedRun {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  /** What the sink had sent before: a service has one for many runs. */
  readonly callsBefore: number;
}

function recordNow(
  parts: ReconcileParts,
  { id, startedAt, callsBefore }: StartedRun,
  request: RunRequest,
  { plan, calls }: Planned,
  outcomes: readonly Outcome[],
): RunRecord {
  return recordOf({
    id,
    kind: request.kind,
    plan,
    outcomes,
    calls: { target: parts.sink.callsMade() - callsBefore, source: calls },
    startedAt,
    finishedAt: parts.clock.now(),
    approved: isApproved(request, plan) ? plan.fingerprint : null,
  });
}

interface Planned {
  readonly plan: Plan;
  readonly current: CurrentState;
  /** What the plan rests on. */
  readonly memory: Memory;
  /** Of the sources that were read whole: what the next run compares itself with. */
  readonly wholeReads: readonly SnapshotSummary[];
  /** Requests to the sources. */
  readonly calls: number;
}

/** Reads both sides and plans. Under the run lock it first settles what an earlier run left open. */
async function planNow(
  parts: ReconcileParts,
  signal: AbortSignal,
  open: 'ignore' | 'recover' = 'ignore',
): Promise<Planned> {
  const snapshotsRead = readSources(parts, memoryOf(parts), signal);
  const [snapshots, current] = await bothOf(snapshotsRead, readTarget(parts, signal, open));
  const memory = memoryOf(parts);
  const { absences, calls } = await confirmAbsences(parts, snapshots, memory, current, signal);
  const plan = planChanges({
    desired: mapSnapshots(snapshots, parts.mapping),
    current,
    memory,
    policy: parts.policy,
    guard: parts.guard,
    absences,
    costs: parts.sink.costs,
    target: parts.sink.target,
    config: configHash(parts.mapping, parts.policy),
    requestsPerMinute: parts.requestsPerMinute,
    now: parts.clock.now(),
  });
  const reads = snapshots.map(({ source, users, groups, completeness }) => ({
    source,
    users: users.length,
    groups: groups.length,
    partial: partialsOf(completeness),
  }));
  return {
    plan: { ...plan, reads },
    current,
    memory,
    wholeReads: wholeReadsOf(snapshots),
    calls: calls + snapshots.reduce((sum, snapshot) => sum + snapshot.calls, 0),
  };
}

/** The saved plan, its guard worked out again from this state and a fresh read of the target. */
async function planAgain(
  parts: ReconcileParts,
  request: Extract<RunRequest, { kind: 'apply' }>,
  signal: AbortSignal,
): Promise<Planned> {
  const current = await readTarget(parts, signal, 'recover');
  const memory = memoryOf(parts);
  const plan = guardAgain(request.plan, {
    memory,
    current,
    limits: parts.guard,
    now: parts.clock.now(),
  });
  return { plan, current, memory, wholeReads: [], calls: 0 };
}

async function readTarget(
  parts: ReconcileParts,
  signal: AbortSignal,
  open: 'ignore' | 'recover',
): Promise<CurrentState> {
  const intents = open === 'recover' ? parts.store.openIntents() : [];
  const wait = settleWait(intents, parts.settleMs, parts.clock.now());
  if (wait > 0) {
    parts.progress.waiting(
      'an earlier run was interrupted; its last call must settle before the target is read',
      wait,
    );
    await parts.clock.sleep(wait, signal);
  }
  const current = await parts.sink.read(signal);
  const found = recover(parts.store, intents, current, parts.clock);
  if (intents.length > 0)
    parts.logger.info({ open: intents.length, found }, 'settled what an earlier run left open');
  return current;
}

/** `apply` does all of a plan or waits for its approval; a `sync` does what is not held. */
function heldOf(request: RunRequest, plan: Plan): ReadonlySet<string> {
  if (isApproved(request, plan)) return new Set();
  if (request.kind === 'apply' && plan.violations.length > 0)
    return new Set(plan.operations.map((operation) => operation.id));
  return heldOperations(plan.operations, plan.violations);
}

function isApproved(request: RunRequest, plan: Plan): boolean {
  return request.kind === 'apply' && request.approve === plan.fingerprint;
}

function applyPlan(
  parts: ReconcileParts,
  run: string,
  { plan, current, memory }: Planned,
  held: ReadonlySet<string>,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { sink, store, clock, logger, settleMs, progress } = parts;
  return applyOperations(
    { run, current, memory, held, levels: levelsOf(plan.operations) },
    { sink, store, clock, logger, settleMs, onProgress: progress.applying },
    signal,
  );
}

function remember(parts: ReconcileParts, record: RunRecord, { memory, wholeReads }: Planned): void {
  parts.store.saveSnapshots(wholeReads);
  const isReviewed =
    record.kind === 'apply' && (record.plan.violations.length === 0 || record.approved !== null);
  if (isReviewed || memory.appliedConfig === null) parts.store.saveAppliedConfig(record.plan.config);
  parts.store.saveRun(record);
}

function wholeReadsOf(snapshots: readonly Snapshot[]): readonly SnapshotSummary[] {
  return snapshots
    .filter(({ completeness }) => partialsOf(completeness).length === 0)
    .map(({ source, takenAt, users, groups }) => ({
      source,
      takenAt,
      users: users.length,
      groups: groups.length,
    }));
}

function memoryOf(parts: ReconcileParts): Memory {
  // Takings older than the guard's longest window are of no interest.
  const longestWindowMs = Math.max(0, ...parts.guard.windows.map((window) => window.lengthMs));
  return parts.store.memory(parts.clock.now() - longestWindowMs);
}

function refuseMovedTarget(parts: ReconcileParts, request: RunRequest): void {
  const bound = parts.store.target();
  if (bound === null || bound === parts.sink.target || request.target === 'moved') return;
  throw new BridgeError(
    'targetMoved',
    `this state belongs to ${bound}, but the configuration names ${parts.sink.target}`,
    {
      remedy:
        'Use another state for another target. If the same organisation only has a new address, say so with --moved.',
    },
  );
}

function partialsOf({ users, groups, partialGroups }: Snapshot['completeness']): string[] {
  const parts: string[] = [];
  if (users.state === 'partial') parts.push(users.because);
  if (groups.state === 'partial') parts.push(groups.because);
  return [...parts, ...partialGroups.values()];
}

/** Waits for both and then fails with the first failure, so that neither is left running behind the other's back. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}
