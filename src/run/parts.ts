import type { Plan } from '../model/plan.ts';
import type { Clock, Logger } from '../model/ports.ts';
import type { TargetKnowledge } from '../model/preflight.ts';
import type { GuardLimits, MappingRules, Policy, Retention } from '../model/rules.ts';
import type { Sink } from '../model/sink.ts';
import type { ReadProgress, Source } from '../model/source.ts';
import type { Store } from '../model/store.ts';
import type { Allowance } from './budget.ts';
import type { ApplyProgress } from '../apply/apply.ts';

/** Everything a run works with: ports and rules, never an adapter. */
export interface ReconcileParts {
  /** In precedence order. */
  readonly sources: readonly Source[];
  readonly sink: Sink;
  readonly store: Store;
  readonly mapping: MappingRules;
  readonly policy: Policy;
  readonly guard: GuardLimits;
  readonly requestsPerMinute: number;
  /** `target.seats`; null when it is not stated. */
  readonly seats: number | null;
  /** A write whose answer was lost is judged only by a read begun this long after it was sent, milliseconds. */
  readonly settleMs: number;
  /** How often every source is read in full although it could go on from its last read, milliseconds. Absent: always. */
  readonly fullReadEveryMs?: number;
  /** How long the state keeps its history. Absent: for ever. */
  readonly retention?: Retention;
  /** What earlier commands found out about the target. Absent: nothing. */
  readonly knowledge?: TargetKnowledge;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newRunId: () => string;
  readonly progress: RunProgress;
}

/** Who listens while a run works. */
export interface RunProgress {
  reading(progress: SourceProgress): void;
  /** Both sides are read, and the plan is being made. */
  planning(): void;
  /** The plan is carried out on a copy. */
  rehearsing(progress: ApplyProgress): void;
  applying(progress: ApplyProgress): void;
  waiting(reason: string, ms: number): void;
}

/** How far a source is read, and how many people the last whole read of it showed; null: there was none. */
export interface SourceProgress extends ReadProgress {
  readonly expected: number | null;
}

/** What a run is asked to do. `target` says what happens when the state belongs to another target. */
export type RunRequest =
  | {
      readonly kind: 'dryRun' | 'sync';
      readonly target: TargetRule;
      /** `--only`: an address, `SOURCE:EXTERNALID` or a Retool id; absent: everybody. */ readonly only?: string;
    }
  | { readonly kind: 'backfill'; readonly target: TargetRule; readonly allowance: Allowance }
  | {
      readonly kind: 'apply';
      readonly target: TargetRule;
      readonly plan: Plan;
      /** The fingerprint given with --approve. */
      readonly approve: string | null;
      /** Who gave it: the operating system's user. */
      readonly by?: string;
    };

export type TargetRule = 'mustMatch' | 'moved';

/** Nothing listens. */
export const noProgress: RunProgress = {
  reading: () => undefined,
  planning: () => undefined,
  rehearsing: () => undefined,
  applying: () => undefined,
  waiting: () => undefined,
};
