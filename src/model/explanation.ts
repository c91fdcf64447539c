import type { Conflict, Skip, SourceKey } from './desired-state.ts';
import type { Operation } from './operation.ts';
import type { OutcomeState, RunKind } from './outcome.ts';
import type { Violation } from './plan.ts';
import type { LeaverReason } from './rules.ts';
import type { User } from './user.ts';

/** What an expression said when it was asked about one record. `noValue`: it met a field that is not there. */
export interface Verdict {
  readonly is: 'true' | 'false' | 'noValue' | 'undecided';
  /** Why it could not be answered; null for anything but `undecided`. */
  readonly because: string | null;
}

/** A CEL condition with what it and each of its top-level clauses say. */
export interface Condition {
  /** The configuration key: `scope`, `groups[2]`. */
  readonly rule: string;
  readonly expression: string;
  /** The record that gave the answer; null when none had one. */
  readonly askedOf: SourceKey | null;
  readonly verdict: Verdict;
  /** How the clauses are joined; `one`: the expression is not split. */
  readonly join: 'all' | 'any' | 'one';
  readonly clauses: readonly { readonly text: string; readonly verdict: Verdict }[];
}

/** A source group that somebody is in, and what rules make of it. */
export interface SourceGroupTrace {
  readonly externalId: string;
  readonly name: string;
  /** The groups in between, outermost first, when the source tells that the person is in it through others. */
  readonly via: readonly string[];
  /** The Retool groups it leads to; empty when no rule is about it. */
  readonly gives: readonly { readonly rule: string; readonly to: string }[];
}

/** One source's record, as read, and the address that the mapping made of it. */
export interface RecordTrace extends SourceKey {
  readonly user: User;
  readonly address: {
    readonly expression: string;
    /** Folded; null when there is no usable one. */
    readonly email: string | null;
    readonly problem: string | null;
  };
  readonly groups: readonly SourceGroupTrace[];
}

/** One managed attribute of a person. */
export interface AttributeTrace {
  readonly name: string;
  /** What each source says, in precedence order. */
  readonly offers: readonly { readonly source: string; readonly value: string }[];
  /** The one that counts; null when the attribute should have no value. */
  readonly chosen: { readonly source: string; readonly value: string } | null;
  /** Whether a source that may own the value could not be asked, so that it stays as it is. */
  readonly undecided: boolean;
  /** What the account holds. */
  readonly current: string | null;
  /** The value we last wrote or took over; null when it is not ours. */
  readonly ours: { readonly source: string; readonly value: string | null } | null;
}

/** One Retool group that somebody is in, or should be in. */
export interface GroupTrace {
  readonly name: string;
  readonly id: string | null;
  /** Why rules call for it; empty when none does. */
  readonly calledFor: readonly { readonly rule: string; readonly text: string }[];
  readonly groupAdmin: boolean | null;
  readonly isMember: boolean;
  /** Whether the membership is ours to take back. */
  readonly isOurs: boolean;
  /** What the next run does about it; null: nothing. */
  readonly pending: 'add' | 'adopt' | 'remove' | 'changeAdmin' | null;
  /** Why it stays as it is although rules say otherwise, or say nothing; null when that needs no reason. */
  readonly because: string | null;
}

/** A membership as Retool holds it. */
export interface HeldMembership {
  readonly name: string;
  readonly id: string;
  readonly groupAdmin: boolean;
  readonly isOurs: boolean;
}

/** The records that are one person, and what the mapping decided. */
export interface PersonTrace {
  readonly keys: readonly SourceKey[];
  readonly state: 'wanted' | 'inactive' | 'outOfScope' | 'frozen';
  readonly email: string | null;
  readonly text: string;
  /** The record whose `active` counts. */
  readonly decides: SourceKey;
  /** null: the configuration has no scope, or it was not asked. */
  readonly scope: Condition | null;
  /** Names and user type; empty for somebody who is not wanted. */
  readonly fields: readonly {
    readonly name: string;
    readonly rule: string;
    readonly value: string;
    readonly current: string | null;
  }[];
  readonly attributes: readonly AttributeTrace[];
  readonly groups: readonly GroupTrace[];
  /** Rules by expression that say no to this person, or could not be asked. */
  readonly refusedBy: readonly Condition[];
  readonly match: {
    readonly by: 'link' | 'address' | 'nothing' | 'conflict';
    readonly account: string | null;
    readonly text: string;
  };
}

/** A link of an account, and whether the last read still holds the record. */
export interface LinkTrace extends SourceKey {
  readonly record: 'read' | 'notRead' | 'sourceNotConfigured';
  /** What asking for the record by id said; null when nobody asked. */
  readonly absence: LeaverReason | 'unknown' | null;
}

/** One Retool account. */
export interface AccountTrace {
  readonly id: string;
  readonly email: string;
  /** null: Retool no longer lists it. */
  readonly active: boolean | null;
  readonly isAdmin: boolean;
  readonly lastActive: string | null;
  /** How it became ours; null when it is not. */
  readonly origin: 'created' | 'adopted' | null;
  readonly disabledByUs: boolean;
  readonly links: readonly LinkTrace[];
  readonly groups: readonly HeldMembership[];
  /** What keeps the bridge from doing something to it. */
  readonly protections: readonly string[];
}

/** An operation the next run would plan for this person. */
export interface PendingOperation {
  readonly operation: Operation;
  /** Why it would wait for an approval; null when it would go. */
  readonly heldBy: string | null;
}

/** An operation of an earlier run that concerned this person. */
export interface PastChange {
  readonly run: string;
  readonly kind: RunKind;
  /** When the run ended, ISO 8601 in UTC. */
  readonly at: string;
  readonly operation: Operation;
  readonly outcome: {
    readonly state: OutcomeState;
    readonly code: string | null;
    readonly text: string | null;
  };
}

/** The reads an explanation rests on. */
export interface ReadBasis {
  /** `lastRun`: what the last run that writes has read; `now`: read for this question. */
  readonly from: 'lastRun' | 'now';
  readonly sources: readonly {
    readonly source: string;
    /** ISO 8601 in UTC. */
    readonly takenAt: string;
    readonly users: number;
    readonly groups: number;
    /** Why people may be missing; null when the list is whole. */
    readonly partial: string | null;
  }[];
  /** ISO 8601 in UTC. */
  readonly targetReadAt: string;
  readonly users: number;
  /** Seconds since the oldest of these reads. */
  readonly ageSeconds: number;
  /** What was asked anew about this person alone, and what could not be; empty without `--live`. */
  readonly live: readonly string[];
}

/** One answer to "why is this person there, or not there?". */
export interface Answer {
  /** Stable, for machines; docs/explain.md lists them. */
  readonly code: string;
  readonly text: string;
  /** What can be done about it; null when nothing has to be. */
  readonly remedy: string | null;
}

/** Why one person has, or lacks, access: everything the bridge knows, from the source's record to the last change. */
export interface Explanation {
  readonly format: 'retool-bridge/explanation';
  readonly version: 1;
  readonly asked: string;
  readonly basis: ReadBasis;
  /** The most important first; never empty. */
  readonly answers: readonly Answer[];
  readonly records: readonly RecordTrace[];
  readonly people: readonly PersonTrace[];
  readonly accounts: readonly AccountTrace[];
  readonly pending: readonly PendingOperation[];
  readonly skips: readonly Skip[];
  readonly conflicts: readonly Conflict[];
  /** Guard limits that the next plan breaks with what concerns this person. */
  readonly violations: readonly Violation[];
  /** Newest first. */
  readonly history: readonly PastChange[];
}
