import { expect, test } from 'vitest';
import { createRehearsalClock } from '../../../src/runtime/rehearsal-clock.ts';

const start = Date.UTC(2026, 0, 5, 9);

test('sleepers wake in the order of their times, and nobody waits for real', async () => {
  const clock = createRehearsalClock(start);
  const woken: (readonly [string, number])[] = [];
  const sleep = async (name: string, ms: number): Promise<void> => {
    await clock.sleep(ms);
    woken.push([name, clock.now() - start]);
  };
  await Promise.all([sleep('day', 86_400_000), sleep('minute', 60_000), sleep('now', 0)]);
  expect(woken).toEqual([
    ['now', 0],
    ['minute', 60_000],
    ['day', 86_400_000],
  ]);
  expect(clock.monotonic()).toBe(86_400_000);
});

test('time stands still while work is under way, however long that takes', async () => {
  const clock = createRehearsalClock(start);
  let finish = (): void => undefined;
  const work = new Promise<void>((resolve) => (finish = resolve));
  let isAwake = false;
  const sleeping = clock.sleep(1_000).then(() => (isAwake = true));
  const during = clock.during(work);
  for (let turn = 0; turn < 50; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  expect([isAwake, clock.monotonic()]).toEqual([false, 0]);
  finish();
  await during;
  await sleeping;
  expect(clock.monotonic()).toBe(1_000);
});

test('an aborted sleep ends at once and moves no time', async () => {
  const clock = createRehearsalClock(start);
  const stop = new AbortController();
  const sleeping = clock.sleep(5_000, stop.signal);
  stop.abort(new Error('enough'));
  await expect(sleeping).rejects.toThrow('enough');
  await expect(clock.sleep(1, stop.signal)).rejects.toThrow('enough');
  expect(clock.now()).toBe(start);
});
