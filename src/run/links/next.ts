import type { CurrentState } from '../../model/current-state.ts';
import type { LinkChange } from '../../model/links.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { groupSubject } from '../../plan/operations.ts';
import { operationsOf, remarksOf } from '../../plan/only.ts';
import { planChanges } from '../../plan/plan.ts';
import { findWho } from '../../plan/who.ts';
import type { ReconcileParts } from '../parts.ts';
import { memoryOf, planInputOf } from '../plan-input.ts';

/** The account or group whose next plan is asked for. */
export type Concerned =
  /** By Retool id or address. */
  | { readonly type: 'user'; readonly id: string }
  | { readonly type: 'group'; readonly name: string; readonly id: string };

/** Whether what was decided settles things: the part of the next plan that is about this account or group. */
export function nextOf(
  parts: ReconcileParts,
  concerned: Concerned,
  current: CurrentState,
  snapshots: readonly Snapshot[] | null,
): Pick<LinkChange, 'next' | 'conflicts'> {
  if (snapshots === null) return { next: null, conflicts: [] };
  const memory = memoryOf(parts);
  const input = planInputOf(parts, { snapshots, current, memory, absences: new Map() });
  const plan = planChanges(input);
  if (concerned.type === 'user') {
    const who = findWho(concerned.id, { people: input.desired.people, current, memory });
    return {
      next: operationsOf(plan.operations, who),
      conflicts: remarksOf(plan.conflicts, who, []),
    };
  }
  const { key } = groupSubject(concerned.name, null);
  return {
    next: plan.operations.filter(
      ({ subject }) =>
        subject.key === key || subject.id === concerned.id || subject.key.endsWith(` in ${concerned.name}`),
    ),
    conflicts: plan.conflicts.filter(({ subject }) => subject.key === key),
  };
}

/** What the last run read of the configured sources, with these read anew; null when one of them was never read. */
export function snapshotsWith(
  { store, mapping }: ReconcileParts,
  fresh: readonly Snapshot[] = [],
): readonly Snapshot[] | null {
  const known = new Map([...(store.lastReads()?.snapshots ?? []), ...fresh].map((one) => [one.source, one]));
  const snapshots = mapping.precedence.flatMap((source) => known.get(source) ?? []);
  return snapshots.length === mapping.precedence.length ? snapshots : null;
}
