import { describe, expect, test } from 'vitest';
import { BridgeError } from '../../../src/model/errors.ts';
import type { Operation } from '../../../src/model/operation.ts';
import type { Fact } from '../../../src/model/store.ts';
import {
  addMembers,
  adoptUser,
  benchOf,
  createGroup,
  createUser,
  deactivateUser,
  group,
  idOf,
  makeGroupAdmin,
  reactivateUser,
  releaseGroup,
  removeMember,
  renameGroup,
  setDepartment,
  settleMs,
  stateOf,
  told,
  updateUser,
  user,
  type Bench,
} from './support.ts';

function learn(bench: Bench, ...facts: readonly Fact[]): void {
  const { id, kind, subject } = deactivateUser('earlier@acme.com');
  bench.store.settle(
    'earlier',
    { operation: id, kind, subject, state: 'applied', code: null, text: null, items: [] },
    facts,
    0,
  );
}

const ann = user('ann@acme.com');
const ben = user('ben@acme.com');

describe('what is still as it was planned', () => {
  test('is carried out level by level, one outcome per operation, and becomes ours', async () => {
    const bench = benchOf(stateOf([ann, ben], [group('7', 'Finance', ['ann@acme.com'])]));
    const outcomes = await bench.apply([
      [deactivateUser('ben@acme.com')],
      [removeMember('7', 'Finance', 'ann@acme.com')],
      [createGroup('Data')],
      [createUser('new@acme.com')],
      [setDepartment('ann@acme.com', null, 'Ops')],
      [addMembers(null, 'Data', ['ann@acme.com', '+new@acme.com'])],
    ]);

    expect(told(outcomes)).toEqual([
      'deactivateUser:ben@acme.com applied',
      'removeMember:ann@acme.com in Finance applied',
      'createGroup:Data applied',
      'createUser:new@acme.com applied',
      'setAttributes:ann@acme.com applied',
      'addMembers:Data applied',
    ]);
    expect(bench.target.sends).toEqual(outcomes.map(({ operation }) => operation));
    const memory = bench.store.memory(0);
    expect(memory.links.map(({ externalId, targetId }) => [externalId, targetId])).toEqual([
      ['00g-Data', '1001'],
      ['00u-new@acme.com', idOf('new@acme.com')],
    ]);
    expect(memory.groups.get('1001')?.members).toEqual(new Set([idOf('ann@acme.com'), idOf('new@acme.com')]));
    expect(memory.takenAway.map((taken) => taken.class)).toEqual(['disables', 'removals']);
    expect(bench.store.openIntents()).toEqual([]);
  });

  test('is told by values, in whatever order the target writes the keys of an object', async () => {
    const bench = benchOf(stateOf([user('ann@acme.com', { metadata: { department: { b: 1, a: [2] } } })]));
    const outcomes = await bench.apply([[setDepartment('ann@acme.com', '{"a":[2],"b":1}', 'Ops')]]);
    expect(told(outcomes)).toEqual(['setAttributes:ann@acme.com applied']);
  });

  test('is written to the journal before it is sent, stamped when it leaves, and settled after', async () => {
    const bench = benchOf(stateOf([ann]));
    await bench.apply([[updateUser('ann@acme.com')]]);

    expect(bench.log).toEqual([
      'intend updateUser:ann@acme.com',
      'sent updateUser:ann@acme.com',
      'settle updateUser:ann@acme.com applied',
    ]);
  });

  test('is verified by one further read, and by none when nothing was sent', async () => {
    const bench = benchOf(stateOf([ann]));
    await bench.apply([[updateUser('ann@acme.com')]]);
    expect(bench.target.reads).toHaveLength(2);
    await bench.apply([[adoptUser('ann@acme.com')]]);
    expect(bench.target.reads).toHaveLength(3);
  });
});

describe('what is no longer as it was planned', () => {
  const finance = group('7', 'Finance', ['ann@acme.com']);
  const cases: readonly (readonly [string, Operation, ReturnType<typeof stateOf>, string])[] = [
    [
      'a name changed by hand',
      updateUser('ann@acme.com'),
      stateOf([user('ann@acme.com', { firstName: 'Eve' })]),
      'first_name is now "Eve", the plan saw "Ada"',
    ],
    [
      'an attribute changed by hand',
      setDepartment('ann@acme.com', null, 'Ops'),
      stateOf([user('ann@acme.com', { metadata: { department: 'HR' } })]),
      'department is now "HR", the plan saw empty',
    ],
    ['an account that is gone', deactivateUser('ann@acme.com'), stateOf([]), 'the account is gone'],
    [
      'an account that was disabled meanwhile',
      updateUser('ann@acme.com'),
      stateOf([user('ann@acme.com', { active: false })]),
      'the account was disabled',
    ],
    [
      'an account made by somebody else',
      createUser('ann@acme.com'),
      stateOf([user('ANN@acme.com')]),
      'ann@acme.com exists by now',
    ],
    [
      'a group made by somebody else',
      createGroup('Finance'),
      stateOf([], [finance]),
      'Finance exists by now',
    ],
    [
      'a group that is gone',
      addMembers('7', 'Finance', ['ann@acme.com']),
      stateOf([ann]),
      'the group is gone',
    ],
    [
      'a group renamed by hand',
      renameGroup('7', 'Money', 'Cash'),
      stateOf([], [finance]),
      'name is now "Finance", the plan saw "Money"',
    ],
    [
      'a group admin who left the group',
      makeGroupAdmin('7', 'Finance', 'ben@acme.com'),
      stateOf([ann, ben], [finance]),
      'ben@acme.com is no longer a member',
    ],
    [
      'an adoption of an account with another address',
      { ...adoptUser('ann@acme.com'), before: { id: idOf('ben@acme.com'), managed: false } },
      stateOf([ben]),
      'the account has another address now',
    ],
    [
      'an adoption of a value that changed',
      adoptUser('ann@acme.com', {
        links: [],
        attributes: { department: { value: 'Ops', source: 'okta' } },
        active: true,
      }),
      stateOf([ann]),
      'department is now empty, the plan saw "Ops"',
    ],
    [
      'an adoption of an account that was disabled',
      adoptUser('ann@acme.com'),
      stateOf([user('ann@acme.com', { active: false })]),
      'the account was disabled',
    ],
    [
      'an adoption of a membership that is gone',
      adoptUser('ben@acme.com', {
        member: true,
        group: { key: 'Finance', id: '7' },
        user: { key: 'ben@acme.com', id: idOf('ben@acme.com') },
      }),
      stateOf([ann, ben], [finance]),
      'ben@acme.com is no longer a member',
    ],
    [
      'the release of a group that is there again',
      releaseGroup('7', 'Finance'),
      stateOf([], [finance]),
      'the group is there again',
    ],
  ];

  test.each(cases)('is refused and named: %s', async (_, operation, current, text) => {
    const bench = benchOf(current);
    const outcomes = await bench.apply([[operation]]);

    expect(outcomes).toMatchObject([{ state: 'skipped', code: 'stale', text }]);
    expect(bench.target.sends).toEqual([]);
    expect(bench.store.memory(0)).toMatchObject({ isNew: true, links: [] });
  });

  test('does not keep the others from being carried out, but what depends on it', async () => {
    const bench = benchOf(stateOf([user('ann@acme.com', { firstName: 'Eve' }), ben]));
    const outcomes = await bench.apply([
      [updateUser('ann@acme.com'), updateUser('ben@acme.com')],
      [createUser('new@acme.com', ['updateUser:ann@acme.com'])],
    ]);

    expect(told(outcomes)).toEqual([
      'updateUser:ann@acme.com skipped stale',
      'updateUser:ben@acme.com applied',
      'createUser:new@acme.com notAttempted dependency',
    ]);
  });

  test('leaves the account alone that the token belongs to', async () => {
    const maker = user('ann@acme.com', { ownsToken: true });
    const finance = group('7', 'Finance', ['ann@acme.com', 'ben@acme.com']);
    const bench = benchOf(stateOf([maker, ben], [finance]));
    const outcomes = await bench.apply([
      [
        deactivateUser('ann@acme.com'),
        updateUser('ann@acme.com'),
        removeMember('7', 'Finance', 'ann@acme.com'),
        removeMember('7', 'Finance', 'ben@acme.com'),
      ],
    ]);

    expect(told(outcomes)).toEqual([
      'deactivateUser:ann@acme.com skipped stale',
      'updateUser:ann@acme.com skipped stale',
      'removeMember:ann@acme.com in Finance skipped stale',
      'removeMember:ben@acme.com in Finance applied',
    ]);
    expect(outcomes[0]?.text).toContain('token');
  });

  test('compares the changed fields only', async () => {
    const bench = benchOf(stateOf([user('ann@acme.com', { lastName: 'Lovelace', metadata: { x: 1 } })]));

    expect(told(await bench.apply([[updateUser('ann@acme.com')]]))).toEqual([
      'updateUser:ann@acme.com applied',
    ]);
  });
});

describe('what holds already', () => {
  const disabled = user('ann@acme.com', { active: false });
  const finance = group('7', 'Finance', ['ann@acme.com']);

  test.each<readonly [string, Operation, ReturnType<typeof stateOf>]>([
    ['an update', updateUser('ann@acme.com', ['Eve', 'Ada']), stateOf([ann])],
    ['a deactivation', deactivateUser('ann@acme.com'), stateOf([disabled])],
    ['a reactivation', reactivateUser('ann@acme.com'), stateOf([ann])],
    ['a removal', removeMember('7', 'Finance', 'ben@acme.com'), stateOf([ann, ben], [finance])],
    ['an addition', addMembers('7', 'Finance', ['ann@acme.com']), stateOf([ann], [finance])],
    ['a rename', renameGroup('7', 'Money', 'Finance'), stateOf([], [finance])],
  ])('is not sent again: %s', async (_, operation, current) => {
    const bench = benchOf(current);

    expect(await bench.apply([[operation]])).toMatchObject([{ state: 'skipped', code: 'alreadySo' }]);
    expect(bench.target.sends).toEqual([]);
  });

  test('lets what depends on it go on', async () => {
    const bench = benchOf(stateOf([disabled, ben], [finance]));
    const outcomes = await bench.apply([
      [removeMember('7', 'Finance', 'ben@acme.com')],
      [reactivateUser('ann@acme.com', ['removeMember:ben@acme.com in Finance'])],
    ]);

    expect(told(outcomes)).toEqual([
      'removeMember:ben@acme.com in Finance skipped alreadySo',
      'reactivateUser:ann@acme.com applied',
    ]);
  });

  test('becomes ours where the plan meant it to', async () => {
    const bench = benchOf(stateOf([user('ann@acme.com', { metadata: { department: 'Ops' } })], [finance]));
    learn(
      bench,
      { kind: 'account', id: ann.id, email: ann.email, origin: 'created' },
      { kind: 'accountDisabledByUs', id: ann.id, disabledByUs: true },
      { kind: 'group', id: '7', name: 'Finance', origin: 'used' },
    );
    await bench.apply([
      [setDepartment('ann@acme.com', 'HR', 'Ops')],
      [reactivateUser('ann@acme.com')],
      [addMembers('7', 'Finance', ['ann@acme.com'])],
    ]);

    const { accounts, groups } = bench.store.memory(0);
    expect(accounts.get(ann.id)).toMatchObject({
      disabledByUs: false,
      attributes: new Map([['department', { value: 'Ops', source: 'okta' }]]),
    });
    expect(groups.get('7')?.members).toEqual(new Set([ann.id]));
  });

  test('is no taking away of ours, and an account that somebody else disabled is not ours to switch on', async () => {
    const bench = benchOf(stateOf([disabled, ben], [finance]));
    learn(
      bench,
      { kind: 'account', id: ann.id, email: ann.email, origin: 'created' },
      { kind: 'group', id: '7', name: 'Finance', origin: 'used' },
      { kind: 'membership', group: '7', user: ben.id },
    );
    await bench.apply([[deactivateUser('ann@acme.com')], [removeMember('7', 'Finance', 'ben@acme.com')]]);

    const memory = bench.store.memory(0);
    expect(memory.takenAway).toEqual([]);
    expect(memory.accounts.get(ann.id)?.disabledByUs).toBe(false);
    expect(memory.groups.get('7')?.members).toEqual(new Set());
  });

  test('goes for an account and a group that an earlier run made for the same identity', async () => {
    const bench = benchOf(stateOf([]));
    const levels = [
      [createGroup('Data')],
      [createUser('new@acme.com')],
      [addMembers(null, 'Data', ['+new@acme.com'])],
    ];
    await bench.apply(levels);

    expect(told(await bench.apply(levels))).toEqual([
      'createGroup:Data skipped alreadySo',
      'createUser:new@acme.com skipped alreadySo',
      'addMembers:Data skipped alreadySo',
    ]);
    const other = [[createUser('new@acme.com', [], 'somebody else')]];
    expect(told(await bench.apply(other))).toEqual(['createUser:new@acme.com skipped stale']);
    expect(bench.store.memory(0).links).toHaveLength(2);
  });
});

describe('additions', () => {
  test('leave out and name who has no account, and take the others', async () => {
    const bench = benchOf(stateOf([ann], [group('7', 'Finance')]), {
      'createUser:new@acme.com': ['refused'],
    });
    const outcomes = await bench.apply([
      [createUser('new@acme.com')],
      [addMembers('7', 'Finance', ['ann@acme.com', '+new@acme.com'])],
    ]);

    expect(told(outcomes)).toEqual([
      'createUser:new@acme.com failed invalid',
      'addMembers:Finance applied partly',
    ]);
    expect(outcomes[1]?.items).toEqual([
      {
        key: 'new@acme.com',
        code: 'dependency',
        text: 'createUser:new@acme.com was not applied before it',
      },
    ]);
    expect(bench.target.state().groups[0]?.members.size).toBe(1);
  });

  test('are not attempted when nobody of theirs has an account', async () => {
    const bench = benchOf(stateOf([], [group('7', 'Finance')]), { 'createUser:new@acme.com': ['refused'] });
    const outcomes = await bench.apply([
      [createUser('new@acme.com')],
      [addMembers('7', 'Finance', ['+new@acme.com'])],
    ]);

    expect(outcomes[1]).toMatchObject({
      state: 'notAttempted',
      code: 'dependency',
      items: [{ key: 'new@acme.com' }],
    });
  });

  test('do not send again who is a member by now, and make all of them ours', async () => {
    const bench = benchOf(stateOf([ann, ben], [group('7', 'Finance', ['ann@acme.com'])]));
    learn(bench, { kind: 'group', id: '7', name: 'Finance', origin: 'used' });
    bench.target.edit((state) => ({
      ...state,
      groups: state.groups.map((one) => ({ ...one, members: new Map([[ann.id, { groupAdmin: true }]]) })),
    }));
    await bench.apply([[addMembers('7', 'Finance', ['ann@acme.com', 'ben@acme.com'])]]);

    expect(bench.target.state().groups[0]?.members.get(ann.id)).toEqual({ groupAdmin: true });
    expect(bench.store.memory(0).groups.get('7')?.members).toEqual(new Set([ann.id, ben.id]));
  });

  test('count as done without whom the target refused, who is named and not ours', async () => {
    const bench = benchOf(stateOf([ann, ben], [group('7', 'Finance')]), {
      'addMembers:Finance': [{ takesAllBut: ['ben@acme.com'] }],
    });
    learn(bench, { kind: 'group', id: '7', name: 'Finance', origin: 'used' });
    const outcomes = await bench.apply([[addMembers('7', 'Finance', ['ann@acme.com', 'ben@acme.com'])]]);

    expect(outcomes).toMatchObject([
      { state: 'applied', code: 'partly', items: [{ key: 'ben@acme.com', code: 'refused' }] },
    ]);
    expect(bench.store.memory(0).groups.get('7')?.members).toEqual(new Set([ann.id]));
    expect(bench.target.sends).toHaveLength(1);
  });
});

describe('adoptions', () => {
  const feeds = { name: 'Finance', fedBy: [{ source: 'entra', externalId: 'g1' }] };
  const links = { links: [{ source: 'entra', externalId: 'p1' }], attributes: {}, active: true };

  test.each([
    [false, 'adopted', 'used'],
    [true, 'created', 'created'],
  ] as const)('of what is managed (%s) leave its origin as it is', async (managed, ofAccount, ofGroup) => {
    const bench = benchOf(stateOf([ann], [group('7', 'Finance')]));
    if (managed) {
      learn(
        bench,
        { kind: 'account', id: ann.id, email: ann.email, origin: 'created' },
        { kind: 'group', id: '7', name: 'Finance', origin: 'created' },
      );
    }
    const ofFinance = {
      ...adoptUser('Finance', feeds),
      subject: { type: 'group', key: 'Finance', id: '7' },
      before: { id: '7', managed },
    } as const;
    await bench.apply([
      [{ ...adoptUser('ann@acme.com', links), before: { id: ann.id, managed } }, ofFinance],
    ]);

    const memory = bench.store.memory(0);
    expect(memory.accounts.get(ann.id)?.origin).toBe(ofAccount);
    expect(memory.groups.get('7')?.origin).toBe(ofGroup);
    expect(memory.links.map(({ type, targetId }) => [type, targetId])).toEqual([
      ['user', ann.id],
      ['group', '7'],
    ]);
    expect(bench.target.sends).toEqual([]);
  });

  test('of an active account end what we knew of disabling it', async () => {
    const bench = benchOf(stateOf([ann]));
    learn(
      bench,
      { kind: 'account', id: ann.id, email: ann.email, origin: 'created' },
      { kind: 'accountDisabledByUs', id: ann.id, disabledByUs: true },
    );
    await bench.apply([[{ ...adoptUser('ann@acme.com', links), before: { id: ann.id, managed: true } }]]);

    expect(bench.store.memory(0).accounts.get(ann.id)?.disabledByUs).toBe(false);
  });
});

describe('operations that wait for an approval', () => {
  test('are held, with what depends on them, and the others go on', async () => {
    const bench = benchOf(stateOf([ann, ben]));
    const outcomes = await bench.apply([[updateUser('ann@acme.com'), updateUser('ben@acme.com')]], {
      held: new Set(['updateUser:ann@acme.com']),
    });

    expect(told(outcomes)).toEqual([
      'updateUser:ann@acme.com notAttempted held',
      'updateUser:ben@acme.com applied',
    ]);
  });
});

describe('a run stops', () => {
  const many = Array.from({ length: 60 }, (_, number) => `p${String(number).padStart(2, '0')}@acme.com`);
  const people = stateOf(many.map((email) => user(email)));
  const updates = many.map((email) => [updateUser(email)]);

  function scripted(behaviour: 'refused' | 'dropped', from: number, every: number) {
    return Object.fromEntries(
      many
        .filter((_, index) => index >= from && (index - from) % every === 0)
        .map((email) => [`updateUser:${email}`, [behaviour]]),
    );
  }

  test('at once when the target accepts the token no more', async () => {
    const bench = benchOf(people, { 'updateUser:p01@acme.com': ['unauthorized'] });
    const outcomes = await bench.apply(updates);

    expect(told(outcomes.slice(0, 3))).toEqual([
      'updateUser:p00@acme.com applied',
      'updateUser:p01@acme.com failed unauthorized',
      'updateUser:p02@acme.com notAttempted stopped',
    ]);
    expect(outcomes.at(-1)).toMatchObject({ state: 'notAttempted', code: 'stopped', text: 'HTTP 401' });
    expect(bench.target.sends).toHaveLength(2);
  });

  test('after 20 failures that are more than 40 percent', async () => {
    const bench = benchOf(people, scripted('refused', 0, 2));
    const outcomes = await bench.apply(updates);

    expect(bench.target.sends).toHaveLength(39);
    expect(outcomes.at(-1)?.text).toBe('20 of 39 operations failed');
  });

  test('not for 20 failures among many successes', async () => {
    const bench = benchOf(people, scripted('refused', 0, 3));
    const outcomes = await bench.apply(updates);

    expect(outcomes.filter(({ state }) => state === 'failed')).toHaveLength(20);
    expect(outcomes.filter(({ state }) => state === 'applied')).toHaveLength(40);
  });

  test('when the target is silent 10 times in a row, and nothing is repeated then', async () => {
    const bench = benchOf(people, scripted('dropped', 5, 1));
    const outcomes = await bench.apply(updates);

    expect(bench.target.sends).toHaveLength(15);
    expect(outcomes.filter(({ state }) => state === 'unknown')).toHaveLength(10);
    expect(bench.target.reads).toHaveLength(2);
    expect(outcomes.at(-1)?.text).toBe('the target gave no usable answer 10 times in a row');
  });

  test('when it is interrupted: what is under way is marked, what waits is not started, and nothing throws', async () => {
    const bench = benchOf(people, { 'updateUser:p01@acme.com': ['hangs'] });
    const interruption = new AbortController();
    const running = bench.apply(updates, { signal: interruption.signal });
    void bench.clock.sleep(1000).then(() => interruption.abort(new Error('interrupted by SIGTERM')));
    const outcomes = await running;

    expect(told(outcomes.slice(0, 3))).toEqual([
      'updateUser:p00@acme.com applied',
      'updateUser:p01@acme.com unknown answerLost',
      'updateUser:p02@acme.com notAttempted interrupted',
    ]);
    expect(bench.log.filter((line) => line.startsWith('intend'))).toHaveLength(2);
    expect(bench.store.openIntents().map(({ operation }) => operation.id)).toEqual([
      'updateUser:p01@acme.com',
    ]);
  });

  test('when it is interrupted before an operation left: then that one was not attempted', async () => {
    const bench = benchOf(people);
    const interruption = new AbortController();
    const store = {
      ...bench.store,
      intend(...args: Parameters<typeof bench.store.intend>) {
        bench.store.intend(...args);
        interruption.abort(new Error('interrupted by SIGINT'));
      },
    };
    const outcomes = await bench.apply(updates, { store, signal: interruption.signal });

    expect(new Set(outcomes.map(({ state, code }) => `${state} ${code}`))).toEqual(
      new Set(['notAttempted interrupted']),
    );
    expect(bench.target.sends).toEqual([]);
    expect(bench.store.openIntents()).toEqual([]);
  });

  test('when the state cannot be written, before anything more is sent and not before all has come to rest', async () => {
    const bench = benchOf(people, { 'updateUser:p03@acme.com': ['hangs'] });
    let intents = 0;
    const store = {
      ...bench.store,
      intend(...args: Parameters<typeof bench.store.intend>) {
        intents += 1;
        if (intents === 10) throw new BridgeError('stateUnwritable', 'disk full');
        bench.store.intend(...args);
      },
    };
    const failure: unknown = await bench.apply([updates.flat()], { store }).catch((error: unknown) => error);

    expect(failure).toMatchObject({ code: 'stateUnwritable' });
    const sends = bench.target.sends.length;
    expect(sends).toBeLessThanOrEqual(9);
    expect(bench.clock.elapsed()).toBeLessThan(settleMs);
    await bench.clock.sleep(10 * settleMs);
    expect(bench.target.sends).toHaveLength(sends);
    expect(bench.store.openIntents().map(({ operation }) => operation.id)).toContain(
      'updateUser:p03@acme.com',
    );
  });
});
