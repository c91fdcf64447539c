import { describe, expect, test } from 'vitest';
import { createMemoryWindow, createRateLimiter } from '../../../src/http/rate-limit.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;

function mostWithin(times: readonly number[], windowMs: number): number {
  return Math.max(...times.map((from) => times.filter((at) => at >= from && at - from < windowMs).length));
}

describe('createMemoryWindow', () => {
  const asked = { limit: 2, windowMs: 1_000 };

  test('admits up to the limit and says when the oldest leaves', () => {
    const window = createMemoryWindow();
    expect(window.admit({ now: 0, ...asked })).toEqual({ admitted: true });
    expect(window.admit({ now: 400, ...asked })).toEqual({ admitted: true });
    expect(window.admit({ now: 500, ...asked })).toEqual({ admitted: false, waitMs: 500 });
    expect(window.admit({ now: 999, ...asked })).toEqual({ admitted: false, waitMs: 1 });
    expect(window.admit({ now: 1_000, ...asked })).toEqual({ admitted: true });
    expect(window.admit({ now: 1_000, ...asked })).toEqual({ admitted: false, waitMs: 400 });
  });

  test('does not wait an hour because the wall clock went back one', () => {
    const window = createMemoryWindow();
    window.admit({ now: 3_600_000, ...asked });
    window.admit({ now: 3_600_000, ...asked });
    expect(window.admit({ now: 100, ...asked })).toEqual({ admitted: false, waitMs: 1_000 });
    expect(window.admit({ now: 1_100, ...asked })).toEqual({ admitted: true });
  });
});

describe('createRateLimiter', () => {
  test('sends what fits at once and the rest as places come free', async () => {
    const clock = createVirtualClock({ now: 0 });
    const limiter = createRateLimiter({ window: createMemoryWindow(), clock, limit: 3, windowMs: 61_000 });
    const times: number[] = [];
    for (let send = 0; send < 7; send += 1) times.push(await limiter.admit(never));
    expect(times).toEqual([0, 0, 0, 61_000, 61_000, 61_000, 122_000]);
  });

  test('never lets more through than the limit, whenever they come and however many windows share it', async () => {
    const clock = createVirtualClock({ now: 0 });
    const window = createMemoryWindow();
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
    const limiter = createRateLimiter({ window: createMemoryWindow(), clock, limit: 1, windowMs: 1_000 });
    const order: number[] = [];
    await Promise.all([1, 2, 3, 4].map((caller) => limiter.admit(never).then(() => order.push(caller))));
    expect(order).toEqual([1, 2, 3, 4]);
  });

  test('one who leaves takes no place and does not stop the others', async () => {
    const clock = createVirtualClock({ now: 0 });
    const limiter = createRateLimiter({ window: createMemoryWindow(), clock, limit: 1, windowMs: 1_000 });
    await limiter.admit(never);
    const controller = new AbortController();
    const leaving = limiter.admit(controller.signal);
    const staying = limiter.admit(never);
    controller.abort(new Error('leaves'));
    await expect(leaving).rejects.toThrow('leaves');
    expect(await staying).toBe(1_000);
  });
});
