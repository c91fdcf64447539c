import { describe, expect, test } from 'vitest';
import type { OperationKind } from '../../../src/model/operation.ts';
import type { RunRecord } from '../../../src/model/outcome.ts';
import { parsePlan } from '../../../src/run/plan-file.ts';
import { rollback } from '../../../src/run/rollback.ts';
import { planJson } from '../../../src/report/json.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

const config = {
  mapping: {
    user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
    attributes: { department: 'user.enterprise.department', title: 'user.title' },
    groups: [
      {
        match: 'retool-(?P<team>[a-z]+)',
        to: '${team}',
        create: true,
        access: { apps: 'use', resources: 'use', workflows: 'none', queryLibrary: 'none' },
        admins: 'retool-${team}-owners',
      },
    ],
  },
};

const atFirst: readonly Staff[] = [
  { id: 'ann', department: 'Ops', groups: ['retool-fin', 'retool-fin-owners'] },
  { id: 'ben', groups: ['retool-fin'] },
  { id: 'cat', department: 'Ops', groups: ['retool-ops'] },
  { id: 'dan', department: 'Ops', groups: ['retool-fin', 'retool-ops'] },
  { id: 'eve', groups: ['retool-ops'] },
];
const whileEveIsAway = atFirst.map((person) => (person.id === 'eve' ? { ...person, active: false } : person));
const atLast: readonly Staff[] = [
  {
    id: 'ann',
    family: 'Lovelace',
    title: 'Countess',
    department: 'Ops',
    groups: ['retool-fin', 'retool-data'],
  },
  { id: 'ben', active: false, groups: ['retool-fin'] },
  { id: 'cat', department: 'HR' },
  { id: 'dan', groups: ['retool-fin', 'retool-ops', 'retool-fin-owners'] },
  { id: 'eve', given: 'Eva', department: 'Law' },
  { id: 'fay', department: 'Ops', groups: ['retool-data'] },
  { id: 'gus', groups: ['retool-fin'] },
  { id: 'old', family: 'Boy', department: 'Sales', groups: ['retool-fin', 'retool-old'] },
];

/** An organisation that has gone through two syncs and a change by hand, and what it holds then. */
async function organisation(): Promise<InProcess> {
  const bridge = await startInProcess({
    sources: ['staff'],
    config,
    retool: {
      users: [{ email: 'old@acme.com', firstName: 'Old', lastName: 'Hand' }],
      groups: [{ name: 'old', members: ['old@acme.com'] }],
    },
  });
  bridge.says({ staff: scim(atFirst) });
  await bridge.sync();
  bridge.says({ staff: scim(whileEveIsAway) });
  await bridge.sync();
  const ops = bridge.retool.state().groups.find(({ name }) => name === 'ops');
  bridge.retool.hand.updateGroup(ops?.id ?? -1, { universal_app_access: 'edit' });
  return bridge;
}

/** The run with an operation of every kind. */
async function everything(bridge: InProcess): Promise<RunRecord> {
  bridge.says({ staff: scim(atLast, ['retool-ops']) });
  return bridge.applyApproved();
}

const plan = (bridge: InProcess, id = 'last', email: string | null = null): Promise<RunRecord> =>
  rollback(bridge.parts(), { id, email }, new AbortController().signal);

/** Saves the plan and applies the file, as people do. */
async function undo(bridge: InProcess, id = 'last', email: string | null = null): Promise<RunRecord> {
  const saved = planJson((await plan(bridge, id, email)).plan);
  const read = parsePlan(saved, 'rollback.json');
  return bridge.run({ kind: 'apply', target: 'mustMatch', plan: read, approve: read.fingerprint });
}

interface Held {
  readonly users: Readonly<Record<string, object>>;
  readonly groups: Readonly<Record<string, object>>;
}

function held({ retool }: InProcess): Held {
  const { users, groups } = retool.state();
  const emailOf = new Map(users.map(({ id, email }) => [id, email]));
  return {
    users: Object.fromEntries(
      users.map(({ email, first_name, last_name, active, metadata, user_type }) => [
        email,
        { first_name, last_name, active, metadata, user_type },
      ]),
    ),
    groups: Object.fromEntries(
      groups
        .filter(({ name }) => name !== 'All Users')
        .map(({ id: _id, memberIds, adminIds, inviteIds: _invites, ...settings }) => [
          settings.name,
          {
            ...settings,
            members: memberIds.map((id) => emailOf.get(id)).toSorted(),
            admins: adminIds.map((id) => emailOf.get(id)).toSorted(),
          },
        ]),
    ),
  };
}

const kindsOf = (operations: RunRecord['plan']['operations']): Set<OperationKind> =>
  new Set(operations.map(({ kind }) => kind));

const reported = ({ plan: { skips } }: RunRecord): string[] =>
  skips.map(({ code, text }) => `${code}: ${text}`);

describe('the inverse of a run', () => {
  test('restores what the organisation held, for every kind of operation that can be undone', async () => {
    const bridge = await organisation();
    const before = held(bridge);
    const managedBefore = bridge.store.memory(0);
    const run = await everything(bridge);
    expect(run.status).toBe('changed');
    expect(kindsOf(run.plan.operations)).toEqual(
      new Set([
        'adopt',
        'addMembers',
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
      ]),
    );

    const undone = await undo(bridge);

    expect(undone.status).toBe('changed');
    expect(undone.outcomes.filter(({ state }) => state !== 'applied')).toEqual([]);
    const { users, groups } = held(bridge);
    const { 'fay@acme.com': fay, 'gus@acme.com': gus, ...others } = users;
    const { data, ...otherGroups } = groups;
    expect({ users: others, groups: otherGroups }).toEqual(before);
    // What Retool cannot delete stays, without effect.
    expect([fay, gus]).toEqual([
      expect.objectContaining({ active: false }),
      expect.objectContaining({ active: false }),
    ]);
    expect(data).toMatchObject({ members: [], admins: [] });
    expect(reported(undone)).toEqual([
      'cannotUndo: createGroup:data is not undone: "data" stays, since a rollback deletes no group',
    ]);
    const memory = bridge.store.memory(0);
    const idOf = (email: string): string =>
      bridge.retool.state().users.find((user) => user.email === email)?.id ?? '';
    expect(memory.accounts.has(idOf('old@acme.com'))).toBe(false);
    expect(memory.links.filter(({ externalId }) => externalId === 'old')).toEqual([]);
    expect([...memory.groups.values()].map(({ name }) => name).toSorted()).toEqual(
      [...[...managedBefore.groups.values()].map(({ name }) => name), 'data'].toSorted(),
    );
  });

  test('has an inverse itself, which brings everything back that it took', async () => {
    const bridge = await organisation();
    await everything(bridge);
    const after = held(bridge);
    const { links, accounts } = bridge.store.memory(0);
    await undo(bridge);

    await undo(bridge);

    expect(held(bridge)).toEqual(after);
    const now = bridge.store.memory(0);
    expect([new Set(now.links), new Set(now.accounts.keys())]).toEqual([
      new Set(links),
      new Set(accounts.keys()),
    ]);
  });

  test('says what would do it again, and sync does', async () => {
    const bridge = await organisation();
    await everything(bridge);
    const after = held(bridge);
    const undone = await undo(bridge);

    expect(undone.plan.notices).toEqual([
      {
        code: 'redone',
        text: expect.stringMatching(
          /^the next sync does again what this undoes, until .*groups\[0\].* or what staff says is changed$/,
        ),
      },
    ]);
    await bridge.applyApproved();
    expect(held(bridge)).toEqual(after);
  });

  test('of one account only touches nothing else', async () => {
    const bridge = await organisation();
    const before = held(bridge);
    await everything(bridge);
    const after = held(bridge);

    const undone = await undo(bridge, 'last', 'Eve@acme.com');

    expect(undone.plan.operations.map(({ id }) => id)).toEqual([
      'updateUser:eve@acme.com',
      'addMembers:ops',
      'deactivateUser:eve@acme.com',
    ]);
    expect(held(bridge).users['eve@acme.com']).toEqual(before.users['eve@acme.com']);
    const rest = ({ users: { 'eve@acme.com': _eve, ...users } }: Held): object => users;
    expect(rest(held(bridge))).toEqual(rest(after));
  });

  test('of a run that is not in the state, or of another organisation, is refused', async () => {
    const bridge = await organisation();
    await expect(plan(bridge, 'run-99')).rejects.toMatchObject({ code: 'badCommand' });
    const record = bridge.store.run('run-1');
    if (record === null) throw new Error('the first run was not recorded');
    bridge.store.saveRun({
      ...record,
      id: 'foreign',
      plan: { ...record.plan, target: 'https://other.example' },
    });
    await expect(plan(bridge, 'foreign')).rejects.toMatchObject({ code: 'planForeign' });
  });

  test('takes nothing away beyond what the guard lets through without an approval', async () => {
    const bridge = await startInProcess({ sources: ['staff'] });
    bridge.says({ staff: scim(Array.from({ length: 12 }, (_, index) => ({ id: `p${index}` }))) });
    await bridge.sync();

    const record = await plan(bridge);

    expect([record.status, ...new Set(record.plan.violations.map((one) => one.class))]).toEqual([
      'held',
      'disables',
    ]);
    const applied = await bridge.run({
      kind: 'apply',
      target: 'mustMatch',
      plan: record.plan,
      approve: null,
    });
    expect([applied.status, new Set(applied.outcomes.map(({ code }) => code))]).toEqual([
      'held',
      new Set(['held']),
    ]);
  });
});

describe('what was changed since the run', () => {
  test('by a later run keeps its newest state, and the run is named', async () => {
    const bridge = await organisation();
    bridge.says({ staff: scim(atFirst) });
    const first = await bridge.sync();
    bridge.says({
      staff: scim(atFirst.map((one) => (one.id === 'cat' ? { ...one, department: 'HR' } : one))),
    });
    const second = await bridge.sync();
    bridge.says({
      staff: scim(atFirst.map((one) => (one.id === 'cat' ? { ...one, department: 'Law' } : one))),
    });
    const third = await bridge.sync();
    expect([first, second, third].map(({ status }) => status)).toEqual(['changed', 'changed', 'changed']);

    const record = await plan(bridge, second.id);

    expect(record.plan.operations).toEqual([]);
    expect(reported(record)).toEqual([
      `stale: setAttributes:cat@acme.com is not undone: run ${third.id} changed the same since`,
    ]);
  });

  test('by hand keeps its newest state, field by field', async () => {
    const bridge = await organisation();
    await everything(bridge);
    const ann = bridge.retool.state().users.find(({ email }) => email === 'ann@acme.com');
    bridge.retool.hand.updateUser(ann?.id ?? '', { lastName: 'King' });

    const record = await plan(bridge, 'last', 'ann@acme.com');

    expect(record.plan.operations).toContainEqual(
      expect.objectContaining({
        id: 'clearAttributes:ann@acme.com',
        after: { metadata: { title: null }, sources: {} },
      }),
    );
    expect(reported(record)).toEqual([
      'stale: updateUser:ann@acme.com is not undone: last_name of ann@acme.com was changed by hand since',
    ]);
  });

  test('what is undone already is neither planned nor reported', async () => {
    const bridge = await organisation();
    await everything(bridge);
    const id = (await bridge.store.runs(1))[0]?.id ?? '';
    await undo(bridge);

    const { plan: again } = await plan(bridge, id);

    expect(again.operations).toEqual([]);
  });
});

test('what is protected by now is left as it is', async () => {
  const bridge = await organisation();
  await everything(bridge);
  const parts = bridge.parts();
  const protect = { ...parts.policy.protect, users: ['fay@acme.com', 'ann@acme.com'] };

  const record = await rollback(
    { ...parts, policy: { ...parts.policy, protect } },
    { id: 'last', email: null },
    new AbortController().signal,
  );

  const touched = record.plan.operations.filter(({ subject }) => /^(?:fay|ann)@/.test(subject.key));
  expect(touched).toEqual([]);
  expect(reported(record)).toContain(
    'protected: createUser:fay@acme.com is not undone: fay@acme.com is protected and never written to',
  );
});

test('applying a rollback does not count as the review of a changed configuration', async () => {
  const bridge = await organisation();
  await everything(bridge);
  bridge.store.saveAppliedConfig('another one');

  await undo(bridge);

  expect(bridge.store.memory(0).appliedConfig).toBe('another one');
});
