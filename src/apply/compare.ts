import {
  attributeText,
  type CurrentGroup,
  type CurrentInvite,
  type CurrentState,
  type CurrentUser,
  type Grant,
} from '../model/current-state.ts';
import {
  rollbackCode,
  settingsOf,
  type AccountFields,
  type GroupFields,
  type Operation,
  type OperationOf,
} from '../model/operation.ts';
import { inviteHolder, invitedBy } from '../model/store.ts';
import { folded } from '../model/text.ts';

/**
 * How the target stands to one operation: `asPlanned`, still in the state it was planned from;
 * `inEffect`, already as the operation would leave it; `changed`, neither.
 */
export type Standing =
  | { readonly state: 'asPlanned' | 'inEffect' }
  | { readonly state: 'changed'; readonly text: string };

/** The target as last read, indexed for comparing operations with it. */
export interface TargetView {
  readonly userById: ReadonlyMap<string, CurrentUser>;
  readonly userByAddress: ReadonlyMap<string, CurrentUser>;
  readonly groupById: ReadonlyMap<string, CurrentGroup>;
  readonly groupByName: ReadonlyMap<string, CurrentGroup>;
  readonly inviteById: ReadonlyMap<string, CurrentInvite>;
  /** Those that nobody has claimed, by folded address; of several the newest. */
  readonly inviteByAddress: ReadonlyMap<string, CurrentInvite>;
  readonly attributes: ReadonlySet<string>;
  /** Direct grants by group id; a group that is not in it was not asked about. */
  readonly grants: ReadonlyMap<string, readonly Grant[]>;
  /** Ids of access requests that wait; null: not read. */
  readonly waiting: ReadonlySet<string> | null;
}

const asPlanned: Standing = { state: 'asPlanned' };
const inEffect: Standing = { state: 'inEffect' };

export function viewOf(current: CurrentState): TargetView {
  return {
    userById: new Map(current.users.map((user) => [user.id, user])),
    userByAddress: new Map(current.users.map((user) => [folded(user.email), user])),
    groupById: new Map(current.groups.map((group) => [group.id, group])),
    groupByName: new Map(current.groups.map((group) => [group.name, group])),
    inviteById: new Map(current.invites.map((invite) => [invite.id, invite])),
    inviteByAddress: new Map(
      current.invites.filter(({ claimed }) => !claimed).map((invite) => [folded(invite.email), invite]),
    ),
    attributes: new Set(current.attributes.map(({ name }) => name)),
    grants: current.grants ?? new Map(),
    waiting:
      current.accessRequests === undefined ? null : new Set(current.accessRequests.map(({ id }) => id)),
  };
}

/**
 * Compares the changed fields of one operation, and nothing else, with the target. One on the account that the token
 * belongs to counts as changed: the plan was made when nobody knew whose it is.
 */
export function compare(operation: Operation, view: TargetView): Standing {
  const standing = standingOf(operation, view);
  if (standing.state !== 'asPlanned' || !isOnTokenOwner(operation, view)) return standing;
  return changed("the bridge's API token belongs to this account, which is never written to");
}

function isOnTokenOwner(operation: Operation, view: TargetView): boolean {
  if (operation.kind === 'adopt' || operation.kind === 'release') return false;
  const isMembership = operation.kind === 'removeMember' || operation.kind === 'setGroupAdmin';
  const id = isMembership ? operation.before.user.id : operation.subject.id;
  return id !== null && view.userById.get(id)?.ownsToken === true;
}

function standingOf(operation: Operation, view: TargetView): Standing {
  switch (operation.kind) {
    case 'createUser':
      return view.userByAddress.has(operation.after.email) ? inEffect : asPlanned;
    case 'createGroup':
      return view.groupByName.has(operation.after.name) ? inEffect : asPlanned;
    case 'adopt':
      return compareAdoption(operation, view);
    case 'release':
      return compareRelease(operation, view);
    case 'deactivateUser':
    case 'reactivateUser':
    case 'updateUser':
      return compareAccount(operation.before, operation.after, operation.subject.id, view);
    case 'setAttributes':
    case 'clearAttributes':
      return compareAttributes(operation, view);
    case 'updateGroup':
      return compareGroup(operation.before, operation.after, operation.subject.id, view);
    case 'addMembers':
    case 'addInvitesToGroup':
      return compareMembers(operation, view);
    case 'removeMember':
      return isMember(view, operation.before.group.id, operation.before.user.id) ? asPlanned : inEffect;
    case 'removeInviteFromGroup': {
      const { group, invite } = operation.before;
      return isMember(view, group.id, inviteHolder(invite.id)) ? asPlanned : inEffect;
    }
    case 'setGroupAdmin': {
      const held = view.groupById.get(operation.before.group.id ?? '')?.members.get(operation.before.user.id);
      if (held === undefined) return changed(`${operation.before.user.key} is no longer a member`);
      return held.groupAdmin === operation.after.is_group_admin ? inEffect : asPlanned;
    }
    case 'inviteUser':
    case 'reissueInvite':
    case 'revokeInvite':
      return compareInvite(operation, view);
    case 'createAttribute':
      return view.attributes.has(operation.after.name) ? inEffect : asPlanned;
    case 'deleteGroup':
      return compareDeletion(operation, view);
    case 'grantAccess':
    case 'revokeAccess':
      return compareGrant(operation, view);
    case 'decideAccessRequest':
      return view.waiting === null || view.waiting.has(operation.subject.id ?? '') ? asPlanned : inEffect;
  }
}

function compareInvite(
  operation: OperationOf<'inviteUser' | 'reissueInvite' | 'revokeInvite'>,
  view: TargetView,
): Standing {
  const { key, id } = operation.subject;
  if (operation.kind === 'revokeInvite') {
    const invite = view.inviteById.get(id ?? '');
    if (invite === undefined) return inEffect;
    return invite.claimed ? changed('the invite was claimed') : asPlanned;
  }
  if (view.userByAddress.has(key)) return changed(`${key} has an account by now`);
  const there = view.inviteByAddress.get(key);
  if (operation.kind === 'inviteUser') return there === undefined ? asPlanned : inEffect;
  // Between the old one and the new one there is none; then the new one is still to be made.
  return there === undefined || there.id === operation.before.id ? asPlanned : inEffect;
}

/** A group is deleted only with the members that the plan saw. */
function compareDeletion({ before, subject }: OperationOf<'deleteGroup'>, view: TargetView): Standing {
  const group = view.groupById.get(subject.id ?? '');
  if (group === undefined) return inEffect;
  const planned = new Set(before.members);
  const strangers = [...group.members.keys()].filter((id) => !planned.has(id));
  return strangers.length === 0 ? asPlanned : changed(`the group has ${strangers.length} more members now`);
}

function compareGrant(
  { before, after }: OperationOf<'grantAccess' | 'revokeAccess'>,
  view: TargetView,
): Standing {
  const { group, object } = after;
  if (group.id === null) return asPlanned;
  if (!view.groupById.has(group.id)) return changed('the group is gone');
  const granted = view.grants.get(group.id);
  // A group made in this run was given nothing yet.
  const level = granted?.find(({ type, id }) => type === object.type && id === object.id)?.level ?? null;
  if (level === after.level) return inEffect;
  if (level === before.level || granted === undefined) return asPlanned;
  return changed(`access is now ${shown(level)}, the plan saw ${shown(before.level)}`);
}

/** What becomes ours must still be what the plan saw; it may have been taken away or changed since. */
function compareAdoption({ after, before, subject }: OperationOf<'adopt'>, view: TargetView): Standing {
  const { id } = before;
  if ('member' in after)
    return isMember(view, after.group.id, after.user.id)
      ? asPlanned
      : changed(`${after.user.key} is no longer a member`);
  if ('fedBy' in after) return view.groupById.has(id) ? asPlanned : changed('the group is gone');
  if ('object' in after)
    return view.groupById.has(after.group.id ?? '') ? asPlanned : changed('the group is gone');
  if ('groups' in after) return compareInviteAdoption(id, view);
  const user = view.userById.get(id);
  if (user === undefined) return changed('the account is gone');
  if (folded(user.email) !== subject.key) return changed('the account has another address now');
  if (after.active && !user.active) return changed('the account was disabled');
  for (const [name, { value }] of Object.entries(after.attributes)) {
    const held = attributeText(user, name);
    if (held !== value) return changed(`${name} is now ${shown(held)}, the plan saw ${shown(value)}`);
  }
  return asPlanned;
}

function compareInviteAdoption(id: string, view: TargetView): Standing {
  const invite = view.inviteById.get(id);
  if (invite === undefined) return changed('the invite is gone');
  return invite.claimed ? changed('the invite was claimed') : asPlanned;
}

/** A group that is released because it is gone must be gone still; what is released by a rollback may be there. */
function compareRelease({ before, reason, subject }: OperationOf<'release'>, view: TargetView): Standing {
  return reason.code !== rollbackCode && 'fedBy' in before && view.groupById.has(subject.id ?? '')
    ? changed('the group is there again')
    : asPlanned;
}

/** Attributes of an account, or of an invite that nobody has claimed. */
function compareAttributes(
  { before, after, subject }: OperationOf<'setAttributes' | 'clearAttributes'>,
  view: TargetView,
): Standing {
  if (subject.type !== 'invite') return compareAccount(before, after, subject.id, view);
  const invite = view.inviteById.get(subject.id ?? '');
  if (invite === undefined) return changed('the invite is gone');
  const values = compareValues(before, after, invite);
  if (values.state !== 'asPlanned') return values;
  return invite.claimed ? changed('the invite was claimed') : asPlanned;
}

function compareValues(
  before: AccountFields,
  after: AccountFields,
  held: Pick<CurrentUser, 'metadata'>,
): Standing {
  let done = true;
  for (const [name, value] of Object.entries(after.metadata ?? {})) {
    const now = attributeText(held, name);
    if (now === value) continue;
    done = false;
    const planned = before.metadata?.[name] ?? null;
    if (now !== planned) return changed(`${name} is now ${shown(now)}, the plan saw ${shown(planned)}`);
  }
  return done ? inEffect : asPlanned;
}

function compareAccount(
  before: AccountFields,
  after: AccountFields,
  id: string | null,
  view: TargetView,
): Standing {
  const user = view.userById.get(id ?? '');
  if (user === undefined) return changed('the account is gone');
  const now: Record<string, unknown> = {
    first_name: user.firstName,
    last_name: user.lastName,
    user_type: user.userType,
    active: user.active,
  };
  let done = true;
  for (const field of ['first_name', 'last_name', 'user_type', 'active'] as const) {
    if (after[field] === undefined || now[field] === after[field]) continue;
    done = false;
    if (now[field] !== before[field])
      return changed(`${field} is now ${shown(now[field])}, the plan saw ${shown(before[field])}`);
  }
  const values = compareValues(before, after, user);
  if (values.state === 'changed') return values;
  if (done && values.state === 'inEffect') return inEffect;
  return after.active === undefined && !user.active ? changed('the account was disabled') : asPlanned;
}

function compareGroup(
  before: GroupFields,
  after: GroupFields,
  id: string | null,
  view: TargetView,
): Standing {
  const group = view.groupById.get(id ?? '');
  if (group === undefined) return changed('the group is gone');
  const now = settingsOf(group);
  let done = true;
  for (const field of Object.keys(after) as (keyof GroupFields)[]) {
    if (now[field] === after[field]) continue;
    done = false;
    if (now[field] !== before[field])
      return changed(`${field} is now ${shown(now[field])}, the plan saw ${shown(before[field])}`);
  }
  return done ? inEffect : asPlanned;
}

function compareMembers(
  operation: OperationOf<'addMembers' | 'addInvitesToGroup'>,
  view: TargetView,
): Standing {
  const { id } = operation.subject;
  if (id === null) return asPlanned;
  if (!view.groupById.has(id)) return changed('the group is gone');
  const holders =
    operation.kind === 'addMembers'
      ? operation.after.members.map((member) => member.id)
      : operation.after.invites.map((invite) => inviteHolder(invite.id));
  return holders.every((holder) => holder !== null && isMember(view, id, holder)) ? inEffect : asPlanned;
}

/** The id of the account, group or invite that has the address or name a creation gives; null when nothing has. */
export function createdId(operation: Operation, view: TargetView): string | null {
  switch (operation.kind) {
    case 'createUser':
      return view.userByAddress.get(operation.after.email)?.id ?? null;
    case 'createGroup':
      return view.groupByName.get(operation.after.name)?.id ?? null;
    case 'inviteUser':
      return view.inviteByAddress.get(operation.subject.key)?.id ?? null;
    case 'reissueInvite': {
      const id = view.inviteByAddress.get(operation.subject.key)?.id ?? null;
      return id === operation.before.id ? null : id;
    }
    default:
      return null;
  }
}

/** Whether an account, or an invite by the name of its holder, is in a group. */
export function isMember(view: TargetView, groupId: string | null, holder: string): boolean {
  const invite = invitedBy(holder);
  if (invite !== null) return view.inviteById.get(invite)?.groups.has(groupId ?? '') === true;
  return view.groupById.get(groupId ?? '')?.members.has(holder) === true;
}

function changed(text: string): Standing {
  return { state: 'changed', text };
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'empty' : JSON.stringify(value);
}
