import type { CurrentState } from '../model/current-state.ts';
import type { DesiredState } from '../model/desired-state.ts';
import type { GuardLimits, LeaverReason, Policy } from '../model/rules.ts';
import type { CallCosts } from '../model/sink.ts';
import type { ReadSize } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import type { Who } from './who.ts';

/** What asking a source by id said of somebody its complete list lacks. */
export type Absence = LeaverReason | 'unknown';

/** What the bridge keeps an eye on between runs. */
export interface Observed {
  /** Since when people who get a grace have been leavers, epoch milliseconds by `source:externalId`. */
  readonly grace: ReadonlyMap<string, number>;
  /** How often each managed value was put back of late, by {@link import('./drift.ts').flipKey}. */
  readonly flips: ReadonlyMap<string, number>;
}

/** Everything a plan is made from: values only. */
export interface PlanInput {
  readonly desired: DesiredState;
  readonly current: CurrentState;
  readonly memory: Memory;
  readonly policy: Policy;
  readonly guard: GuardLimits;
  /** What earlier runs saw. */
  readonly observed: Observed;
  /** By `source:externalId`, for linked people no snapshot holds. */
  readonly absences: ReadonlyMap<string, Absence>;
  /** How much each source shows in this read. */
  readonly sizes: readonly ReadSize[];
  readonly costs: CallCosts;
  /** The target's base URL. */
  readonly target: string;
  /** Hash of scope, mapping and policy. */
  readonly config: string;
  readonly requestsPerMinute: number;
  /** How many seats the organisation has, as `target.seats` says; null when it says nothing. */
  readonly seats: number | null;
  /** `backfill`: only what that does, with `guard.creates` lifted. Absent: all that the policy allows. */
  readonly purpose?: 'backfill';
  /** `--only`: the one person whose operations the plan holds; the guard still looks at the reads as a whole. */
  readonly only?: { readonly asked: string; readonly who: Who };
  /** Epoch milliseconds. */
  readonly now: number;
}

/** Built-in groups that are never managed unless `protect.allow` opens one; `All Users` never is. */
export const builtInGroups: ReadonlySet<string> = new Set(['admin', 'editor', 'viewer', 'All Users']);

/** Whether memberships and settings of this group are left alone. */
export function isProtectedGroup(name: string, policy: Policy): boolean {
  if (policy.protect.groups.includes(name)) return true;
  return builtInGroups.has(name) && (name === 'All Users' || !policy.protect.allow.includes(name));
}
