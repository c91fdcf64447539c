import type { ApprovalMemory } from './approval.ts';
import type { AuditChain, AuditEntry } from './audit.ts';
import type { BegunRunMemory } from './begun-run.ts';
import type { SourceKey } from './desired-state.ts';
import type { Operation } from './operation.ts';
import type { GrantLevel, ObjectType } from './rules.ts';
import type { Outcome, RunRecord } from './outcome.ts';
import type { Window } from './ports.ts';
import type { KnownMemory } from './preflight.ts';
import type { ReadsMemory } from './reads.ts';
import type { SnapshotSummary } from './snapshot.ts';

/** `(source id, externalId) <-> Retool id`, for people, their invites and for groups. */
export interface Link extends SourceKey {
  readonly type: 'user' | 'group' | 'invite';
  readonly targetId: string;
}

/**
 * The name under which the last applied value of an account's own field (`first_name`, `last_name`, `user_type`) is
 * remembered beside its attributes. No attribute has it: their names hold letters, digits, `_` and `-` only.
 */
export function ownField(field: string): string {
  return `.${field}`;
}

/** Under this name is kept by which account a managed one was replaced. */
export const replacedBy = ownField('replaced_by');

/** Under this name is kept that an account was disabled by us because nobody used it. */
export const dormantSince = ownField('dormant');

/** An account in our management. */
export interface ManagedAccount {
  readonly id: string;
  /** The folded address it had when last seen; for reports. */
  readonly email: string;
  readonly origin: 'created' | 'adopted';
  /** Whether the bridge itself disabled it, and it was not switched on since. */
  readonly disabledByUs: boolean;
  /**
   * Attribute values that are ours, and under {@link ownField} names and kind of user: name -> last applied value
   * and the source that gave it. A null value was cleared by us because that source had none: the attribute stays
   * that source's to fill.
   */
  readonly attributes: ReadonlyMap<string, { readonly value: string | null; readonly source: string }>;
}

/**
 * An invite in our management. Its links stay when it has ended without being claimed: that is how a run knows whom
 * not to invite again.
 */
export interface ManagedInvite {
  readonly id: string;
  /** The folded address it was sent to. */
  readonly email: string;
  readonly origin: 'created' | 'adopted';
  /** `ended`: revoked by us. */
  readonly state: 'open' | 'ended';
  /** How often it was sent before. */
  readonly reissues: number;
  /** As in {@link ManagedAccount}. */
  readonly attributes: ManagedAccount['attributes'];
  /** Ids of groups into which we put it. */
  readonly groups: ReadonlySet<string>;
}

/** The id under which values and memberships of an invite are kept beside those of accounts. */
export function inviteHolder(id: string): string {
  return `invite:${id}`;
}

/** The invite's id in {@link inviteHolder}; null for an account's id. */
export function invitedBy(holder: string): string | null {
  return holder.startsWith('invite:') ? holder.slice('invite:'.length) : null;
}

/** A Retool group that rules use. */
export interface ManagedGroup {
  readonly id: string;
  /** The name under which rules know it; the Retool name may have been changed by hand since. */
  readonly name: string;
  readonly origin: 'created' | 'used';
  /** Ids of accounts whose membership we gave or adopted. */
  readonly members: ReadonlySet<string>;
  /** Access to single objects that we gave or adopted, by {@link grantKey}; absent: none. */
  readonly grants?: ReadonlyMap<string, GrantLevel>;
}

/** One object as the state names it. */
export function grantKey({ type, id }: { readonly type: ObjectType; readonly id: string }): string {
  return `${type} ${id}`;
}

/** What was taken away by applied runs: one row per operation. */
export interface TakenAway {
  readonly class: 'disables' | 'removals';
  /** Epoch milliseconds. */
  readonly at: number;
}

/** Everything the planner remembers from earlier runs. */
export interface Memory {
  /** Whether this state has never seen an applied run. */
  readonly isNew: boolean;
  readonly links: readonly Link[];
  readonly accounts: ReadonlyMap<string, ManagedAccount>;
  readonly groups: ReadonlyMap<string, ManagedGroup>;
  readonly invites: ReadonlyMap<string, ManagedInvite>;
  /** The configuration hash of the last applied plan; null before the first. */
  readonly appliedConfig: string | null;
  readonly takenAway: readonly TakenAway[];
  readonly snapshots: ReadonlyMap<string, SnapshotSummary>;
}

/** One write of ownership, made when an operation is confirmed. Writing one twice changes nothing. */
export type Fact =
  | { readonly kind: 'link'; readonly link: Link }
  /** The link is undone by hand; what it led to stays ours, or not, as it was. */
  | {
      readonly kind: 'unlinked';
      readonly type: Link['type'];
      readonly source: string;
      readonly externalId: string;
    }
  | {
      readonly kind: 'account';
      readonly id: string;
      readonly email: string;
      readonly origin: 'created' | 'adopted';
    }
  /** The account is ours no more: its row, its links, its attributes and its memberships are forgotten. */
  | { readonly kind: 'accountReleased'; readonly id: string }
  | { readonly kind: 'accountDisabledByUs'; readonly id: string; readonly disabledByUs: boolean }
  | {
      readonly kind: 'attribute';
      readonly id: string;
      readonly name: string;
      readonly value: string | null;
      readonly source: string;
    }
  | { readonly kind: 'attributeReleased'; readonly id: string; readonly name: string }
  | {
      readonly kind: 'group';
      readonly id: string;
      readonly name: string;
      readonly origin: 'created' | 'used';
    }
  /** The group is ours no more: its row, its links and its memberships are forgotten. */
  | { readonly kind: 'groupReleased'; readonly id: string }
  | { readonly kind: 'membership'; readonly group: string; readonly user: string }
  | { readonly kind: 'membershipReleased'; readonly group: string; readonly user: string }
  | {
      readonly kind: 'invite';
      readonly id: string;
      readonly email: string;
      readonly origin: 'created' | 'adopted';
      readonly reissues: number;
    }
  /** It was revoked: its values and memberships are forgotten, its links stay. */
  | { readonly kind: 'inviteEnded'; readonly id: string }
  /** The invite is ours no more, and nothing is remembered of it. */
  | { readonly kind: 'inviteReleased'; readonly id: string }
  /** The account takes over links, values and memberships of the invite. */
  | { readonly kind: 'inviteClaimed'; readonly id: string; readonly user: string }
  | {
      readonly kind: 'grant';
      readonly group: string;
      readonly object: string;
      readonly level: GrantLevel;
    }
  | { readonly kind: 'grantReleased'; readonly group: string; readonly object: string }
  | { readonly kind: 'takenAway'; readonly class: 'disables' | 'removals'; readonly at: number };

/** An intent written before a call, still without an outcome. */
export interface OpenIntent {
  readonly run: string;
  readonly operation: Operation;
  /** Epoch milliseconds of the last send; null when it was never sent. */
  readonly sentAt: number | null;
}

/** A row of the run history. */
export interface RunRow {
  readonly id: string;
  readonly kind: string;
  readonly status: string;
  readonly startedAt: string;
  readonly finishedAt: string;
  readonly fingerprint: string;
  readonly operations: number;
}

/** Held by one run at a time; released by `release`, or by the operating system when its holder dies. */
export interface RunLock {
  release(): void;
}

/** A managed value that was found changed in Retool while the desired one was not. */
export interface Drift {
  /** The operation's subject key. */
  readonly subject: string;
  /** The field or attribute that was changed. */
  readonly field: string;
  /** Epoch milliseconds. */
  readonly at: number;
}

/** What the bridge keeps an eye on between runs. */
export interface Observations {
  /** Since when people have been out of scope, epoch milliseconds by `source:externalId`. */
  grace(): ReadonlyMap<string, number>;
  /** Notes when somebody was first seen out of scope; a time that is noted already stays. */
  startGrace(key: SourceKey, since: number): void;
  endGrace(key: SourceKey): void;
  /** Oldest first. */
  drifts(sinceMs: number): readonly Drift[];
  /** The same one at the same time is one. */
  addDrift(drift: Drift): void;
  /** Forgets what was seen of this field. */
  forgetDrifts(subject: string, field: string): void;
}

/** What was removed, by kind. */
export interface Pruned {
  readonly runs: number;
  readonly journal: number;
  readonly audit: number;
}

/** What `forget` did about one address. */
export interface Forgotten {
  /** Rows of history that named the person. */
  readonly rows: number;
  /** Whether the account is still in our management, so that its address and links had to stay. */
  readonly stays: boolean;
}

/** The care of the state as a whole. */
export interface Upkeep {
  /** Writes a whole copy to a new file, mode 0600; works while a run goes on. Throws `stateUnwritable`. */
  backup(path: string): Promise<void>;
  /**
   * Removes what is older than these times, epoch milliseconds; null keeps all of it. `people`: what names people
   * and serves no run any more (the journal's settled intents, held plans, names of the audit chain that nobody
   * managed bears); `runs`: the run history; `audit`: the beginning of the chain.
   */
  prune(before: {
    readonly people: number | null;
    readonly runs: number | null;
    readonly audit: number | null;
  }): Pruned;
  /**
   * Takes one person out of the history: names of the audit chain, run records, settled intents, held plans and the
   * last reads. An account in our management keeps its row and links, unless we switched it off.
   */
  forget(email: string, at: number, by: string): Forgotten;
}

/**
 * The port to what the bridge remembers. Every write is durable when the method returns, but for `intend`. Throws
 * `stateUnreadable`, `stateTooNew`, `stateUnwritable`, and `stateLocked` from `lock`.
 */
export interface Store
  extends ReadsMemory, ApprovalMemory, Observations, AuditChain, BegunRunMemory, KnownMemory, Upkeep {
  readonly window: Window;
  /** Takes the run lock at once or throws `stateLocked`. */
  lock(): RunLock;
  /** The target this state belongs to; null for a new state. */
  target(): string | null;
  bindTarget(target: string): void;
  memory(sinceMs: number): Memory;
  /** Journal: the intent, kept when the process dies, and on the disk at the latest when `sent` returns. */
  intend(run: string, operation: Operation, at: number): void;
  sent(run: string, operationId: string, at: number): void;
  /**
   * The outcome and everything it makes true, in one transaction: also its audit record, and that the approval of
   * an operation with that record's digest is used up when it was applied. Of a run that began and left no record the
   * outcome is kept as well.
   */
  settle(run: string, outcome: Outcome, facts: readonly Fact[], at: number, entry?: AuditEntry): void;
  openIntents(): readonly OpenIntent[];
  /**
   * When the run that wrote to the journal last sent something last, if that run left no record: it was cut short,
   * so nobody looked whether its writes can be read yet. null otherwise.
   */
  cutShortAt(): number | null;
  saveSnapshots(summaries: readonly SnapshotSummary[]): void;
  saveAppliedConfig(hash: string): void;
  /** Also forgets what was kept of the run while it went on. */
  saveRun(record: RunRecord): void;
  runs(limit: number): readonly RunRow[];
  run(id: string): RunRecord | null;
  close(): void;
}
