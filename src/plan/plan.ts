import type { Conflict, Notice, Skip } from '../model/desired-state.ts';
import type { Operation, OperationKind } from '../model/operation.ts';
import type { Plan, Summary, Violation } from '../model/plan.ts';
import type { GuardLimits } from '../model/rules.ts';
import { compareText, count, folded } from '../model/text.ts';
import { missingDefinitions, withDefinitions } from './attribute-definitions.ts';
import { correlate } from './correlate.ts';
import type { Correlation } from './correlation.ts';
import { diffAccessRequests } from './diff-access-requests.ts';
import { diffGrants } from './diff-grants.ts';
import { diffGroups } from './diff-groups.ts';
import { diffInvites } from './diff-invites.ts';
import { diffMemberships } from './diff-memberships.ts';
import { diffUsers } from './diff-users.ts';
import { fingerprintOf } from './fingerprint.ts';
import { forecastOf, seatNotices } from './forecast.ts';
import { guard } from './guard.ts';
import { withoutHidden } from './hidden.ts';
import { indexCurrent, type Index } from './index-current.ts';
import type { PlanInput } from './input.ts';

import { operationsOf, remarksOf } from './only.ts';
import { inOrder } from './order.ts';
import { keepAdmins, permit } from './policy.ts';
import { resolveGroups, type GroupResolution } from './resolve-groups.ts';
import { unknownAccounts } from './unknown-accounts.ts';

/** How long a plan may be applied after it was made. */
export const validForMs = 24 * 3_600_000;

/**
 * Compares what should be with what is, and says what to do: pure and deterministic, the same input
 * gives the same bytes. Throws `attributeUndefined` when the mapping names an attribute that the
 * target does not define.
 */
export function planChanges(whole: PlanInput): Plan {
  const input = withoutHidden(whole);
  const draft = draftOf(input);
  const permitted = permit(draft.operations, input.policy.policy, input.purpose);
  const safe = keepAdmins(permitted.operations, input.current, input.policy);
  const operations =
    input.only === undefined ? safe.operations : operationsOf(safe.operations, input.only.who);
  const { config, target } = input;
  const skips = [...draft.skips, ...permitted.skips, ...safe.skips];
  const forecast = forecastOf(operations, input);
  return {
    format: 'retool-bridge/plan',
    version: 1,
    fingerprint: fingerprintOf({ operations, target, config, version: 1 }),
    createdAt: new Date(input.now).toISOString(),
    expiresAt: new Date(input.now + validForMs).toISOString(),
    ...(input.only === undefined ? {} : { only: input.only.asked }),
    target,
    config,
    summary: summaryOf(operations),
    forecast,
    operations,
    skips: aboutThem(skips, input).toSorted(bySubject),
    conflicts: aboutThem(draft.conflicts, input).toSorted(bySubject),
    violations: violationsOf(input, operations, draft.correlation),
    notices: [
      ...noticesOf(input, draft.correlation, draft.resolution),
      ...seatNotices(forecast),
      ...unknownAccounts(input),
    ].toSorted((a, b) => compareText(a.text, b.text)),
    incomplete: draft.incomplete.toSorted(compareText),
    reads: [],
  };
}

/** Everything that differs, before anybody asks whether it may be done. */
interface PlanDraft {
  readonly correlation: Correlation;
  readonly resolution: GroupResolution;
  /** In order. */
  readonly operations: readonly Operation[];
  readonly skips: readonly Skip[];
  readonly conflicts: readonly Conflict[];
  readonly incomplete: readonly string[];
}

function draftOf(input: PlanInput): PlanDraft {
  const definitions = missingDefinitions(input);
  const index = indexCurrent(input.current, input.memory);
  const correlation = correlate(input, index);
  const users = diffUsers(input, correlation);
  const resolution = resolveGroups(input, index);
  const groups = diffGroups(input, resolution, correlation);
  const memberships = diffMemberships(input, index, correlation, users, resolution, groups.deleted);
  const invites = diffInvites(input, correlation, resolution, groups.deleted);
  const grants = diffGrants(input, resolution, groups.deleted);
  const operations = withDefinitions(definitions, [
    ...users.operations.map((operation) =>
      afterReplacement(
        returnAfterRemovals(operation, memberships.operations, index, resolution),
        memberships.operations,
      ),
    ),
    ...[groups, memberships, invites, grants].flatMap((diff) => diff.operations),
    ...diffAccessRequests(input),
  ]);
  const parts = [input.desired, correlation, users, resolution, groups, memberships, invites, grants];
  return {
    correlation,
    resolution,
    operations: inOrder(operations),
    skips: parts.flatMap((part) => part.skips),
    conflicts: [input.desired, correlation, users, resolution].flatMap((part) => part.conflicts),
    incomplete: [input.desired, resolution, groups, grants].flatMap((part) => part.incomplete),
  };
}

function violationsOf(
  input: PlanInput,
  operations: readonly Operation[],
  { unaccounted }: Correlation,
): readonly Violation[] {
  const { memory, current, config, sizes, now } = input;
  return guard({
    operations,
    limits: limitsFor(input),
    memory,
    current,
    config,
    unaccounted: unaccounted.length,
    sizes,
    now,
  });
}

/** A first run over a living organisation creates more than any run after it may. */
function limitsFor({ guard: limits, purpose }: PlanInput): GuardLimits {
  return purpose === 'backfill' ? { ...limits, creates: { count: Infinity, percent: 100 } } : limits;
}

/** All of it, or what is about the one person that is asked for. */
function aboutThem<Remark extends Skip | Conflict>(
  remarks: readonly Remark[],
  { only, desired }: PlanInput,
): readonly Remark[] {
  return only === undefined ? remarks : remarksOf(remarks, only.who, desired.groups);
}

/**
 * A returning person's stale memberships that are ours go before the account is switched on; stale
 * ones that are not ours are named in the reason, since they come back with the account.
 */
function returnAfterRemovals(
  operation: Operation,
  memberships: readonly Operation[],
  index: Index,
  resolution: GroupResolution,
): Operation {
  if (operation.kind !== 'reactivateUser') return operation;
  const { id } = operation.subject;
  const removals = memberships.filter((one) => one.kind === 'removeMember' && one.before.user.id === id);
  const calledFor = new Set(
    resolution.groups
      .filter((group) => group.desired.members.has(operation.subject.key))
      .map((group) => group.current?.id),
  );
  const removed = new Set(removals.map((one) => (one.kind === 'removeMember' ? one.before.group.id : null)));
  const foreign = [...index.groupById.values()].filter(
    (group) =>
      id !== null &&
      group.members.has(id) &&
      !removed.has(group.id) &&
      !calledFor.has(group.id) &&
      group.name !== 'All Users',
  );
  const names = foreign.map((group) => `"${group.name}"`).toSorted(compareText);
  const text =
    names.length === 0
      ? operation.reason.text
      : `${operation.reason.text}; memberships that are not ours come back with the account: ${names.join(', ')}`;
  return {
    ...operation,
    reason: { ...operation.reason, text },
    dependsOn: [...operation.dependsOn, ...removals.map((one) => one.id)].toSorted(compareText),
  };
}

/** An account that was replaced is disabled once the new one has its memberships, too. */
function afterReplacement(operation: Operation, memberships: readonly Operation[]): Operation {
  if (operation.kind !== 'deactivateUser') return operation;
  const [creation] = operation.dependsOn;
  if (creation === undefined) return operation;
  const additions = memberships.filter(
    (one) => one.kind === 'addMembers' && one.after.members.some(({ waitsFor }) => waitsFor === creation),
  );
  return { ...operation, dependsOn: [creation, ...additions.map(({ id }) => id)].toSorted(compareText) };
}

function noticesOf(
  { memory, current, desired, policy }: PlanInput,
  correlation: Correlation,
  resolution: GroupResolution,
): Notice[] {
  const notices = [...desired.notices, ...correlation.notices, ...resolution.notices];
  const held = new Set(current.users.map((user) => folded(user.email)));
  const known = desired.people.filter(
    (person) => person.state === 'wanted' && held.has(person.account.email),
  ).length;
  if (memory.isNew && memory.links.length === 0 && known > 0) {
    notices.push({
      code: 'newState',
      text: `this state is new, while Retool already holds ${known} of the accounts the mapping wants`,
    });
  }
  const admins = current.users.filter((user) => user.isAdmin && user.active).length;
  if (admins < policy.protect.admins && current.visible.users === 'visible') {
    notices.push({
      code: 'fewAdmins',
      text: `Retool has ${count(admins, 'active admin')}, fewer than protect.admins asks for (${policy.protect.admins})`,
    });
  }
  return notices;
}

/** How many operations there are of each kind. */
export function summaryOf(operations: readonly Operation[]): Summary {
  const counts: Partial<Record<OperationKind, number>> = {};
  for (const { kind } of operations) counts[kind] = (counts[kind] ?? 0) + 1;
  return { ...counts, total: operations.length };
}

/** The order of remarks. */
export function bySubject(a: Skip, b: Skip): number {
  return (
    compareText(a.subject.key, b.subject.key) || compareText(a.code, b.code) || compareText(a.text, b.text)
  );
}
