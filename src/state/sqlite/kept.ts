import type { Database } from 'better-sqlite3';
import type { Memory } from '../../model/store.ts';

/** The memory as it was recalled last, for as long as it cannot have changed. */
export interface KeptMemory {
  recall(sinceMs: number): Memory;
  /** Whatever this process does next may change what the memory is made of. */
  drop(): void;
}

/**
 * A plan recalls the memory twice: before anything is sent, which finds a damaged state in time, and after both sides
 * were read, since another process may have written meanwhile. Whether one has is what `PRAGMA data_version` tells; if
 * not, the second time costs nothing.
 */
export function keepMemory(db: Database, recall: (sinceMs: number) => Memory): KeptMemory {
  let kept: { readonly memory: Memory; readonly sinceMs: number; readonly version: unknown } | null = null;
  return {
    recall(sinceMs) {
      // Before the rows: a commit in between makes the next recall read them again, and never the other way round.
      const version = db.pragma('data_version', { simple: true });
      if (kept === null || kept.version !== version || sinceMs < kept.sinceMs)
        kept = { memory: recall(sinceMs), sinceMs, version };
      const { memory } = kept;
      return { ...memory, takenAway: memory.takenAway.filter(({ at }) => at >= sinceMs) };
    },
    drop() {
      kept = null;
    },
  };
}
