import type { OperationKind, Subject } from './operation.ts';
import type { Plan } from './plan.ts';

/** What became of one operation. `unknown`: it was sent and its answer was lost. */
export type OutcomeState = 'applied' | 'failed' | 'skipped' | 'notAttempted' | 'unknown';

export interface Outcome {
  /** The operation's id. */
  readonly operation: string;
  readonly kind: OperationKind;
  readonly subject: Subject;
  readonly state: OutcomeState;
  /** Why, for anything but a plain `applied`: `stale`, `alreadySo`, `held`, `dependency`, `stopped`, `refused`, … */
  readonly code: string | null;
  readonly text: string | null;
  /** Members that an `addMembers` left out, with the reason. */
  readonly items: readonly { readonly key: string; readonly code: string; readonly text: string }[];
}

export type RunKind = 'dryRun' | 'sync' | 'apply' | 'backfill';

/** `held`: something waits for approval. `partial`: something failed, is unknown, stale or could not be read. */
export type RunStatus = 'unchanged' | 'changed' | 'held' | 'partial' | 'failed';

/**
 * `cutShort`: the run was killed or failed, and its record was made of the journal by whoever came next. `open`: it has
 * no record, so it goes on or was cut short; this is how far it came.
 */
export type Ending = 'cutShort' | 'open';

/** Everything one run did, from which every report is rendered. */
export interface RunRecord {
  readonly format: 'retool-bridge/run';
  readonly version: 1;
  readonly id: string;
  readonly kind: RunKind;
  readonly status: RunStatus;
  /** ISO 8601, UTC. */
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly plan: Plan;
  /** One per operation, in plan order; empty for a dry run. */
  readonly outcomes: readonly Outcome[];
  /** Requests made, token requests and health checks not counted. A run that was cut short made at least as many. */
  readonly calls: { readonly target: number; readonly source: number };
  /** What was approved, when something was: the plan's fingerprint, or the key of its held operations. */
  readonly approved: string | null;
  /** The key by which what waits can be approved; absent when nothing waits that was stored. */
  readonly approvalKey?: string;
  /** Where the audit chain ended after the run, `NUMBER:HASH`: what `audit verify --head` compares the chain with. */
  readonly auditHead?: string;
  /** Absent: the run came to its end. */
  readonly ending?: Ending;
}
