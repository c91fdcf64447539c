import type { CurrentState } from '../model/current-state.ts';
import type { Skip } from '../model/desired-state.ts';
import type { GroupFields, Operation, OperationKind, OperationOf } from '../model/operation.ts';
import type { Policy, PolicyName } from '../model/rules.ts';
import type { PlanInput } from './input.ts';

/** The operations a policy lets through, and what it left out. */
export interface Permitted {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
}

const upsertKinds: ReadonlySet<OperationKind> = new Set([
  'adopt',
  'createUser',
  'updateUser',
  'setAttributes',
  'reactivateUser',
  'createGroup',
  'addMembers',
  'inviteUser',
  'reissueInvite',
  'addInvitesToGroup',
  'createAttribute',
]);
const createKinds: ReadonlySet<OperationKind> = new Set([
  'adopt',
  'createUser',
  'createGroup',
  'inviteUser',
  'createAttribute',
]);
/** Access levels from the lowest up. */
const levels: readonly string[] = ['none', 'use', 'edit', 'own'];

/** Drops what the policy forbids, and what a backfill does not do, and with it whatever depends on what was dropped. */
export function permit(
  operations: readonly Operation[],
  policy: PolicyName,
  purpose?: PlanInput['purpose'],
): Permitted {
  const permitted = permitByPolicy(operations, policy);
  if (purpose !== 'backfill') return permitted;
  const suitable = permitBackfill(permitted.operations);
  return { operations: suitable.operations, skips: [...permitted.skips, ...suitable.skips] };
}

function permitByPolicy(operations: readonly Operation[], policy: PolicyName): Permitted {
  if (policy === 'sync') return { operations, skips: [] };
  return withoutRefused(
    operations,
    (operation) =>
      permitOne(operation, policy, operations) ?? {
        code: 'policy',
        text: `policy ${policy} leaves out ${operation.id} (${operation.reason.text})`,
      },
  );
}

function permitOne(
  operation: Operation,
  policy: 'create-only' | 'upsert-only',
  all: readonly Operation[],
): Operation | null {
  if (policy === 'create-only') {
    if (operation.kind === 'addMembers') return membersOfNew(operation, all);
    if (operation.kind === 'grantAccess') return operation.after.group.id === null ? operation : null;
    return createKinds.has(operation.kind) && !replaces(operation) ? operation : null;
  }
  // The old account would go on beside the new one.
  if (replaces(operation)) return null;
  if (operation.kind === 'updateGroup')
    return lowersAccess(operation.before, operation.after) ? null : operation;
  if (operation.kind === 'grantAccess') return lowersGrant(operation) ? null : operation;
  if (operation.kind === 'decideAccessRequest')
    return operation.after.status === 'APPROVED' ? operation : null;
  if (operation.kind === 'setGroupAdmin') return operation.after.is_group_admin ? operation : null;
  return upsertKinds.has(operation.kind) ? operation : null;
}

function replaces(operation: Operation): boolean {
  return operation.kind === 'createUser' && operation.after.replaces !== undefined;
}

function lowersGrant({ before, after }: OperationOf<'grantAccess'>): boolean {
  return before.level !== null && levels.indexOf(after.level) < levels.indexOf(before.level);
}

const backfillKinds: ReadonlySet<OperationKind> = new Set([
  ...createKinds,
  'addMembers',
  'addInvitesToGroup',
]);

/**
 * What a backfill does of a plan: it adopts, creates and adds members; it changes nothing that is there, and takes
 * nothing away. Members that wait for an account to be switched on again are left out with that operation.
 */
function permitBackfill(operations: readonly Operation[]): Permitted {
  const leftOut = new Set(
    operations.filter((one) => !backfillKinds.has(one.kind) || replaces(one)).map(({ id }) => id),
  );
  return withoutRefused(operations, (operation) => {
    const members =
      operation.kind === 'addMembers'
        ? operation.after.members.filter(({ waitsFor }) => waitsFor === null || !leftOut.has(waitsFor))
        : [];
    if (operation.kind === 'addMembers' && members.length > 0) return { ...operation, after: { members } };
    if (operation.kind !== 'addMembers' && !leftOut.has(operation.id)) return operation;
    const text = `backfill leaves out ${operation.id} (${operation.reason.text}); sync does it`;
    return { code: 'backfill', text };
  });
}

/** create-only gives memberships only to the accounts and in the groups that it creates. */
function membersOfNew(operation: OperationOf<'addMembers'>, all: readonly Operation[]): Operation | null {
  if (operation.subject.id === null) return operation;
  const created = new Set(all.filter((one) => one.kind === 'createUser').map((one) => one.id));
  const members = operation.after.members.filter(
    (member) => member.waitsFor !== null && created.has(member.waitsFor),
  );
  return members.length === 0 ? null : { ...operation, after: { members } };
}

function lowersAccess(before: GroupFields, after: GroupFields): boolean {
  return (Object.keys(after) as (keyof GroupFields)[]).some((field) => {
    const [earlier, later] = [before[field], after[field]];
    if (typeof later === 'boolean') return earlier === true && !later;
    if (!field.startsWith('universal_')) return false;
    return levels.indexOf(later ?? '') < levels.indexOf(typeof earlier === 'string' ? earlier : '');
  });
}

/**
 * No operation may lower the active admins below `protect.admins`: those that would are left out, in
 * plan order. An organisation that has fewer already is never held for it.
 */
export function keepAdmins(
  operations: readonly Operation[],
  current: CurrentState,
  policy: Policy,
): Permitted {
  const admins = new Set(current.users.filter((user) => user.isAdmin && user.active).map((user) => user.id));
  let spare = Math.max(0, admins.size - policy.protect.admins);
  return withoutRefused(operations, (operation) => {
    const id = adminLostBy(operation);
    if (id === null || !admins.has(id)) return operation;
    if (spare === 0)
      return {
        code: 'lastAdmins',
        text: `${operation.id} would leave fewer than ${policy.protect.admins} active admins`,
      };
    spare -= 1;
    admins.delete(id);
    return operation;
  });
}

/** What stands in the place of an operation that is not allowed. */
type Refused = Pick<Skip, 'code' | 'text'>;

/** Keeps what `judge` lets through, as it gives it back; what depends on a refused operation goes with it. */
function withoutRefused(
  operations: readonly Operation[],
  judge: (operation: Operation) => Operation | Refused,
): Permitted {
  const kept: Operation[] = [];
  const skips: Skip[] = [];
  const dropped = new Map<string, Refused>();
  for (const operation of operations) {
    const broken = operation.dependsOn.map((id) => dropped.get(id)).find((refused) => refused !== undefined);
    const verdict =
      broken === undefined
        ? judge(operation)
        : { code: broken.code, text: `${operation.id} waits for what is left out: ${broken.text}` };
    if ('kind' in verdict) kept.push(verdict);
    else {
      dropped.set(operation.id, verdict);
      skips.push({ subject: operation.subject, ...verdict });
    }
  }
  return { operations: kept, skips };
}

function adminLostBy(operation: Operation): string | null {
  if (operation.kind === 'deactivateUser') return operation.subject.id;
  return operation.kind === 'removeMember' && operation.before.group.key === 'admin'
    ? operation.before.user.id
    : null;
}
