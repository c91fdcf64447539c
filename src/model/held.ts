import type { Operation } from './operation.ts';
import type { Violation } from './plan.ts';

/**
 * The ids of the operations that wait for an approval: all of them when a violation holds the whole
 * plan, else those it counted and whatever depends on them. An addition whose every member waits for a
 * held account waits too; otherwise it goes, and leaves those members out.
 */
export function heldOperations(
  operations: readonly Operation[],
  violations: readonly Violation[],
): ReadonlySet<string> {
  if (violations.some((violation) => violation.holds === 'plan'))
    return new Set(operations.map((operation) => operation.id));
  const held = new Set(violations.flatMap((violation) => violation.operations));
  if (held.size === 0) return held;
  for (const operation of operations) if (waitsForHeld(operation, held)) held.add(operation.id);
  return held;
}

function waitsForHeld(operation: Operation, held: ReadonlySet<string>): boolean {
  if (operation.dependsOn.some((id) => held.has(id))) return true;
  return (
    operation.kind === 'addMembers' &&
    operation.after.members.every((member) => member.waitsFor !== null && held.has(member.waitsFor))
  );
}
