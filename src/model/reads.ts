import type { CurrentState } from './current-state.ts';
import type { Snapshot } from './snapshot.ts';

/** What the last run that writes read of both sides. Each carries the time of its own read. */
export interface LastReads {
  readonly snapshots: readonly Snapshot[];
  readonly current: CurrentState;
  /** When they were saved, epoch milliseconds. */
  readonly at: number;
}

/** The last reads of both sides, so that questions can be answered without asking again. */
export interface ReadsMemory {
  /** Replaces what was kept; `snapshots: null` (a run that read no sources) keeps those of the run before. */
  saveReads(reads: {
    readonly snapshots: readonly Snapshot[] | null;
    readonly current: CurrentState;
    readonly at: number;
  }): void;
  /** null before the first run that writes. */
  lastReads(): LastReads | null;
  /** What one source said in {@link lastReads}; null when it was not read. */
  lastSnapshot(source: string): Snapshot | null;
}
