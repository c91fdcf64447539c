import type { CurrentState } from '../model/current-state.ts';
import { heldOperations } from '../model/held.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Clock } from '../model/ports.ts';
import type { Rehearsal } from '../model/rehearsal.ts';
import type { Sink } from '../model/sink.ts';
import type { Memory, Store } from '../model/store.ts';
import { describe } from '../report/describe.ts';
import { countOutcomes, problemsOf } from '../report/summary.ts';
import { noProgress, type ReconcileParts } from './parts.ts';
import { reconcile } from './reconcile.ts';
import type { DryRun, Recording } from './recorded.ts';

/** A copy of the organisation in memory, with a state and a clock of its own. */
export interface Stage {
  readonly sink: Sink;
  readonly store: Store;
  readonly clock: Clock;
}

/** What a stage begins with. */
export interface StageSetting {
  readonly current: CurrentState;
  readonly memory: Memory;
  /** Epoch milliseconds. */
  readonly startsAt: number;
}

export type BuildStage = (setting: StageSetting) => Promise<Stage>;

const minuteMs = 60_000;
/** The limiter's window is a little over a minute, and its first minute's calls go at once. */
const timeTolerance = { minutes: 1.1, share: 0.1 };
const mostNamed = 3;

/**
 * Carries a plan out against a copy of what it was planned from, as if it were approved, and plans again: the
 * second plan must be empty, and the calls and the time those of the forecast. Touches nothing outside this
 * process; what a copy cannot know (other writers, refusals for reasons of Retool's own) it cannot show.
 */
export async function rehearse(
  { plan, request }: DryRun,
  { parts, sources, current }: Recording,
  build: BuildStage,
  signal: AbortSignal,
): Promise<Rehearsal> {
  const startsAt = parts.clock.now();
  const stage = await build({ current: current(), memory: parts.store.memory(0), startsAt });
  const there: ReconcileParts = {
    ...parts,
    sink: stage.sink,
    store: withObservations(stage.store, parts.store),
    clock: stage.clock,
    sources: sources(),
    progress: { ...noProgress, applying: parts.progress.rehearsing },
  };
  const applied = await reconcile(
    there,
    { kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint },
    signal,
  );
  signal.throwIfAborted();
  const taken = (stage.clock.now() - startsAt) / minuteMs;
  const second = await reconcile(there, request, signal);
  return rehearsalOf(plan, applied, second.plan, taken);
}

/** The copy's state, with what the real one observed over time: who is in grace, and what changed back and forth. */
function withObservations(copy: Store, real: Store): Store {
  return { ...copy, grace: () => real.grace(), drifts: (sinceMs) => real.drifts(sinceMs) };
}

function rehearsalOf(plan: Plan, applied: RunRecord, second: Plan, taken: number): Rehearsal {
  const { forecast, operations } = plan;
  const calls = { forecast: forecast.calls + forecast.reads, made: callsIn(plan, applied) };
  const minutes = { forecast: forecast.minutes, taken: Math.round(taken * 10) / 10 };
  const differences = [
    ...outcomeDifferences(plan, applied),
    ...(calls.made === calls.forecast
      ? []
      : [`${calls.made} calls were made, ${calls.forecast} were forecast`]),
    ...timeDifferences(minutes),
    ...secondDifferences(second),
  ];
  return {
    verdict: differences.length === 0 ? 'proved' : 'differs',
    operations: operations.length,
    held: heldOperations(operations, plan.violations).size,
    calls,
    minutes,
    left: second.operations.length,
    differences,
  };
}

/** A plan without calls is not worth reading anything for, and its forecast counts no reads either. */
function callsIn({ forecast }: Plan, { calls }: RunRecord): number {
  return forecast.calls === 0 ? 0 : calls.target;
}

function outcomeDifferences(plan: Plan, applied: RunRecord): readonly string[] {
  const problems = problemsOf(applied.outcomes);
  if (problems.length === 0) return [];
  const { failed, skipped, notAttempted, unknown } = countOutcomes(applied.outcomes);
  const operations = new Map(plan.operations.map((operation) => [operation.id, operation]));
  const named = problems.slice(0, mostNamed).map(({ operation, code, text, items }) => {
    const known = operations.get(operation);
    const what = known === undefined ? operation : describe(known).sentence;
    return `${what}: ${text ?? items[0]?.text ?? code ?? 'not applied'}`;
  });
  const counts = `${failed} failed, ${unknown} unknown, ${skipped} skipped, ${notAttempted} not attempted`;
  return [`${problems.length} operations did not go as planned (${counts}): ${named.join('; ')}`];
}

function timeDifferences({ forecast, taken }: Rehearsal['minutes']): readonly string[] {
  const most = Math.max(timeTolerance.minutes, forecast * timeTolerance.share);
  return Math.abs(taken - forecast) <= most ? [] : [`it took ${taken} minutes, ${forecast} were forecast`];
}

function secondDifferences({ operations }: Plan): readonly string[] {
  if (operations.length === 0) return [];
  const named = operations.slice(0, mostNamed).map((operation) => describe(operation).sentence);
  return [`a second plan is not empty: ${operations.length} operations are left, first ${named.join('; ')}`];
}
