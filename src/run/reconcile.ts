import { applyOperations } from '../apply/apply.ts';
import { recover, settleWait } from '../apply/recover.ts';
import { mapSnapshots } from '../mapping/map.ts';
import type { CurrentState } from '../model/current-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Outcome, RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import { configHash } from '../plan/fingerprint.ts';
import { heldOperations } from '../plan/held.ts';
import { levelsOf } from '../plan/order.ts';
import { planChanges } from '../plan/plan.ts';
import { checkPlan, guardAgain } from './approve.ts';
import type { ReconcileParts, RunRequest } from './parts.ts';
import { confirmAbsences, readSources } from './read.ts';
import { recordOf } from './record.ts';

/** Takings older than the longest guard window are of no interest. */
const longestWindowMs = 31 * 24 * 3_600_000;

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
  const run = { id: parts.newRunId(), startedAt: parts.clock.now() };
  refuseMovedTarget(parts, request);
  if (request.kind === 'apply') checkPlan(request, parts, configHash(parts.mapping, parts.policy));
  if (request.kind === 'dryRun') {
    const { plan, calls } = await planNow(parts, signal);
    return recordOf({
      ...run,
      kind: 'dryRun',
      plan,
      outcomes: [],
      calls: { target: parts.sink.callsMade(), source: calls },
      finishedAt: parts.clock.now(),
      approved: null,
    });
  }
  const lock = parts.store.lock();
  try {
    parts.store.bindTarget(parts.sink.target);
    const { plan, current, memory, snapshots, calls } =
      request.kind === 'sync'
        ? await planNow(parts, signal, 'recover')
        : await planAgain(parts, request, signal);
    const approved =
      request.kind === 'apply' && request.approve === plan.fingerprint ? plan.fingerprint : null;
    const held = approved === null ? heldOf(request, plan) : new Set<string>();
    const outcomes = await applyPlan(parts, { run: run.id, plan, current, memory, held }, signal);
    const record = recordOf({
      ...run,
      kind: request.kind,
      plan,
      outcomes,
      calls: { target: parts.sink.callsMade(), source: calls },
      finishedAt: parts.clock.now(),
      approved,
    });
    remember(parts, record, snapshots);
    return record;
  } finally {
    lock.release();
  }
}

interface Planned {
  readonly plan: Plan;
  readonly current: CurrentState;
  /** What the plan rests on. */
  readonly memory: Memory;
  readonly snapshots: readonly Snapshot[];
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
    snapshots,
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
  return { plan, current, memory, snapshots: [], calls: 0 };
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
  if (request.kind === 'apply' && plan.violations.length > 0)
    return new Set(plan.operations.map((operation) => operation.id));
  return heldOperations(plan.operations, plan.violations);
}

function applyPlan(
  parts: ReconcileParts,
  request: Pick<Planned, 'plan' | 'current' | 'memory'> & { run: string; held: ReadonlySet<string> },
  signal: AbortSignal,
): Promise<Outcome[]> {
  const { plan, ...rest } = request;
  return applyOperations(
    { ...rest, levels: levelsOf(plan.operations) },
    {
      sink: parts.sink,
      store: parts.store,
      clock: parts.clock,
      logger: parts.logger,
      settleMs: parts.settleMs,
      onProgress: parts.progress.applying,
    },
    signal,
  );
}

function remember(parts: ReconcileParts, record: RunRecord, snapshots: readonly Snapshot[]): void {
  const whole = snapshots.filter(({ completeness }) => partialsOf(completeness).length === 0);
  parts.store.saveSnapshots(
    whole.map(({ source, takenAt, users, groups }) => ({
      source,
      takenAt,
      users: users.length,
      groups: groups.length,
    })),
  );
  const reviewed =
    record.kind === 'apply' && (record.plan.violations.length === 0 || record.approved !== null);
  if (reviewed || memoryOf(parts).appliedConfig === null) parts.store.saveAppliedConfig(record.plan.config);
  parts.store.saveRun(record);
}

function memoryOf(parts: ReconcileParts): Memory {
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
