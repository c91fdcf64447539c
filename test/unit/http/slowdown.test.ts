import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { limitUnder, pauseUnder, slowdownAfter } from '../../../src/http/slowdown.ts';

const quota = { most: 100, windowMs: 61_000 };
const now = 1_000_000;

describe('the limit', () => {
  test('is the whole one as long as nobody was refused', () => {
    expect(limitUnder(null, quota, now)).toBe(100);
  });

  test('goes down to seven tenths and comes back by a twentieth of the whole after each window', () => {
    const slowdown = slowdownAfter(null, { sentAt: now - 100, now, waitMs: 2_000 }, quota);
    expect(slowdown).toEqual({ limit: 70, at: now, until: now + 2_000 });
    const later = [0, 60_999, 61_000, 2 * 61_000, 6 * 61_000, 7 * 61_000, 1e9];
    expect(later.map((ms) => limitUnder(slowdown, quota, now + ms))).toEqual([70, 70, 75, 80, 100, 100, 100]);
  });

  test('comes back by one at least, however small it is', () => {
    const small = { most: 5, windowMs: 61_000 };
    const slowdown = { limit: 1, at: now, until: now };
    expect([1, 2, 3].map((windows) => limitUnder(slowdown, small, now + windows * 61_000))).toEqual([
      2, 3, 4,
    ]);
  });

  test('never exceeds what the configuration allows by now', () => {
    const slowdown = { limit: 70, at: now, until: now };
    expect(limitUnder(slowdown, { most: 45, windowMs: 61_000 }, now)).toBe(45);
  });

  test('is lowered once for requests that were under way together, and again for one that was sent since', () => {
    const first = slowdownAfter(null, { sentAt: now - 300, now, waitMs: 1_000 }, quota);
    const together = slowdownAfter(first, { sentAt: now - 200, now: now + 50, waitMs: 5_000 }, quota);
    expect(together).toEqual({ limit: 70, at: now, until: now + 5_050 });
    const since = slowdownAfter(together, { sentAt: now + 6_000, now: now + 6_100, waitMs: 1_000 }, quota);
    expect(since).toEqual({ limit: 49, at: now + 6_100, until: now + 7_100 });
  });

  test('is a whole number from one to the whole, whatever is refused when', () => {
    const step = fc.record({ passes: fc.integer({ min: -1e7, max: 1e7 }), age: fc.nat(120_000) });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 600 }), fc.array(step, { maxLength: 40 }), (most, steps) => {
        const bounded = { most, windowMs: 61_000 };
        let slowdown = null;
        let time = now;
        for (const { passes, age } of steps) {
          time += passes;
          const before = limitUnder(slowdown, bounded, time);
          slowdown = slowdownAfter(slowdown, { sentAt: time - age, now: time, waitMs: 1_000 }, bounded);
          const after = limitUnder(slowdown, bounded, time);
          expect(Number.isInteger(after) && after >= 1 && after <= most).toBe(true);
          expect(after).toBeLessThanOrEqual(before);
        }
      }),
    );
  });
});

describe('the pause', () => {
  test('lasts until the time that was asked for', () => {
    const slowdown = { limit: 70, at: now, until: now + 5_000 };
    expect([0, 4_000, 5_000, 9_000].map((ms) => pauseUnder(slowdown, now + ms))).toEqual([
      5_000, 1_000, 0, 0,
    ]);
    expect(pauseUnder(null, now)).toBe(0);
  });

  test('is never shortened by a later one that asks for less', () => {
    const long = slowdownAfter(null, { sentAt: now, now, waitMs: 60_000 }, quota);
    const short = slowdownAfter(long, { sentAt: now + 10, now: now + 10, waitMs: 1_000 }, quota);
    expect(short.until).toBe(now + 60_000);
  });

  test('ends when the clock was set back behind its beginning: it would last for as long as the clock was off', () => {
    const slowdown = { limit: 70, at: now, until: now + 5_000 };
    const back = now - 3_600_000;
    expect(pauseUnder(slowdown, back)).toBe(0);
    expect(limitUnder(slowdown, quota, back)).toBe(70);
    expect(slowdownAfter(slowdown, { sentAt: back, now: back, waitMs: 1_000 }, quota)).toEqual({
      limit: 49,
      at: back,
      until: back + 1_000,
    });
  });
});
