import type { Outcome } from '../model/outcome.ts';
import { carryOut, catchUp } from './carry-out.ts';
import { startProgress, type ApplyParts, type ApplyRequest } from './progress.ts';
import { verify } from './verify.ts';

export type { ApplyBudget, ApplyParts, ApplyProgress, ApplyRequest } from './progress.ts';

/**
 * Carries out exactly the operations of a plan and reads the target once more to see that they are in
 * effect. Returns one outcome per operation, in the plan's order; an interruption is among the outcomes.
 * Throws `stateUnwritable` and the like when the state fails: what was sent then stands open in the journal.
 */
export async function applyOperations(
  request: ApplyRequest,
  parts: ApplyParts,
  signal: AbortSignal,
): Promise<Outcome[]> {
  const progress = startProgress(request, parts);
  await carryOut(progress, signal);
  await verify(progress, signal);
  if (await catchUp(progress, signal)) await verify(progress, signal);
  return progress.operations.flatMap((operation) => progress.outcomes.get(operation.id) ?? []);
}
