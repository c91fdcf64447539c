import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CurrentState, CurrentUser } from '../../src/model/current-state.ts';
import type { DesiredState, Person } from '../../src/model/desired-state.ts';
import { keyText } from '../../src/model/desired-state.ts';
import type { Operation } from '../../src/model/operation.ts';
import type { Policy, PolicyName } from '../../src/model/rules.ts';
import { complete, partial } from '../../src/model/snapshot.ts';
import type { Memory } from '../../src/model/store.ts';
import type { PlanInput } from '../../src/plan/input.ts';
import { planChanges } from '../../src/plan/plan.ts';
import { carryOutPurely, type PureWorld } from '../support/pure-target.ts';
import {
  absencesIn,
  current,
  defaultPolicy,
  desired,
  desiredGroup,
  frozen,
  group,
  inputOf,
  leaving,
  memory,
  user,
  wanted,
} from '../unit/plan/support.ts';

/*
 * Worlds of a dozen people and a few groups, taken through several rounds: what the sources say changes, somebody
 * edits Retool by hand, and each round plans and carries out. Small pools make collisions likely, which is the point.
 */

const addresses = ['ann', 'ben', 'cat', 'dan', 'eve', 'fay', 'gus', 'hal'].map((name) => `${name}@acme.com`);
const groupNames = ['finance', 'sales', 'admin', 'All Users', 'kept'];
const address = fc.constantFrom(...addresses);
const word = fc.constantFrom('Ada', 'Bo', 'Cy');

const personState = fc.oneof(
  { weight: 6, arbitrary: fc.constant('wanted' as const) },
  fc.constantFrom('inactive' as const, 'outOfScope' as const, 'frozen' as const),
);

const person = fc
  .record({
    email: address,
    state: personState,
    first: word,
    last: word,
    department: fc.option(word, { nil: undefined }),
  })
  .map(({ email, state, first, last, department }): Person => {
    if (state === 'frozen') return frozen(email);
    if (state !== 'wanted') return leaving(email, state);
    return wanted(email, { first, last, attributes: department === undefined ? {} : { department } });
  });

const sourceSays: fc.Arbitrary<DesiredState> = fc
  .record({
    people: fc.uniqueArray(person, { selector: (one) => one.keys.map(keyText).join(), maxLength: 8 }),
    groups: fc.uniqueArray(
      fc.record({
        name: fc.constantFrom(...groupNames.slice(0, 4)),
        members: fc.uniqueArray(address, { maxLength: 6 }),
        admins: fc.option(fc.uniqueArray(address, { maxLength: 2 }), { nil: undefined }),
        create: fc.boolean(),
        isWhole: fc.boolean(),
        apps: fc.option(fc.constantFrom('use' as const, 'own' as const), { nil: null }),
      }),
      { selector: (one) => one.name, maxLength: 4 },
    ),
    peopleAreWhole: fc.boolean(),
    groupsAreWhole: fc.boolean(),
  })
  .map(({ people, groups, peopleAreWhole, groupsAreWhole }) => {
    const known = new Set(people.filter((one) => one.state === 'wanted').map((one) => one.account.email));
    return desired(
      people,
      groups.map(({ name, members, admins, create, isWhole, apps }) =>
        desiredGroup(name, {
          members: members.filter((email) => known.has(email)),
          create,
          completeness: isWhole ? complete : partial('a page was missing'),
          access: apps === null ? null : { apps, resources: 'use', workflows: 'none', queryLibrary: 'none' },
          ...(admins === undefined ? {} : { admins }),
        }),
      ),
      {
        attributeNames: ['department'],
        completeSources: new Set(peopleAreWhole ? ['hr'] : []),
        completeGroupSources: new Set(groupsAreWhole ? ['hr'] : []),
      },
    );
  });

const account: fc.Arbitrary<CurrentUser> = fc
  .record({ email: address, active: fc.boolean(), isAdmin: fc.boolean(), first: word })
  .map(({ email, active, isAdmin, first }) => user(email, { active, isAdmin, firstName: first }));

const organisation: fc.Arbitrary<CurrentState> = fc
  .record({
    users: fc.uniqueArray(account, { selector: (one) => one.id, maxLength: 6 }),
    finance: fc.uniqueArray(address, { maxLength: 4 }),
    kept: fc.uniqueArray(address, { maxLength: 4 }),
  })
  .map(({ users, finance, kept }) => {
    const there = new Set(users.map((one) => one.email));
    const held = (emails: readonly string[]): readonly string[] => emails.filter((email) => there.has(email));
    const admins = users.filter((one) => one.isAdmin).map((one) => one.email);
    return current(users, [
      group('1', 'admin', admins),
      group('4', 'All Users', [...there]),
      group('7', 'finance', held(finance)),
      group('8', 'kept', held(kept)),
    ]);
  });

/** What somebody does in Retool's own user interface between two runs. */
type HandEdit = (state: CurrentState) => CurrentState;

const handEdit: fc.Arbitrary<HandEdit> = fc.oneof(
  fc.record({ email: address, active: fc.boolean() }).map(({ email, active }): HandEdit => (state) => ({
    ...state,
    users: state.users.map((one) => (one.email === email ? { ...one, active } : one)),
  })),
  fc.record({ email: address, name: word }).map(({ email, name }): HandEdit => (state) => ({
    ...state,
    users: state.users.map((one) => (one.email === email ? { ...one, lastName: name } : one)),
  })),
  fc
    .record({ email: address, name: fc.constantFrom('finance', 'kept') })
    .map(({ email, name }): HandEdit => (state) => ({
      ...state,
      groups: state.groups.map((one) => (one.name === name ? toggled(one, user(email).id, state) : one)),
    })),
);

function toggled(one: CurrentState['groups'][number], id: string, { users }: CurrentState) {
  const members = new Map(one.members);
  if (!members.delete(id) && users.some((account) => account.id === id))
    members.set(id, { groupAdmin: false });
  return { ...one, members };
}

const policy: fc.Arbitrary<Policy> = fc
  .record({
    memberships: fc.constantFrom('owned' as const, 'authoritative' as const, 'additive' as const),
    reactivate: fc.constantFrom('ours' as const, 'all' as const),
    adopt: fc.constantFrom('email' as const, 'none' as const),
    adoptMemberships: fc.constantFrom('called-for' as const, 'none' as const),
    admins: fc.integer({ min: 0, max: 3 }),
    users: fc.uniqueArray(address, { maxLength: 1 }),
    allow: fc.constantFrom([], ['admin']),
    outOfScope: fc.constantFrom('disable' as const, 'keep' as const),
  })
  .map(({ memberships, reactivate, adopt, adoptMemberships, admins, users, allow, outOfScope }) => ({
    ...defaultPolicy,
    memberships,
    reactivate,
    adopt,
    adoptMemberships,
    leavers: { ...defaultPolicy.leavers, outOfScope },
    protect: { users, groups: ['kept'], admins, allow },
  }));

interface Round {
  readonly says: DesiredState;
  readonly edits: readonly HandEdit[];
}

const rounds: fc.Arbitrary<readonly Round[]> = fc.array(
  fc.record({ says: sourceSays, edits: fc.array(handEdit, { maxLength: 2 }) }),
  { minLength: 1, maxLength: 4 },
);

const story = fc.record({ start: organisation, policy, rounds });

function inputFor(world: PureWorld, says: DesiredState, rules: Policy): PlanInput {
  const parts = { desired: says, memory: world.memory };
  return inputOf({ ...parts, current: world.current, policy: rules, absences: absencesIn(parts) });
}

/** Plays every round; `look` sees each plan with the world before it. */
function play(
  { start, policy: rules, rounds: all }: { start: CurrentState; policy: Policy; rounds: readonly Round[] },
  look: (input: PlanInput, world: PureWorld) => void,
): void {
  let world: PureWorld = { current: start, memory: memory() };
  for (const { says, edits } of all) {
    world = { ...world, current: edits.reduce((state, edit) => edit(state), world.current) };
    const input = inputFor(world, says, rules);
    look(input, world);
    world = carryOutPurely(world, planChanges(input).operations);
  }
}

const runs = { numRuns: 400 };

describe('every plan', () => {
  test('leads to a state in which the next plan is empty', () => {
    fc.assert(
      fc.property(story, (whole) => {
        play(whole, (input, world) => {
          const { operations, skips } = planChanges(input);
          const next = planChanges(inputFor(carryOutPurely(world, operations), input.desired, input.policy));
          // An admin who came back in the first plan may make room for what it refused.
          const refused = skips.filter((skip) => skip.code === 'lastAdmins').map((skip) => skip.subject.key);
          expect(next.operations.filter(({ subject }) => !refused.includes(subject.key))).toEqual([]);
        });
      }),
      runs,
    );
  });

  test('is the same whatever the order in which both sides list things', () => {
    fc.assert(
      fc.property(story, (whole) => {
        play(whole, (input) => {
          expect(planChanges(reversed(input))).toEqual(planChanges(input));
        });
      }),
      runs,
    );
  });

  test('touches nothing but what is ours or becomes ours by it', () => {
    fc.assert(
      fc.property(story, (whole) => {
        play(whole, (input) => {
          const { operations } = planChanges(input);
          for (const operation of operations) expect(breachOf(operation, input, operations)).toBe(null);
        });
      }),
      runs,
    );
  });

  test('takes nothing away on the word of an incomplete read', () => {
    fc.assert(
      fc.property(story, (whole) => {
        play(whole, (input) => {
          const { operations } = planChanges(input);
          expect(operations.filter((operation) => isUnproved(operation, input.desired))).toEqual([]);
        });
      }),
      runs,
    );
  });

  test('leaves as many active admins as it must', () => {
    fc.assert(
      fc.property(story, (whole) => {
        play(whole, (input, world) => {
          const after = carryOutPurely(world, planChanges(input).operations);
          const floor = Math.min(adminsIn(world.current), input.policy.protect.admins);
          expect(adminsIn(after.current)).toBeGreaterThanOrEqual(floor);
        });
      }),
      runs,
    );
  });

  test('shrinks from policy to policy', () => {
    const idsUnder = (input: PlanInput, name: PolicyName): readonly string[] =>
      planChanges({ ...input, policy: { ...input.policy, policy: name } }).operations.map(({ id }) => id);
    fc.assert(
      fc.property(story, (whole) => {
        play(whole, (input) => {
          const [least, more, most] = (['create-only', 'upsert-only', 'sync'] as const).map(
            (name) => new Set(idsUnder(input, name)),
          );
          expect([...(least ?? [])].filter((id) => more?.has(id) !== true)).toEqual([]);
          expect([...(more ?? [])].filter((id) => most?.has(id) !== true)).toEqual([]);
        });
      }),
      runs,
    );
  });

  test('can stop after any operation: a new plan leads to the same end', () => {
    fc.assert(
      fc.property(story, fc.nat(), (whole, cut) => {
        // Which admin the floor keeps depends on who is one when the plan is made, so here there is no floor.
        const protect = { ...whole.policy.protect, admins: 0 };
        play({ ...whole, policy: { ...whole.policy, protect } }, (input, world) => {
          const { operations } = planChanges(input);
          const undisturbed = carryOutPurely(world, operations);
          const stopped = carryOutPurely(world, operations.slice(0, cut % (operations.length + 1)));
          const again = planChanges(inputFor(stopped, input.desired, input.policy));
          const resumed = carryOutPurely(stopped, again.operations);
          expect(digestOf(resumed.current)).toEqual(digestOf(undisturbed.current));
        });
      }),
      runs,
    );
  });
});

/** Whether an operation takes something away that an incomplete read may only have missed. */
function isUnproved(operation: Operation, says: DesiredState): boolean {
  if (operation.kind === 'deactivateUser')
    return operation.reason.code === 'gone' && !says.completeSources.has('hr');
  if (operation.kind !== 'removeMember') return false;
  const called = says.groups.find((one) => one.name === operation.before.group.key);
  return called === undefined
    ? !says.completeGroupSources.has('hr')
    : called.completeness.state === 'partial';
}

function adminsIn({ users }: CurrentState): number {
  return users.filter((one) => one.isAdmin && one.active).length;
}

/** Why an operation should not be in the plan; null when nothing speaks against it. */
function breachOf(
  operation: Operation,
  { memory: known, policy: rules, current: now }: PlanInput,
  all: readonly Operation[],
): string | null {
  const ids = accountsOf(operation);
  const adopted = new Set(all.flatMap((one) => (one.kind === 'adopt' ? [one.subject.id ?? ''] : [])));
  const safe = new Set(
    now.users.filter((one) => rules.protect.users.includes(one.email)).map(({ id }) => id),
  );
  for (const id of ids) {
    if (safe.has(id)) return `${operation.id} touches a protected account`;
    if (!known.accounts.has(id) && !adopted.has(id) && !isForeignRemoval(operation, rules))
      return `${operation.id} touches an account that is not ours`;
  }
  if (operation.subject.type === 'group' && ['All Users', 'kept'].includes(operation.subject.key))
    return `${operation.id} touches a protected group`;
  return operation.kind === 'removeMember' ? breachOfRemoval(operation, known, rules) : null;
}

function breachOfRemoval(
  { id, before }: Extract<Operation, { kind: 'removeMember' }>,
  { groups }: Memory,
  { memberships }: Policy,
): string | null {
  if (memberships === 'additive') return `${id} under an additive policy`;
  const isOurs = groups.get(before.group.id ?? '')?.members.has(before.user.id) === true;
  return isOurs || memberships === 'authoritative' ? null : `${id} takes a membership that is not ours`;
}

/** Authoritative memberships reach people whose accounts are not ours; nothing else of theirs is. */
function isForeignRemoval({ kind }: Operation, { memberships }: Policy): boolean {
  return kind === 'removeMember' && memberships === 'authoritative';
}

function accountsOf(operation: Operation): readonly string[] {
  switch (operation.kind) {
    case 'updateUser':
    case 'setAttributes':
    case 'clearAttributes':
    case 'deactivateUser':
    case 'reactivateUser':
      return [operation.subject.id ?? ''];
    case 'addMembers':
      return operation.after.members.flatMap((member) => member.id ?? []);
    case 'removeMember':
    case 'setGroupAdmin':
      return [operation.before.user.id];
    default:
      return [];
  }
}

function reversed(input: PlanInput): PlanInput {
  const { desired: says, current: state, memory: known } = input;
  return {
    ...input,
    desired: {
      ...says,
      people: says.people.toReversed(),
      groups: says.groups
        .toReversed()
        .map((one) => ({ ...one, members: new Map([...one.members].toReversed()) })),
    },
    current: {
      ...state,
      users: state.users.toReversed(),
      groups: state.groups
        .toReversed()
        .map((one) => ({ ...one, members: new Map([...one.members].toReversed()) })),
    },
    memory: {
      ...known,
      links: known.links.toReversed(),
      accounts: new Map([...known.accounts].toReversed()),
      groups: new Map([...known.groups].toReversed()),
    },
  };
}

/** What an organisation holds, without the order in which it lists it or ids that depend on it. */
function digestOf({ users, groups }: CurrentState): unknown {
  return {
    users: users.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    groups: groups
      .map(({ name, access, members }) => ({
        name,
        access,
        members: [...members].toSorted(([a], [b]) => (a < b ? -1 : 1)),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}
