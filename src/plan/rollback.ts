import type { Notice } from '../model/desired-state.ts';
import { rollbackCode, type Operation } from '../model/operation.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import { compareText } from '../model/text.ts';
import { doneBy, effectsOf, type Done } from './effects.ts';
import { fingerprintOf } from './fingerprint.ts';
import { forecastOf } from './forecast.ts';
import { guard } from './guard.ts';
import type { PlanInput } from './input.ts';
import { inverseOf } from './inverse.ts';
import { inOrder } from './order.ts';
import { keepAdmins } from './policy.ts';
import { bySubject, summaryOf, validForMs } from './plan.ts';

/** What a rollback is planned from: values only. */
export interface RollbackInput extends Omit<
  PlanInput,
  'desired' | 'absences' | 'sizes' | 'purpose' | 'observed' | 'only'
> {
  readonly record: RunRecord;
  /** The runs after it, oldest first. */
  readonly later: readonly RunRecord[];
  /** A folded address: only what was done to this account; null: everything. */
  readonly email: string | null;
}

/**
 * The inverse of an applied run, as a plan like any other. What the policy forbids may still be undone, since
 * somebody asks for exactly this; what is protected stays protected, and the guard counts as always.
 */
export function planRollback(input: RollbackInput): Plan {
  const { record, current, memory, policy, config, target, now } = input;
  const done = doneBy(record, current).flatMap((one) => narrowed(one, input.email));
  const inverse = inverseOf({
    run: record.id,
    done,
    changedLater: changedLater(input),
    userById: new Map(current.users.map((user) => [user.id, user])),
    groupById: new Map(current.groups.map((group) => [group.id, group])),
    inviteById: new Map(current.invites.map((invite) => [invite.id, invite])),
    grants: current.grants,
    memory,
    policy,
  });
  const safe = keepAdmins(inRollbackOrder(inverse.operations), current, policy);
  const { operations } = safe;
  return {
    format: 'retool-bridge/plan',
    version: 1,
    fingerprint: fingerprintOf({ operations, target, config, version: 1 }),
    createdAt: new Date(now).toISOString(),
    expiresAt: new Date(now + validForMs).toISOString(),
    target,
    config,
    summary: summaryOf(operations),
    forecast: forecastOf(operations, input),
    operations,
    skips: [...inverse.skips, ...safe.skips].toSorted(bySubject),
    conflicts: [],
    violations: guard({
      operations,
      limits: input.guard,
      memory,
      current,
      config,
      unaccounted: 0,
      sizes: [],
      now,
    }),
    notices: redoneBy(operations),
    incomplete: [],
    reads: [],
  };
}

/** Whether a plan is a rollback. It reviews no configuration, so that applying it does not count as such. */
export function isRollback({ operations }: Pick<Plan, 'operations'>): boolean {
  return operations.some(({ reason }) => reason.code === rollbackCode);
}

/** The part of an operation that is about one account; all of it when none is named. */
function narrowed(done: Done, email: string | null): readonly Done[] {
  const { operation, added } = done;
  if (email === null) return [done];
  if (operation.kind === 'addMembers') {
    const own = added.filter(({ key }) => key === email);
    return own.length === 0 ? [] : [{ ...done, added: own }];
  }
  if (operation.kind === 'addInvitesToGroup') {
    const invites = operation.after.invites.filter(({ key }) => key === email);
    return invites.length === 0 ? [] : [{ ...done, operation: { ...operation, after: { invites } } }];
  }
  const { subject } = operation;
  const isAbout =
    subject.type === 'membership' ? subject.key.startsWith(`${email} in `) : subject.key === email;
  return isAbout ? [done] : [];
}

function changedLater({ later, current }: RollbackInput): ReadonlyMap<string, string> {
  const changed = new Map<string, string>();
  for (const record of later)
    for (const done of doneBy(record, current))
      for (const effect of effectsOf(done)) changed.set(effect, record.id);
  return changed;
}

/**
 * The usual order, in which access goes first, but for two things: an account that is changed as well is disabled
 * only after that, since Retool is not asked to change disabled accounts; and what is released goes last, so that
 * nothing which is still to be written becomes ours again.
 */
function inRollbackOrder(operations: readonly Operation[]): Operation[] {
  const changed = new Set(
    operations.flatMap((one) => {
      if (one.kind === 'addMembers') return one.after.members.map(({ key }) => key);
      return one.kind === 'deactivateUser' ? [] : [one.subject.key];
    }),
  );
  const isLate = (one: Operation): boolean => one.kind === 'deactivateUser' && changed.has(one.subject.key);
  const isLast = ({ kind }: Operation): boolean => kind === 'release';
  return [
    ...inOrder(operations.filter((one) => !isLate(one) && !isLast(one))),
    ...inOrder(operations.filter(isLate)),
    ...inOrder(operations.filter(isLast)),
  ];
}

/** Nothing that called for it has changed by undoing it. */
function redoneBy(operations: readonly Operation[]): readonly Notice[] {
  const called = (pick: (one: Operation) => string | null): string =>
    [...new Set(operations.flatMap((one) => pick(one) ?? []))].toSorted(compareText).join(', ');
  const [rules, sources] = [called(({ reason }) => reason.rule), called(({ reason }) => reason.source)];
  if (rules === '' && sources === '') return [];
  const what = [rules, sources === '' ? '' : `what ${sources} says`].filter((one) => one !== '').join(' or ');
  const text = `the next sync does again what this undoes, until ${what} is changed`;
  return [{ code: 'redone', text }];
}
