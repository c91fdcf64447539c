import type { CurrentUser } from '../model/current-state.ts';
import {
  keyText,
  type Conflict,
  type Notice,
  type Person,
  type Skip,
  type SkipSubject,
  type SourceKey,
} from '../model/desired-state.ts';
import type { LeaverReason } from '../model/rules.ts';
import type { ManagedAccount } from '../model/store.ts';
import { compareText, folded } from '../model/text.ts';
import type { Index } from './index-current.ts';
import type { PlanInput } from './input.ts';
import { linkCommand, unlinkCommand } from './way-out.ts';

export type WantedPerson = Extract<Person, { readonly state: 'wanted' }>;

/** A wanted person and the account it has, will take over, or needs. */
export type Match =
  | {
      readonly kind: 'managed';
      readonly person: WantedPerson;
      readonly user: CurrentUser;
      readonly managed: ManagedAccount;
      readonly newKeys: readonly SourceKey[];
    }
  | { readonly kind: 'adopt'; readonly person: WantedPerson; readonly user: CurrentUser }
  | { readonly kind: 'create'; readonly person: WantedPerson };

/** A managed account whose person should not have access. */
export interface Leaver {
  readonly user: CurrentUser;
  readonly managed: ManagedAccount;
  readonly reason: LeaverReason;
  readonly key: SourceKey;
}

/** Who is who: the pairing of the population with the accounts. */
export interface Correlation {
  /** By desired e-mail. */
  readonly matches: ReadonlyMap<string, Match>;
  readonly leavers: readonly Leaver[];
  /** Accounts that nothing is done to in this run: conflicts, unreadable or unusable people. */
  readonly frozen: ReadonlySet<string>;
  /** Managed accounts that could not be judged, for the completeness gate. */
  readonly unaccounted: readonly string[];
  readonly conflicts: readonly Conflict[];
  readonly skips: readonly Skip[];
  readonly notices: readonly Notice[];
}

interface Work {
  readonly input: PlanInput;
  readonly index: Index;
  readonly personOf: ReadonlyMap<string, Person>;
  readonly matches: Map<string, Match>;
  readonly matched: Set<string>;
  readonly leavers: Leaver[];
  readonly frozen: Set<string>;
  readonly unaccounted: string[];
  readonly conflicts: Conflict[];
  readonly skips: Skip[];
  readonly notices: Notice[];
}

/**
 * Pairs people with accounts: first by link, then by exact address as an adoption. Two candidates are
 * a conflict, reported and untouched. A managed account without a wanted person is a leaver only when
 * every source that could speak for it was read completely and said so.
 */
export function correlate(input: PlanInput, index: Index): Correlation {
  const personOf = new Map<string, Person>();
  for (const person of input.desired.people)
    for (const key of person.keys) personOf.set(keyText(key), person);
  const work: Work = {
    input,
    index,
    personOf,
    matches: new Map(),
    matched: new Set(),
    leavers: [],
    frozen: new Set(),
    unaccounted: [],
    conflicts: [],
    skips: [],
    notices: [],
  };
  for (const person of input.desired.people) if (person.state === 'wanted') matchWanted(work, person);
  for (const managed of input.memory.accounts.values()) judgeManaged(work, managed);
  for (const person of input.desired.people) if (person.state !== 'wanted') noteUnmanaged(work, person);
  return work;
}

function matchWanted(work: Work, person: WantedPerson): void {
  const linked = new Set(
    person.keys.map((key) => work.index.linkedUser.get(keyText(key))).filter((id) => id !== undefined),
  );
  if (linked.size > 1) {
    const text = `is linked to ${linked.size} accounts; ${unlinkCommand('ACCOUNT', 'SOURCE')} undoes the link that is wrong`;
    freeze(work, person, 'linkedTwice', [...linked], text);
    return;
  }
  const [id] = linked;
  if (id === undefined) matchByAddress(work, person);
  else matchByLink(work, person, id);
}

function matchByLink(work: Work, person: WantedPerson, id: string): void {
  const user = work.index.userById.get(id);
  const managed = work.input.memory.accounts.get(id);
  if (user === undefined || managed === undefined) {
    const text = `is linked to an account that the target no longer lists; if it is gone for good: ${unlinkCommand(managed?.email ?? id)}`;
    freeze(work, person, 'accountVanished', [id], text);
    return;
  }
  if (work.matched.has(id)) {
    const text = `shares one account with somebody else; ${unlinkCommand(id, 'SOURCE')} undoes the link that is wrong`;
    freeze(work, person, 'linkedTwice', [id], text);
    return;
  }
  if (work.index.twins.has(id)) {
    freeze(work, person, 'ambiguousAddress', twinsOf(work, user), sharesAddress);
    return;
  }
  work.matched.add(id);
  const newKeys = person.keys.filter((key) => !work.index.linkedUser.has(keyText(key)));
  work.matches.set(person.account.email, { kind: 'managed', person, user, managed, newKeys });
  if (folded(user.email) !== person.account.email) {
    const text = `the address is ${person.account.email} at the source and ${user.email} in Retool, whose API cannot change it`;
    work.skips.push({ subject: subjectOf(person, id), code: 'emailChanged', text });
  }
}

function matchByAddress(work: Work, person: WantedPerson): void {
  const [user, ...twins] = work.index.usersByAddress.get(person.account.email) ?? [];
  if (user === undefined) matchNew(work, person);
  else if (twins.length > 0) freeze(work, person, 'ambiguousAddress', twinsOf(work, user), sharesAddress);
  else if (isProtectedUser(work.input, user)) skipProtected(work, person, user.id);
  else matchUnmanaged(work, person, user);
}

/** Takes the one account of an address over, unless it is somebody else's or the policy leaves it alone. */
function matchUnmanaged(work: Work, person: WantedPerson, user: CurrentUser): void {
  const { adopt, reactivate } = work.input.policy;
  const others = (work.index.keysOfUser.get(user.id) ?? []).map(keyText);
  const command = linkCommand(person.account.email, person.keys[0]);
  if (user.unusable === true) {
    freeze(work, person, 'unusableAccount', [user.id], 'has an account whose id no request can carry');
  } else if (others.length > 0) {
    const text = `has the address of an account that belongs to ${others.join(', ')}; if it is theirs now: ${command}`;
    freeze(work, person, 'addressReused', [user.id, ...others], text);
  } else if (adopt === 'none') {
    const text = `has an account that is not ours, and adopt is none; to manage it: ${command}`;
    freeze(work, person, 'unmanagedAccount', [user.id], text);
  } else if (!user.active && reactivate !== 'all') {
    const text = `has an account that somebody disabled in Retool; to switch it on again: ${command}`;
    freeze(work, person, 'disabledByHand', [user.id], text);
  } else {
    work.matched.add(user.id);
    work.matches.set(person.account.email, { kind: 'adopt', person, user });
  }
}

function matchNew(work: Work, person: WantedPerson): void {
  const { email } = person.account;
  if (work.input.policy.protect.users.includes(email)) skipProtected(work, person, null);
  else if (work.index.invited.has(email)) {
    work.skips.push({
      subject: subjectOf(person, null),
      code: 'pendingInvite',
      text: `${email} has a pending invite; an account is made by claiming it`,
    });
  } else {
    work.matches.set(email, { kind: 'create', person });
  }
}

function skipProtected(work: Work, person: WantedPerson, id: string | null): void {
  const text = `${person.account.email} is protected and never written to`;
  work.skips.push({ subject: subjectOf(person, id), code: 'protected', text });
}

/** Decides about one managed account that may have lost its person. */
function judgeManaged(work: Work, managed: ManagedAccount): void {
  const { input, index } = work;
  const user = index.userById.get(managed.id);
  if (user === undefined) return;
  const keys = inPrecedence(index.keysOfUser.get(managed.id) ?? [], input.desired.sources);
  const verdict = verdictOf(work, keys);
  if (verdict.state === 'unconfigured') {
    work.notices.push({
      code: 'sourceRemoved',
      text: `${managed.email} is linked only to sources the configuration no longer names, and is left as it is`,
    });
    work.frozen.add(managed.id);
  } else if (verdict.state === 'unknown') {
    work.frozen.add(managed.id);
    if (user.active) work.unaccounted.push(managed.id);
  } else if (!work.matched.has(managed.id) && !work.frozen.has(managed.id) && verdict.state === 'leaver') {
    if (index.twins.has(user.id)) freezeTwin(work, user);
    else work.leavers.push({ user, managed, reason: verdict.reason, key: verdict.key });
  }
}

const sharesAddress = 'has several accounts whose addresses differ by case only';

/** The accounts that share a folded address with this one, itself included. */
function twinsOf(work: Work, user: CurrentUser): readonly string[] {
  return (work.index.usersByAddress.get(folded(user.email)) ?? []).map((one) => one.id);
}

/** A leaver whose account cannot be told apart by its address: reported, and left as it is. */
function freezeTwin(work: Work, user: CurrentUser): void {
  work.frozen.add(user.id);
  work.conflicts.push({
    subject: { type: 'user', key: folded(user.email), id: user.id },
    code: 'ambiguousAddress',
    candidates: twinsOf(work, user).toSorted(),
    text: `${folded(user.email)} ${sharesAddress}`,
  });
}

type Verdict =
  | { readonly state: 'wanted' | 'unknown' | 'unconfigured' }
  | { readonly state: 'leaver'; readonly reason: LeaverReason; readonly key: SourceKey };

/** What the sources say of an account's person, the first source that holds it deciding. */
function verdictOf(work: Work, keys: readonly SourceKey[]): Verdict {
  const { desired, absences } = work.input;
  let absent: Verdict = { state: 'unconfigured' };
  for (const key of keys) {
    if (!desired.sources.includes(key.source)) continue;
    const person = work.personOf.get(keyText(key));
    if (person?.state === 'wanted') return { state: 'wanted' };
    if (person?.state === 'frozen') return { state: 'unknown' };
    if (person !== undefined) return { state: 'leaver', reason: person.state, key };
    const absence = desired.completeSources.has(key.source)
      ? (absences.get(keyText(key)) ?? 'unknown')
      : 'unknown';
    if (absence === 'unknown') return { state: 'unknown' };
    if (absent.state === 'unconfigured') absent = { state: 'leaver', reason: absence, key };
  }
  return absent;
}

/** Somebody who should have no access but has an account that was never ours is reported, not touched. */
function noteUnmanaged(work: Work, person: Person): void {
  if (person.state !== 'inactive' || person.email === null) return;
  if (person.keys.some((key) => work.index.linkedUser.has(keyText(key)))) return;
  const [user] = work.index.usersByAddress.get(person.email) ?? [];
  if (user === undefined || !user.active || work.index.keysOfUser.has(user.id) || work.matched.has(user.id))
    return;
  work.skips.push({
    subject: { type: 'user', key: person.email, id: user.id },
    code: 'inactiveUnmanaged',
    text: `${person.email} is ${person.provenance.text}, but the active Retool account is not managed by the bridge`,
  });
}

/** Whether nothing is ever written to the account: `protect.users` names it, or the bridge works with its token. */
export function isProtectedUser({ policy }: Pick<PlanInput, 'policy'>, user: CurrentUser): boolean {
  return user.ownsToken === true || policy.protect.users.includes(folded(user.email));
}

function inPrecedence(keys: readonly SourceKey[], sources: readonly string[]): readonly SourceKey[] {
  return keys.length < 2
    ? keys
    : keys.toSorted(
        (a, b) =>
          sources.indexOf(a.source) - sources.indexOf(b.source) || compareText(a.externalId, b.externalId),
      );
}

function freeze(
  work: Work,
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

function subjectOf(person: WantedPerson, id: string | null): SkipSubject {
  return { type: 'user', key: person.account.email, id };
}
