import { harmlessRevocations, type Operation, type OperationKind } from '../model/operation.ts';

/*
 * What of a plan takes something away, as the guard counts it.
 */

/** What takes somebody's access to Retool away; an invite that makes way for an account takes nothing. */
export function disablesIn(operations: readonly Operation[]): readonly Operation[] {
  return operations.filter(
    ({ kind, reason }) =>
      kind === 'deactivateUser' || (kind === 'revokeInvite' && !harmlessRevocations.has(reason.code)),
  );
}

export function invitesAmong(disables: readonly Operation[]): string {
  return disables.some(({ kind }) => kind === 'revokeInvite') ? ' or lose their invite' : '';
}

/** Everything that takes a membership or a grant away, once for each. */
export function removalsIn(operations: readonly Operation[]): readonly Operation[] {
  return operations.flatMap((one): readonly Operation[] => {
    if (one.kind === 'deleteGroup') return one.before.members.map(() => one);
    return removalKinds.has(one.kind) ? [one] : [];
  });
}

const removalKinds: ReadonlySet<OperationKind> = new Set([
  'removeMember',
  'removeInviteFromGroup',
  'revokeAccess',
]);

/** The id of the group that a removal concerns, and its name. */
export function groupOfRemoval(one: Operation): { readonly id: string; readonly name: string } {
  if (one.kind === 'deleteGroup') return { id: one.subject.id ?? '', name: one.before.name };
  const group = one.kind === 'removeMember' || one.kind === 'removeInviteFromGroup' ? one.before.group : null;
  return { id: group?.id ?? '', name: group?.key ?? '' };
}

export function grantsAmong(removals: readonly Operation[]): string {
  return removals.some(({ kind }) => kind === 'revokeAccess') ? ', grants among them' : '';
}

/** Whether an operation takes away anything at all, values included. */
export function takesAway({ kind }: Operation): boolean {
  return removalKinds.has(kind) || takingKinds.has(kind);
}

const takingKinds: ReadonlySet<OperationKind> = new Set([
  'deactivateUser',
  'revokeInvite',
  'clearAttributes',
  'deleteGroup',
]);
