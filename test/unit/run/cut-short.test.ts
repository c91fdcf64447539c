import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../../src/model/outcome.ts';
import type { Fetch } from '../../../src/model/ports.ts';
import type { Store } from '../../../src/model/store.ts';
import { findRun, rollback } from '../../../src/run/rollback.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

/*
 * A run that was cut short left no record. Whoever comes next writes it, so that the run can be looked at and undone
 * like any other.
 */

const killed = 'the process was killed';
const never = new AbortController().signal;

const atFirst: readonly Staff[] = [
  { id: 'ann', department: 'Ops', groups: ['retool-fin'] },
  { id: 'ben', groups: ['retool-fin'] },
  { id: 'cat', groups: ['retool-ops'] },
];
const atLast: readonly Staff[] = [
  { id: 'ann', department: 'Law', family: 'Lovelace', groups: ['retool-fin', 'retool-ops'] },
  { id: 'ben', active: false },
  { id: 'cat', department: 'Ops' },
  { id: 'dan', groups: ['retool-fin'] },
  { id: 'eve', groups: ['retool-ops'] },
];
/** How many calls the second sync writes with. */
const writes = 8;

interface Mortal extends InProcess {
  /** From the write number `at` on nothing leaves, or nothing comes back, and nothing is stored. */
  dieAt(at: number, moment: 'before' | 'after'): void;
  raise(): void;
}

/** An organisation that one sync has set up, and whose next process can be made to die. */
async function organisation(): Promise<Mortal> {
  let death = { at: Number.POSITIVE_INFINITY, moment: 'before' };
  let count = 0;
  let dead = false;
  const live = (): void => {
    if (dead) throw new Error(killed);
  };
  const network =
    (send: Fetch): Fetch =>
    async (input, init) => {
      live();
      if (new Request(input, init).method !== 'GET') count += 1;
      const isLast = count === death.at;
      if (isLast && death.moment === 'before') dead = true;
      live();
      const response = await send(input, init);
      if (isLast && death.moment === 'after') dead = true;
      live();
      return response;
    };
  const state = (store: Store): Store => ({
    ...store,
    beginRun: (run) => (live(), store.beginRun(run)),
    intend: (...args) => (live(), store.intend(...args)),
    sent: (...args) => (live(), store.sent(...args)),
    settle: (...args) => (live(), store.settle(...args)),
    saveRun: (record) => (live(), store.saveRun(record)),
  });
  const bridge = await startInProcess({ sources: ['staff'], network, state });
  bridge.says({ staff: scim(atFirst) });
  await bridge.sync();
  bridge.says({ staff: scim(atLast, ['retool-ops']) });
  return {
    ...bridge,
    dieAt(at, moment) {
      count = 0;
      death = { at, moment };
    },
    raise() {
      dead = false;
      death = { at: Number.POSITIVE_INFINITY, moment: 'before' };
    },
  };
}

/** An organisation whose second sync was killed, and the id of that run. */
async function cutShort(at: number, moment: 'before' | 'after') {
  const bridge = await organisation();
  const before = held(bridge);
  bridge.dieAt(at, moment);
  await expect(bridge.sync()).rejects.toThrow(killed);
  bridge.raise();
  const id = bridge.store.unrecordedRun()?.id ?? '';
  return { bridge, before, id };
}

/** What Retool holds, but for the accounts that were made since and are off again. */
function held({ retool }: InProcess): object {
  const { users, groups } = retool.state();
  const emailOf = new Map(users.map(({ id, email }) => [id, email]));
  return {
    users: users
      .filter(({ email, active }) => active || !/^(?:dan|eve)@/.test(email))
      .map(({ email, first_name, last_name, active, metadata }) => ({
        email,
        first_name,
        last_name,
        active,
        metadata,
      })),
    groups: groups
      .filter(({ name }) => name !== 'All Users')
      .map(({ name, memberIds }) => ({ name, members: memberIds.map((one) => emailOf.get(one)).toSorted() })),
  };
}

const undo = async (bridge: InProcess, id: string): Promise<RunRecord> => {
  const { plan } = await rollback(bridge.parts(), { id, email: null }, never);
  return bridge.run({ kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint });
};

const moments = Array.from({ length: writes }, (_, index) => index + 1).flatMap((at) => [
  { at, moment: 'before' as const },
  { at, moment: 'after' as const },
]);

test('the run that is cut short here writes this often', async () => {
  const bridge = await organisation();
  bridge.retool.log.clear();
  expect((await bridge.sync()).status).toBe('changed');
  expect(bridge.retool.log.calls.filter(({ method }) => method !== 'GET')).toHaveLength(writes);
  expect(bridge.store.unrecordedRun()).toBeNull();
});

describe.each(moments)('a run that died $moment its write $at was answered', ({ at, moment }) => {
  test('is recorded by the next one, with what became of each operation', async () => {
    const { bridge, id } = await cutShort(at, moment);
    const wrote = bridge.retool.log.calls.filter(({ method }) => method !== 'GET').length;

    const next = await bridge.sync();

    const record = bridge.store.run(id);
    expect(bridge.store.unrecordedRun()).toBeNull();
    expect(bridge.store.runs(9).map((row) => row.id)).toEqual([next.id, id, 'run-1']);
    expect(record).toMatchObject({ kind: 'sync', ending: 'cutShort' });
    expect(record?.outcomes.map(({ operation }) => operation)).toEqual(
      record?.plan.operations.map((operation) => operation.id),
    );
    const applied = record?.outcomes.filter(({ state }) => state === 'applied') ?? [];
    expect(new Set(record?.outcomes.map(({ state }) => state)).has('unknown')).toBe(false);
    // Every write that was carried out is one operation that was applied, and the other way round.
    const firstRun = bridge.store.run('run-1');
    expect(applied).toHaveLength(wrote - (firstRun?.plan.forecast.calls ?? 0));
    expect((await bridge.plan()).plan.operations).toEqual([]);
  });

  test('is undone without being carried on with', async () => {
    const { bridge, before, id } = await cutShort(at, moment);
    const wrote = bridge.retool.log.count(undefined, /^\/api\/v2\//);

    const undone = await undo(bridge, 'last');

    expect(undone.outcomes.filter(({ state }) => state !== 'applied')).toEqual([]);
    expect(held(bridge)).toEqual(before);
    expect(bridge.store.run(id)).toMatchObject({ ending: 'cutShort' });
    // Reading for the plan, and reading before the first write: nothing else was done to get there.
    const since = bridge.retool.log.calls.filter((call) => call.path.startsWith('/api/v2/')).slice(wrote);
    expect(since.slice(0, 4).map(({ method }) => method)).toEqual(['GET', 'GET', 'GET', 'GET']);
    await bridge.applyApproved();
    expect((await bridge.plan()).plan.operations).toEqual([]);
  });
});

test('until then it can be looked at, with what is open as unknown', async () => {
  const { bridge, id } = await cutShort(4, 'after');

  const record = findRun(bridge.store, 'last');

  expect([record.id, record.ending, record.status]).toEqual([id, 'open', 'partial']);
  const states = new Set(record.outcomes.map(({ state, code }) => `${state} ${code}`));
  expect(states).toContain('unknown open');
  expect(states).toContain('notAttempted cutShort');
  expect(findRun(bridge.store, 'run-1').ending).toBeUndefined();
});

test('a rollback waits for nobody while a run holds the state: it is refused', async () => {
  const { bridge } = await cutShort(4, 'after');
  const lock = bridge.store.lock();
  const calls = bridge.retool.log.calls.length;

  await expect(rollback(bridge.parts(), { id: 'last', email: null }, never)).rejects.toMatchObject({
    code: 'stateLocked',
  });
  expect(bridge.retool.log.calls).toHaveLength(calls);
  lock.release();
});

test('what waited for an approval stays said so', async () => {
  const bridge = await organisation();
  const crowd = Array.from({ length: 60 }, (_, index): Staff => ({ id: `p${index}` }));
  bridge.says({ staff: scim([...atFirst.filter(({ id }) => id !== 'ben'), ...crowd]) });
  bridge.dieAt(1, 'after');
  await expect(bridge.sync()).rejects.toThrow(killed);
  bridge.raise();
  const { id = '' } = bridge.store.unrecordedRun() ?? {};
  await bridge.sync();

  const record = bridge.store.run(id);
  const held = record?.outcomes.filter(({ code }) => code === 'held') ?? [];
  expect(held.map(({ kind }) => kind)).toEqual(Array.from({ length: 60 }, () => 'createUser'));
  expect([record?.status, record?.approvalKey]).toEqual(['held', expect.stringMatching(/^[0-9a-f]{64}$/)]);
});

test('a run that ended without an answer is told by the next one what came of it, so that it can be undone', async () => {
  /** The first write arrives and is not answered, and nothing gets through after it. */
  let isFailing = false;
  let isDown = false;
  const network =
    (send: Fetch): Fetch =>
    async (input, init) => {
      if (!isDown && isFailing && new Request(input, init).method !== 'GET') {
        await send(input, init);
        isDown = true;
      }
      if (isDown) throw new TypeError('fetch failed');
      return send(input, init);
    };
  const bridge = await startInProcess({ sources: ['staff'], network });
  bridge.says({ staff: scim(atFirst) });
  await bridge.sync();
  const before = held(bridge);
  isFailing = true;
  bridge.says({ staff: scim(atFirst.map((one) => (one.id === 'ben' ? { ...one, active: false } : one))) });
  const run = await bridge.sync();
  expect(run.outcomes.map(({ kind, state }) => [kind, state])).toEqual([['deactivateUser', 'unknown']]);
  [isFailing, isDown] = [false, false];

  await bridge.sync();

  expect(bridge.store.run(run.id)?.outcomes).toMatchObject([{ state: 'applied', code: 'recovered' }]);
  await undo(bridge, run.id);
  expect(held(bridge)).toEqual(before);
});
