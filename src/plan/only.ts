import type { Conflict, DesiredGroup, Skip, SkipSubject } from '../model/desired-state.ts';
import type { GroupRef, Operation, UserRef } from '../model/operation.ts';
import { groupSubject } from './operations.ts';
import type { Who } from './who.ts';

/**
 * The operations that concern one person, in their order: additions to groups with this member alone, and with them
 * the groups that they need, made or taken into use. Nothing that concerns anybody else is among them.
 */
export function operationsOf(operations: readonly Operation[], who: Who): readonly Operation[] {
  const own = new Map<string, Operation>();
  const needed: Needed = { groups: new Set(), attributes: new Set() };
  for (const operation of operations) {
    const mine = narrowed(operation, who);
    if (mine === null) continue;
    own.set(mine.id, mine);
    for (const group of groupsOf(mine)) needed.groups.add(group);
    for (const id of mine.dependsOn)
      if (id.startsWith(definition)) needed.attributes.add(id.slice(definition.length));
  }
  return operations.flatMap((operation) => {
    const mine = own.get(operation.id);
    if (mine !== undefined) return [mine];
    return isNeeded(operation, needed) ? [operation] : [];
  });
}

/** Whether a skip or conflict is about this person. */
export function isAbout(subject: SkipSubject, who: Who): boolean {
  if (subject.id !== null && who.accounts.has(subject.id)) return true;
  if (subject.type === 'membership')
    return [...who.emails].some((email) => subject.key.startsWith(`${email} in `));
  return who.emails.has(subject.key) || who.keys.has(subject.key);
}

/** The part of an operation that is about this person; null when none is. */
function narrowed(operation: Operation, who: Who): Operation | null {
  if (operation.kind === 'addMembers') {
    const members = operation.after.members.filter(
      (member) => who.emails.has(member.key) || (member.id !== null && who.accounts.has(member.id)),
    );
    return members.length === 0 ? null : { ...operation, after: { members } };
  }
  if (operation.kind === 'addInvitesToGroup') {
    const invites = operation.after.invites.filter(({ key }) => who.emails.has(key));
    return invites.length === 0 ? null : { ...operation, after: { invites } };
  }
  if (operation.kind === 'removeInviteFromGroup')
    return who.emails.has(operation.before.invite.key) ? operation : null;
  const { subject } = operation;
  if (subject.type === 'user' || subject.type === 'invite') return isAbout(subject, who) ? operation : null;
  if (subject.type === 'accessRequest')
    return [...who.emails].some((email) => subject.key.startsWith(`${email} (`)) ? operation : null;
  const membership = membershipOf(operation);
  return membership !== null && who.accounts.has(membership.user.id) ? operation : null;
}

interface Membership {
  readonly group: GroupRef;
  readonly user: UserRef;
}

function membershipOf(operation: Operation): Membership | null {
  switch (operation.kind) {
    case 'removeMember':
    case 'setGroupAdmin':
      return operation.before;
    case 'adopt':
      return 'member' in operation.after ? operation.after : null;
    case 'release':
      return 'member' in operation.before ? operation.before : null;
    default:
      return null;
  }
}

/** The keys of the groups that an operation is about. */
function groupsOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'addMembers':
    case 'addInvitesToGroup':
      return [operation.subject.key];
    case 'inviteUser':
    case 'reissueInvite':
      return operation.after.groups.map(({ key }) => key);
    default:
      return [membershipOf(operation)?.group.key ?? ''];
  }
}

/** Groups are made and taken into use for whoever comes first; other changes of a group wait for a whole run. */
function isNeeded({ kind, subject }: Operation, needed: Needed): boolean {
  if (subject.type === 'attribute') return needed.attributes.has(subject.key);
  return (
    subject.type === 'group' && needed.groups.has(subject.key) && (kind === 'createGroup' || kind === 'adopt')
  );
}

/** Groups and definitions of attributes that somebody's operations wait for. */
interface Needed {
  readonly groups: Set<string>;
  readonly attributes: Set<string>;
}

const definition = 'createAttribute:';

/**
 * What a plan says besides its operations, of one person: what is about them or an account of theirs, and about the
 * groups into which rules call them.
 */
export function remarksOf<Remark extends Skip | Conflict>(
  remarks: readonly Remark[],
  who: Who,
  groups: readonly DesiredGroup[],
): readonly Remark[] {
  const called = new Set(
    groups
      .filter(({ members }) => [...who.emails].some((email) => members.has(email)))
      .map(({ name }) => groupSubject(name, null).key),
  );
  return remarks.filter((remark) => {
    const { subject } = remark;
    if (isAbout(subject, who) || (subject.type === 'group' && called.has(subject.key))) return true;
    return (
      'candidates' in remark && remark.candidates.some((one) => who.accounts.has(one) || who.keys.has(one))
    );
  });
}
