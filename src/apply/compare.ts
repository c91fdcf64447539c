import {
  attributeText,
  type CurrentGroup,
  type CurrentState,
  type CurrentUser,
} from '../model/current-state.ts';
import {
  accessFields,
  rollbackCode,
  type AccountFields,
  type GroupFields,
  type Operation,
  type OperationOf,
} from '../model/operation.ts';
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
}

const asPlanned: Standing = { state: 'asPlanned' };
const inEffect: Standing = { state: 'inEffect' };

export function viewOf(current: CurrentState): TargetView {
  return {
    userById: new Map(current.users.map((user) => [user.id, user])),
    userByAddress: new Map(current.users.map((user) => [folded(user.email), user])),
    groupById: new Map(current.groups.map((group) => [group.id, group])),
    groupByName: new Map(current.groups.map((group) => [group.name, group])),
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
    case 'setAttributes':
    case 'clearAttributes':
      return compareAccount(operation.before, operation.after, operation.subject.id, view);
    case 'updateGroup':
      return compareGroup(operation.before, operation.after, operation.subject.id, view);
    case 'addMembers':
      return compareMembers(operation, view);
    case 'removeMember':
      return isMember(view, operation.before.group.id, operation.before.user.id) ? asPlanned : inEffect;
    case 'setGroupAdmin': {
      const held = view.groupById.get(operation.before.group.id ?? '')?.members.get(operation.before.user.id);
      if (held === undefined) return changed(`${operation.before.user.key} is no longer a member`);
      return held.groupAdmin === operation.after.is_group_admin ? inEffect : asPlanned;
    }
  }
}

/** What becomes ours must still be what the plan saw; it may have been taken away or changed since. */
function compareAdoption({ after, before, subject }: OperationOf<'adopt'>, view: TargetView): Standing {
  const { id } = before;
  if ('member' in after)
    return isMember(view, after.group.id, after.user.id)
      ? asPlanned
      : changed(`${after.user.key} is no longer a member`);
  if ('fedBy' in after) return view.groupById.has(id) ? asPlanned : changed('the group is gone');
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

/** A group that is released because it is gone must be gone still; what is released by a rollback may be there. */
function compareRelease({ before, reason, subject }: OperationOf<'release'>, view: TargetView): Standing {
  return reason.code !== rollbackCode && 'fedBy' in before && view.groupById.has(subject.id ?? '')
    ? changed('the group is there again')
    : asPlanned;
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
  for (const [name, value] of Object.entries(after.metadata ?? {})) {
    const held = attributeText(user, name);
    if (held === value) continue;
    done = false;
    const planned = before.metadata?.[name] ?? null;
    if (held !== planned) return changed(`${name} is now ${shown(held)}, the plan saw ${shown(planned)}`);
  }
  if (done) return inEffect;
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
  const now: GroupFields = { name: group.name, ...accessFields(group.access) };
  let done = true;
  for (const field of Object.keys(after) as (keyof GroupFields)[]) {
    if (now[field] === after[field]) continue;
    done = false;
    if (now[field] !== before[field])
      return changed(`${field} is now ${shown(now[field])}, the plan saw ${shown(before[field])}`);
  }
  return done ? inEffect : asPlanned;
}

function compareMembers(operation: OperationOf<'addMembers'>, view: TargetView): Standing {
  const group = operation.subject.id === null ? undefined : view.groupById.get(operation.subject.id);
  if (group === undefined) return operation.subject.id === null ? asPlanned : changed('the group is gone');
  return operation.after.members.every((member) => member.id !== null && group.members.has(member.id))
    ? inEffect
    : asPlanned;
}

/** The id of the account or group that has the address or name a creation gives; null when nothing has. */
export function createdId(operation: Operation, view: TargetView): string | null {
  if (operation.kind === 'createUser') return view.userByAddress.get(operation.after.email)?.id ?? null;
  return operation.kind === 'createGroup' ? (view.groupByName.get(operation.after.name)?.id ?? null) : null;
}

export function isMember(view: TargetView, groupId: string | null, userId: string): boolean {
  return view.groupById.get(groupId ?? '')?.members.has(userId) === true;
}

function changed(text: string): Standing {
  return { state: 'changed', text };
}

function shown(value: unknown): string {
  return value === null || value === undefined ? 'empty' : JSON.stringify(value);
}
