import { mapSnapshots } from '../mapping/map.ts';
import type { CurrentState } from '../model/current-state.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import { flipsOf, flipsWithinMs } from '../plan/drift.ts';
import { configHash } from '../plan/fingerprint.ts';
import type { Absence, PlanInput } from '../plan/input.ts';
import type { ReconcileParts } from './parts.ts';
import { sizesOf } from './reads-summary.ts';

/** What was read, and what is remembered. */
export interface Reads {
  readonly snapshots: readonly Snapshot[];
  readonly current: CurrentState;
  readonly memory: Memory;
  /** By `source:externalId`, for linked people no snapshot holds. */
  readonly absences: ReadonlyMap<string, Absence>;
}

/** Everything a plan of these reads is made from, under the configuration that the parts carry. */
export function planInputOf(
  parts: ReconcileParts,
  { snapshots, current, memory, absences }: Reads,
): PlanInput {
  return {
    desired: mapSnapshots(snapshots, parts.mapping),
    current,
    memory,
    policy: parts.policy,
    guard: parts.guard,
    observed: {
      grace: parts.store.grace(),
      flips: flipsOf(parts.store.drifts(parts.clock.now() - flipsWithinMs)),
    },
    absences,
    sizes: sizesOf(snapshots),
    costs: parts.sink.costs,
    target: parts.sink.target,
    config: configHash(parts.mapping, parts.policy),
    requestsPerMinute: parts.requestsPerMinute,
    seats: parts.seats,
    now: parts.clock.now(),
  };
}

/** What the state remembers, as far as a plan rests on it. */
export function memoryOf(parts: Pick<ReconcileParts, 'store' | 'clock' | 'guard'>): Memory {
  // Takings older than the guard's longest window are of no interest.
  const longestWindowMs = Math.max(0, ...parts.guard.windows.map((window) => window.lengthMs));
  return parts.store.memory(parts.clock.now() - longestWindowMs);
}
