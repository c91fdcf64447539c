import type { CurrentUser } from '../model/current-state.ts';
import { keyText, type Person } from '../model/desired-state.ts';
import type { ManagedInvite } from '../model/store.ts';
import { folded } from '../model/text.ts';
import { claimantOf, inviteOf, matchWithoutAccount, supersedeInvites } from './correlate-invites.ts';
import {
  freeze,
  hasAccount,
  isProtectedUser,
  skipProtected,
  subjectOf,
  type Correlation,
  type CorrelationWork,
  type WantedPerson,
} from './correlation.ts';
import { sharesAddress, twinsOf, type Index } from './index-current.ts';
import type { PlanInput } from './input.ts';
import { judgeAccount, judgeInvite } from './judge.ts';
import { linkCommand, unlinkCommand } from './way-out.ts';

/**
 * Pairs people with accounts and invites: first by link, then by exact address as an adoption. Two candidates are
 * a conflict, reported and untouched. A managed account or invite without a wanted person is a leaver's only when
 * every source that could speak for it was read completely and said so. A person is never both: who has an account
 * needs no invite, and who has an invite gets no account beside it.
 */
export function correlate(input: PlanInput, index: Index): Correlation {
  const personOf = new Map<string, Person>();
  for (const person of input.desired.people)
    for (const key of person.keys) personOf.set(keyText(key), person);
  const work: CorrelationWork = {
    input,
    index,
    personOf,
    matches: new Map(),
    matched: new Set(),
    leavers: [],
    inviteLeavers: [],
    superseded: [],
    replaced: [],
    frozen: new Set(),
    unaccounted: [],
    conflicts: [],
    skips: [],
    notices: [],
  };
  for (const person of input.desired.people) if (person.state === 'wanted') matchWanted(work, person);
  for (const managed of input.memory.accounts.values()) judgeAccount(work, managed);
  for (const managed of input.memory.invites.values()) judgeInvite(work, managed);
  for (const person of input.desired.people) if (person.state !== 'wanted') noteUnmanaged(work, person);
  return work;
}

function matchWanted(work: CorrelationWork, person: WantedPerson): void {
  const linked = new Set(
    person.keys.map((key) => work.index.linkedUser.get(keyText(key))).filter((id) => id !== undefined),
  );
  if (linked.size > 1) {
    const text = `is linked to ${linked.size} accounts; ${unlinkCommand('ACCOUNT', 'SOURCE')} undoes the link that is wrong`;
    freeze(work, person, 'linkedTwice', [...linked], text);
    return;
  }
  const [id] = linked;
  if (id === undefined) matchUnlinked(work, person);
  else matchByLink(work, person, id);
  if (hasAccountNow(work, person)) supersedeInvites(work, person);
}

function hasAccountNow({ matches }: CorrelationWork, { account }: WantedPerson): boolean {
  const match = matches.get(account.email);
  return match !== undefined && hasAccount(match);
}

function matchByLink(work: CorrelationWork, person: WantedPerson, id: string): void {
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
    freeze(work, person, 'ambiguousAddress', twinsOf(work.index, user), sharesAddress);
    return;
  }
  work.matched.add(id);
  const { email } = person.account;
  const newKeys = person.keys.filter((key) => !work.index.linkedUser.has(keyText(key)));
  const hasMoved = folded(user.email) !== email;
  const hindrance = hasMoved ? hindranceToReplacing(work, person, user) : null;
  if (hasMoved && hindrance === null) {
    work.matches.set(email, { kind: 'replace', person, user, managed });
    return;
  }
  work.matches.set(email, { kind: 'managed', person, user, managed, newKeys });
  if (!hasMoved) return;
  const text = `the address is ${email} at the source and ${user.email} in Retool, whose API cannot change it${hindrance}`;
  work.skips.push({ subject: subjectOf(person, id), code: 'emailChanged', text });
}

/** Why a new account does not take the place of the old one, as the end of a sentence; null: it does. */
function hindranceToReplacing(
  { input, index }: CorrelationWork,
  { account }: WantedPerson,
  user: CurrentUser,
): string | null {
  const { onEmailChange = 'report', protect } = input.policy;
  if (onEmailChange === 'report') return '';
  if (account.provision === 'invites') return '; accounts of people who are invited are not replaced';
  if (index.usersByAddress.has(account.email)) return '; another account has the new address already';
  if (index.invitesByAddress.has(account.email)) return '; somebody was invited under the new address';
  if (isProtectedUser(input, user) || protect.users.includes(account.email)) return '; it is protected';
  return user.isAdmin && !protect.allow.includes('admin') ? '; an admin is replaced by hand' : null;
}

/** A source that comes before all of the person's own, of which nothing is known: it may hold the person, too. */
function unknownSourceBefore({ input }: CorrelationWork, { keys }: WantedPerson): string | undefined {
  const { sources, unreadSources } = input.desired;
  const first = Math.min(...keys.map(({ source }) => sources.indexOf(source)));
  return sources.slice(0, first).find((source) => unreadSources.get(source) === 'never');
}

/** Nobody linked an account to the person: an invite may have become one, or one may have the address. */
function matchUnlinked(work: CorrelationWork, person: WantedPerson): void {
  const unknown = unknownSourceBefore(work, person);
  if (unknown !== undefined) {
    const text = `${person.account.email} waits until ${unknown}, which comes first, was read once`;
    work.skips.push({ subject: subjectOf(person, null), code: 'sourceUnread', text });
    return;
  }
  const invite = inviteOf(work, person);
  const claimant = invite === null ? null : claimantOf(work.index, invite);
  if (claimant === null) matchByAddress(work, person);
  else if (isProtectedUser(work.input, claimant)) skipProtected(work, person, claimant.id);
  else matchUnmanaged(work, person, claimant, invite);
}

function matchByAddress(work: CorrelationWork, person: WantedPerson): void {
  const [user, ...twins] = work.index.usersByAddress.get(person.account.email) ?? [];
  if (user === undefined) matchWithoutAccount(work, person);
  else if (twins.length > 0)
    freeze(work, person, 'ambiguousAddress', twinsOf(work.index, user), sharesAddress);
  else if (isProtectedUser(work.input, user)) skipProtected(work, person, user.id);
  else matchUnmanaged(work, person, user, null);
}

/** Takes the one account of an address over, unless it is somebody else's or the policy leaves it alone. */
function matchUnmanaged(
  work: CorrelationWork,
  person: WantedPerson,
  user: CurrentUser,
  claims: ManagedInvite | null,
): void {
  const { adopt, reactivate } = work.input.policy;
  const others = (work.index.keysOfUser.get(user.id) ?? []).map(keyText);
  const command = linkCommand(person.account.email, person.keys[0]);
  if (user.unusable === true) {
    freeze(work, person, 'unusableAccount', [user.id], 'has an account whose id no request can carry');
  } else if (hasMoved(work, person, user)) {
    matchByLink(work, person, user.id);
  } else if (others.length > 0) {
    const text = `has the address of an account that belongs to ${others.join(', ')}; if it is theirs now: ${command}`;
    freeze(work, person, 'addressReused', [user.id, ...others], text);
  } else if (adopt === 'none' && claims === null) {
    const text = `has an account that is not ours, and adopt is none; to manage it: ${command}`;
    freeze(work, person, 'unmanagedAccount', [user.id], text);
  } else if (!user.active && reactivate !== 'all') {
    const text = `has an account that somebody disabled in Retool; to switch it on again: ${command}`;
    freeze(work, person, 'disabledByHand', [user.id], text);
  } else {
    work.matched.add(user.id);
    work.matches.set(person.account.email, { kind: 'adopt', person, user, claims });
  }
}

/**
 * Whether the account is that of somebody whom another source knew, which has proved that they are gone from it. In
 * different sources equal addresses are one person; in one source a new id may be somebody else.
 */
function hasMoved(
  { input, index, matched }: CorrelationWork,
  person: WantedPerson,
  user: CurrentUser,
): boolean {
  const { completeSources } = input.desired;
  const keys = index.keysOfUser.get(user.id) ?? [];
  if (keys.length === 0 || matched.has(user.id) || !input.memory.accounts.has(user.id)) return false;
  return keys.every(
    (key) =>
      !person.keys.some(({ source }) => source === key.source) &&
      completeSources.has(key.source) &&
      input.absences.get(keyText(key)) === 'gone',
  );
}

/** Somebody who should have no access but has an account that was never ours is reported, not touched. */
function noteUnmanaged(work: CorrelationWork, person: Person): void {
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
