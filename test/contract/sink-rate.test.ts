import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sink } from '../../src/model/sink.ts';
import type { RetoolSeed } from '../../src/sandbox/retool/index.ts';
import type { Operation } from '../../src/model/operation.ts';
import { createMemoryStore } from '../../src/state/memory.ts';
import { contextWith, createWorld, never, type Fault, type World } from './sink-harness.ts';

const windowMs = 61_000;

function people(count: number): RetoolSeed {
  const users = Array.from({ length: count }, (_, index) => ({
    email: `user${index}@acme.test`,
    firstName: 'A',
    lastName: 'B',
  }));
  return { users };
}

function disabling(id: string): Operation {
  const reason = { code: 'gone', rule: null, source: 'okta', externalId: id, text: 'gone' };
  return {
    id: `deactivateUser:${id}`,
    kind: 'deactivateUser',
    subject: { type: 'user', key: id, id },
    before: { active: true },
    after: { active: false },
    reason,
    dependsOn: [],
  };
}

/** Disables everybody, eight at a time, over these commands by turns. */
async function disableAll(
  world: World,
  commands: readonly Sink[],
): Promise<Readonly<Record<string, number>>> {
  const queue = world.sandbox.state().users.entries();
  const states: Record<string, number> = {};
  const worker = async (): Promise<void> => {
    for (const [index, { id }] of queue) {
      const { state } = (await commands[index % commands.length]?.perform(
        disabling(id),
        contextWith(),
        never,
      )) ?? { state: 'unknown' };
      states[state] = (states[state] ?? 0) + 1;
    }
  };
  await Promise.all(Array.from({ length: 8 }, worker));
  return states;
}

function arrivals({ sandbox }: World): number {
  return sandbox.log.mostInWindow(windowMs);
}

const sometimes = fc.array(
  fc.constantFrom<Fault>('none', 'none', 'none', 'http503Before', 'http500After', 'throttledBefore'),
  { minLength: 1, maxLength: 40 },
);

describe('by the log of the target, never more requests than allowed in any 61 seconds', () => {
  test('whatever the limit, the commands that share it and the faults that make it repeat', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 60 }),
        fc.integer({ min: 1, max: 3 }),
        sometimes,
        fc.integer({ min: 0, max: 120 }),
        async (requestsPerMinute, commands, pattern, count) => {
          const world = createWorld({
            seed: people(count),
            sink: { requestsPerMinute },
            faults: (_request, index) => pattern[index % pattern.length] ?? 'none',
          });
          const sinks = Array.from({ length: commands }, () => world.another());
          await Promise.all(sinks.map((sink) => sink.read(never).catch(() => null)));
          await disableAll(world, sinks);
          expect(world.arrived.mostInWindow(windowMs)).toBeLessThanOrEqual(requestsPerMinute);
        },
      ),
      { numRuns: 40 },
    );
  });

  test('it uses the whole of what is allowed', async () => {
    const world = createWorld({ seed: people(90), sink: { requestsPerMinute: 45 } });
    expect(await disableAll(world, [world.sink])).toEqual({ done: 90 });
    expect(arrivals(world)).toBe(45);
    expect(world.clock.elapsed()).toBeLessThan(windowMs + 1_000);
  });

  test('a command that starts after another ended counts what that one sent', async () => {
    const world = createWorld({ seed: people(40), sink: { requestsPerMinute: 10 } });
    for (const { id } of world.sandbox.state().users) {
      await world.another().perform(disabling(id), contextWith(), never);
    }
    expect(arrivals(world)).toBe(10);
  });

  test('requests that travel at different speeds stay within the minute of the target', async () => {
    const world = createWorld({
      seed: people(150),
      sink: { requestsPerMinute: 20 },
      sandbox: { requestsPerMinute: 20 },
      delayOf: (index) => (index * 397) % 1_000,
    });
    expect(await disableAll(world, [world.sink])).toEqual({ done: 150 });
    expect(world.sandbox.log.calls.filter(({ status }) => status === 429)).toEqual([]);
  });

  test('a wall clock that is corrected while it runs lets no more through', async () => {
    const world = createWorld({ seed: people(100), sink: { requestsPerMinute: 10 } });
    const correct = async (): Promise<void> => {
      for (const step of [3_600_000, -7_200_000, 61_000, -500]) {
        await world.clock.sleep(90_000);
        world.clock.stepWall(step);
      }
    };
    await Promise.all([disableAll(world, [world.sink]), correct()]);
    expect(world.arrived.mostInWindow(windowMs)).toBe(10);
  });
});

describe('somebody else uses the quota as well', () => {
  /** Half of what the bridge may use is left; requests travel for some tenths of a second. */
  async function underHalfTheQuota(count: number, retryAfter: 'seconds' | 'none'): Promise<World> {
    const world = createWorld({
      seed: people(count),
      sink: { requestsPerMinute: 40 },
      sandbox: { requestsPerMinute: 20, retryAfter },
      delayOf: (index) => (index * 397) % 400,
    });
    expect(await disableAll(world, [world.sink])).toEqual({ done: count });
    return world;
  }

  test.each(['seconds', 'none'] as const)(
    'everything is done all the same, in little more than the least time, Retry-After %s',
    async (retryAfter) => {
      const world = await underHalfTheQuota(240, retryAfter);
      expect(world.sandbox.state().users.filter(({ active }) => active)).toEqual([]);
      // 240 requests need eleven whole windows of 20 before the last can go.
      expect(world.clock.elapsed()).toBeLessThanOrEqual(1.25 * 11 * 60_000);
    },
  );

  test.each(['seconds', 'none'] as const)('few are refused, Retry-After %s', async (retryAfter) => {
    const world = await underHalfTheQuota(240, retryAfter);
    const refused = world.sandbox.log.calls.filter(({ status }) => status === 429).length;
    // Without learning from them it would be one for each that is let through.
    expect(refused).toBeLessThanOrEqual(240 / 8);
  });

  test('two bridges that know nothing of each other share what there is', async () => {
    const world = createWorld({
      seed: people(600),
      sink: { requestsPerMinute: 60 },
      sandbox: { requestsPerMinute: 60 },
      delayOf: (index) => (index * 397) % 400,
    });
    const bridges = [world.another(), world.another({ window: createMemoryStore().window })];
    const others = world.sandbox.state().users.map(({ id }) => id);
    const halves = [others.slice(0, 300), others.slice(300)];
    const doneAt = await Promise.all(
      bridges.map(async (bridge, index) => {
        const queue = (halves[index] ?? []).values();
        const worker = async (): Promise<void> => {
          for (const id of queue) await bridge.perform(disabling(id), contextWith(), never);
        };
        await Promise.all(Array.from({ length: 8 }, worker));
        return world.clock.elapsed();
      }),
    );
    expect(world.sandbox.state().users.filter(({ active }) => active)).toEqual([]);
    // Neither waits for the other to end, and together they take little more than the least time.
    const [first = 0, last = 0] = doneAt.toSorted((a, b) => a - b);
    expect(first / last).toBeGreaterThan(0.6);
    expect(last).toBeLessThanOrEqual(1.35 * 9 * 60_000);
  });
});
