import { describe, expect, test } from 'vitest';
import { createRateLimiter } from '../../../src/http/rate-limit.ts';
import type { Window } from '../../../src/model/ports.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;

function emptyWindow(): Window {
  return createMemoryStore().window;
}

function mostWithin(times: readonly number[], windowMs: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at - from < windowMs).length));
}

describe('createRateLimiter', () => {
  test('sends what fits at once and the rest as places come free', async () => {
    const clock = createVirtualClock({ now: 0 });
    const limiter = createRateLimiter({ window: emptyWindow(), clock, limit: 3, windowMs: 61_000 });
    const times: number[] = [];
    for (let send = 0; send < 7; send += 1) times.push(await limiter.admit(never));
    expect(times).toEqual([0, 0, 0, 61_000, 61_000, 61_000, 122_000]);
  });

  test('never lets more through than the limit, whenever they come and however many windows share it', async () => {
    const clock = createVirtualClock({ now: 0 });
    const window = emptyWindow();
    const commands = [1, 2].map(() => createRateLimiter({ window, clock, limit: 5, windowMs: 1_000 }));
    const times: number[] = [];
    const sends = Array.from({ length: 60 }, async (_, index) => {
      await clock.sleep((index * 137) % 2_000);
      const at = await commands[index % 2]?.admit(never);
      expect(at).toBe(clock.now());
      times.push(clock.now());
    });
    await Promise.all(sends);
    expect(times).toHaveLength(60);
    expect(mostWithin(times, 1_000)).toBe(5);
  });

  test('keeps the order in which they came', async () => {
    const clock = createVirtualClock({ now: 0 });
    const limiter = createRateLimiter({ window: emptyWindow(), clock, limit: 1, windowMs: 1_000 });
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((caller) => limiter.admit(never).then(() => order.push(caller))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('one who leaves takes no place and does not stop the others', async () => {
    const clock = createVirtualClock({ now: 0 });
    const limiter = createRateLimiter({ window: emptyWindow(), clock, limit: 1, windowMs: 1_000 });
    await limiter.admit(never);
    const controller = new AbortController();
    const leaving = limiter.admit(controller.signal);
    const staying = limiter.admit(never);
    controller.abort(new Error('leaves'));
    await expect(leaving).rejects.toThrow('leaves');
    expect(await staying).toBe(1_000);
  });

  test('a wall clock that is put forward or back lets no more through', async () => {
    const clock = createVirtualClock();
    const limiter = createRateLimiter({ window: emptyWindow(), clock, limit: 3, windowMs: 61_000 });
    const times: number[] = [];
    for (const step of [0, 0, 3_600_000, 0, -7_200_000, 0, 0, 61_000, 0, 0]) {
      clock.stepWall(step);
      await limiter.admit(never);
      times.push(clock.monotonic());
    }
    expect(mostWithin(times, 61_000)).toBe(3);
    expect(times.at(-1)).toBeLessThanOrEqual(5 * 61_000);
  });

  test('what other commands sent counts beside its own', async () => {
    const clock = createVirtualClock({ now: 0 });
    const window = emptyWindow();
    for (const at of [0, 0]) window.admit({ now: at, limit: 3, windowMs: 61_000 });
    const limiter = createRateLimiter({ window, clock, limit: 3, windowMs: 61_000 });
    const times: number[] = [];
    for (let send = 0; send < 4; send += 1) times.push(await limiter.admit(never));
    expect(times).toEqual([0, 61_000, 61_000, 61_000]);
  });

  test('lets the most urgent of those who wait go first, also one who came last', async () => {
    const clock = createVirtualClock({ now: 0 });
    const limiter = createRateLimiter({ window: emptyWindow(), clock, limit: 1, windowMs: 1_000 });
    const order: string[] = [];
    const come = async (name: string, priority: number): Promise<void> => {
      await limiter.admit(never, priority);
      order.push(name);
    };
    const crowd = ['a', 'b', 'c'].map((name) => come(name, 0));
    await clock.sleep(1_500);
    await Promise.all([...crowd, come('urgent', 3), come('pressing', 2), come('urgent too', 3)]);
    expect(order).toEqual(['a', 'b', 'urgent', 'urgent too', 'pressing', 'c']);
  });

  test('tells what the window throws to one, and goes on with the others', async () => {
    const clock = createVirtualClock({ now: 0 });
    const window = emptyWindow();
    let times = 0;
    const failing: Window = {
      ...window,
      admit(request) {
        times += 1;
        if (times === 1) throw new Error('the disk is full');
        return window.admit(request);
      },
    };
    const limiter = createRateLimiter({ window: failing, clock, limit: 1, windowMs: 1_000 });
    const [first, second] = await Promise.allSettled([limiter.admit(never), limiter.admit(never)]);
    expect(first).toMatchObject({ status: 'rejected', reason: { message: 'the disk is full' } });
    expect(second).toMatchObject({ status: 'fulfilled', value: 0 });
  });

  test('sleeps no longer when everybody has left', async () => {
    const clock = createVirtualClock({ now: 0, advance: 'manual' });
    const limiter = createRateLimiter({ window: emptyWindow(), clock, limit: 1, windowMs: 61_000 });
    await limiter.admit(never);
    const controller = new AbortController();
    const leaving = [1, 2].map(() => limiter.admit(controller.signal));
    await clock.advance(1_000);
    expect(clock.sleeping()).toBe(1);
    controller.abort(new Error('leaves'));
    await Promise.allSettled(leaving);
    await clock.advance(0);
    expect(clock.sleeping()).toBe(0);
  });
});

describe('after a 429', () => {
  test('nothing goes until it says, in any command, and less from then on', async () => {
    const clock = createVirtualClock({ now: 0 });
    const window = emptyWindow();
    const parts = { window, clock, limit: 10, windowMs: 61_000 };
    const [one, other] = [createRateLimiter(parts), createRateLimiter(parts)];
    const sentAt = await one.admit(never);
    one.throttled(sentAt, 7_000);
    const times: number[] = [];
    for (let send = 0; send < 8; send += 1) times.push(await other.admit(never));
    // Seven may be sent within a window, one of which was refused, and eight after a window without a refusal.
    expect(times).toEqual([...Array(6).fill(7_000), 61_000, 61_000]);
  });

  test('a command that starts later knows of it, and the whole rate is back after some windows', async () => {
    const clock = createVirtualClock({ now: 0 });
    const window = emptyWindow();
    const parts = { window, clock, limit: 10, windowMs: 61_000 };
    createRateLimiter(parts).throttled(0, 1_000);
    const admittedAfter = async (ms: number): Promise<number> => {
      await clock.sleep(ms - clock.now());
      const began = clock.now();
      const later = createRateLimiter(parts);
      for (let sent = 0; ; sent += 1) if ((await later.admit(never)) > began) return sent;
    };
    expect(await admittedAfter(2_000)).toBe(7);
    expect(await admittedAfter(20 * 61_000)).toBe(10);
  });
});
