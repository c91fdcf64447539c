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
  const groups = new Set<string>();
  for (const operation of operations) {
    const mine = narrowed(operation, who);
    if (mine === null) continue;
    own.set(mine.id, mine);
    const group = groupOf(mine);
    if (group !== null) groups.add(group);
  }
  return operations.flatMap((operation) => {
    const mine = own.get(operation.id);
    if (mine !== undefined) return [mine];
    return isNeeded(operation, groups) ? [operation] : [];
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
  const { subject } = operation;
  if (subject.type === 'user') return isAbout(subject, who) ? operation : null;
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

/** The key of the group that an operation is about. */
function groupOf(operation: Operation): string | null {
  return operation.kind === 'addMembers'
    ? operation.subject.key
    : (membershipOf(operation)?.group.key ?? null);
}

/** Groups are made and taken into use for whoever comes first; other changes of a group wait for a whole run. */
function isNeeded({ kind, subject }: Operation, groups: ReadonlySet<string>): boolean {
  return subject.type === 'group' && groups.has(subject.key) && (kind === 'createGroup' || kind === 'adopt');
}

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
