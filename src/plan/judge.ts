import type { CurrentUser } from '../model/current-state.ts';
import { keyText, type SourceKey } from '../model/desired-state.ts';
import type { LeaverReason } from '../model/rules.ts';
import { replacedBy, type ManagedAccount, type ManagedInvite } from '../model/store.ts';
import { compareText, folded } from '../model/text.ts';
import { claimantOf } from './correlate-invites.ts';
import type { CorrelationWork, InviteLeaver } from './correlation.ts';
import { leavingText } from './diff-users.ts';
import { hidesAccounts } from './hidden.ts';
import { sharesAddress, twinsOf } from './index-current.ts';

/** Decides about one managed account that may have lost its person. */
export function judgeAccount(work: CorrelationWork, managed: ManagedAccount): void {
  const { input, index } = work;
  const user = index.userById.get(managed.id);
  if (user === undefined) return;
  const keys = inPrecedence(index.keysOfUser.get(managed.id) ?? [], input.desired.sources);
  if (keys.length === 0 && managed.attributes.has(replacedBy)) {
    if (user.active) work.replaced.push(user);
    return;
  }
  const verdict = verdictOf(work, keys);
  if (verdict.state === 'unconfigured') {
    work.notices.push({
      code: 'sourceRemoved',
      text: `${managed.email} is linked only to sources the configuration no longer names, and is left as it is`,
    });
    work.frozen.add(managed.id);
  } else if (verdict.state === 'unread') {
    work.frozen.add(managed.id);
  } else if (verdict.state === 'unknown') {
    work.frozen.add(managed.id);
    if (user.active) work.unaccounted.push(managed.id);
  } else if (!work.matched.has(managed.id) && !work.frozen.has(managed.id) && verdict.state === 'leaver') {
    if (index.twins.has(user.id)) freezeTwin(work, user);
    else work.leavers.push({ user, claims: null, reason: verdict.reason, key: verdict.key });
  }
}

/**
 * Decides about one open invite of ours that may have lost its person. One that was claimed meanwhile has become an
 * account that nobody linked yet; it leaves with its person like any other.
 */
export function judgeInvite(work: CorrelationWork, managed: ManagedInvite): void {
  const { input, index } = work;
  const invite = index.inviteById.get(managed.id);
  if (managed.state === 'ended') return;
  const keys = inPrecedence(index.keysOfInvite.get(managed.id) ?? [], input.desired.sources);
  const verdict = verdictOf(work, keys);
  if (verdict.state !== 'leaver') return;
  const { reason, key } = verdict;
  const claimant = claimantOf(index, managed);
  if (claimant !== null) leaveAsAccount(work, claimant, { claims: managed, reason, key });
  else if (invite !== undefined && !invite.claimed) work.inviteLeavers.push({ invite, reason, key });
  else if (hidesAccounts(input)) skipHiddenLeaver(work, managed, { reason, key });
}

/** Nothing can take the account away where the target's plan hides it, so that somebody has to be told. */
function skipHiddenLeaver(
  { skips, input }: CorrelationWork,
  { id, email }: ManagedInvite,
  { reason, key }: Pick<InviteLeaver, 'reason' | 'key'>,
): void {
  if (input.policy.leavers[reason] === 'keep') return;
  const text = `${email} is ${leavingText(reason, key)}, and the organisation's plan hides what became of their invite: if there is an account, disable it in Retool by hand`;
  skips.push({ subject: { type: 'invite', key: email, id }, code: 'accountHidden', text });
}

function leaveAsAccount(
  work: CorrelationWork,
  user: CurrentUser,
  leaving: { readonly claims: ManagedInvite; readonly reason: LeaverReason; readonly key: SourceKey },
): void {
  const isKnown = work.input.memory.accounts.has(user.id) || work.index.keysOfUser.has(user.id);
  if (isKnown || work.matched.has(user.id) || work.frozen.has(user.id) || user.unusable === true) return;
  if (work.index.twins.has(user.id)) freezeTwin(work, user);
  else work.leavers.push({ user, ...leaving });
}

/** A leaver whose account cannot be told apart by its address: reported, and left as it is. */
function freezeTwin(work: CorrelationWork, user: CurrentUser): void {
  work.frozen.add(user.id);
  work.conflicts.push({
    subject: { type: 'user', key: folded(user.email), id: user.id },
    code: 'ambiguousAddress',
    candidates: twinsOf(work.index, user).toSorted(),
    text: `${folded(user.email)} ${sharesAddress}`,
  });
}

type Verdict =
  /** `unread`: it depends on a source that could not be read, which is reported once and held against no limit. */
  | { readonly state: 'wanted' | 'unknown' | 'unread' | 'unconfigured' }
  | { readonly state: 'leaver'; readonly reason: LeaverReason; readonly key: SourceKey };

/** What the sources say of an account's person, the first source that holds it deciding. */
function verdictOf(work: CorrelationWork, keys: readonly SourceKey[]): Verdict {
  const { desired, absences } = work.input;
  let absent: Verdict = { state: 'unconfigured' };
  for (const key of keys) {
    if (!desired.sources.includes(key.source)) continue;
    const person = work.personOf.get(keyText(key));
    if (person?.state === 'wanted') return { state: 'wanted' };
    if (person?.state === 'frozen')
      return { state: person.because === 'sourceUnread' ? 'unread' : 'unknown' };
    if (person !== undefined) return { state: 'leaver', reason: person.state, key };
    const absence = desired.completeSources.has(key.source)
      ? (absences.get(keyText(key)) ?? 'unknown')
      : 'unknown';
    if (absence === 'unknown') return { state: desired.unreadSources.has(key.source) ? 'unread' : 'unknown' };
    if (absent.state === 'unconfigured') absent = { state: 'leaver', reason: absence, key };
  }
  return absent;
}

function inPrecedence(keys: readonly SourceKey[], sources: readonly string[]): readonly SourceKey[] {
  return keys.length < 2
    ? keys
    : keys.toSorted(
        (a, b) =>
          sources.indexOf(a.source) - sources.indexOf(b.source) || compareText(a.externalId, b.externalId),
      );
}
