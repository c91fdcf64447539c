import type { Operation, OperationKind } from '../model/operation.ts';
import type { PerformContext, Reply } from '../model/sink.ts';
import { Unsendable } from './bodies.ts';
import type { Client } from './client.ts';
import { createAttribute, decideAccessRequest, grantAccess, revokeAccess } from './perform-access.ts';
import {
  addMembers,
  createGroup,
  deleteGroup,
  removeMember,
  setGroupAdmin,
  updateGroup,
} from './perform-groups.ts';
import {
  addInvitesToGroup,
  inviteUser,
  reissueInvite,
  removeInviteFromGroup,
  revokeInvite,
} from './perform-invites.ts';
import { createUser, deactivateUser, updateUser, writeAttributes } from './perform-users.ts';
import type { Performing } from './performing.ts';
import { invalid } from './reply.ts';

/** Whatever takes access away goes before whatever gives it, also when the quota makes everybody wait. */
const priorities: Readonly<Record<OperationKind, number>> = {
  deactivateUser: 3,
  revokeInvite: 3,
  removeMember: 2,
  removeInviteFromGroup: 2,
  revokeAccess: 2,
  deleteGroup: 1,
  clearAttributes: 1,
  setGroupAdmin: 1,
  adopt: 0,
  release: 0,
  createUser: 0,
  updateUser: 0,
  reactivateUser: 0,
  setAttributes: 0,
  createGroup: 0,
  updateGroup: 0,
  addMembers: 0,
  inviteUser: 0,
  reissueInvite: 0,
  addInvitesToGroup: 0,
  createAttribute: 0,
  grantAccess: 0,
  decideAccessRequest: 0,
};

/** Carries out one operation; see `Sink.perform`. */
export async function perform(
  client: Client,
  operation: Operation,
  context: PerformContext,
  signal: AbortSignal,
): Promise<Reply> {
  try {
    return await carryOut({ client, context, signal, priority: priorities[operation.kind] }, operation);
  } catch (error) {
    if (error instanceof Unsendable) return invalid(error.message);
    throw error;
  }
}

async function carryOut(performing: Performing, operation: Operation): Promise<Reply> {
  switch (operation.kind) {
    case 'createUser':
      return createUser(performing, operation);
    case 'updateUser':
    case 'reactivateUser':
      return updateUser(performing, operation);
    case 'deactivateUser':
      return deactivateUser(performing, operation);
    case 'setAttributes':
    case 'clearAttributes':
      return writeAttributes(performing, operation);
    case 'createGroup':
      return createGroup(performing, operation);
    case 'updateGroup':
      return updateGroup(performing, operation);
    case 'addMembers':
      return addMembers(performing, operation);
    case 'removeMember':
      return removeMember(performing, operation);
    case 'setGroupAdmin':
      return setGroupAdmin(performing, operation);
    case 'deleteGroup':
      return deleteGroup(performing, operation);
    case 'inviteUser':
      return inviteUser(performing, operation);
    case 'reissueInvite':
      return reissueInvite(performing, operation);
    case 'revokeInvite':
      return revokeInvite(performing, operation);
    case 'addInvitesToGroup':
      return addInvitesToGroup(performing, operation);
    case 'removeInviteFromGroup':
      return removeInviteFromGroup(performing, operation);
    case 'createAttribute':
      return createAttribute(performing, operation);
    case 'grantAccess':
      return grantAccess(performing, operation);
    case 'revokeAccess':
      return revokeAccess(performing, operation);
    case 'decideAccessRequest':
      return decideAccessRequest(performing, operation);
    case 'adopt':
    case 'release':
      return invalid('This operation writes to the state only and has no request.');
  }
}
