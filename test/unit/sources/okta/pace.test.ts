import { describe, expect, test } from 'vitest';
import { createPace, rateLimits } from '../../../../src/sources/okta/pace.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { never } from './support.ts';

const start = Date.UTC(2026, 0, 5, 9);

function told(limits: {
  limit?: string;
  remaining?: string;
  resetInMs?: number;
  date?: string | null;
}): Headers {
  const { limit = '600', remaining = '5', resetInMs = 30_000, date = new Date(start).toUTCString() } = limits;
  const headers = new Headers({
    'x-rate-limit-limit': limit,
    'x-rate-limit-remaining': remaining,
    'x-rate-limit-reset': String((start + resetInMs) / 1_000),
  });
  if (date !== null) headers.set('date', date);
  return headers;
}

function paced(share = 1) {
  const clock = createVirtualClock({ now: start });
  const pace = createPace({ clock, share });
  /** Admits some requests; the time at which each was let through. */
  const admit = async (count: number, path = '/api/v1/users'): Promise<readonly number[]> => {
    const times: number[] = [];
    for (let index = 0; index < count; index += 1) {
      await pace.admit(path, never);
      times.push(clock.elapsed());
    }
    return times;
  };
  return { clock, pace, admit };
}

describe('requests', () => {
  test('go at once while nothing is known', async () => {
    expect(await paced().admit(3)).toEqual([0, 0, 0]);
  });

  test('wait for the reset, and a second more, when none are left', async () => {
    const { pace, admit } = paced();
    pace.learn('/api/v1/users', told({ remaining: '2' }));
    expect(await admit(4)).toEqual([0, 0, 31_000, 31_000]);
  });

  test('leave to others what is not ours', async () => {
    const { pace, admit } = paced(0.5);
    pace.learn('/api/v1/users', told({ limit: '10', remaining: '7' }));
    expect(await admit(3)).toEqual([0, 0, 31_000]);
  });

  test('still under way count, though the reply does not know them', async () => {
    const { pace, admit } = paced();
    pace.learn('/api/v1/users', told({ remaining: '3' }));
    await admit(3);
    pace.learn('/api/v1/users', told({ remaining: '2' }));
    expect(await admit(1)).toEqual([31_000]);
  });

  test('of a new minute are counted anew', async () => {
    const { clock, pace, admit } = paced();
    pace.learn('/api/v1/users', told({ remaining: '0' }));
    await admit(1);
    const now = new Date(clock.now()).toUTCString();
    pace.learn('/api/v1/users', told({ remaining: '2', resetInMs: 91_000, date: now }));
    expect(await admit(3)).toEqual([31_000, 31_000, 92_000]);
  });

  test.each([
    ['/api/v1/groups', '/api/v1/groups/00g1/users', 'share'],
    ['/api/v1/apps/0oa1/users', '/api/v1/apps/0oa1/groups', 'share'],
    ['/api/v1/users', '/api/v1/users/00u1', 'do not share'],
    ['/api/v1/users', '/api/v1/groups', 'do not share'],
  ])('for %s and %s %s a limit', async (one, other, relation) => {
    const { pace, admit } = paced();
    pace.learn(one, told({ remaining: '0' }));
    expect(await admit(1, other)).toEqual([relation === 'share' ? 31_000 : 0]);
  });

  test('that wait can be called off', async () => {
    const { pace } = paced();
    pace.learn('/api/v1/users', told({ remaining: '0' }));
    await expect(pace.admit('/api/v1/users', AbortSignal.abort('enough'))).rejects.toBe('enough');
  });
});

describe('the headers', () => {
  test('say how many a minute, how many are left, and for how long', () => {
    expect(rateLimits(told({}), start)).toEqual({ limit: 600, remaining: 5, resetsInMs: 31_000 });
  });

  test('are read by the server’s clock, and by ours when it tells no time', () => {
    expect(rateLimits(told({}), start + 20_000)?.resetsInMs).toBe(31_000);
    expect(rateLimits(told({ date: null }), start + 20_000)?.resetsInMs).toBe(11_000);
    expect(rateLimits(told({ date: 'yesterday' }), start + 20_000)?.resetsInMs).toBe(11_000);
  });

  test.each([
    [-3_600_000, 0],
    [86_400_000, 300_000],
  ])('with a reset %i ms away mean a wait of %i', (resetInMs, wait) => {
    expect(rateLimits(told({ resetInMs }), start)?.resetsInMs).toBe(wait);
  });

  test.each([{ limit: '0' }, { limit: '-1' }, { limit: '6e2' }, { remaining: '' }, { remaining: '1, 2' }])(
    '%o say nothing',
    (limits) => {
      expect(rateLimits(told(limits), start)).toBeNull();
    },
  );

  test('say nothing when they are missing', () => {
    expect(rateLimits(new Headers(), start)).toBeNull();
  });
});
