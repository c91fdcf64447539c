import { type AuditHead, headText } from '../model/audit.ts';
import type { Ending, Outcome, RunKind, RunRecord, RunStatus } from '../model/outcome.ts';
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
  /** What was approved; null when nothing was. */
  readonly approved: string | null;
  /** The key by which what waits can be approved; null or absent when nothing waits that was stored. */
  readonly approvalKey?: string | null;
  /** Where the audit chain ended after the run; null or absent for one that wrote nothing. */
  readonly auditHead?: AuditHead | null;
  /** Absent: it came to its end. */
  readonly ending?: Ending;
}

/** The record of a run; reports and exit codes are made of nothing else. */
export function recordOf(facts: RunFacts): RunRecord {
  const { id, kind, plan, outcomes, calls, approved, approvalKey, auditHead, ending } = facts;
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
    ...(typeof approvalKey === 'string' ? { approvalKey } : {}),
    ...(auditHead === undefined || auditHead === null ? {} : { auditHead: headText(auditHead) }),
    ...(ending === undefined ? {} : { ending }),
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
