import { describe, expect, test } from 'vitest';
import { createPace } from '../../../../src/sources/entra/pace.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { answer, changed, times, where } from '../../../contract/source-faults.ts';
import { never, setUp } from './support.ts';

const url = 'x-ms-throttle-limit-percentage';

function paced(share: number) {
  const clock = createVirtualClock();
  const pace = createPace({ clock, share });
  return {
    learn: (headers: Readonly<Record<string, string>>, status = 200) =>
      pace.learn(status, new Headers(headers)),
    /** How long the next request has to wait, milliseconds. */
    waitMs: async (): Promise<number> => {
      const before = clock.elapsed();
      await pace.admit(never);
      return clock.elapsed() - before;
    },
  };
}

describe('requests', () => {
  test('go at once while Graph says nothing of its limits', async () => {
    const { learn, waitMs } = paced(0.5);
    learn({});
    learn({}, 503);
    expect(await waitMs()).toBe(0);
  });

  test.each([
    [1, '0.8', 0],
    [1, '1.0', 0],
    [1, '1.25', 2_000],
    [0.5, '0.8', 3_750],
    [0.5, '1', 5_000],
    [0.5, '1.8', 10_000 * (1 - 0.5 / 1.8)],
  ])('with a share of %s wait, once %s of a limit is used, %s ms', async (share, used, ms) => {
    const { learn, waitMs } = paced(share);
    learn({ [url]: used });
    expect(await waitMs()).toBeCloseTo(ms);
    expect(await waitMs()).toBe(0);
  });

  test.each(['', 'NaN', '-1', '1e9', '99', '0.9, 0.9'])(
    'do not wait for %j, which says nothing',
    async (used) => {
      const { learn, waitMs } = paced(0.1);
      learn({ [url]: used });
      expect(await waitMs()).toBe(0);
    },
  );

  test('wait for the Retry-After of any that was refused, and for the longest of several', async () => {
    const { learn, waitMs } = paced(1);
    learn({ 'retry-after': '20' }, 429);
    learn({ 'retry-after': '5' }, 429);
    expect(await waitMs()).toBe(20_000);
  });
});

describe('a source', () => {
  test('keeps its share: with half of the limit a busy tenant is read more slowly', async () => {
    const read = async (rateShare: string): Promise<number> => {
      const fault = where(
        ({ pathname }) => pathname.startsWith('/v1.0/groups'),
        changed((body, headers) => {
          headers.set(url, '0.9');
          return body;
        }),
      );
      const { source, clock } = setUp({ options: { rateShare }, fault });
      await source.read(never);
      return clock.elapsed();
    };
    expect(await read('100%')).toBe(0);
    expect(await read('50%')).toBeGreaterThan(4_000);
  });

  test('sends nothing at all while Graph says to wait', async () => {
    const sentAt: number[] = [];
    const refuseOnce = times(
      1,
      answer(429, '{}', { 'content-type': 'application/json', 'retry-after': '30' }),
    );
    const bench = setUp({
      fault: where(
        ({ pathname }) => pathname.endsWith('/members'),
        (request, pass) => {
          sentAt.push(bench.clock.elapsed());
          return refuseOnce(request, pass);
        },
      ),
      options: { scope: { everything: true } },
    });
    await bench.source.read(never);
    // Those that were on their way go on; whoever comes later waits.
    expect(sentAt.filter((at) => at < 30_000).length).toBeLessThanOrEqual(4);
    expect(sentAt.filter((at) => at >= 30_000).length).toBeGreaterThan(1);
  });
});
