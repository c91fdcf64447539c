import type { RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Clock, Logger } from '../model/ports.ts';
import type { GuardLimits, MappingRules, Policy } from '../model/rules.ts';
import type { Sink } from '../model/sink.ts';
import type { ReadProgress, Source } from '../model/source.ts';
import type { Store } from '../model/store.ts';
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
  /** A write whose answer was lost is judged only by a read begun this long after it was sent, milliseconds. */
  readonly settleMs: number;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly newRunId: () => string;
  readonly progress: RunProgress;
}

/** Who listens while a run works. */
export interface RunProgress {
  reading(progress: ReadProgress): void;
  applying(progress: ApplyProgress): void;
  waiting(reason: string, ms: number): void;
}

/** What a run is asked to do. `target` says what happens when the state belongs to another target. */
export type RunRequest =
  | { readonly kind: 'dryRun'; readonly target: TargetRule }
  | { readonly kind: 'sync'; readonly target: TargetRule }
  | {
      readonly kind: 'apply';
      readonly target: TargetRule;
      readonly plan: Plan;
      /** The fingerprint given with --approve. */ readonly approve: string | null;
    };

export type TargetRule = 'mustMatch' | 'moved';

/** Nothing listens. */
export const noProgress: RunProgress = {
  reading: () => undefined,
  applying: () => undefined,
  waiting: () => undefined,
};

export type { RunRecord };
