import type { CurrentGroup, CurrentState, CurrentUser } from '../model/current-state.ts';
import type { Operation, OperationKind } from '../model/operation.ts';
import type { GuardClass, Violation } from '../model/plan.ts';
import type { CountAndPercent, GuardLimits } from '../model/rules.ts';
import type { ReadSize } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import { count } from '../model/text.ts';
import { shrinkagesOf } from './shrinkage.ts';
import { disablesIn, grantsAmong, groupOfRemoval, invitesAmong, removalsIn, takesAway } from './takings.ts';

/** What the guard compares with: sizes of what we manage now. */
interface Managed {
  readonly accounts: number;
  readonly groups: number;
  readonly memberships: number;
  /** Group key -> owned memberships of active accounts. */
  readonly byGroup: ReadonlyMap<string, number>;
  /** What the state remembers and the target does not list. */
  readonly vanishedAccounts: number;
  readonly vanishedGroups: number;
}

/** A share of the managed people above which something is wrong with a read, not with the people. */
const unaccountedShare: CountAndPercent = { count: 3, percent: 2 };
/** A group this large that would lose everybody we put into it is always held. */
const smallestWholeGroup = 5;

/** Everything the guard looks at; it needs no source, so that `apply` can work it out again. */
export interface GuardInput {
  readonly operations: readonly Operation[];
  readonly limits: GuardLimits;
  readonly memory: Memory;
  readonly current: CurrentState;
  /** The configuration hash the operations were planned with. */
  readonly config: string;
  /** Managed people that could not be judged in this read. */
  readonly unaccounted: number;
  /** How much the sources show in this read; empty when none was read. */
  readonly sizes: readonly ReadSize[];
  /** Epoch milliseconds. */
  readonly now: number;
}

/**
 * Every threshold the operations break, before anything is written. A class trips at MORE than
 * max(count, percent of what we manage of it), so that small organisations have a limit too.
 */
export function guard(input: GuardInput): Violation[] {
  const managed = managedNow(input);
  return [
    ...targetViolations(input, managed),
    ...completenessViolations(input, managed),
    ...shrinkageViolations(input),
    ...disableViolations(input, managed),
    ...removalViolations(input, managed),
    ...windowViolations(input, managed),
    ...growthViolations(input, managed),
    ...configurationViolations(input),
    ...approvalViolations(input),
  ];
}

function managedNow({ memory, current }: GuardInput): Managed {
  const userById = new Map<string, CurrentUser>(current.users.map((user) => [user.id, user]));
  const groupById = new Map<string, CurrentGroup>(current.groups.map((group) => [group.id, group]));
  const byGroup = new Map<string, number>();
  let memberships = 0;
  for (const managed of memory.groups.values()) {
    const group = groupById.get(managed.id);
    let owned = 0;
    for (const id of managed.members)
      if (group?.members.has(id) === true && userById.get(id)?.active === true) owned += 1;
    byGroup.set(managed.id, owned);
    memberships += owned;
  }
  let accounts = 0;
  let vanishedAccounts = 0;
  for (const id of memory.accounts.keys()) {
    const user = userById.get(id);
    if (user === undefined) vanishedAccounts += 1;
    else if (user.active) accounts += 1;
  }
  const vanishedGroups = [...memory.groups.keys()].filter((id) => !groupById.has(id)).length;
  return { accounts, groups: memory.groups.size, memberships, byGroup, vanishedAccounts, vanishedGroups };
}

/** A target read that lacks what we know to be there is not believed. */
function targetViolations(
  { memory, operations }: GuardInput,
  { vanishedAccounts, vanishedGroups }: Managed,
): Violation[] {
  const violations: Violation[] = [];
  const limit = limitOf(unaccountedShare, memory.accounts.size);
  if (vanishedAccounts > limit) {
    violations.push(
      violation({
        class: 'target',
        limit,
        actual: vanishedAccounts,
        operations,
        holds: 'plan',
        text: `${vanishedAccounts} linked accounts are missing from what Retool returned`,
      }),
    );
  }
  if (vanishedGroups > 0) {
    violations.push(
      violation({
        class: 'target',
        limit: 0,
        actual: vanishedGroups,
        operations,
        holds: 'plan',
        text: `${count(vanishedGroups, 'managed group')} missing from what Retool returned`,
      }),
    );
  }
  return violations;
}

function completenessViolations({ unaccounted, operations }: GuardInput, managed: Managed): Violation[] {
  const limit = limitOf(unaccountedShare, managed.accounts);
  if (unaccounted <= limit) return [];
  const text = `${unaccounted} of ${managed.accounts} managed people could not be judged at once, more than ${limit}: the sources look damaged`;
  return [violation({ class: 'completeness', limit, actual: unaccounted, operations, holds: 'plan', text })];
}

/** A source that shows much less than before may have lost part of its list; a plan without operations has nothing to hold. */
function shrinkageViolations({ sizes, memory, operations }: GuardInput): Violation[] {
  if (operations.length === 0) return [];
  return shrinkagesOf(sizes, memory.snapshots).map(({ limit, actual, text }) =>
    violation({ class: 'completeness', limit, actual, operations, holds: 'plan', text }),
  );
}

function disableViolations({ limits, operations }: GuardInput, managed: Managed): Violation[] {
  const disables = disablesIn(operations);
  const limit = Math.min(limitOf(limits.disables, managed.accounts), limits.disables.most);
  if (disables.length <= limit) return [];
  return [
    violation({
      class: 'disables',
      limit,
      actual: disables.length,
      operations: disables,
      holds: 'plan',
      text: `${count(disables.length, 'account')} would be disabled${invitesAmong(disables)}, more than ${limit} (of ${managed.accounts} managed)`,
    }),
  ];
}

function removalViolations({ limits, operations }: GuardInput, managed: Managed): Violation[] {
  const removals = removalsIn(operations);
  const violations: Violation[] = [];
  const limit = limitOf(limits.removals, managed.memberships);
  if (removals.length > limit) {
    violations.push(
      violation({
        class: 'removals',
        limit,
        actual: removals.length,
        operations: removals,
        holds: 'plan',
        text: `${count(removals.length, 'membership')} would be removed${grantsAmong(removals)}, more than ${limit} (of ${managed.memberships} owned)`,
      }),
    );
  }
  const ofGroups = removals.filter(({ kind }) => kind !== 'revokeAccess');
  for (const [id, ofGroup] of Map.groupBy(ofGroups, (removal) => groupOfRemoval(removal).id)) {
    const [first] = ofGroup;
    const name = first === undefined ? id : groupOfRemoval(first).name;
    const owned = managed.byGroup.get(id) ?? 0;
    const perGroup = limitOf(
      { count: limits.removals.perGroupCount, percent: limits.removals.perGroupPercent },
      owned,
    );
    if (ofGroup.length > perGroup) {
      violations.push(
        violation({
          class: 'removals',
          limit: perGroup,
          actual: ofGroup.length,
          operations: ofGroup,
          holds: 'plan',
          text: `group "${name}" would lose ${ofGroup.length} of ${owned} members, more than ${perGroup}`,
        }),
      );
    } else if (owned >= smallestWholeGroup && ofGroup.length >= owned) {
      violations.push(
        violation({
          class: 'removals',
          limit: owned - 1,
          actual: ofGroup.length,
          operations: ofGroup,
          holds: 'plan',
          text: `group "${name}" would lose all ${owned} members the bridge gave it`,
        }),
      );
    }
  }
  return violations;
}

/** The same two classes over rolling windows, so that a slow drip is seen as well. */
function windowViolations({ limits, operations, memory, now }: GuardInput, managed: Managed): Violation[] {
  const violations: Violation[] = [];
  const classes = [
    {
      name: 'disables',
      planned: disablesIn(operations),
      base: managed.accounts,
      count: limits.disables.count,
    },
    {
      name: 'removals',
      planned: removalsIn(operations),
      base: managed.memberships,
      count: limits.removals.count,
    },
  ] as const;
  for (const window of limits.windows) {
    for (const { name, planned, base, count: floor } of classes) {
      if (planned.length === 0) continue;
      const earlier = memory.takenAway.filter(
        (one) => one.class === name && one.at > now - window.lengthMs,
      ).length;
      const limit = limitOf({ count: 2 * floor, percent: window.percent }, base);
      const actual = earlier + planned.length;
      if (actual <= limit) continue;
      violations.push(
        violation({
          class: name,
          limit,
          actual,
          operations: planned,
          holds: 'plan',
          text: `${actual} ${name} within ${window.name} (${earlier} of them applied before), more than ${limit}`,
        }),
      );
    }
  }
  return violations;
}

/** Classes that add or change: a breach holds the class and what depends on it, leavers still go. */
function growthViolations({ limits, operations }: GuardInput, managed: Managed): Violation[] {
  const classes: readonly {
    readonly name: GuardClass;
    readonly limit: CountAndPercent;
    readonly base: number;
    readonly kinds: readonly OperationKind[];
    readonly verb: string;
  }[] = [
    {
      name: 'creates',
      limit: limits.creates,
      base: managed.accounts + managed.groups,
      kinds: ['createUser', 'createGroup', 'createAttribute'],
      verb: 'created',
    },
    {
      name: 'updates',
      limit: limits.updates,
      base: managed.accounts + managed.groups,
      kinds: ['updateUser', 'setAttributes', 'clearAttributes', 'updateGroup'],
      verb: 'changed',
    },
    {
      name: 'invites',
      limit: { ...limits.invites, percent: 0 },
      base: managed.accounts + managed.groups,
      kinds: ['inviteUser', 'reissueInvite'],
      verb: 'invited',
    },
  ];
  return classes.flatMap(({ name, limit: allowed, base, kinds, verb }) => {
    const counted = operations.filter((operation) => kinds.includes(operation.kind));
    const limit = limitOf(allowed, base);
    if (counted.length <= limit) return [];
    return [
      violation({
        class: name,
        limit,
        actual: counted.length,
        operations: counted,
        holds: 'operations',
        text:
          name === 'invites'
            ? `${count(counted.length, 'person', 'people')} would be invited, each of whom may get a mail, more than ${limit}`
            : `${count(counted.length, 'account or group', 'accounts and groups')} would be ${verb}, more than ${limit} (of ${base} managed)`,
      }),
    ];
  });
}

/** While scope, mapping or policy differ from what was last applied, what they take away waits for a review. */
function configurationViolations({ memory, config, operations }: GuardInput): Violation[] {
  const { appliedConfig } = memory;
  if (appliedConfig === null || appliedConfig === config) return [];
  const byRule = operations.filter(
    (operation) =>
      takesAway(operation) && (operation.reason.code === 'outOfScope' || operation.reason.code === 'noRule'),
  );
  if (byRule.length === 0) return [];
  return [
    violation({
      class: 'configuration',
      limit: 0,
      actual: byRule.length,
      operations: byRule,
      holds: 'operations',
      text: `scope, mapping or policy changed since the last applied plan, and ${count(byRule.length, 'operation')} would take something away because of it`,
    }),
  ];
}

/** Group admins that an applied rule calls for and that one run may make without an approval. */
const groupAdminsPerRun = 5;

/** Rights over others need a person's word: `admin` always, the rest while no applied configuration called for them. */
function approvalViolations({ memory, config, operations }: GuardInput): Violation[] {
  const isApplied = memory.appliedConfig === null || memory.appliedConfig === config;
  const toAdmin = operations.filter(({ kind, subject }) => kind === 'addMembers' && subject.key === 'admin');
  const groupAdmins = operations.filter((operation) => groupAdminsMadeBy(operation) > 0);
  const adminsMade = groupAdmins.reduce((sum, operation) => sum + groupAdminsMadeBy(operation), 0);
  const toOwn = isApplied ? [] : operations.filter(givesOwn);
  const replacing = operations.filter((one) => one.kind === 'createUser' && one.after.replaces !== undefined);
  const rows = [
    { breaking: toAdmin, limit: 0, actual: toAdmin.length, what: 'membership of "admin"' },
    {
      breaking: groupAdmins,
      limit: isApplied ? groupAdminsPerRun : 0,
      actual: adminsMade,
      what: `making ${count(adminsMade, 'group admin')}`,
    },
    {
      breaking: replacing,
      limit: 0,
      actual: replacing.length,
      what: `replacing ${count(replacing.length, 'account')} whose address changed`,
    },
    { breaking: toOwn, limit: 0, actual: toOwn.length, what: 'access at the level "own"' },
  ];
  return rows
    .filter(({ actual, limit }) => actual > limit)
    .map(({ breaking, limit, actual, what }) =>
      violation({
        class: 'approval',
        limit,
        actual,
        operations: breaking,
        holds: 'operations',
        text: `${what} needs an approval`,
      }),
    );
}

function groupAdminsMadeBy(operation: Operation): number {
  if (operation.kind === 'setGroupAdmin') return operation.after.is_group_admin ? 1 : 0;
  if (operation.kind !== 'addMembers') return 0;
  return operation.after.members.filter((member) => member.is_group_admin).length;
}

function givesOwn(operation: Operation): boolean {
  if (operation.kind === 'grantAccess') return operation.after.level === 'own';
  if (operation.kind !== 'createGroup' && operation.kind !== 'updateGroup') return false;
  const { universal_app_access, universal_resource_access, universal_workflow_access } = operation.after;
  return [universal_app_access, universal_resource_access, universal_workflow_access].includes('own');
}

function limitOf({ count: floor, percent }: CountAndPercent, base: number): number {
  return Math.max(floor, Math.floor((base * percent) / 100));
}

/** A violation with the operations themselves in place of their ids. */
type Breach = Omit<Violation, 'operations'> & { readonly operations: readonly Operation[] };

function violation({ operations, ...breach }: Breach): Violation {
  return { ...breach, operations: [...new Set(operations.map((operation) => operation.id))] };
}
