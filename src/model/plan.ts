import type { Conflict, Notice, Skip } from './desired-state.ts';
import type { Operation, OperationKind } from './operation.ts';

/** The classes the guard counts; see docs/guard.md and docs/adr/0004. */
export type GuardClass =
  | 'disables'
  | 'removals'
  | 'creates'
  | 'invites'
  | 'updates'
  | 'completeness'
  | 'target'
  | 'admins'
  | 'approval'
  | 'configuration';

/** A threshold that the plan breaks. */
export interface Violation {
  readonly class: GuardClass;
  /** The largest number allowed. */
  readonly limit: number;
  readonly actual: number;
  /** Ids of the operations counted. */
  readonly operations: readonly string[];
  /** Whether the whole plan is held or only `operations` and what depends on them. */
  readonly holds: 'plan' | 'operations';
  readonly text: string;
}

/** What carrying out the plan will cost at the target. */
export interface Forecast {
  /** Calls of the operations. */
  readonly calls: number;
  /** Calls of the read before the first write and of the verifying read after the last; 0 when there is nothing to send. */
  readonly reads: number;
  /** At the configured quota, after what the last minute already spent. */
  readonly minutes: number;
  /** null in plans of versions that did not count them. */
  readonly seats: Seats | null;
  /** E-mails that Retool may send: one to each new account, when the organisation invites by mail. */
  readonly mails: number;
}

/** Active accounts, each of which takes a seat. */
export interface Seats {
  readonly before: number;
  readonly after: number;
  /** What `target.seats` says there are; null when it says nothing. */
  readonly limit: number | null;
}

export type Summary = Readonly<Partial<Record<OperationKind, number>>> & { readonly total: number };

/** The ordered operations, skips, conflicts and violations of one run: a value to read, approve and apply. */
export interface Plan {
  readonly format: 'retool-bridge/plan';
  readonly version: 1;
  /** sha256, hex, over canonical JSON of operations, target, config and format version. */
  readonly fingerprint: string;
  /** ISO 8601, UTC. */
  readonly createdAt: string;
  readonly expiresAt: string;
  /** Whom alone it is about, as it was asked for; absent: everybody. */
  readonly only?: string;
  /** The target's base URL. */
  readonly target: string;
  /** sha256, hex, of scope, mapping and policy. */
  readonly config: string;
  readonly summary: Summary;
  readonly forecast: Forecast;
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
  readonly conflicts: readonly Conflict[];
  readonly violations: readonly Violation[];
  /** Facts worth reading that change nothing: drift, patterns without a match, unreadable parts. */
  readonly notices: readonly Notice[];
  /** What could not be read or found; anything here makes a run `partial` (exit 4). */
  readonly incomplete: readonly string[];
  /** How complete the reads were that it rests on. */
  readonly reads: readonly {
    readonly source: string;
    readonly users: number;
    readonly groups: number;
    readonly partial: readonly string[];
  }[];
}
