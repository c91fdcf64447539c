import type { Group } from './group.ts';
import type { Json } from './json.ts';
import type { User } from './user.ts';

/** Whether a read proved that it saw everything. Only a complete read can take access away. */
export type Completeness =
  | { readonly state: 'complete' }
  | { readonly state: 'partial'; readonly because: string };

/** A row that broke its schema and was left out; what it belonged to is partial. */
export interface RejectedRow {
  readonly type: 'user' | 'group';
  /** The row's id when it has one. */
  readonly externalId: string | null;
  /** What is wrong, naming the field; never the value. */
  readonly text: string;
}

/** What one source said at one time: immutable, with its completeness. */
export interface Snapshot {
  readonly source: string;
  /** When the read began, ISO 8601 in UTC. */
  readonly takenAt: string;
  readonly users: readonly User[];
  readonly groups: readonly Group[];
  readonly completeness: {
    readonly users: Completeness;
    readonly groups: Completeness;
    /** Groups whose own record or member list is partial, by `externalId`; all others follow `groups`. */
    readonly partialGroups: ReadonlyMap<string, string>;
  };
  readonly rejected: readonly RejectedRow[];
  /** Requests this read made to the source, token requests not counted. */
  readonly calls: number;
  /**
   * Why the source could not be read in this run. People and groups are then those of its last read, or none, its
   * lists are partial, and nobody whom it comes first for is judged. Absent: it was read.
   */
  readonly unread?: string;
  /** Where the next read can go on. Absent: it reads everything. Only a complete snapshot carries one. */
  readonly cursor?: ReadCursor;
}

/**
 * From where a source can be asked for changes alone. It is kept with the snapshot it belongs to, in one transaction,
 * so that the two never part.
 */
export interface ReadCursor {
  /** What the source needs to go on, and by which it sees that its own options are still the same. Opaque to all others. */
  readonly position: Json;
  /** When everything was last read in full, ISO 8601 in UTC. */
  readonly fullReadAt: string;
}

/** The part of a complete snapshot that the next run compares itself with. */
export interface SnapshotSummary {
  readonly source: string;
  readonly takenAt: string;
  readonly users: number;
  readonly groups: number;
}

/** How many people and groups a source shows now; null where its list is not whole. */
export interface ReadSize {
  readonly source: string;
  readonly users: number | null;
  readonly groups: number | null;
}

export const complete: Completeness = { state: 'complete' };

/** A completeness that says why something is missing. */
export function partial(because: string): Completeness {
  return { state: 'partial', because };
}
