import { attributeText } from '../model/current-state.ts';
import type { OperationOf } from '../model/operation.ts';
import { grantKey, inviteHolder } from '../model/store.ts';
import { effect } from './effects.ts';
import { groupOf, inviteOf, isStale, stale, undoing, type InverseWork } from './inverse-work.ts';
import { membershipSubject, operation } from './operations.ts';

/** An invite that nobody has claimed is revoked. */
export function undoInvite(work: InverseWork, one: OperationOf<'inviteUser'>, id: string | null): void {
  const invite = inviteOf(work, one, id);
  if (invite === null || isStale(work, one, effect.invite(one.subject.key))) return;
  const change = { before: { pending: true }, after: { pending: false } } as const;
  const subject = { ...one.subject, id: invite.id };
  work.operations.push(operation('revokeInvite', subject, change, undoing(work, one)));
}

/** Puts attributes of an invite back that are still as the run left them; of whom they were before is not known. */
export function undoInviteAttributes(
  work: InverseWork,
  one: OperationOf<'setAttributes' | 'clearAttributes'>,
): void {
  const invite = inviteOf(work, one, one.subject.id);
  if (invite === null) return;
  const before: Record<string, string | null> = Object.create(null);
  const after: Record<string, string | null> = Object.create(null);
  for (const [name, left] of Object.entries(one.after.metadata ?? {})) {
    const held = attributeText(invite, name);
    const earlier = one.before.metadata?.[name] ?? null;
    if (held === earlier || isStale(work, one, effect.attribute(inviteHolder(invite.id), name))) continue;
    if (held === left) [before[name], after[name]] = [held, earlier];
    else stale(work, one, `${name} of ${one.subject.key} was changed by hand since`);
  }
  const values = Object.values(after);
  if (values.length === 0) return;
  const kind = values.every((value) => value === null) ? 'clearAttributes' : 'setAttributes';
  const change = { before: { metadata: before }, after: { metadata: after, sources: {} } };
  work.operations.push(operation(kind, one.subject, change, undoing(work, one)));
}

export function undoInviteMembership(
  work: InverseWork,
  one: OperationOf<'addInvitesToGroup' | 'removeInviteFromGroup'>,
  id: string | null,
): void {
  if (one.kind === 'addInvitesToGroup') {
    const group = groupOf(work, one, id);
    if (group !== null) for (const invite of one.after.invites) takeOut(work, one, group.id, invite);
    return;
  }
  const { group, invite } = one.before;
  const found = groupOf(work, one, group.id);
  const there = found === null ? null : inviteOf(work, one, invite.id);
  if (found === null || there === null || there.groups.has(found.id)) return;
  if (isStale(work, one, effect.member(found.id, inviteHolder(there.id)))) return;
  const back = work.invitesBack.get(found.id) ?? [];
  work.invitesBack.set(found.id, [...back, { ...invite, reason: undoing(work, one) }]);
}

function takeOut(
  work: InverseWork,
  one: OperationOf<'addInvitesToGroup'>,
  group: string,
  invite: { readonly key: string; readonly id: string },
): void {
  const there = inviteOf(work, one, invite.id);
  if (there === null || !there.groups.has(group)) return;
  if (isStale(work, one, effect.member(group, inviteHolder(invite.id)))) return;
  const refs = { group: { key: one.subject.key, id: group }, invite: { key: invite.key, id: invite.id } };
  const change = { before: { member: true, ...refs }, after: { member: false, ...refs } };
  const subject = membershipSubject(invite.key, one.subject.key);
  work.operations.push(operation('removeInviteFromGroup', subject, change, undoing(work, one)));
}

/** Gives a group the access to an object that it had before. */
export function undoGrant(work: InverseWork, one: OperationOf<'grantAccess' | 'revokeAccess'>): void {
  const { object } = one.after;
  const group = groupOf(work, one, one.after.group.id);
  if (group === null) return;
  const ref = { ...one.after.group, id: group.id };
  const held =
    work.grants?.get(group.id)?.find(({ type, id }) => type === object.type && id === object.id)?.level ??
    null;
  const earlier = one.before.level;
  if (held === earlier || isStale(work, one, effect.grant(group.id, grantKey(object)))) return;
  if (held !== one.after.level) return stale(work, one, `access to ${object.name} was changed by hand since`);
  const reason = undoing(work, one);
  const now = { group: ref, object, level: held };
  if (earlier !== null) {
    const change = { before: now, after: { group: ref, object, level: earlier } };
    work.operations.push(operation('grantAccess', one.subject, change, reason));
  } else if (held !== null) {
    const change = { before: { ...now, level: held }, after: { group: ref, object, level: null } };
    work.operations.push(operation('revokeAccess', one.subject, change, reason));
  }
}

/** An invite or a grant that was adopted is ours no more; in Retool it stays as it is. */
export function undoOtherAdoption(work: InverseWork, one: OperationOf<'adopt'>): void {
  const { after, before, subject } = one;
  const isInvite = 'groups' in after;
  const isOurs = isInvite
    ? work.memory.invites.get(before.id)?.state === 'open'
    : 'object' in after &&
      work.memory.groups.get(after.group.id ?? '')?.grants?.has(grantKey(after.object)) === true;
  if (!isOurs || isStale(work, one, touchedBy(one))) return;
  const remains = before.managed && isInvite ? { managed: true as const } : null;
  const released = isInvite ? { ...subject, id: before.id } : subject;
  work.operations.push(operation('release', released, { before: after, after: remains }, undoing(work, one)));
}

function touchedBy({ after, before }: OperationOf<'adopt'>): string {
  return 'object' in after
    ? effect.grant(after.group.id ?? '', grantKey(after.object))
    : effect.owned(inviteHolder(before.id));
}
