import type { Outcome, RunKind, RunRecord } from './outcome.ts';
import type { Plan } from './plan.ts';

/** A run as it stands before its first operation: what its record is made of, should it be cut short. */
export interface BegunRun {
  readonly id: string;
  readonly kind: RunKind;
  /** Epoch milliseconds. */
  readonly startedAt: number;
  readonly plan: Plan;
  /** Ids of the operations that wait for an approval. */
  readonly held: readonly string[];
  readonly approved: RunRecord['approved'];
  readonly approvalKey: string | null;
  /** Requests that were made for the plan. */
  readonly calls: RunRecord['calls'];
}

/** A run that began and left no record so far: it is going on, or was cut short. */
export interface UnrecordedRun extends BegunRun {
  /** Of the operations that were settled, by the run itself or by the reading that followed; in no order. */
  readonly outcomes: readonly Outcome[];
  /** Operations of which something was sent. */
  readonly sent: number;
  /** When it last began or sent something, as far as that is known; epoch milliseconds. */
  readonly lastAt: number;
}

/** What is kept of a run while it goes on, so that one which is cut short can be looked at and undone as well. */
export interface BegunRunMemory {
  /** Keeps the run until a record of its id is saved; durable when this returns. Only one is kept. */
  beginRun(run: BegunRun): void;
  /** null when every run that began left a record. */
  unrecordedRun(): UnrecordedRun | null;
}
