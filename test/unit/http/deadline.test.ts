import { expect, test } from 'vitest';
import { DeadlineExceeded, withinDeadline } from '../../../src/http/deadline.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;
const forEver = new Promise<never>(() => undefined);

test('returns what the work returns, and leaves no timer behind', async () => {
  const clock = createVirtualClock({ advance: 'manual' });
  expect(await withinDeadline(async () => 'done', 1_000, clock, never)).toBe('done');
  expect(clock.sleeping()).toBe(0);
});

test('throws what the work throws, and leaves no timer behind', async () => {
  const clock = createVirtualClock({ advance: 'manual' });
  const work = async (): Promise<never> => {
    throw new Error('broken');
  };
  await expect(withinDeadline(work, 1_000, clock, never)).rejects.toThrow('broken');
  expect(clock.sleeping()).toBe(0);
});

test('ends work that does not listen', async () => {
  const clock = createVirtualClock();
  await expect(withinDeadline(() => forEver, 1_000, clock, never)).rejects.toThrow(DeadlineExceeded);
  expect(clock.elapsed()).toBe(1_000);
});

test('tells the work that its time is up', async () => {
  let told: unknown = null;
  const work = (signal: AbortSignal): Promise<never> => {
    signal.addEventListener('abort', () => {
      told = signal.reason;
    });
    return forEver;
  };
  await expect(withinDeadline(work, 1_000, createVirtualClock(), never)).rejects.toThrow(DeadlineExceeded);
  expect(told).toBeInstanceOf(DeadlineExceeded);
});

test('passes an abort on with its reason', async () => {
  const clock = createVirtualClock({ advance: 'manual' });
  const controller = new AbortController();
  let aborted = false;
  const work = (signal: AbortSignal): Promise<never> => {
    signal.addEventListener('abort', () => {
      aborted = true;
    });
    return forEver;
  };
  const ending = withinDeadline(work, 1_000, clock, controller.signal);
  controller.abort(new Error('stopped by hand'));
  await expect(ending).rejects.toThrow('stopped by hand');
  expect([aborted, clock.sleeping()]).toEqual([true, 0]);
});

test('does not begin when it is too late', async () => {
  let began = false;
  const work = async (): Promise<void> => {
    began = true;
  };
  const late = withinDeadline(work, 1_000, createVirtualClock(), AbortSignal.abort(new Error('before')));
  await expect(late).rejects.toThrow('before');
  expect(began).toBe(false);
});
