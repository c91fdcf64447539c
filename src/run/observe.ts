import type { RunRecord } from '../model/outcome.ts';
import type { Observations } from '../model/store.ts';
import { putBackBy } from '../plan/drift.ts';
import type { GraceChanges } from '../plan/grace.ts';

/** A run that planned nothing itself has seen nobody come or go. */
export const noGraceChanges: GraceChanges = { begins: [], ends: [] };

/**
 * Writes down what a run has seen: who is a leaver since when, who is back, and which managed values it put back.
 * `now`, epoch milliseconds, is the time all of it counts from.
 */
export function observe(
  store: Pick<Observations, 'startGrace' | 'endGrace' | 'addDrift'>,
  { plan, outcomes }: Pick<RunRecord, 'plan' | 'outcomes'>,
  { begins, ends }: GraceChanges,
  now: number,
): void {
  for (const key of ends) store.endGrace(key);
  for (const key of begins) store.startGrace(key, now);
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.operation, outcome]));
  for (const operation of plan.operations) {
    const outcome = outcomeOf.get(operation.id);
    if (outcome?.state !== 'applied') continue;
    const leftOut = new Set(outcome.items.map((item) => `${item.key} in ${operation.subject.key}`));
    for (const value of putBackBy(operation))
      if (!leftOut.has(value.subject)) store.addDrift({ ...value, at: now });
  }
}
