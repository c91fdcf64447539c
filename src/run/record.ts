import type { Outcome, RunKind, RunRecord, RunStatus } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';

/** The facts of one run, from which its status follows. */
export interface RunFacts {
  readonly id: string;
  readonly kind: RunKind;
  readonly plan: Plan;
  readonly outcomes: readonly Outcome[];
  readonly calls: RunRecord['calls'];
  readonly startedAt: number;
  readonly finishedAt: number;
  /** The fingerprint that was approved; null when none was. */
  readonly approved: string | null;
}

/** The record of a run; reports and exit codes are made of nothing else. */
export function recordOf(facts: RunFacts): RunRecord {
  const { id, kind, plan, outcomes, calls, approved } = facts;
  return {
    format: 'retool-bridge/run',
    version: 1,
    id,
    kind,
    status: statusOf(facts),
    startedAt: new Date(facts.startedAt).toISOString(),
    finishedAt: new Date(facts.finishedAt).toISOString(),
    plan,
    outcomes,
    calls,
    approved,
  };
}

function statusOf({ kind, plan, outcomes, approved }: RunFacts): RunStatus {
  if (plan.violations.length > 0 && approved === null) return 'held';
  if (plan.incomplete.length > 0 || outcomes.some(isIncomplete)) return 'partial';
  if (kind === 'dryRun') return plan.operations.length === 0 ? 'unchanged' : 'changed';
  return outcomes.some((outcome) => outcome.state === 'applied') ? 'changed' : 'unchanged';
}

/** Whether something that was to be done was not: failed, unknown, stale, or left out. */
export function isIncomplete(outcome: Outcome): boolean {
  if (outcome.state === 'failed' || outcome.state === 'unknown') return true;
  if (outcome.state === 'notAttempted') return outcome.code !== 'held';
  return outcome.code === 'stale' || outcome.items.length > 0;
}
