import type { Operation, OperationKind } from '../model/operation.ts';
import { byId } from './operations.ts';

/**
 * The level of each kind. Access is taken away first, so that it goes even when a run stops early; then
 * come the things that others wait for. Within a level operations are independent and sorted by id.
 */
const levelOf: Readonly<Record<OperationKind, number>> = {
  deactivateUser: 0,
  revokeInvite: 0,
  removeMember: 1,
  removeInviteFromGroup: 1,
  revokeAccess: 1,
  adopt: 2,
  release: 2,
  createAttribute: 2,
  createGroup: 3,
  updateGroup: 3,
  decideAccessRequest: 3,
  reactivateUser: 4,
  createUser: 4,
  inviteUser: 4,
  reissueInvite: 4,
  updateUser: 5,
  setAttributes: 5,
  clearAttributes: 5,
  addMembers: 6,
  addInvitesToGroup: 6,
  setGroupAdmin: 7,
  grantAccess: 7,
  deleteGroup: 8,
};

/** What waits for what gives access: an account is disabled only once another has taken its place. */
const lastLevel = 9;

function levelFor({ kind, dependsOn }: Operation): number {
  return kind === 'deactivateUser' && dependsOn.length > 0 ? lastLevel : levelOf[kind];
}

/** Operations in the order they are shown and carried out. */
export function inOrder(operations: readonly Operation[]): Operation[] {
  return operations.toSorted((a, b) => levelFor(a) - levelFor(b) || byId(a, b));
}

/** Consecutive operations of one level: those within a level may run side by side. */
export function levelsOf(operations: readonly Operation[]): Operation[][] {
  const levels: Operation[][] = [];
  let last = -1;
  for (const operation of operations) {
    const level = levelFor(operation);
    if (level !== last) levels.push([]);
    levels.at(-1)?.push(operation);
    last = level;
  }
  return levels;
}
