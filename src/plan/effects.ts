import type { CurrentState } from '../model/current-state.ts';
import type { Operation, OperationOf } from '../model/operation.ts';
import type { RunRecord } from '../model/outcome.ts';
import { grantKey, inviteHolder } from '../model/store.ts';
import { folded } from '../model/text.ts';

/** An operation that was applied, with the ids that were only known then. */
export interface Done {
  readonly operation: Operation;
  /** The target's id of its subject; null for a membership, and for what cannot be found any more. */
  readonly id: string | null;
  /** The members that an addition added, by account id. */
  readonly added: readonly { readonly id: string; readonly key: string }[];
}

/** What a run did to the target and to what is ours, in the order of its plan. */
export function doneBy({ plan, outcomes }: RunRecord, current: CurrentState): Done[] {
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.operation, outcome]));
  const idByAddress = new Map(current.users.map((user) => [folded(user.email), user.id]));
  const groupByName = new Map(current.groups.map((group) => [group.name, group.id]));
  return plan.operations.flatMap((operation) => {
    const outcome = outcomeOf.get(operation.id);
    if (outcome?.state !== 'applied') return [];
    const id = outcome.subject.id ?? madeId(operation, idByAddress, groupByName);
    const leftOut = new Set(outcome.items.map((item) => item.key));
    const members = operation.kind === 'addMembers' ? operation.after.members : [];
    const added = members.flatMap((member) => {
      const account =
        member.id ?? outcomeOf.get(member.waitsFor ?? '')?.subject.id ?? idByAddress.get(member.key);
      return leftOut.has(member.key) || account === undefined ? [] : [{ id: account, key: member.key }];
    });
    return [{ operation, id, added }];
  });
}

function madeId(
  operation: Operation,
  idByAddress: ReadonlyMap<string, string>,
  groupByName: ReadonlyMap<string, string>,
): string | null {
  if (operation.kind === 'createUser') return idByAddress.get(operation.after.email) ?? null;
  return operation.kind === 'createGroup' ? (groupByName.get(operation.after.name) ?? null) : null;
}

/** Names of what an operation had an effect on, each the same whichever operation has it. */
export function effectsOf({ operation, id, added }: Done): readonly string[] {
  switch (operation.kind) {
    case 'createUser':
      return id === null ? [] : [effect.active(id), effect.owned(id)];
    case 'deactivateUser':
    case 'reactivateUser':
    case 'updateUser':
    case 'setAttributes':
    case 'clearAttributes': {
      if (id === null) return [];
      const holder = operation.subject.type === 'invite' ? inviteHolder(id) : id;
      return [...accountEffects(operation, holder), effect.owned(holder)];
    }
    case 'createGroup':
    case 'deleteGroup':
      return id === null ? [] : [effect.owned(id)];
    case 'inviteUser':
    case 'reissueInvite':
    case 'revokeInvite':
      return [effect.invite(operation.subject.key)];
    case 'addInvitesToGroup':
      return id === null
        ? []
        : operation.after.invites.flatMap((invite) => [
            effect.member(id, inviteHolder(invite.id)),
            effect.invite(invite.key),
          ]);
    case 'removeInviteFromGroup': {
      const { group, invite } = operation.before;
      return group.id === null ? [] : [effect.member(group.id, inviteHolder(invite.id))];
    }
    case 'grantAccess':
    case 'revokeAccess': {
      const { group, object } = operation.after;
      return group.id === null ? [] : [effect.grant(group.id, grantKey(object)), effect.owned(group.id)];
    }
    case 'createAttribute':
    case 'decideAccessRequest':
      return [];
    case 'updateGroup':
      return id === null
        ? []
        : [...Object.keys(operation.after).map((field) => effect.field(id, field)), effect.owned(id)];
    case 'addMembers':
      return id === null
        ? []
        : [
            ...added.flatMap((member) => [effect.member(id, member.id), effect.owned(member.id)]),
            effect.owned(id),
          ];
    case 'removeMember':
    case 'setGroupAdmin': {
      const { group, user } = operation.before;
      return group.id === null
        ? []
        : [effect.member(group.id, user.id), effect.owned(group.id), effect.owned(user.id)];
    }
    case 'adopt':
      return ownershipEffects(operation.after, operation.before.id);
    case 'release':
      return ownershipEffects(operation.before, id);
  }
}

/** The names themselves; ids of accounts and groups never meet, as a group's has digits only. */
export const effect = {
  active: (user: string): string => `active ${user}`,
  field: (id: string, field: string): string => `field ${id} ${field}`,
  attribute: (user: string, name: string): string => `attribute ${user} ${name}`,
  invite: (email: string): string => `invite ${email}`,
  grant: (group: string, object: string): string => `grant ${group} ${object}`,
  member: (group: string, user: string): string => `member ${group} ${user}`,
  /** That an account or group, or anything of it, is ours. */
  owned: (id: string): string => `owned ${id}`,
} as const;

type AccountWrite = OperationOf<
  'deactivateUser' | 'reactivateUser' | 'updateUser' | 'setAttributes' | 'clearAttributes'
>;

function accountEffects({ after }: AccountWrite, id: string): readonly string[] {
  const fields: AccountWrite['after'] & { readonly metadata?: object } = after;
  const attributes = Object.keys(fields.metadata ?? {}).map((name) => effect.attribute(id, name));
  const own = Object.keys(fields).filter((name) => name.endsWith('_name') || name === 'user_type');
  return [
    ...(after.active === undefined ? [] : [effect.active(id)]),
    ...own.map((name) => effect.field(id, name)),
    ...attributes,
  ];
}

function ownershipEffects(owned: OperationOf<'adopt'>['after'], id: string | null): readonly string[] {
  if ('object' in owned)
    return owned.group.id === null ? [] : [effect.grant(owned.group.id, grantKey(owned.object))];
  if ('groups' in owned) return id === null ? [] : [effect.owned(inviteHolder(id))];
  if ('member' in owned) return owned.group.id === null ? [] : [effect.member(owned.group.id, owned.user.id)];
  return id === null ? [] : [effect.owned(id)];
}
