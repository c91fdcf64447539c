import { describe, expect, test } from 'vitest';
import { retryDelay, retrying, type Failure } from '../../../src/http/retry.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const rules = { attempts: 4, baseMs: 500, capMs: 1_500 };
const never = new AbortController().signal;

function status(code: number, retryAfter: string | null = null): Failure {
  return { kind: 'status', status: code, retryAfter };
}

describe('retryDelay', () => {
  test.each([408, 429, 500, 502, 503, 504])('repeats a %i', (code) => {
    expect(retryDelay(status(code), 1, rules, 0, () => 0.5)).toBe(250);
  });

  test.each([400, 401, 403, 404, 409, 410, 422, 501, 505, 302])('gives up on a %i', (code) => {
    expect(retryDelay(status(code, '5'), 1, rules, 0, () => 0.5)).toBeNull();
  });

  test('repeats what got no answer', () => {
    expect(retryDelay({ kind: 'network', cause: 'reset' }, 1, rules, 0, () => 0.5)).toBe(250);
    expect(retryDelay({ kind: 'timeout' }, 1, rules, 0, () => 0.5)).toBe(250);
  });

  test('doubles up to the cap, and gives up when all attempts are made', () => {
    const delays = [1, 2, 3, 4].map((attempt) => retryDelay({ kind: 'timeout' }, attempt, rules, 0, () => 1));
    expect(delays).toEqual([500, 1_000, 1_500, null]);
  });

  test('jitters from nothing to the whole', () => {
    expect(retryDelay({ kind: 'timeout' }, 1, rules, 0, () => 0)).toBe(0);
    expect(retryDelay({ kind: 'timeout' }, 1, rules, 0, () => 0.25)).toBe(125);
  });

  test('waits as long as it is asked to, without jitter, but not for ever', () => {
    expect(retryDelay(status(503, '7'), 1, rules, 0, () => 0.5)).toBe(7_000);
    expect(retryDelay(status(503, 'Infinity'), 1, rules, 0, () => 0.5)).toBe(250);
    expect(retryDelay(status(503, '7'), 4, rules, 0, () => 0.5)).toBeNull();
  });

  test('survives a count beyond every power', () => {
    const patient = { attempts: 10_000, baseMs: 500, capMs: 20_000 };
    expect(retryDelay({ kind: 'timeout' }, 5_000, patient, 0, () => 1)).toBe(20_000);
  });
});

describe('retrying', () => {
  test('waits between attempts and returns the last result', async () => {
    const clock = createVirtualClock({ now: 0 });
    const at: number[] = [];
    const result = await retrying(
      async (number) => {
        at.push(clock.now());
        return `result ${number}`;
      },
      (_result, attempt) => (attempt < 3 ? attempt * 100 : null),
      clock,
      never,
    );
    expect(result).toBe('result 3');
    expect(at).toEqual([0, 100, 300]);
  });

  test('does not repeat what is thrown', async () => {
    let attempts = 0;
    const failing = retrying(
      async () => {
        attempts += 1;
        throw new Error('no journal');
      },
      () => 0,
      createVirtualClock(),
      never,
    );
    await expect(failing).rejects.toThrow('no journal');
    expect(attempts).toBe(1);
  });

  test('ends while it waits when aborted', async () => {
    const clock = createVirtualClock({ advance: 'manual' });
    const controller = new AbortController();
    const endless = retrying(
      async () => null,
      () => 60_000,
      clock,
      controller.signal,
    );
    await clock.advance(100);
    controller.abort(new Error('stopped'));
    await expect(endless).rejects.toThrow('stopped');
  });
});
