import { describe, expect, test } from 'vitest';
import { createVirtualClock } from './virtual-clock.ts';

describe('auto', () => {
  test('an hour passes at once, and time is what was slept', async () => {
    const clock = createVirtualClock({ now: 1_000 });
    await clock.sleep(3_600_000);
    expect([clock.now(), clock.monotonic(), clock.elapsed()]).toEqual([3_601_000, 3_600_000, 3_600_000]);
  });

  test('sleepers wake in order of time, then of arrival, and see their own moment', async () => {
    const clock = createVirtualClock({ now: 0 });
    const seen: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      seen.push(`${name}@${clock.now()}`);
    };
    await Promise.all([sleeper('c', 30), sleeper('a', 10), sleeper('b', 10), sleeper('d', 40)]);
    expect(seen).toEqual(['a@10', 'b@10', 'c@30', 'd@40']);
  });

  test('a sleeper that goes on sleeping is not overtaken', async () => {
    const clock = createVirtualClock({ now: 0 });
    const seen: string[] = [];
    const ticking = async (): Promise<void> => {
      for (let tick = 1; tick <= 3; tick += 1) {
        await clock.sleep(10);
        seen.push(`tick@${clock.now()}`);
      }
    };
    await Promise.all([ticking(), clock.sleep(25).then(() => seen.push(`late@${clock.now()}`))]);
    expect(seen).toEqual(['tick@10', 'tick@20', 'late@25', 'tick@30']);
  });

  test('work that takes turns of the event loop is not overtaken by time', async () => {
    const clock = createVirtualClock();
    const work = async (): Promise<string> => new Response(new Blob(['x'.repeat(100_000)]).stream()).text();
    const winner = await Promise.race([work().then(() => 'work'), clock.sleep(1).then(() => 'time')]);
    expect(winner).toBe('work');
  });

  test('time waits for work that the event loop does not show', async () => {
    const clock = createVirtualClock();
    const onAnotherThread = new Promise((resolve) => setTimeout(resolve, 20));
    const work = clock.during(onAnotherThread).then(() => clock.elapsed());
    await clock.sleep(5);
    expect(await work).toBe(0);
    expect(clock.elapsed()).toBe(5);
  });
});

describe('abort', () => {
  test('rejects with the reason and leaves nobody behind', async () => {
    const clock = createVirtualClock({ advance: 'manual' });
    const controller = new AbortController();
    const sleeping = clock.sleep(100, controller.signal);
    expect(clock.sleeping()).toBe(1);
    controller.abort(new Error('enough'));
    await expect(sleeping).rejects.toThrow('enough');
    expect([clock.sleeping(), clock.elapsed()]).toEqual([0, 0]);
  });

  test('rejects at once when it is too late', async () => {
    const clock = createVirtualClock();
    await expect(clock.sleep(100, AbortSignal.abort(new Error('before')))).rejects.toThrow('before');
  });
});

describe('manual', () => {
  test('time stands still until it is advanced, and stops where it was told to', async () => {
    const clock = createVirtualClock({ now: 0, advance: 'manual' });
    const seen: number[] = [];
    const done = Promise.all([10, 20, 30].map((ms) => clock.sleep(ms).then(() => seen.push(clock.now()))));
    await clock.advance(5);
    expect(seen).toEqual([]);
    await clock.advance(17);
    expect(seen).toEqual([10, 20]);
    expect([clock.now(), clock.sleeping()]).toEqual([22, 1]);
    await clock.advance(8);
    await done;
    expect(seen).toEqual([10, 20, 30]);
  });

  test('the wall clock steps alone', async () => {
    const clock = createVirtualClock({ now: 10_000, advance: 'manual' });
    const done = clock.sleep(100);
    clock.stepWall(-5_000);
    expect([clock.now(), clock.monotonic(), clock.sleeping()]).toEqual([5_000, 0, 1]);
    await clock.advance(100);
    await done;
    expect(clock.now()).toBe(5_100);
  });
});
