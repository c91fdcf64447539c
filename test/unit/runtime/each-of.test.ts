import { describe, expect, test } from 'vitest';
import { eachOf } from '../../../src/runtime/each-of.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;

describe('eachOf', () => {
  test('works on every item, and on so many at a time', async () => {
    const clock = createVirtualClock();
    const done: number[] = [];
    let running = 0;
    let most = 0;
    await eachOf([5, 4, 3, 2, 1], { concurrency: 2, signal: never }, async (item) => {
      running += 1;
      most = Math.max(most, running);
      await clock.sleep(item * 100);
      running -= 1;
      done.push(item);
    });
    expect(done.toSorted()).toEqual([1, 2, 3, 4, 5]);
    expect(most).toBe(2);
  });

  test('the first failure stops what is under way and what would come, and is what one hears of', async () => {
    const clock = createVirtualClock();
    const begun: number[] = [];
    const work = eachOf([1, 2, 3], { concurrency: 2, signal: never }, async (item, signal) => {
      begun.push(item);
      if (item === 1) throw new Error('first');
      await clock.sleep(60_000, signal);
    });
    await expect(work).rejects.toThrow('first');
    expect(begun).toEqual([1, 2]);
    expect(clock.elapsed()).toBe(0);
  });

  test('an abort from outside reaches the work', async () => {
    const clock = createVirtualClock();
    const stop = new AbortController();
    const work = eachOf([1], { concurrency: 1, signal: stop.signal }, async (_item, signal) => {
      stop.abort(new Error('enough'));
      await clock.sleep(60_000, signal);
    });
    await expect(work).rejects.toThrow('enough');
  });
});
