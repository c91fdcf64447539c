import type { Operation } from '../model/operation.ts';
import type { ObjectType } from '../model/rules.ts';
import type { Extras } from '../model/sink.ts';

/** What has to be read again, beside users and groups, to see these operations in effect. */
export interface Changed {
  readonly attributes: boolean;
  readonly invites: boolean;
  readonly extras: Extras;
}

export function changedBy(operations: readonly Operation[]): Changed {
  const grants = new Map<string, Set<ObjectType>>();
  const types = new Set<string>();
  for (const operation of operations) {
    types.add(operation.subject.type === 'invite' ? 'invite' : operation.kind);
    if (operation.kind !== 'grantAccess' && operation.kind !== 'revokeAccess') continue;
    const { group, object } = operation.after;
    if (group.id === null) continue;
    grants.set(group.id, (grants.get(group.id) ?? new Set()).add(object.type));
  }
  const invites = types.has('invite') || types.has('addInvitesToGroup') || types.has('removeInviteFromGroup');
  return {
    attributes: types.has('createAttribute'),
    invites,
    extras: {
      catalogues: new Set(),
      grants,
      accessRequests: types.has('decideAccessRequest') ? 'pending' : 'none',
    },
  };
}
