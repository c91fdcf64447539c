import { heldOperations } from '../model/held.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Plan, Violation } from '../model/plan.ts';
import { counted, numeral } from './words.ts';

/** What waits for approval, and why. */
export interface Held {
  readonly scope: 'plan' | 'operations';
  /** Ids of every operation that waits: those counted by a violation, and what depends on them. */
  readonly operations: ReadonlySet<string>;
  readonly violations: readonly Violation[];
  /** The key under which a run stored what waits; null when it was not stored: a plan alone, or one from a file. */
  readonly approvalKey: string | null;
}

/**
 * What of a plan is held; null when nothing is. A run that was approved and went on holds nothing
 * any more, though the violations are still on record.
 */
export function heldOf(plan: Plan, run: RunRecord | null): Held | null {
  if (plan.violations.length === 0) return null;
  if (run !== null && run.approved !== null && run.status !== 'held') return null;
  return {
    scope: plan.violations.some((violation) => violation.holds === 'plan') ? 'plan' : 'operations',
    operations: heldOperations(plan.operations, plan.violations),
    violations: plan.violations,
    approvalKey: run?.approvalKey ?? null,
  };
}

/** What being held means for the plan, in one sentence. */
export function heldSentence(plan: Plan, held: Held): string {
  if (held.scope === 'plan') return 'Nothing is applied until this plan is approved.';
  const waiting = numeral(held.operations.size);
  return `${waiting} of ${counted(plan.operations.length, 'operation')} wait for approval; the others go.`;
}
