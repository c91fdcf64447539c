import { describe, expect, test } from 'vitest';
import type { Fact } from '../../../src/model/store.ts';
import {
  addMembers,
  benchOf,
  createGroup,
  createUser,
  deactivateUser,
  group,
  idOf,
  removeMember,
  setDepartment,
  settleMs,
  stateOf,
  told,
  updateUser,
  user,
  type Bench,
} from './support.ts';

const ann = user('ann@acme.com');
const ben = user('ben@acme.com');
const finance = group('7', 'Finance', ['ann@acme.com']);

function learn(bench: Bench, ...facts: readonly Fact[]): void {
  const { id, kind, subject } = deactivateUser('earlier@acme.com');
  const outcome = {
    operation: id,
    kind,
    subject,
    state: 'applied',
    code: null,
    text: null,
    items: [],
  } as const;
  bench.store.settle('earlier', outcome, facts, 0);
}

describe('a lost answer', () => {
  test('is judged by one read, begun a settle time after the last send, and what is there is taken over', async () => {
    const bench = benchOf(stateOf([ann]), { 'createUser:new@acme.com': ['lost'] });
    const startedAt = bench.clock.now();
    const outcomes = await bench.apply([[createUser('new@acme.com')], [updateUser('ann@acme.com')]]);

    expect(told(outcomes)).toEqual(['createUser:new@acme.com applied', 'updateUser:ann@acme.com applied']);
    expect(outcomes[0]?.subject.id).toBe(idOf('new@acme.com'));
    expect(bench.target.reads).toEqual([startedAt, startedAt + settleMs]);
    expect(bench.target.sends).toHaveLength(2);
    expect(bench.store.memory(0).links).toMatchObject([{ targetId: idOf('new@acme.com') }]);
    expect(bench.store.openIntents()).toEqual([]);
  });

  test('keeps nobody waiting for the next run: what depended on it follows and is verified', async () => {
    const bench = benchOf(stateOf([ann], [group('7', 'Finance'), group('8', 'Sales')]), {
      'createUser:new@acme.com': ['lost'],
      'createGroup:Data': ['lost'],
    });
    const outcomes = await bench.apply([
      [createUser('new@acme.com'), createGroup('Data')],
      [
        addMembers('7', 'Finance', ['ann@acme.com', '+new@acme.com']),
        addMembers('8', 'Sales', ['+new@acme.com']),
        addMembers(null, 'Data', ['ann@acme.com']),
      ],
    ]);

    expect(told(outcomes)).toEqual([
      'createUser:new@acme.com applied',
      'createGroup:Data applied',
      'addMembers:Finance applied',
      'addMembers:Sales applied',
      'addMembers:Data applied',
    ]);
    expect(outcomes.flatMap(({ items }) => items)).toEqual([]);
    const { groups } = bench.target.state();
    expect(groups.map(({ name, members }) => [name, members.size])).toEqual([
      ['Finance', 2],
      ['Sales', 1],
      ['Data', 1],
    ]);
    expect(bench.store.openIntents()).toEqual([]);
  });

  test('of an addition stays lost when the run stops before it could go out once more', async () => {
    const bench = benchOf(stateOf([ann, ben], [finance, group('8', 'Sales')]), {
      'createUser:new@acme.com': ['lost'],
      'addMembers:Sales': ['dropped'],
      'addMembers:Finance': ['unauthorized'],
    });
    const outcomes = await bench.apply([
      [createUser('new@acme.com')],
      [
        addMembers('7', 'Finance', ['ben@acme.com']),
        addMembers('8', 'Sales', ['ann@acme.com', '+new@acme.com']),
      ],
    ]);

    expect(told(outcomes)).toEqual([
      'createUser:new@acme.com applied',
      'addMembers:Finance failed unauthorized',
      'addMembers:Sales unknown answerLost',
    ]);
    expect(bench.store.openIntents().map(({ operation }) => operation.id)).toEqual(['addMembers:Sales']);
  });

  test('of what is proved absent is repeated, and the repetition verified', async () => {
    const bench = benchOf(stateOf([]), { 'createUser:new@acme.com': ['dropped'] });
    const outcomes = await bench.apply([[createUser('new@acme.com')]]);

    expect(told(outcomes)).toEqual(['createUser:new@acme.com applied']);
    expect(bench.target.sends).toHaveLength(2);
    expect(bench.target.reads).toHaveLength(3);
    expect(bench.target.state().users).toHaveLength(1);
  });

  test('is repeated twice at most; then it stays unknown, and open for the next run', async () => {
    const bench = benchOf(stateOf([]), {
      'createUser:new@acme.com': ['dropped', 'dropped', 'dropped', 'dropped'],
    });
    const outcomes = await bench.apply([[createUser('new@acme.com')]]);

    expect(told(outcomes)).toEqual(['createUser:new@acme.com unknown answerLost']);
    expect(bench.target.sends).toHaveLength(3);
    expect(bench.store.openIntents()).toMatchObject([{ operation: { id: 'createUser:new@acme.com' } }]);
    expect(bench.store.memory(0).links).toEqual([]);
  });

  test('whose repetition meets a conflict did take effect, which the next read shows', async () => {
    const bench = benchOf(stateOf([]), { 'createUser:new@acme.com': ['dropped', 'conflict'] });
    const outcomes = await bench.apply([[createUser('new@acme.com')]]);

    expect(told(outcomes)).toEqual(['createUser:new@acme.com applied']);
    expect(bench.target.sends).toHaveLength(2);
  });

  test('whose repetition is refused has failed', async () => {
    const bench = benchOf(stateOf([ann]), { 'updateUser:ann@acme.com': ['dropped', 'refused'] });

    expect(told(await bench.apply([[updateUser('ann@acme.com')]]))).toEqual([
      'updateUser:ann@acme.com failed invalid',
    ]);
    expect(bench.store.openIntents()).toEqual([]);
  });

  test('of something that was changed otherwise meanwhile is not repeated', async () => {
    const bench = benchOf(stateOf([ann]), { 'updateUser:ann@acme.com': ['dropped'] });
    void bench.clock.sleep(1000).then(() =>
      bench.target.edit((state) => ({
        ...state,
        users: state.users.map((one) => ({ ...one, firstName: 'Eve' })),
      })),
    );

    expect(told(await bench.apply([[updateUser('ann@acme.com')]]))).toEqual([
      'updateUser:ann@acme.com unknown answerLost',
    ]);
    expect(bench.target.sends).toHaveLength(1);
  });

  test('of an addition is repeated without those who were left out', async () => {
    const bench = benchOf(stateOf([ann, ben], [group('7', 'Finance')]), {
      'createUser:new@acme.com': ['refused'],
      'addMembers:Finance': ['dropped'],
    });
    const outcomes = await bench.apply([
      [createUser('new@acme.com')],
      [addMembers('7', 'Finance', ['ann@acme.com', '+new@acme.com'])],
    ]);

    expect(outcomes[1]).toMatchObject({ state: 'applied', code: 'partly', items: [{ key: 'new@acme.com' }] });
    expect([...(bench.target.state().groups[0]?.members.keys() ?? [])]).toEqual([ann.id]);
  });

  test('of a group and its members is found by the ids made in this run', async () => {
    const bench = benchOf(stateOf([ann]), { 'addMembers:Data': ['lost'] });
    const outcomes = await bench.apply([[createGroup('Data')], [addMembers(null, 'Data', ['ann@acme.com'])]]);

    expect(told(outcomes)).toEqual(['createGroup:Data applied', 'addMembers:Data applied']);
    expect(bench.store.memory(0).groups.get('1000')?.members).toEqual(new Set([ann.id]));
  });

  test('is not waited for by the wall clock, which may jump', async () => {
    const bench = benchOf(stateOf([]), { 'createUser:new@acme.com': ['dropped'] });
    void bench.clock.sleep(5).then(() => bench.clock.stepWall(3_600_000));
    await bench.apply([[createUser('new@acme.com')]]);

    expect(bench.clock.elapsed()).toBeGreaterThanOrEqual(settleMs);
  });
});

describe('what the target accepted but does not show', () => {
  test('is repeated, a settle time after it was sent and not before', async () => {
    const bench = benchOf(stateOf([ann]), { 'updateUser:ann@acme.com': ['ignored'] });
    const startedAt = bench.clock.now();
    const outcomes = await bench.apply([[updateUser('ann@acme.com')]]);

    expect(told(outcomes)).toEqual(['updateUser:ann@acme.com applied']);
    expect(bench.target.sends).toHaveLength(2);
    expect(bench.target.reads.slice(0, 3)).toEqual([startedAt, startedAt + 10, startedAt + settleMs]);
  });

  test('is reported as failed after two repetitions', async () => {
    const bench = benchOf(stateOf([ann]), {
      'updateUser:ann@acme.com': ['ignored', 'ignored', 'ignored', 'ignored'],
    });

    expect(told(await bench.apply([[updateUser('ann@acme.com')]]))).toEqual([
      'updateUser:ann@acme.com failed notInEffect',
    ]);
    expect(bench.target.sends).toHaveLength(3);
    expect(bench.store.openIntents()).toEqual([]);
  });

  test('leaves ownership as it was before', async () => {
    const ignored = ['ignored', 'ignored', 'ignored'] as const;
    const operations = [
      deactivateUser('ben@acme.com'),
      removeMember('7', 'Finance', 'ann@acme.com'),
      setDepartment('ann@acme.com', 'HR', 'Ops'),
      createUser('new@acme.com'),
      createGroup('Data'),
      addMembers('8', 'Sales', ['ann@acme.com', 'ben@acme.com']),
    ];
    const bench = benchOf(
      stateOf(
        [user('ann@acme.com', { metadata: { department: 'HR' } }), ben],
        [finance, group('8', 'Sales')],
      ),
      Object.fromEntries(operations.map(({ id }) => [id, ignored])),
    );
    learn(
      bench,
      { kind: 'account', id: ann.id, email: ann.email, origin: 'created' },
      { kind: 'account', id: ben.id, email: ben.email, origin: 'adopted' },
      { kind: 'attribute', id: ann.id, name: 'department', value: 'HR', source: 'entra' },
      { kind: 'group', id: '7', name: 'Finance', origin: 'used' },
      { kind: 'membership', group: '7', user: ann.id },
      { kind: 'group', id: '8', name: 'Sales', origin: 'used' },
      { kind: 'membership', group: '8', user: ben.id },
    );
    const before = bench.store.memory(0);
    const outcomes = await bench.apply(operations.map((operation) => [operation]));

    expect(new Set(outcomes.map(({ code }) => code))).toEqual(new Set(['notInEffect']));
    expect({ ...bench.store.memory(0), takenAway: [] }).toEqual(before);
  });

  test('is not compared with a membership that was not ours and was to be taken all the same', async () => {
    const bench = benchOf(stateOf([ann], [finance]), {
      'removeMember:ann@acme.com in Finance': ['ignored', 'ignored', 'ignored'],
    });
    learn(bench, { kind: 'group', id: '7', name: 'Finance', origin: 'used' });
    await bench.apply([[removeMember('7', 'Finance', 'ann@acme.com')]]);

    expect(bench.store.memory(0).groups.get('7')?.members).toEqual(new Set());
  });
});

describe('a target that cannot be read again', () => {
  test('leaves outcomes as they are, and says that they are not verified', async () => {
    const bench = benchOf(stateOf([ann, ben]), { 'updateUser:ben@acme.com': ['lost'] });
    const { sink } = bench.target;
    const perform: typeof sink.perform = (...args) => {
      bench.target.breakReads();
      return sink.perform(...args);
    };
    const outcomes = await bench.apply([[updateUser('ann@acme.com'), updateUser('ben@acme.com')]], {
      sink: { ...sink, perform },
    });

    expect(told(outcomes)).toEqual([
      'updateUser:ann@acme.com applied unverified',
      'updateUser:ben@acme.com unknown answerLost',
    ]);
    expect(bench.store.openIntents()).toHaveLength(1);
  });
});

describe('an interruption while the run waits', () => {
  test('ends it with what is known', async () => {
    const bench = benchOf(stateOf([ann]), { 'updateUser:ann@acme.com': ['dropped'] });
    const interruption = new AbortController();
    void bench.clock.sleep(settleMs / 2).then(() => interruption.abort(new Error('interrupted by SIGINT')));
    const outcomes = await bench.apply([[updateUser('ann@acme.com')]], { signal: interruption.signal });

    expect(told(outcomes)).toEqual(['updateUser:ann@acme.com unknown answerLost']);
    expect(bench.clock.elapsed()).toBe(settleMs / 2);
    expect(bench.target.sends).toHaveLength(1);
  });
});
