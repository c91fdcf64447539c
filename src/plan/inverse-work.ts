import type { CurrentGroup, CurrentInvite, CurrentState, CurrentUser } from '../model/current-state.ts';
import type { Skip } from '../model/desired-state.ts';
import {
  rollbackCode,
  type NewInviteMember,
  type NewMember,
  type Operation,
  type Reason,
} from '../model/operation.ts';
import type { Policy } from '../model/rules.ts';
import type { Memory } from '../model/store.ts';
import { folded } from '../model/text.ts';
import { isProtectedUser } from './correlation.ts';
import type { Done } from './effects.ts';
import { isProtectedGroup } from './input.ts';

/** What the inverse of one run is worked out from. */
export interface InverseInput {
  /** The run's id. */
  readonly run: string;
  /** What it did, in the order of its plan. */
  readonly done: readonly Done[];
  /** What later runs had an effect on -> the last one that did. */
  readonly changedLater: ReadonlyMap<string, string>;
  readonly userById: ReadonlyMap<string, CurrentUser>;
  readonly groupById: ReadonlyMap<string, CurrentGroup>;
  readonly inviteById: ReadonlyMap<string, CurrentInvite>;
  /** Direct grants by group id, as they are now. */
  readonly grants: CurrentState['grants'];
  readonly memory: Memory;
  readonly policy: Policy;
}

/** The operations that undo a run, and what of it is not undone, with the reason. */
export interface Inverse {
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
}

/** What is found out on the way. */
export interface InverseWork extends InverseInput {
  readonly operations: Operation[];
  readonly skips: Skip[];
  /** Members to be given back, by group id. */
  readonly returning: Map<string, NewMember[]>;
  /** Invites to be given back, by group id. */
  readonly invitesBack: Map<string, NewInviteMember[]>;
}

/** Why an operation of a rollback is there: what called for it once is what would call for it again. */
export function undoing({ run }: InverseWork, { id, reason }: Operation): Reason {
  const { rule, source, externalId } = reason;
  return { code: rollbackCode, rule, source, externalId, text: `undoes ${id} of run ${run}` };
}

/** The account an operation is about; null, and reported, when nothing may be done to it. */
export function accountOf(work: InverseWork, one: Operation, id: string | null): CurrentUser | null {
  const user = work.userById.get(id ?? '');
  if (user === undefined) stale(work, one, `${one.subject.key} is no longer in Retool`);
  else if (isProtectedUser(work, user))
    skip(work, one, 'protected', `${folded(user.email)} is protected and never written to`);
  else return user;
  return null;
}

/** The group an operation is about; null, and reported, when nothing may be done to it. */
export function groupOf(work: InverseWork, one: Operation, id: string | null): CurrentGroup | null {
  const group = work.groupById.get(id ?? '');
  if (group === undefined) stale(work, one, `the group of ${one.id} is no longer in Retool`);
  else if (isProtectedGroup(group.name, work.policy))
    skip(work, one, 'protected', `"${group.name}" is protected and never written to`);
  else return group;
  return null;
}

/** The invite an operation is about; null, and reported, when nobody can claim it any more. */
export function inviteOf(work: InverseWork, one: Operation, id: string | null): CurrentInvite | null {
  const invite = work.inviteById.get(id ?? '');
  if (invite !== undefined && !invite.claimed) return invite;
  const what = invite === undefined ? 'is no longer in Retool' : 'was claimed by now';
  stale(work, one, `the invite of ${one.subject.key} ${what}`);
  return null;
}

/** Whether a later run had an effect on the same thing; that is reported then. */
export function isStale(work: InverseWork, one: Operation, changed: string): boolean {
  const later = work.changedLater.get(changed);
  if (later === undefined) return false;
  stale(work, one, `run ${later} changed the same since`);
  return true;
}

/** Reports what is not as the run left it any more. */
export function stale(work: InverseWork, one: Operation, text: string): void {
  skip(work, one, 'stale', text);
}

/** Reports what is not undone. */
export function skip(work: InverseWork, one: Operation, code: string, because: string): void {
  work.skips.push({ subject: one.subject, code, text: `${one.id} is not undone: ${because}` });
}
