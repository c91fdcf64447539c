import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import type { RunRequest } from '../../../src/run/parts.ts';
import { openSqliteStore } from '../../../src/state/sqlite/index.ts';
import { temporaryFolder } from '../state/support.ts';
import {
  createBeginning,
  createWorld,
  deleteGroupByHand,
  dryRun,
  inMemory,
  sync,
  type Disturbance,
  type StatePlace,
  type World,
} from './crash-world.ts';

/** What a whole read costs: users, groups, attributes, invites. */
const wholeRead = 4;

const killed = 'the process was killed';

/** A process that dies at its call number `at`, before or after it was carried out, and does nothing ever after. */
function dyingAt(at: number): { readonly disturb: Disturbance } {
  let calls = 0;
  let dead = false;
  return {
    disturb() {
      calls += 1;
      if (calls === at) dead = true;
      if (dead) throw new Error(killed);
    },
  };
}

function interruptedAt(at: number): { readonly disturb: Disturbance; readonly signal: AbortSignal } {
  const interruption = new AbortController();
  let calls = 0;
  return {
    disturb() {
      calls += 1;
      if (calls === at) interruption.abort(new Error('interrupted by SIGTERM'));
    },
    signal: interruption.signal,
  };
}

function inSqlite(): StatePlace {
  const path = join(temporaryFolder(), 'bridge.db');
  return {
    open() {
      const store = openSqliteStore(path, { mode: 'write' });
      onTestFinished(() => store.close());
      return store;
    },
  };
}

const beginning = await createBeginning();
const start = (place: StatePlace = inMemory()): World => createWorld(beginning, place);
const expected = await undisturbed(start(), sync);

/** What a run costs that nothing disturbs, and what it leaves. */
async function undisturbed(world: World, request: RunRequest) {
  const ports: string[] = [];
  await world.run(request, { disturb: (port, moment) => void ports.push(`${moment} ${port}`) });
  return { ports, calls: world.sandbox.log.calls.length, holdings: world.holdings() };
}

/** How it looks after the next process has done its run, and whether one more would have anything to do. */
async function afterNextRun(world: World, request: RunRequest) {
  const { outcomes } = await world.run(request);
  const holdings = world.holdings();
  const calls = world.sandbox.log.calls.length;
  const { plan } = await world.run(dryRun);
  return {
    notDone: outcomes.filter(({ state, code }) => state !== 'applied' && code !== 'alreadySo'),
    holdings,
    isCheap: calls <= expected.calls + wholeRead + 1,
    stillPlanned: plan.operations,
  };
}

const asIfUndisturbed = { notDone: [], holdings: expected.holdings, isCheap: true, stillPlanned: [] };

test('the run does every kind of operation that a sync may do unasked', async () => {
  const { outcomes, status } = await start().run(sync);

  expect(status).toBe('changed');
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(
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
});

describe('killed at any call of a port, the next run ends in the same state, with one more read at most', () => {
  test.each<readonly [string, () => StatePlace, number]>([
    ['in memory, every call', inMemory, 1],
    ['in a file, some calls', inSqlite, 17],
  ])(
    'with the state %s',
    async (_, place, every) => {
      for (let at = 1; at <= expected.ports.length; at += every) {
        const world = start(place());
        await expect(world.run(sync, dyingAt(at))).rejects.toThrow(killed);

        const where = `killed at call ${at}, ${expected.ports[at - 1]}`;
        expect({ where, ...(await afterNextRun(world, sync)) }).toEqual({ where, ...asIfUndisturbed });
      }
    },
    120_000,
  );
});

test('interrupted at any call of a port, it gives every operation an outcome, and the next run ends in the same state', async () => {
  let records = 0;
  for (let at = 1; at <= expected.ports.length; at += 2) {
    const world = start();
    const [ended] = await Promise.allSettled([world.run(sync, interruptedAt(at))]);
    // Until it knows its plan an interrupted run has nothing to report, and has sent nothing but reads.
    const promised = ended.status === 'fulfilled' ? ended.value.plan.operations : [];
    const reported = ended.status === 'fulfilled' ? ended.value.outcomes : [];
    const writes = world.sandbox.log.calls.filter(({ method }) => method !== 'GET');
    if (ended.status === 'fulfilled') records += 1;

    const where = `interrupted at call ${at}, ${expected.ports[at - 1]}`;
    expect(reported.map(({ operation }) => operation)).toEqual(promised.map(({ id }) => id));
    expect(writes.length === 0 || ended.status === 'fulfilled').toBe(true);
    expect({ where, ...(await afterNextRun(world, sync)) }).toEqual({ where, ...asIfUndisturbed });
  }
  expect(records).toBeGreaterThan(expected.ports.length / 4);
}, 120_000);

describe('whichever write is lost', () => {
  const writes = expected.ports.filter((port) => /^before fetch (?!GET)/.test(port)).length;

  /** Loses the write number `at`: on its way, or its answer after it was carried out. */
  function losing(at: number, moment: 'before' | 'after'): Disturbance {
    let seen = 0;
    return (port, now) => {
      if (now !== moment || !/^fetch (?!GET)/.test(port)) return;
      seen += 1;
      if (seen === at) throw new TypeError('fetch failed');
    };
  }

  test.each(['before', 'after'] as const)(
    'the run settles it, and the next one ends in the same state: lost %s it was carried out',
    async (moment) => {
      for (let at = 1; at <= writes; at += 1) {
        const world = start();
        const { outcomes } = await world.run(sync, { disturb: losing(at, moment) });
        const unsettled = outcomes.filter(({ state, code }) => state !== 'applied' && code !== 'dependency');

        const where = `write ${at}`;
        const { isCheap: _, ...after } = await afterNextRun(world, sync);
        expect({ where, unsettled, isCheap: true, ...after }).toEqual({
          where,
          unsettled: [],
          ...asIfUndisturbed,
        });
      }
    },
    120_000,
  );
});

test('an approved plan that was killed anywhere is applied to its end by applying it again', async () => {
  const whole = await approvedPlan(start());
  const { ports, holdings } = await undisturbed(whole.world, whole.request);

  for (let at = 1; at <= ports.length; at += 3) {
    const { world, request } = await approvedPlan(start());
    await expect(world.run(request, dyingAt(at))).rejects.toThrow(killed);

    const where = `killed at call ${at}, ${ports[at - 1]}`;
    const { isCheap: _, ...after } = await afterNextRun(world, request);
    expect({ where, ...after }).toEqual({ where, notDone: [], holdings, stillPlanned: [] });
  }
}, 120_000);

/** A plan that also releases a group, which makes the guard hold it until it is approved. */
async function approvedPlan(world: World): Promise<{ readonly world: World; readonly request: RunRequest }> {
  deleteGroupByHand(world.sandbox);
  const { plan } = await world.run(dryRun);
  expect(plan.violations.map(({ holds }) => holds)).toContain('plan');
  expect(plan.operations.map(({ kind }) => kind)).toContain('release');
  return { world, request: { kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint } };
}
