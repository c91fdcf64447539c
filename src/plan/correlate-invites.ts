import { isExpired, type CurrentInvite, type CurrentUser } from '../model/current-state.ts';
import { keyText } from '../model/desired-state.ts';
import type { ManagedInvite } from '../model/store.ts';
import { folded } from '../model/text.ts';
import { freeze, skipProtected, subjectOf, type CorrelationWork, type WantedPerson } from './correlation.ts';
import { hidesAccounts } from './hidden.ts';
import type { Index } from './index-current.ts';
import { unlinkCommand } from './way-out.ts';

/** The invite of ours that is linked to the person; of several the one that is still open. */
export function inviteOf({ index, input }: CorrelationWork, { keys }: WantedPerson): ManagedInvite | null {
  const linked = keys.flatMap((key) => {
    const id = index.linkedInvite.get(keyText(key));
    return id === undefined ? [] : (input.memory.invites.get(id) ?? []);
  });
  return linked.find(({ state }) => state === 'open') ?? linked[0] ?? null;
}

/** The account that somebody has who claimed this invite; null while nobody has. */
export function claimantOf(index: Index, { id, email, state }: ManagedInvite): CurrentUser | null {
  const invite = index.inviteById.get(id);
  if (state === 'ended' || invite?.claimed === false) return null;
  const claimedBy = invite?.claimedBy ?? null;
  const byName = claimedBy === null ? undefined : index.userById.get(claimedBy);
  if (byName !== undefined) return byName;
  // Who claimed it may be told by address; an invite that is not listed any more is known by its own alone.
  const addresses = claimedBy === null ? [email] : [folded(claimedBy), email];
  for (const address of addresses) {
    const [user, ...twins] = index.usersByAddress.get(address) ?? [];
    if (user !== undefined && twins.length === 0) return user;
  }
  return null;
}

/** Finds the invite of somebody without an account, or says that one, or an account, is needed. */
export function matchWithoutAccount(work: CorrelationWork, person: WantedPerson): void {
  const { index, input } = work;
  const { email } = person.account;
  const managed = inviteOf(work, person);
  const linked = managed === null ? undefined : index.inviteById.get(managed.id);
  const [pending, ...more] = index.invitesByAddress.get(email) ?? [];
  if (input.policy.protect.users.includes(email)) skipProtected(work, person, null);
  else if (managed?.state === 'open' && linked?.claimed === false) matchInvite(work, person, linked, managed);
  else if (more.length > 0) {
    const ids = [pending, ...more].flatMap((invite) => invite?.id ?? []);
    freeze(work, person, 'ambiguousInvite', ids, 'has several invites that nobody has claimed');
  } else if (pending !== undefined && !isLeft(work, person, pending))
    matchInvite(work, person, pending, input.memory.invites.get(pending.id) ?? null);
  else if (hidesAccounts(input) && index.claimedAddresses.has(email)) skipHidden(work, person, managed);
  else if (person.account.provision === 'invites') matchNewInvite(work, person, managed);
  else work.matches.set(email, { kind: 'create', person, instead: null });
}

/** Whether an invite that is not ours is left to run out for good, and the person gets an account beside it. */
function isLeft({ input }: CorrelationWork, { account }: WantedPerson, invite: CurrentInvite): boolean {
  const isOurs = input.memory.invites.has(invite.id);
  if (isOurs || input.policy.adopt !== 'none' || account.provision === 'invites') return false;
  return isExpired(invite, input.now);
}

function matchInvite(
  work: CorrelationWork,
  person: WantedPerson,
  invite: CurrentInvite,
  managed: ManagedInvite | null,
): void {
  const { index, input } = work;
  const { email, provision } = person.account;
  const others = (index.keysOfInvite.get(invite.id) ?? []).map(keyText);
  const own = new Set(person.keys.map(keyText));
  if (others.some((key) => !own.has(key)) && !others.some((key) => own.has(key))) {
    const text = `was invited as ${others.join(', ')}; if that is the same person now: ${unlinkCommand(email)}`;
    freeze(work, person, 'addressReused', [invite.id, ...others], text);
  } else if (managed === null && input.policy.adopt === 'none') {
    work.skips.push({
      subject: subjectOf(person, null),
      code: 'pendingInvite',
      text: `${email} has a pending invite that is not ours; an account is made by claiming it`,
    });
  } else if (provision !== 'invites' && isExpired(invite, input.now))
    work.matches.set(email, { kind: 'create', person, instead: invite });
  else {
    const newKeys = person.keys.filter((key) => index.linkedInvite.get(keyText(key)) !== invite.id);
    work.matches.set(email, { kind: 'invited', person, invite, managed, newKeys });
  }
}

/** An invite is never sent to somebody whose last one came to nothing, unless a rule says so: each mails a person. */
function matchNewInvite(work: CorrelationWork, person: WantedPerson, last: ManagedInvite | null): void {
  const { email } = person.account;
  if (last?.state === 'open' && hidesAccounts(work.input)) {
    skipHidden(work, person, last);
    return;
  }
  if (last === null || work.input.policy.invites?.again === 'always') {
    work.matches.set(email, { kind: 'invite', person });
    return;
  }
  const what =
    last.state === 'ended' ? 'was revoked when they left' : 'is gone from Retool without having been claimed';
  work.skips.push({
    subject: subjectOf(person, null),
    code: 'notInvitedAgain',
    text: `the invite of ${email} ${what}, and invites.again is never; to invite them once more: ${unlinkCommand(email)}`,
  });
}

/** An invite that was claimed, or is gone, may have become an account, and another one would be refused or mail again. */
function skipHidden(work: CorrelationWork, person: WantedPerson, last: ManagedInvite | null): void {
  const { email } = person.account;
  const text = work.index.claimedAddresses.has(email)
    ? `${email} has claimed an invite; the organisation's plan hides the account, which is left as it is`
    : `the invite of ${email} is gone, and the organisation's plan hides whether it became an account; to invite them once more: ${unlinkCommand(email)}`;
  work.skips.push({ subject: subjectOf(person, last?.id ?? null), code: 'accountHidden', text });
}

/** Somebody who has an account needs no invite: ours that nobody claimed are revoked. */
export function supersedeInvites(work: CorrelationWork, person: WantedPerson): void {
  const { index, input } = work;
  for (const invite of index.invitesByAddress.get(person.account.email) ?? [])
    if (input.memory.invites.get(invite.id)?.state === 'open') work.superseded.push(invite);
}
