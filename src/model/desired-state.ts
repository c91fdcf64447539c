import type { AccessLevels, GrantRule, GroupFlags, Provision } from './rules.ts';
import type { Completeness } from './snapshot.ts';

/** A source's name for one person or group: half of a link. */
export interface SourceKey {
  readonly source: string;
  readonly externalId: string;
}

/** Why a value, group or membership is desired: the rule, and the source resource it was read from. */
export interface Provenance {
  /** The configuration key, for example `attributes.department` or `groups[0]`. */
  readonly rule: string;
  readonly source: string;
  readonly externalId: string;
  /** A short human sentence part, for example `member of "retool-finance"`. */
  readonly text: string;
}

/** Retool's kinds of user that the API can set. */
export type UserType = 'default' | 'mobile' | 'embed';

/** An attribute value as it is written to Retool: always text. */
export interface DesiredAttribute {
  readonly value: string;
  readonly provenance: Provenance;
}

/** What the account of one person in scope should be. */
export interface DesiredAccount {
  /** ASCII, lower case: as it is sent. */
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  /** null: not managed. */
  readonly userType: UserType | null;
  /**
   * What each source says of each attribute, by Retool name, in precedence order; sources without a
   * value are absent. Which one counts is the plan's decision, since the source that gave a value
   * keeps it. An attribute the mapping names that is missing here has no value: it is cleared when ours.
   */
  readonly attributes: ReadonlyMap<string, readonly DesiredAttribute[]>;
  /** How the person gets the account; absent: it is created. */
  readonly provision?: Provision;
  readonly provenance: Provenance;
}

/**
 * What the mapping made of one person (of one or several sources, merged).
 * `wanted` should have an account; `inactive` and `outOfScope` should not;
 * `frozen` could not be judged: whoever has an account keeps it exactly as it is.
 */
export type Person =
  | { readonly state: 'wanted'; readonly keys: readonly SourceKey[]; readonly account: DesiredAccount }
  | {
      readonly state: 'inactive' | 'outOfScope';
      readonly keys: readonly SourceKey[];
      readonly email: string | null;
      readonly provenance: Provenance;
    }
  | {
      readonly state: 'frozen';
      readonly keys: readonly SourceKey[];
      readonly email: string | null;
      readonly because: string;
    };

/** One Retool group that rules call for, with the memberships they call for. */
export interface DesiredGroup {
  readonly name: string;
  readonly create: boolean;
  readonly access: AccessLevels | null;
  /** Absent: not managed. */
  readonly flags?: GroupFlags;
  /** The landing page's app, by name or id; null: none. Absent: not managed. */
  readonly landingPage?: string | null;
  /** Access to single objects that rules call for. Absent: none is called for. */
  readonly grants?: readonly GrantRule[];
  /** The source groups that feed it; empty for rules by attribute. */
  readonly fedBy: readonly SourceKey[];
  readonly provenance: Provenance;
  /** Desired members by folded account e-mail. */
  readonly members: ReadonlyMap<string, DesiredMember>;
  /** People a rule could not decide on, by folded account e-mail: they keep what they have. */
  readonly undecided: ReadonlySet<string>;
  /** `partial`: some of what feeds it could not be read; nothing is taken from it. */
  readonly completeness: Completeness;
}

export interface DesiredMember {
  /** null: no rule says who administers this group, so the flag is left as it is. */
  readonly groupAdmin: boolean | null;
  readonly provenance: Provenance;
}

/** Something deliberately not done, with the reason. */
export interface Skip {
  readonly subject: SkipSubject;
  readonly code: string;
  readonly text: string;
}

/** What an operation can be about. */
export type SubjectType =
  | 'user'
  | 'group'
  | 'membership'
  | 'invite'
  | 'attribute'
  | 'grant'
  | 'accessRequest';

export interface SkipSubject {
  readonly type: SubjectType | 'rule' | 'source';
  readonly key: string;
  readonly id: string | null;
}

/** Two candidates where there may be one: reported, never resolved by guessing. */
export interface Conflict {
  readonly subject: SkipSubject;
  readonly code: string;
  readonly candidates: readonly string[];
  readonly text: string;
}

/** What the target should hold for the population, with provenance on everything. */
export interface DesiredState {
  readonly people: readonly Person[];
  readonly groups: readonly DesiredGroup[];
  /** Sources whose list of people is complete: only what they lack can be gone. */
  readonly completeSources: ReadonlySet<string>;
  /** Sources whose list of groups is complete. */
  readonly completeGroupSources: ReadonlySet<string>;
  /** Sources that could not be read in this run: `never` when nothing is known of what they hold. */
  readonly unreadSources: ReadonlyMap<string, 'known' | 'never'>;
  /** Every person and every group the snapshots hold, as `source:externalId`. */
  readonly seenPeople: ReadonlySet<string>;
  readonly seenGroups: ReadonlySet<string>;
  /** All configured sources, in precedence order. */
  readonly sources: readonly string[];
  /** Attributes the mapping names, for checking them against the target. */
  readonly attributeNames: readonly string[];
  readonly skips: readonly Skip[];
  readonly conflicts: readonly Conflict[];
  readonly notices: readonly Notice[];
  /** What could not be read or found, for people; anything here makes the run `partial`. */
  readonly incomplete: readonly string[];
}

/** A fact worth reading that changes nothing. */
export interface Notice {
  readonly code: string;
  readonly text: string;
}

/** One key as text: source ids hold no colon, so the first colon splits it. */
export function keyText(key: SourceKey): string {
  return `${key.source}:${key.externalId}`;
}
