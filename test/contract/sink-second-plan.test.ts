import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyOperations } from '../../src/apply/apply.ts';
import { recover, settleWait } from '../../src/apply/recover.ts';
import type { CurrentState } from '../../src/model/current-state.ts';
import type { DesiredMember, DesiredState, Person, Provenance } from '../../src/model/desired-state.ts';
import type { Plan } from '../../src/model/plan.ts';
import { complete } from '../../src/model/snapshot.ts';
import { levelsOf } from '../../src/plan/order.ts';
import { planChanges } from '../../src/plan/plan.ts';
import { plainPolicy } from '../support/rules.ts';
import {
  createWorld,
  faults,
  faultsOnWrites,
  never,
  silent,
  type Fault,
  type World,
} from './sink-harness.ts';
import { organisation } from './sink-operations.ts';

const settleMs = 30_000;
const unlimited = { count: 1_000, percent: 100 };

function because(externalId: string, rule: string): Provenance {
  return { rule, source: 'okta', externalId, text: `as ${rule} says` };
}

function wanted(email: string, firstName: string, attributes: Readonly<Record<string, string>>): Person {
  const provenance = because(email, 'scope');
  const values = Object.entries(attributes).map(
    ([name, value]) => [name, [{ value, provenance: because(email, `attributes.${name}`) }]] as const,
  );
  return {
    state: 'wanted',
    keys: [{ source: 'okta', externalId: email }],
    account: {
      email,
      firstName,
      lastName: 'Kahn',
      userType: 'default',
      attributes: new Map(values),
      provenance,
    },
  };
}

function group(
  name: string,
  members: readonly string[],
  admins: readonly string[] = [],
): DesiredState['groups'][number] {
  const provenance = because(name, 'groups[0]');
  const member = (email: string): readonly [string, DesiredMember] => [
    email,
    { groupAdmin: admins.includes(email), provenance },
  ];
  return {
    name,
    create: true,
    access: { apps: 'use', resources: 'use', workflows: 'none', queryLibrary: 'use' },
    fedBy: [{ source: 'okta', externalId: name }],
    provenance,
    members: new Map(members.map(member)),
    undecided: new Set(),
    completeness: complete,
  };
}

function desired(people: readonly Person[], groups: DesiredState['groups']): DesiredState {
  return {
    people,
    groups,
    unreadSources: new Map(),
    completeSources: new Set(['okta']),
    completeGroupSources: new Set(['okta']),
    seenPeople: new Set(people.flatMap(({ keys }) => keys.map((key) => `okta:${key.externalId}`))),
    seenGroups: new Set(groups.map(({ name }) => `okta:${name}`)),
    sources: ['okta'],
    attributeNames: ['team', 'floor'],
    skips: [],
    conflicts: [],
    notices: [],
    incomplete: [],
  };
}

/** Two wishes one after the other, which between them call for every kind of operation. */
const wishes: readonly DesiredState[] = [
  desired(
    [
      wanted('ada@acme.test', 'Augusta', { team: 'platform', floor: '4' }),
      wanted('bob@acme.test', 'Bob', { team: 'core' }),
      wanted('eve@acme.test', 'Eve', { team: 'core' }),
      wanted('fay@acme.test', 'Fay', {}),
    ],
    [
      group('Finance', ['ada@acme.test', 'eve@acme.test'], ['ada@acme.test']),
      group('Support', ['bob@acme.test', 'eve@acme.test', 'fay@acme.test']),
    ],
  ),
  desired(
    [
      wanted('ada@acme.test', 'Augusta', { floor: '4' }),
      {
        state: 'inactive',
        keys: [{ source: 'okta', externalId: 'bob@acme.test' }],
        email: 'bob@acme.test',
        provenance: because('bob@acme.test', 'scope'),
      },
      wanted('eve@acme.test', 'Eva', { team: 'platform' }),
      wanted('fay@acme.test', 'Fay', { team: 'core' }),
    ],
    [
      group('Finance', ['ada@acme.test'], []),
      group('Support', ['ada@acme.test', 'eve@acme.test', 'fay@acme.test'], ['eve@acme.test']),
    ],
  ),
  desired(
    [
      wanted('ada@acme.test', 'Augusta', { floor: '4' }),
      wanted('bob@acme.test', 'Bob', { team: 'back', floor: '1' }),
      wanted('eve@acme.test', 'Eva', { team: 'platform' }),
      wanted('fay@acme.test', 'Fay', { team: 'core' }),
    ],
    [
      group('Finance', ['bob@acme.test']),
      group('Support', ['ada@acme.test', 'eve@acme.test', 'fay@acme.test'], ['eve@acme.test']),
    ],
  ),
];

function planFor(world: World, wish: DesiredState, current: CurrentState): Plan {
  return planChanges({
    desired: wish,
    current,
    memory: world.store.memory(0),
    policy: plainPolicy,
    guard: {
      disables: { ...unlimited, most: 1_000 },
      removals: { ...unlimited, perGroupCount: 1_000, perGroupPercent: 100 },
      creates: unlimited,
      invites: { count: 1_000 },
      updates: unlimited,
      windows: [],
    },
    absences: new Map(),
    costs: world.sink.costs,
    target: world.sink.target,
    config: 'test',
    requestsPerMinute: 10_000,
    observed: { grace: new Map(), flips: new Map() },
    sizes: [],
    seats: null,
    now: world.clock.now(),
  });
}

/** One run as `sync` does it, without the reports. */
async function run(world: World, id: string, wish: DesiredState): Promise<Plan> {
  const { sink, store, clock } = world;
  const open = store.openIntents();
  await clock.sleep(settleWait(open, store.cutShortAt(), settleMs, clock.now()));
  const current = await sink.read(never);
  recover(store, open, current, clock);
  const plan = planFor(world, wish, current);
  await applyOperations(
    { run: id, levels: levelsOf(plan.operations), held: new Set(), current, memory: store.memory(0) },
    { sink, store, clock, logger: silent, settleMs, onProgress: () => undefined },
    never,
  );
  return plan;
}

describe('after an apply', () => {
  test('a second plan is empty, wish after wish, at the calls that were forecast', async () => {
    const world = createWorld({ seed: organisation });
    const kinds = new Set<string>();
    for (const [index, wish] of wishes.entries()) {
      const calls = world.sandbox.log.calls.length;
      const plan = await run(world, `run ${index}`, wish);
      for (const { kind } of plan.operations) kinds.add(kind);
      expect(plan.operations.length).toBeGreaterThan(0);
      expect(world.sandbox.log.calls.length - calls).toBe(plan.forecast.calls + plan.forecast.reads);
      expect(planFor(world, wish, await world.sink.read(never)).operations).toEqual([]);
    }
    expect([...kinds].toSorted()).toEqual([
      'addMembers',
      'adopt',
      'clearAttributes',
      'createGroup',
      'createUser',
      'deactivateUser',
      'reactivateUser',
      'removeMember',
      'setAttributes',
      'setGroupAdmin',
      'updateGroup',
      'updateUser',
    ]);
  });

  test('what nobody called for is as it was', async () => {
    const world = createWorld({ seed: organisation });
    const before = world.sandbox.state();
    for (const [index, wish] of wishes.entries()) await run(world, `run ${index}`, wish);
    const after = world.sandbox.state();
    for (const email of ['owner@acme.test', 'cyd@acme.test'])
      expect(after.users.find((user) => user.email === email)).toEqual(
        before.users.find((user) => user.email === email),
      );
    expect(after.users.find(({ email }) => email === 'ada@acme.test')?.metadata).toMatchObject({ level: 3 });
    expect(after.groups.find(({ name }) => name === 'Other')).toEqual(
      before.groups.find(({ name }) => name === 'Other'),
    );
  });

  test('a second plan is empty once faults have ended, and nobody and nothing was made twice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.constantFrom<Fault>(...faults), { maxLength: 25 }), async (sequence) => {
        const world = createWorld({ seed: organisation, faults: faultsOnWrites(sequence) });
        const [wish] = wishes;
        if (wish === undefined) throw new Error('There is no wish');
        let left = Number.POSITIVE_INFINITY;
        for (let attempt = 0; left > 0 && attempt < 12; attempt += 1) {
          await run(world, `run ${attempt}`, wish);
          left = planFor(world, wish, await world.sink.read(never)).operations.length;
        }
        const { users, groups } = world.sandbox.state();
        const emails = users.map(({ email }) => email);
        expect(new Set(emails).size).toBe(emails.length);
        expect(groups.filter(({ name }) => name === 'Support')).toHaveLength(1);
        expect(left).toBe(0);
      }),
      { numRuns: 60 },
    );
  });
});
