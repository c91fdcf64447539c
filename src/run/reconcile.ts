import { applyOperations } from '../apply/apply.ts';
import { refuseWhilePaused } from '../apply/pause.ts';
import type { CurrentState } from '../model/current-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Outcome, RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { nothingKnown } from '../model/preflight.ts';
import type { Sink } from '../model/sink.ts';
import type { SnapshotSummary } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import { configHash } from '../plan/fingerprint.ts';
import { levelsOf } from '../plan/order.ts';
import { extrasFor } from '../plan/extras.ts';
import { graceChanges, type GraceChanges } from '../plan/grace.ts';
import { planChanges } from '../plan/plan.ts';
import { isRollback } from '../plan/rollback.ts';
import { wavesOf } from '../plan/waves.ts';
import { checkPlan, guardAgain } from './approve.ts';
import { createBudget, readCallsOf } from './budget.ts';
import { nothingUnsettled, readSettled, unsettledIn } from './earlier.ts';
import { completed, withExtras } from './extras.ts';
import { onlyOf } from './only.ts';
import { noGraceChanges, observe } from './observe.ts';
import type { ReconcileParts, RunRequest } from './parts.ts';
import { memoryOf, planInputOf } from './plan-input.ts';
import { baselines, confirmAbsences, readSources } from './read.ts';
import { believedReads, readsIn, readsOfPlan, wholeReadsOf } from './reads-summary.ts';
import { recordOf } from './record.ts';
import { prune } from './retention.ts';
import { releaseOf, type Release } from './release.ts';
import { targetNotices } from './target-notices.ts';
import { refuseDamaged } from './whole.ts';

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
  const run = {
    id: parts.newRunId(),
    startedAt: parts.clock.now(),
    callsBefore: parts.sink.callsMade(),
    readCalls: readCallsOf(parts),
  };
  refuseDamaged(parts);
  refuseMovedTarget(parts, request);
  if (request.kind === 'apply') checkPlan(request, parts, configHash(parts.mapping, parts.policy));
  if (request.kind === 'dryRun')
    return recordNow(parts, run, request, await planNow(parts, request, signal), []);
  refuseWhilePaused(parts.store);
  const lock = parts.store.lock();
  try {
    parts.store.bindTarget(parts.sink.target);
    const planned =
      request.kind === 'apply'
        ? await planAgain(parts, request, signal)
        : await planNow(parts, request, signal);
    const release = releaseOf(parts, request, planned.plan);
    noteBeginning(parts, run, request, planned, release);
    const outcomes = await applyPlan(parts, run, request, { ...planned, release }, signal);
    const record = recordNow(parts, run, request, planned, outcomes, release);
    remember(parts, record, planned);
    prune(parts);
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
  /** What its whole read is to cost. */
  readonly readCalls: number;
}

function recordNow(
  parts: ReconcileParts,
  { id, startedAt, callsBefore }: StartedRun,
  request: RunRequest,
  { plan, calls }: Planned,
  outcomes: readonly Outcome[],
  release?: Release,
): RunRecord {
  return recordOf({
    id,
    kind: request.kind,
    plan,
    outcomes,
    calls: { target: parts.sink.callsMade() - callsBefore, source: calls },
    startedAt,
    finishedAt: parts.clock.now(),
    approved: release?.approved ?? null,
    approvalKey: release?.key ?? null,
    auditHead: release === undefined ? null : parts.store.auditHead(),
  });
}

/** Keeps what a run is about to do, before it does any of it: its record can be written should it be cut short. */
function noteBeginning(
  { store, sink }: ReconcileParts,
  { id, startedAt, callsBefore }: StartedRun,
  { kind }: RunRequest,
  { plan, calls }: Planned,
  { held, approved, key }: Release,
): void {
  if (plan.operations.every((operation) => held.has(operation.id))) return;
  store.beginRun({
    id,
    kind,
    startedAt,
    plan,
    held: [...held],
    approved,
    approvalKey: key,
    calls: { target: sink.callsMade() - callsBefore, source: calls },
  });
}

interface Planned {
  readonly plan: Plan;
  readonly current: CurrentState;
  /** What the plan rests on. */
  readonly memory: Memory;
  readonly grace: GraceChanges;
  /** Of the sources that were read whole: what the next run compares itself with. */
  readonly wholeReads: readonly SnapshotSummary[];
  /** Requests to the sources. */
  readonly calls: number;
}

/** Reads both sides and plans. Under the run lock it first settles what an earlier run left open. */
async function planNow(parts: ReconcileParts, request: RunRequest, signal: AbortSignal): Promise<Planned> {
  const unsettled = request.kind === 'dryRun' ? nothingUnsettled : unsettledIn(parts.store);
  // The whole memory, though the sizes of the last reads would do: a damaged state is found before anything is sent.
  const before = memoryOf(parts);
  const snapshotsRead = readSources(parts, before, signal, {
    baselineOf: baselines(parts, before),
    lastOf: (source) => parts.store.lastSnapshot(source),
  });
  const [snapshots, listed] = await bothOf(snapshotsRead, readSettled(parts, unsettled, signal));
  const memory = memoryOf(parts);
  const { absences, calls } = await confirmAbsences(parts, snapshots, memory, listed, signal);
  parts.progress.planning();
  const reads = { snapshots, current: listed, memory, absences };
  const input = await completed(parts.sink, planInputOf(parts, reads), signal);
  const { current } = input;
  // Before anything is applied, so that nothing has to hold the snapshots while that goes on.
  if (request.kind !== 'dryRun') parts.store.saveReads({ snapshots, current, at: parts.clock.now() });
  const plan = planChanges({
    ...input,
    ...(request.kind === 'backfill' ? { purpose: 'backfill' } : {}),
    ...onlyOf(request, input, snapshots),
  });
  return {
    plan: { ...plan, notices: noticesOf(parts, current, plan), reads: readsIn(snapshots) },
    current,
    memory,
    grace: plan.only === undefined ? graceChanges(input, plan) : noGraceChanges,
    wholeReads: wholeReadsOf(snapshots),
    calls: calls + snapshots.reduce((sum, snapshot) => sum + snapshot.calls, 0),
  };
}

/** What the target cannot show stands first. */
function noticesOf(
  { knowledge, policy, mapping }: ReconcileParts,
  current: CurrentState,
  { notices }: Plan,
): Plan['notices'] {
  const known = knowledge?.recall() ?? nothingKnown;
  return [...targetNotices({ current, known, policy, mapping }), ...notices];
}

/** The saved plan, its guard worked out again from this state and a fresh read of the target. */
async function planAgain(
  parts: ReconcileParts,
  request: Extract<RunRequest, { kind: 'apply' }>,
  signal: AbortSignal,
): Promise<Planned> {
  const listed = await readSettled(parts, unsettledIn(parts.store), signal);
  const current = await withExtras(parts.sink, listed, extrasFor(request.plan.operations), signal);
  parts.store.saveReads({ snapshots: null, current, at: parts.clock.now() });
  const memory = memoryOf(parts);
  const plan = guardAgain(request.plan, {
    memory,
    current,
    limits: parts.guard,
    now: parts.clock.now(),
  });
  const wholeReads = request.approve === null ? [] : readsOfPlan(plan, memory);
  return { plan, current, memory, grace: noGraceChanges, wholeReads, calls: 0 };
}

/** One outcome per operation, in plan order. */
async function applyPlan(
  parts: ReconcileParts,
  { id: run, callsBefore, readCalls }: StartedRun,
  request: RunRequest,
  { plan, current, memory, release }: Planned & { readonly release: Release },
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { sink, store, clock, logger, settleMs, progress, requestsPerMinute } = parts;
  const { operations } = plan;
  const { held, approvals } = release;
  const within =
    request.kind === 'backfill'
      ? {
          levels: wavesOf(operations),
          budget: createBudget(request.allowance, {
            sink,
            clock,
            requestsPerMinute,
            callsBefore,
            readCalls,
            operations,
          }),
        }
      : { levels: levelsOf(operations) };
  const seen = rereading(sink);
  const outcomes = await applyOperations(
    { run, current, memory, held, approvals, ...within },
    { sink: seen.sink, store, clock, logger, settleMs, onProgress: progress.applying },
    signal,
  );
  const after = seen.last();
  if (after !== null) store.saveReads({ snapshots: null, current: after, at: clock.now() });
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.operation, outcome]));
  return operations.flatMap(({ id }) => outcomeOf.get(id) ?? []);
}

/** Keeps the last read that is made while operations are carried out: it shows what they led to. */
function rereading(sink: Sink): { readonly sink: Sink; last(): CurrentState | null } {
  let last: CurrentState | null = null;
  return {
    sink: {
      ...sink,
      async reread(...asked) {
        last = await sink.reread(...asked);
        return last;
      },
    },
    last: () => last,
  };
}

function remember(parts: ReconcileParts, record: RunRecord, { memory, grace, wholeReads }: Planned): void {
  parts.store.saveSnapshots(believedReads(wholeReads, record, memory));
  observe(parts.store, record, grace, parts.clock.now());
  const isReviewed =
    record.approved !== null || (record.kind === 'apply' && record.plan.violations.length === 0);
  // A rollback was planned from what a run did, and says nothing of what the configuration asks for now.
  const reviews = isReviewed && !isRollback(record.plan);
  // Nobody has looked at what the configuration does to the others.
  const isWhole = record.plan.only === undefined;
  if (isWhole && (reviews || memory.appliedConfig === null))
    parts.store.saveAppliedConfig(record.plan.config);
  parts.store.saveRun(record);
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

/** Waits for both and then fails with the first failure, so that neither is left running behind the other's back. */
async function bothOf<A, B>(first: Promise<A>, second: Promise<B>): Promise<[A, B]> {
  const [a, b] = await Promise.allSettled([first, second]);
  if (a.status === 'rejected') throw a.reason;
  if (b.status === 'rejected') throw b.reason;
  return [a.value, b.value];
}
