import { describe, expect, test } from 'vitest';
import { createCallLog, type RecordedCall } from '../../../src/sandbox/stand-in.ts';

function callAt(at: number, method = 'GET', path = '/users'): RecordedCall {
  return { at, method, path, query: '', status: 200, body: null };
}

describe('call log', () => {
  test('counts by method and path, and forgets', () => {
    const log = createCallLog();
    log.record(callAt(0));
    log.record(callAt(1, 'POST'));
    log.record(callAt(2, 'POST', '/groups/7'));
    expect(log.count()).toBe(3);
    expect(log.count('POST')).toBe(2);
    expect(log.count('POST', /^\/groups\/\d+$/)).toBe(1);
    expect(log.count(undefined, /users/g)).toBe(2);
    log.clear();
    expect([log.count(), log.calls.length]).toEqual([0, 0]);
  });

  test.each([
    [[], 0],
    [[5], 1],
    [[0, 999], 2],
    [[0, 1_000], 1],
    [[0, 500, 999, 1_000, 1_400, 3_000], 4],
    [[1_400, 0, 999, 500], 3],
  ])('of calls at %j the most in a second is %i', (times, most) => {
    const log = createCallLog();
    for (const at of times) log.record(callAt(at));
    expect(log.mostInWindow(1_000)).toBe(most);
  });
});
