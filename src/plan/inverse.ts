import type { CurrentGroup, CurrentUser } from '../model/current-state.ts';
import {
  rollbackCode,
  settingsOf,
  type GroupFields,
  type NewInviteMember,
  type NewMember,
  type Operation,
  type OperationOf,
  type Subject,
  type UserRef,
} from '../model/operation.ts';
import { compareText } from '../model/text.ts';
import { effect, type Done } from './effects.ts';
import { inverseChange } from './inverse-account.ts';
import {
  undoGrant,
  undoInvite,
  undoInviteAttributes,
  undoInviteMembership,
  undoOtherAdoption,
} from './inverse-invite.ts';
import {
  accountOf,
  groupOf,
  isStale,
  skip,
  stale,
  undoing,
  type Inverse,
  type InverseInput,
  type InverseWork,
} from './inverse-work.ts';
import { groupSubject, membershipSubject, operation, userSubject } from './operations.ts';

/**
 * Undoes what one run did, each thing only while it is still as the run left it: what a later run or somebody else
 * changed since is reported as `stale` and keeps its newest state.
 */
export function inverseOf(input: InverseInput): Inverse {
  const work: InverseWork = {
    ...input,
    operations: [],
    skips: [],
    returning: new Map(),
    invitesBack: new Map(),
  };
  // Who is switched back on comes first: values and memberships are given back with that.
  for (const done of input.done) if (done.operation.kind === 'deactivateUser') undo(work, done);
  for (const done of input.done) if (done.operation.kind !== 'deactivateUser') undo(work, done);
  for (const [group, members] of work.returning) giveBack(work, group, members);
  for (const [group, invites] of work.invitesBack) giveInvitesBack(work, group, invites);
  return { operations: work.operations, skips: work.skips };
}

function undo(work: InverseWork, done: Done): void {
  const { operation: one, id } = done;
  switch (one.kind) {
    case 'createUser':
      return undoActive(work, one, id, 'deactivateUser');
    case 'deactivateUser':
      return undoActive(work, one, id, 'reactivateUser');
    case 'reactivateUser':
      inverseChange(work, one, id);
      return undoActive(work, one, id, 'deactivateUser');
    case 'updateUser':
      return inverseChange(work, one, id);
    case 'setAttributes':
    case 'clearAttributes':
      return one.subject.type === 'invite' ? undoInviteAttributes(work, one) : inverseChange(work, one, id);
    case 'createGroup':
    case 'deleteGroup':
    case 'createAttribute':
    case 'reissueInvite':
    case 'revokeInvite':
    case 'decideAccessRequest':
      return skip(work, one, 'cannotUndo', lasting(one));
    case 'inviteUser':
      return undoInvite(work, one, id);
    case 'addInvitesToGroup':
    case 'removeInviteFromGroup':
      return undoInviteMembership(work, one, id);
    case 'grantAccess':
    case 'revokeAccess':
      return undoGrant(work, one);
    case 'updateGroup':
      return undoGroup(work, one);
    case 'addMembers':
      for (const member of done.added) undoAddition(work, one, id ?? '', member);
      return;
    case 'removeMember':
      return undoRemoval(work, one);
    case 'setGroupAdmin':
      return undoGroupAdmin(work, one);
    case 'adopt':
      return undoAdoption(work, one);
    case 'release':
      return undoRelease(work, one);
  }
}

type Lasting = OperationOf<
  'createGroup' | 'deleteGroup' | 'createAttribute' | 'reissueInvite' | 'revokeInvite' | 'decideAccessRequest'
>;

/** Why something stays done. */
function lasting(one: Lasting): string {
  switch (one.kind) {
    case 'createGroup':
      return `"${one.after.name}" stays, since a rollback deletes no group`;
    case 'deleteGroup':
      return `"${one.before.name}" is gone, and a group made anew would be another one`;
    case 'createAttribute':
      return `the attribute ${one.after.name} stays defined, since others may use it by now`;
    case 'reissueInvite':
      return 'the link of the invite before it is dead';
    case 'revokeInvite':
      return 'a revoked invite cannot be claimed any more, and a new one would mail the person';
    case 'decideAccessRequest':
      return 'an access request is answered once';
  }
}

/** Switches an account back. One that was created is disabled, since Retool deletes none. */
function undoActive(
  work: InverseWork,
  one: Operation,
  id: string | null,
  kind: 'deactivateUser' | 'reactivateUser',
): void {
  const user = accountOf(work, one, id);
  if (user === null || user.active === (kind === 'reactivateUser')) return;
  if (isStale(work, one, effect.active(user.id))) return;
  const subject = userSubject(user);
  if (kind === 'reactivateUser') {
    const change = { before: { active: false }, after: { active: true, sources: {} } } as const;
    work.operations.push(operation('reactivateUser', subject, change, undoing(work, one)));
  } else if (user.isAdmin && !work.policy.protect.allow.includes('admin')) {
    skip(work, one, 'protected', `${subject.key} is an admin, and no admin is disabled by the bridge`);
  } else {
    const change = { before: { active: true }, after: { active: false } } as const;
    work.operations.push(operation('deactivateUser', subject, change, undoing(work, one)));
  }
}

function undoGroup(work: InverseWork, one: OperationOf<'updateGroup'>): void {
  const group = groupOf(work, one, one.subject.id);
  if (group === null) return;
  const now = settingsOf(group);
  const before: Record<string, string | boolean | null> = {};
  const after: Record<string, string | boolean | null> = {};
  for (const field of Object.keys(one.after) as (keyof GroupFields)[]) {
    const [left, earlier, held] = [one.after[field], one.before[field], now[field]];
    if (earlier === undefined || held === undefined || held === earlier) continue;
    if (isStale(work, one, effect.field(group.id, field))) continue;
    if (held === left) [before[field], after[field]] = [held, earlier];
    else stale(work, one, `${field} of "${group.name}" is ${held} by now`);
  }
  if (Object.keys(after).length === 0) return;
  work.operations.push(operation('updateGroup', one.subject, { before, after }, undoing(work, one)));
}

function undoAddition(
  work: InverseWork,
  one: Operation,
  groupId: string,
  member: { readonly id: string; readonly key: string },
): void {
  const group = groupOf(work, one, groupId);
  if (group === null || !group.members.has(member.id)) return;
  if (isStale(work, one, effect.member(group.id, member.id))) return;
  const user = accountOf(work, one, member.id);
  if (user === null) return;
  const refs = refsOf(work, group, user);
  const change = { before: { member: true, ...refs }, after: { member: false, ...refs } };
  const subject = membershipSubject(refs.user.key, nameOf(work, group));
  work.operations.push(operation('removeMember', subject, change, undoing(work, one)));
}

function undoRemoval(work: InverseWork, one: OperationOf<'removeMember'>): void {
  const group = groupOf(work, one, one.before.group.id);
  const user = group === null ? null : accountOf(work, one, one.before.user.id);
  if (group === null || user === null || group.members.has(user.id)) return;
  if (isStale(work, one, effect.member(group.id, user.id))) return;
  const { key } = userSubject(user);
  const reactivation = `reactivateUser:${key}`;
  const isBack = work.operations.some(({ id }) => id === reactivation);
  if (!user.active && !isBack) return stale(work, one, `${key} is disabled by now`);
  const member = {
    key,
    id: user.id,
    is_group_admin: one.before.is_group_admin ?? false,
    waitsFor: isBack ? reactivation : null,
    reason: undoing(work, one),
  };
  work.returning.set(group.id, [...(work.returning.get(group.id) ?? []), member]);
}

function giveBack(work: InverseWork, groupId: string, returning: readonly NewMember[]): void {
  const group = work.groupById.get(groupId);
  const [first] = returning;
  if (group === undefined || first === undefined) return;
  const members = returning.toSorted((a, b) => compareText(a.key, b.key));
  const subject = groupSubject(nameOf(work, group), group.id);
  const change = { before: { members: [] }, after: { members } };
  const text = `undoes ${members.length} of the removals of run ${work.run}`;
  work.operations.push(operation('addMembers', subject, change, { ...first.reason, text }));
}

function giveInvitesBack(work: InverseWork, groupId: string, back: readonly NewInviteMember[]): void {
  const group = work.groupById.get(groupId);
  const [first] = back;
  if (group === undefined || first === undefined) return;
  const invites = back.toSorted((a, b) => compareText(a.key, b.key));
  const subject = groupSubject(nameOf(work, group), group.id);
  const change = { before: { invites: [] }, after: { invites } };
  const text = `undoes ${invites.length} of the removals of run ${work.run}`;
  work.operations.push(operation('addInvitesToGroup', subject, change, { ...first.reason, text }));
}

function undoGroupAdmin(work: InverseWork, one: OperationOf<'setGroupAdmin'>): void {
  const group = groupOf(work, one, one.before.group.id);
  if (group === null) return;
  const held = group.members.get(one.before.user.id);
  if (held === undefined || held.groupAdmin !== one.after.is_group_admin) return;
  if (isStale(work, one, effect.member(group.id, one.before.user.id))) return;
  if (accountOf(work, one, one.before.user.id) === null) return;
  const change = { before: one.after, after: one.before };
  work.operations.push(operation('setGroupAdmin', one.subject, change, undoing(work, one)));
}

/** What was adopted is ours no more; it stays in Retool as it is. */
function undoAdoption(work: InverseWork, one: OperationOf<'adopt'>): void {
  const { after, before, subject } = one;
  if ('groups' in after || 'object' in after) return undoOtherAdoption(work, one);
  if ('claims' in after && after.claims !== undefined)
    return skip(
      work,
      one,
      'cannotUndo',
      `${subject.key} has claimed the invite, which is no invite any more`,
    );
  const isOurs =
    'member' in after
      ? work.memory.groups.get(after.group.id ?? '')?.members.has(after.user.id)
      : (subject.type === 'group' ? work.memory.groups : work.memory.accounts).has(before.id);
  if (isOurs !== true) return;
  const touched =
    'member' in after ? effect.member(after.group.id ?? '', after.user.id) : effect.owned(before.id);
  if (isStale(work, one, touched)) return;
  const remains = before.managed && !('member' in after) ? { managed: true as const } : null;
  const change = { before: after, after: remains };
  const released: Subject = 'member' in after ? subject : { ...subject, id: before.id };
  work.operations.push(operation('release', released, change, undoing(work, one)));
}

/** What a rollback released becomes ours again; what was released because it is gone stays gone. */
function undoRelease(work: InverseWork, one: OperationOf<'release'>): void {
  const { before, after, reason, subject } = one;
  if ('groups' in before || 'object' in before)
    return skip(work, one, 'cannotUndo', 'it is adopted again by the next run that finds it called for');
  if (reason.code !== rollbackCode)
    return skip(work, one, 'cannotUndo', `${subject.key} was released because it is gone from Retool`);
  const id = 'member' in before ? before.user.id : subject.id;
  if (id === null || (subject.type !== 'group' && accountOf(work, one, id) === null)) return;
  if (isStale(work, one, 'member' in before ? effect.member(before.group.id ?? '', id) : effect.owned(id)))
    return;
  const change = { before: { id, managed: after !== null }, after: before };
  work.operations.push(operation('adopt', subject, change, undoing(work, one)));
}

function refsOf(
  work: InverseWork,
  group: CurrentGroup,
  user: CurrentUser,
): { readonly group: { readonly key: string; readonly id: string }; readonly user: UserRef } {
  return {
    group: { key: groupSubject(nameOf(work, group), null).key, id: group.id },
    user: { key: userSubject(user).key, id: user.id },
  };
}

/** The name under which rules know it. */
function nameOf({ memory }: InverseWork, group: CurrentGroup): string {
  return memory.groups.get(group.id)?.name ?? group.name;
}
