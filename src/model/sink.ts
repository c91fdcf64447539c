import type { CurrentState } from './current-state.ts';
import type { Operation } from './operation.ts';
import type { Preflight } from './preflight.ts';
import type { ObjectType } from './rules.ts';

/** A whole value that replaces another is read again by id when the read it rests on is older than this, in milliseconds. */
export const freshForMs = 10 * 60_000;

/** How many calls things cost at this target; the forecast is worked out from it. */
export interface CallCosts {
  /** A whole read without paging, extras left out. */
  readonly read: number;
  /** Reading extras. */
  extra(extras: Extras): number;
  /** The verifying read after these operations, when all of them are answered; 0 when their answers prove them. */
  verify(operations: readonly Operation[]): number;
  costOf(operation: Operation): number;
}

/** What is read beside users, groups, user attributes and invites, and only when a rule or a plan is about it. */
export interface Extras {
  /** By which names of objects become ids. */
  readonly catalogues: ReadonlySet<ObjectType>;
  /** Of which groups, by id, the direct grants on which kinds of object are read. */
  readonly grants: ReadonlyMap<string, ReadonlySet<ObjectType>>;
  /** `pending`: those that wait for an answer. */
  readonly accessRequests: 'pending' | 'none';
}

export const noExtras: Extras = { catalogues: new Set(), grants: new Map(), accessRequests: 'none' };

/** What the target answered to one operation. */
export type Reply =
  /** Done, definitely. `id` is the created resource's; `refused` names members of a batch that were not taken. */
  | {
      readonly state: 'done';
      readonly id: string | null;
      readonly refused?: readonly { readonly key: string; readonly text: string }[];
    }
  /** Refused, definitely not done. `fatal`: no other operation can succeed either (401, plan gate). */
  | { readonly state: 'refused'; readonly code: RefusalCode; readonly text: string; readonly fatal: boolean }
  /** Sent, and nobody knows: the answer was lost, was no JSON, or was a server error. */
  | { readonly state: 'unknown'; readonly text: string };

export type RefusalCode =
  | 'conflict'
  | 'notFound'
  | 'invalid'
  | 'unauthorized'
  | 'forbidden'
  | 'rateLimited'
  | 'refused'
  | 'network';

/** What the sink needs beside the operation: ids made earlier in the run, and fresh whole values. */
export interface PerformContext {
  /** Target ids of subjects created in this run, by operation id. */
  idOf(operationId: string): string | null;
  /**
   * The account's whole metadata as last read, for merging; null when that read is too old and the
   * sink must read it again by id before it replaces the whole object.
   */
  metadataOf(userId: string): { readonly [key: string]: unknown } | null;
  /** Called directly before each request that can change something, with the time; durable before it returns. */
  onSend(at: number): void;
}

/** The port to one target. It performs; it decides nothing. */
export interface Sink {
  /** Normalised base URL, for example `https://acme.retool.com/api/v2`. */
  readonly target: string;
  readonly costs: CallCosts;
  /** Reads everything, or throws `targetUnauthorized`, `targetUnreadable` or `targetInvalid`. */
  read(signal: AbortSignal): Promise<CurrentState>;
  /** Adds what `extras` names to what was read; asks for nothing else. Throws as `read`. */
  readExtras(current: CurrentState, extras: Extras, signal: AbortSignal): Promise<CurrentState>;
  /**
   * Reads again, for verification, users and groups and whatever else `operations` change; the rest is taken from
   * `earlier`.
   */
  reread(earlier: CurrentState, operations: readonly Operation[], signal: AbortSignal): Promise<CurrentState>;
  /** Carries out one operation. Never throws for anything the target answered; rejects only when aborted. */
  perform(operation: Operation, context: PerformContext, signal: AbortSignal): Promise<Reply>;
  /** What can be told before a run. Never throws for what the target answered. */
  preflight(signal: AbortSignal): Promise<Preflight>;
  /** Requests sent so far, retries included. */
  callsMade(): number;
}
