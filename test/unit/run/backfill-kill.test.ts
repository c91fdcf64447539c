import { expect, test } from 'vitest';
import type { RunRequest } from '../../../src/run/parts.ts';
import type { Store } from '../../../src/model/store.ts';
import type { Fetch } from '../../../src/model/ports.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

/*
 * A backfill of three hundred operations, whose process dies at every one of them. The process that follows must end
 * where an undisturbed one ends, with no duplicate and at the price of one more whole read at most.
 */

const people = 256;
const teams = 22;
const wholeRead = 4;
const killed = 'the process was killed';
const backfill: RunRequest = {
  kind: 'backfill',
  target: 'mustMatch',
  allowance: { until: null, maxCalls: null },
};

const letters = 'abcdefghijklmnopqrstuvwxyz';
const crowd = Array.from({ length: people }, (_, index): Staff => ({
  id: `p${index}`,
  department: `Department ${index % 7}`,
  groups: [`retool-${letters[index % teams]}`],
}));

/** Dies at the write number `at`, before it left or after it was carried out, and does nothing ever after. */
interface Death {
  readonly at: number;
  readonly moment: 'before' | 'after';
}

interface Mortal {
  readonly bridge: InProcess;
  /** Lets the next process live on. */
  raise(): void;
}

async function start(death: Death | null): Promise<Mortal> {
  let writes = 0;
  let dead = false;
  const dieWhenDead = (): void => {
    if (dead) throw new Error(killed);
  };
  const network =
    (send: Fetch): Fetch =>
    async (input, init) => {
      dieWhenDead();
      if (new Request(input, init).method !== 'GET') writes += 1;
      const isLast = death !== null && death.at === writes;
      if (isLast && death.moment === 'before') dead = true;
      dieWhenDead();
      const response = await send(input, init);
      if (isLast && death.moment === 'after') dead = true;
      dieWhenDead();
      return response;
    };
  const state = (store: Store): Store => ({
    ...store,
    beginRun: (run) => (dieWhenDead(), store.beginRun(run)),
    intend: (...args) => (dieWhenDead(), store.intend(...args)),
    sent: (...args) => (dieWhenDead(), store.sent(...args)),
    settle: (...args) => (dieWhenDead(), store.settle(...args)),
    saveRun: (record) => (dieWhenDead(), store.saveRun(record)),
  });
  const bridge = await startInProcess({ sources: ['staff'], network, state });
  bridge.says({ staff: scim(crowd) });
  return {
    bridge,
    raise() {
      dead = false;
      writes = Number.NEGATIVE_INFINITY;
    },
  };
}

/** What is there in the end, without ids and times. */
function holdings({ retool }: InProcess): object {
  const { users, groups } = retool.state();
  const emailOf = new Map(users.map((user) => [user.id, user.email]));
  return {
    users: users
      .map(({ email, first_name, active, metadata }) => ({ email, first_name, active, metadata }))
      .toSorted((a, b) => (a.email < b.email ? -1 : 1)),
    groups: groups
      .map(({ name, memberIds }) => ({ name, members: memberIds.map((id) => emailOf.get(id)).toSorted() }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

const whole = await start(null);
const undisturbed = await whole.bridge.run(backfill);
const expected = holdings(whole.bridge);
const calls = whole.bridge.retool.log.calls.length;

test('the backfill has three hundred operations', () => {
  expect([undisturbed.status, undisturbed.plan.operations.length]).toEqual(['changed', 300]);
});

// The second sweep is coarser, for time: concurrent calls make most of its states those of the first.
test.each([
  ['before', 1],
  ['after', 3],
] as const)(
  'killed at any of them, %s it is carried out, the next process ends in the same state',
  async (moment, every) => {
    for (let at = 1; at <= 300; at += every) {
      const { bridge, raise } = await start({ at, moment });
      await expect(bridge.run(backfill)).rejects.toThrow(killed);
      raise();

      await bridge.run(backfill);
      const spent = bridge.retool.log.calls.length;
      // What is there is right; that the bridge knows it, too, costs one more read to see.
      const left = at % 25 === 0 ? (await bridge.plan()).plan.operations : [];
      expect({ at, left, isCheap: spent <= calls + wholeRead, ...holdings(bridge) }).toEqual({
        at,
        left: [],
        isCheap: true,
        ...expected,
      });
    }
  },
  600_000,
);
