import type { CurrentInvite, CurrentUser } from '../model/current-state.ts';
import type { Conflict, Notice, Person, Skip, SkipSubject, SourceKey } from '../model/desired-state.ts';
import type { LeaverReason } from '../model/rules.ts';
import type { ManagedAccount, ManagedInvite } from '../model/store.ts';
import { folded } from '../model/text.ts';
import type { Index } from './index-current.ts';
import type { PlanInput } from './input.ts';

export type WantedPerson = Extract<Person, { readonly state: 'wanted' }>;

/** A wanted person and the account or invite it has, will take over, or needs. */
export type Match =
  | {
      readonly kind: 'managed';
      readonly person: WantedPerson;
      readonly user: CurrentUser;
      readonly managed: ManagedAccount;
      readonly newKeys: readonly SourceKey[];
    }
  | {
      readonly kind: 'adopt';
      readonly person: WantedPerson;
      readonly user: CurrentUser;
      /** The invite of ours that the account came from. */
      readonly claims: ManagedInvite | null;
    }
  | {
      readonly kind: 'create';
      readonly person: WantedPerson;
      /** An invite that was not claimed in time and makes way. */
      readonly instead: CurrentInvite | null;
    }
  /** The address changed at the source: a new account takes the place of the old one. */
  | {
      readonly kind: 'replace';
      readonly person: WantedPerson;
      readonly user: CurrentUser;
      readonly managed: ManagedAccount;
    }
  | {
      readonly kind: 'invited';
      readonly person: WantedPerson;
      readonly invite: CurrentInvite;
      /** null: somebody else's, that becomes ours. */
      readonly managed: ManagedInvite | null;
      readonly newKeys: readonly SourceKey[];
    }
  | { readonly kind: 'invite'; readonly person: WantedPerson };

/** A match with an account that goes on being the person's. */
export type AccountMatch = Extract<Match, { readonly kind: 'managed' | 'adopt' }>;

/** Whether there is an account that goes on being the person's. */
export function hasAccount(match: Match): match is AccountMatch {
  return match.kind === 'managed' || match.kind === 'adopt';
}

/** An account whose person should not have access. */
export interface Leaver {
  readonly user: CurrentUser;
  readonly reason: LeaverReason;
  readonly key: SourceKey;
  /** The invite of ours that the account came from, when it is not in our management yet. */
  readonly claims: ManagedInvite | null;
}

/** An invite of ours whose person should not have access. */
export interface InviteLeaver {
  readonly invite: CurrentInvite;
  readonly reason: LeaverReason;
  readonly key: SourceKey;
}

/** Who is who: the pairing of the population with accounts and invites. */
export interface Correlation {
  /** By desired e-mail. */
  readonly matches: ReadonlyMap<string, Match>;
  readonly leavers: readonly Leaver[];
  readonly inviteLeavers: readonly InviteLeaver[];
  /** Invites of ours that nobody has claimed, of people who have an account by now. */
  readonly superseded: readonly CurrentInvite[];
  /** Managed accounts that another account has replaced. */
  readonly replaced: readonly CurrentUser[];
  /** Accounts that nothing is done to in this run: conflicts, unreadable or unusable people. */
  readonly frozen: ReadonlySet<string>;
  /** Managed accounts that could not be judged, for the completeness gate. */
  readonly unaccounted: readonly string[];
  readonly conflicts: readonly Conflict[];
  readonly skips: readonly Skip[];
  readonly notices: readonly Notice[];
}

/** What is found out on the way. */
export interface CorrelationWork {
  readonly input: PlanInput;
  readonly index: Index;
  /** By `source:externalId`. */
  readonly personOf: ReadonlyMap<string, Person>;
  readonly matches: Map<string, Match>;
  readonly matched: Set<string>;
  readonly leavers: Leaver[];
  readonly inviteLeavers: InviteLeaver[];
  readonly superseded: CurrentInvite[];
  readonly replaced: CurrentUser[];
  readonly frozen: Set<string>;
  readonly unaccounted: string[];
  readonly conflicts: Conflict[];
  readonly skips: Skip[];
  readonly notices: Notice[];
}

/** Account id -> the invite of ours that it came from, of accounts that become ours in this plan. */
export function claimsOf({ matches, leavers }: Correlation): ReadonlyMap<string, ManagedInvite> {
  const claims = new Map<string, ManagedInvite>();
  for (const match of matches.values())
    if (match.kind === 'adopt' && match.claims !== null) claims.set(match.user.id, match.claims);
  for (const leaver of leavers) if (leaver.claims !== null) claims.set(leaver.user.id, leaver.claims);
  return claims;
}

/** Whether nothing is ever written to the account: `protect.users` names it, or the bridge works with its token. */
export function isProtectedUser({ policy }: Pick<PlanInput, 'policy'>, user: CurrentUser): boolean {
  return user.ownsToken === true || policy.protect.users.includes(folded(user.email));
}

export function skipProtected(work: CorrelationWork, person: WantedPerson, id: string | null): void {
  const text = `${person.account.email} is protected and never written to`;
  work.skips.push({ subject: subjectOf(person, id), code: 'protected', text });
}

/** Reports two candidates, and leaves every one of them alone. */
export function freeze(
  work: CorrelationWork,
  person: WantedPerson,
  code: string,
  candidates: readonly string[],
  text: string,
): void {
  for (const candidate of candidates) if (work.index.userById.has(candidate)) work.frozen.add(candidate);
  work.conflicts.push({
    subject: subjectOf(person, null),
    code,
    candidates: candidates.toSorted(),
    text: `${person.account.email} ${text}`,
  });
}

export function subjectOf(person: WantedPerson, id: string | null): SkipSubject {
  return { type: 'user', key: person.account.email, id };
}
