import type { Operation } from '../model/operation.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Plan, Violation } from '../model/plan.ts';
import { counted, numeral } from './words.ts';

/** What waits for approval, and why. */
export interface Held {
  readonly scope: 'plan' | 'operations';
  /** Ids of every operation that waits: those counted by a violation, and what depends on them. */
  readonly operations: ReadonlySet<string>;
  readonly violations: readonly Violation[];
}

/**
 * What of a plan is held; null when nothing is. A run that was approved and went on holds nothing
 * any more, though the violations are still on record.
 */
export function heldOf(plan: Plan, run: RunRecord | null): Held | null {
  if (plan.violations.length === 0) return null;
  if (run !== null && run.approved !== null && run.status !== 'held') return null;
  const whole = plan.violations.some((violation) => violation.holds === 'plan');
  return {
    scope: whole ? 'plan' : 'operations',
    operations: whole ? new Set(plan.operations.map((operation) => operation.id)) : heldOperations(plan),
    violations: plan.violations,
  };
}

/** The operations that violations count, with everything that waits for one of them, however indirectly. */
function heldOperations(plan: Plan): ReadonlySet<string> {
  const dependents = new Map<string, Operation[]>();
  for (const operation of plan.operations) {
    for (const id of waitsFor(operation)) {
      const known = dependents.get(id);
      if (known === undefined) dependents.set(id, [operation]);
      else known.push(operation);
    }
  }
  const held = new Set(plan.violations.flatMap((violation) => violation.operations));
  const pending = [...held];
  for (let id = pending.pop(); id !== undefined; id = pending.pop()) {
    for (const dependent of dependents.get(id) ?? []) {
      if (held.has(dependent.id) || goesWithout(dependent, held)) continue;
      held.add(dependent.id);
      pending.push(dependent.id);
    }
  }
  return held;
}

function waitsFor(operation: Operation): ReadonlySet<string> {
  return new Set([...operation.dependsOn, ...memberWaits(operation)]);
}

function memberWaits(operation: Operation): readonly string[] {
  if (operation.kind !== 'addMembers') return [];
  return operation.after.members.map((member) => member.waitsFor).filter((id) => id !== null);
}

/** `addMembers` goes on without the members whose accounts are held, as long as one is left. */
function goesWithout(operation: Operation, held: ReadonlySet<string>): boolean {
  if (operation.kind !== 'addMembers') return false;
  const own = new Set(memberWaits(operation));
  if (operation.dependsOn.some((id) => held.has(id) && !own.has(id))) return false;
  return operation.after.members.some((member) => member.waitsFor === null || !held.has(member.waitsFor));
}

/** What being held means for the plan, in one sentence. */
export function heldSentence(plan: Plan, held: Held): string {
  if (held.scope === 'plan') return 'Nothing is applied until this plan is approved.';
  const waiting = numeral(held.operations.size);
  return `${waiting} of ${counted(plan.operations.length, 'operation')} wait for approval; the others go.`;
}
