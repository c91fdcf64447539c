import type { Operation } from '../model/operation.ts';
import type { Forecast } from '../model/plan.ts';
import { freshForMs, type CallCosts } from '../model/sink.ts';

/** Calls and minutes at the quota. Operations are paced one after another, so late ones re-read what they replace. */
export function forecastOf(
  operations: readonly Operation[],
  costs: CallCosts,
  requestsPerMinute: number,
): Forecast {
  let calls = 0;
  for (const operation of operations) {
    const cost = costs.costOf(operation);
    const late = (calls / requestsPerMinute) * 60_000 > freshForMs;
    calls += late && replacesMetadata(operation) ? cost + 1 : cost;
  }
  const reads = calls === 0 ? 0 : costs.read + costs.verify;
  return { calls, reads, minutes: Math.round(((calls + reads) / requestsPerMinute) * 10) / 10 };
}

export function replacesMetadata(operation: Operation): boolean {
  return (
    (operation.kind === 'updateUser' || operation.kind === 'reactivateUser') &&
    operation.after.metadata !== undefined
  );
}
