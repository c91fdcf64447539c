import { describe, expect, test } from 'vitest';
import { BridgeError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import type { RetoolSinkParts } from '../../../src/sink-retool/index.ts';
import { createMemoryStore } from '../../../src/state/memory.ts';
import { disabling, membership, newAccount, onMembership, onUser } from './operations.ts';
import {
  context,
  json,
  list,
  never,
  refusal,
  scripted,
  user,
  type Script,
  type Scripted,
} from './scripted.ts';

const create = onUser('createUser', null, newAccount());
const created = (): Response => json({ success: true, data: user('user_new') });
const gone = (): Response => new Response(null, { status: 204 });

function waits(times: readonly { readonly at: number }[]): readonly number[] {
  return times.slice(1).map(({ at }, index) => at - (times[index]?.at ?? at));
}

describe('a 429 is a definite no and is repeated in place', () => {
  function throttled(times: number, headers: Record<string, string> = {}): Script {
    return (_route, calls) => (calls < times ? json({ success: false }, 429, headers) : created());
  }

  test('creations too, since nothing was done', async () => {
    const target = scripted(throttled(3));
    const sends: number[] = [];
    const reply = await target.sink.perform(create, context({ onSend: (at) => sends.push(at) }), never);
    expect(reply).toEqual({ state: 'done', id: 'user_new' });
    expect(sends).toEqual(target.sent.map(({ at }) => at));
    expect(target.sink.callsMade()).toBe(4);
  });

  test('without Retry-After after one to five seconds, doubling to a minute', async () => {
    for (const [random, first] of [
      [0, 1_000],
      [0.5, 3_000],
      [1, 5_000],
    ] as const) {
      const target = scripted(throttled(8), { random: () => random });
      await target.sink.perform(create, context(), never);
      const expected = Array.from({ length: 8 }, (_, index) => Math.min(60_000, first * 2 ** index));
      expect(waits(target.sent)).toEqual(expected);
    }
  });

  test.each([
    ['7', 7_000],
    ['0', 1_000],
    ['99999', 900_000],
    ['Infinity', 3_000],
    ['-1', 3_000],
    ['1, 2', 3_000],
    ['soon', 3_000],
  ])('with Retry-After %j after %i ms', async (value, expected) => {
    const target = scripted(throttled(1, { 'retry-after': value }));
    await target.sink.perform(create, context(), never);
    expect(waits(target.sent)).toEqual([expected]);
  });

  test('holds back the other requests as well', async () => {
    const target = scripted((route, calls) =>
      route.includes('user_a') && calls === 0 ? json({}, 429, { 'retry-after': '20' }) : gone(),
    );
    const began = target.clock.now();
    await target.sink
      .perform(onUser('deactivateUser', 'user_a', disabling), context(), never)
      .then(() => undefined);
    expect(target.clock.now() - began).toBe(20_000);

    const two = scripted((route, calls) =>
      route.includes('user_a') && calls === 0 ? json({}, 429, { 'retry-after': '20' }) : gone(),
    );
    const first = two.sink.perform(onUser('deactivateUser', 'user_a', disabling), context(), never);
    await two.clock.sleep(1);
    await two.sink.perform(onUser('deactivateUser', 'user_b', disabling), context(), never);
    await first;
    expect(two.sent.map(({ at }) => at - (two.sent[0]?.at ?? 0))).toEqual([0, 20_000, 20_000]);
  });

  test('whatever its body is', async () => {
    const page = (): Response =>
      new Response('<html>Slow down</html>', { status: 429, headers: { 'content-type': 'text/html' } });
    const target = scripted((_route, calls) => (calls === 0 ? page() : created()));
    expect(await target.sink.perform(create, context(), never)).toEqual({ state: 'done', id: 'user_new' });
  });

  test('is refused after twenty minutes, also when each Retry-After asks for a quarter of an hour', async () => {
    const target = scripted(() => json({ success: false }, 429, { 'retry-after': '900' }));
    const began = target.clock.now();
    expect(await target.sink.perform(create, context(), never)).toMatchObject({
      state: 'refused',
      code: 'rateLimited',
    });
    expect([target.sent.length, target.clock.now() - began]).toEqual([2, 900_000]);
  });

  test('is not forgotten by the next command', async () => {
    const { window } = createMemoryStore();
    const first = scripted(() => json({ success: false }, 429, { 'retry-after': '300' }), { window });
    const controller = new AbortController();
    const waiting = first.sink.perform(create, context(), controller.signal);
    await first.clock.sleep(1_000);
    controller.abort(new Error('killed'));
    await expect(waiting).rejects.toThrow('killed');

    const next = scripted(created, { window });
    const began = next.clock.now();
    await next.sink.perform(create, context(), never);
    expect(next.clock.now() - began).toBe(300_000);
  });

  test('is refused at last, so that a run does not wait for ever', async () => {
    const target = scripted(() => json({ success: false, message: 'Too many requests' }, 429));
    expect(await target.sink.perform(create, context(), never)).toEqual({
      state: 'refused',
      code: 'rateLimited',
      text: 'HTTP 429: Too many requests',
      fatal: false,
    });
    expect(target.sent).toHaveLength(11);
  });
});

describe('retries of unclear answers', () => {
  const remove = onMembership('removeMember', {
    before: membership('12', 'user_1'),
    after: { ...membership('12', 'user_1'), member: false },
  });

  test('wait half a second and then one, with full jitter, and heed Retry-After', async () => {
    const plain = scripted(() => refusal(503, 'busy'), { random: () => 1 });
    await plain.sink.perform(remove, context(), never);
    expect(waits(plain.sent)).toEqual([500, 1_000]);
    const asked = scripted(() => json({}, 503, { 'retry-after': '9' }));
    await asked.sink.perform(remove, context(), never);
    expect(waits(asked.sent)).toEqual([9_000, 9_000]);
  });

  test('are for a page instead of an answer too, which is never believed', async () => {
    const page = (): Response => new Response('<html>Bad gateway</html>');
    const once = scripted((_route, calls) => (calls === 0 ? page() : list([])));
    expect((await once.sink.read(never)).users).toEqual([]);
    const always = scripted(page);
    await expect(always.sink.read(never)).rejects.toMatchObject({ code: 'targetInvalid' });
    expect(always.sent.filter(({ path }) => path === '/users')).toHaveLength(3);
  });

  test('are ten in two minutes at most while there are few calls', async () => {
    const target = scripted(() => refusal(503, 'busy'));
    for (let index = 0; index < 20; index += 1) await target.sink.perform(remove, context(), never);
    expect(target.sent).toHaveLength(20 + 10);
  });

  test('are a tenth of the calls when there are many', async () => {
    const target = scripted((route) => (route.includes('/12/') ? refusal(503, 'busy') : gone()));
    const fine = onUser('deactivateUser', 'user_1', disabling);
    for (let index = 0; index < 300; index += 1) await target.sink.perform(fine, context(), never);
    for (let index = 0; index < 40; index += 1) {
      await target.sink.perform(remove, context(), never);
      // It is one route that is out of order, and not the target.
      await target.sink.perform(fine, context(), never);
    }
    const retries = target.sent.length - 380;
    expect(retries).toBeGreaterThan(30);
    expect(retries).toBeLessThanOrEqual(target.sent.length / 10);
  });

  test('come back two minutes later', async () => {
    const target = scripted(() => refusal(503, 'busy'));
    for (let index = 0; index < 10; index += 1) await target.sink.perform(remove, context(), never);
    await target.clock.sleep(120_000);
    const before = target.sent.length;
    await target.sink.perform(remove, context(), never);
    expect(target.sent.length - before).toBe(3);
  });
});

describe('every request', () => {
  test('is never sent on to where a redirect leads', async () => {
    const target = scripted(
      () => new Response(null, { status: 301, headers: { location: 'https://evil.example/' } }),
    );
    await target.sink.perform(create, context(), never);
    expect(target.sent.map(({ redirect }) => redirect)).toEqual(['manual']);
  });

  test('is given up a minute after it was sent, also when its body never ends', async () => {
    const dribble = (): Response =>
      new Response(
        new ReadableStream({
          async pull(stream) {
            await target.clock.sleep(1_000);
            stream.enqueue(new Uint8Array([32]));
          },
        }),
      );
    const target = scripted(dribble);
    const began = target.clock.now();
    expect((await target.sink.perform(create, context(), never)).state).toBe('unknown');
    expect(target.clock.now() - began).toBe(60_000);
  });

  test('that reads is given up after two minutes', async () => {
    const target = scripted(() => new Promise(() => {}));
    const began = target.clock.now();
    await expect(target.sink.read(never)).rejects.toMatchObject({ code: 'targetUnreadable' });
    expect(target.clock.now() - began).toBeGreaterThanOrEqual(3 * 120_000);
    expect(target.clock.now() - began).toBeLessThan(3 * 120_000 + 2_000);
  });

  test('is counted, repeated or not, and the version probe is not', async () => {
    const target = scripted((route) =>
      route.endsWith('checkHealth') ? json({ version: '3.334.0' }) : list([]),
    );
    await target.sink.preflight(never);
    expect(target.sink.callsMade()).toBe(target.sent.length - 1);
    expect(target.sent.find(({ path }) => path.endsWith('checkHealth'))?.headers.has('authorization')).toBe(
      false,
    );
  });

  test('waits for its place in the window that all commands share', async () => {
    const { window } = createMemoryStore();
    const target = scripted(gone, { window, requestsPerMinute: 2 });
    for (const _ of [1, 2]) window.admit({ now: target.clock.now(), limit: 2, windowMs: 61_000 });
    const began = target.clock.now();
    await target.sink.perform(onUser('deactivateUser', 'user_1', disabling), context(), never);
    expect(target.clock.now() - began).toBe(61_000);
  });

  test('that waits for its place ends when aborted, and is neither sent nor journalled', async () => {
    const target = scripted(gone, { requestsPerMinute: 1 });
    const disable = onUser('deactivateUser', 'user_1', disabling);
    await target.sink.perform(disable, context(), never);
    const controller = new AbortController();
    const sends: number[] = [];
    const waiting = target.sink.perform(
      disable,
      context({ onSend: (at) => sends.push(at) }),
      controller.signal,
    );
    controller.abort(new Error('stopped'));
    await expect(waiting).rejects.toThrow('stopped');
    expect([target.sent.length, sends.length]).toEqual([1, 0]);
  });
});

describe('what takes access away', () => {
  const disable = onUser('deactivateUser', 'user_1', disabling);

  test('goes at once while as many reads hang as may be under way', async () => {
    const target = scripted((route) => (route.startsWith('GET') ? new Promise(() => {}) : gone()));
    const controller = new AbortController();
    const reads = [1, 2, 3].map(() => target.sink.read(controller.signal));
    const began = target.clock.now();
    expect(await target.sink.perform(disable, context(), never)).toEqual({ state: 'done', id: null });
    expect(target.clock.now()).toBe(began);
    expect(target.routes().filter((route) => route.startsWith('GET'))).toHaveLength(8);
    controller.abort(new Error('enough'));
    await Promise.allSettled(reads);
  });

  test('is the next to go, however many wait for the quota', async () => {
    const target = scripted((route) => (route.startsWith('DELETE') ? gone() : created()), {
      requestsPerMinute: 1,
    });
    const creations = Array.from({ length: 12 }, () => target.sink.perform(create, context(), never));
    await target.clock.sleep(1_000);
    await Promise.all([...creations, target.sink.perform(disable, context(), never)]);
    expect(target.routes().indexOf('DELETE /users/user_1')).toBe(1);
  });
});

describe('a target that goes out', () => {
  const remove = onMembership('removeMember', {
    before: membership('12', 'user_1'),
    after: { ...membership('12', 'user_1'), member: false },
  });

  /** Answers until `from` and after `until`, in milliseconds from the start, and with 503 in between. */
  function outage(from: number, until: number, parts: Partial<RetoolSinkParts> = {}): Scripted {
    const target: Scripted = scripted((route) => {
      const now = target.clock.elapsed();
      if (now >= from && now < until) return refusal(503, 'down for maintenance');
      return route.startsWith('DELETE') ? gone() : list([]);
    }, parts);
    return target;
  }

  test('is asked by one probe at a time, and the work goes on when it is back', async () => {
    const target = outage(1_000, 200_000);
    await target.sink.read(never);
    await target.clock.sleep(1_000);
    const replies = await Promise.all(
      Array.from({ length: 40 }, () => target.sink.perform(remove, context(), never)),
    );
    expect(replies.map(({ state }) => state)).toEqual(Array(40).fill('done'));
    const during = target.sent.filter(({ at }) => at - (target.sent[0]?.at ?? 0) < 200_000).slice(4);
    const probes = during.filter(({ method, path }) => method === 'GET' && path === '/users?limit=1');
    // Eight that were under way when it went out, and a probe every half minute.
    expect([during.length - probes.length, probes.length]).toEqual([8, 6]);
  });

  test('gets nothing from those who waited for the quota when it went out', async () => {
    const target = outage(1_000, 200_000, { requestsPerMinute: 10 });
    await target.sink.read(never);
    await target.clock.sleep(1_000);
    const began = target.clock.now();
    const replies = await Promise.all(
      Array.from({ length: 12 }, () => target.sink.perform(remove, context(), never)),
    );
    expect(replies.map(({ state }) => state)).toEqual(Array(12).fill('done'));
    const during = target.sent.filter(({ at, method }) => method === 'DELETE' && at < began + 199_000);
    expect(during).toHaveLength(6);
  });

  test('is given up after ten minutes: what was not sent was refused, and nothing else is tried', async () => {
    const target = outage(1_000, Infinity);
    const before = await target.sink.read(never);
    await target.clock.sleep(1_000);
    const sent = new Set<number>();
    const replies = await Promise.all(
      Array.from({ length: 9 }, (_, index) =>
        target.sink.perform(remove, context({ onSend: () => sent.add(index) }), never),
      ),
    );
    expect([...sent]).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(replies.slice(0, 8).map(({ state }) => state)).toEqual(Array(8).fill('unknown'));
    expect(replies[8]).toEqual({
      state: 'refused',
      code: 'network',
      text: 'no usable answer for 10 minutes, not sent',
      fatal: true,
    });
    expect(target.clock.elapsed()).toBeGreaterThanOrEqual(600_000);
    expect(target.clock.elapsed()).toBeLessThan(640_000);
    await expect(target.sink.reread(before, [], never)).rejects.toMatchObject({
      code: 'targetUnreadable',
      retryable: true,
    });
  });

  test('was never there when it has not answered before, and is not waited for', async () => {
    const target = outage(0, Infinity);
    await expect(target.sink.read(never)).rejects.toMatchObject({ code: 'targetUnreadable' });
    expect(target.clock.elapsed()).toBeLessThan(5_000);
  });

  test('keeps nobody who is interrupted', async () => {
    const target = outage(1_000, Infinity);
    await target.sink.read(never);
    await target.clock.sleep(1_000);
    const controller = new AbortController();
    const waiting = Array.from({ length: 9 }, () =>
      target.sink.perform(remove, context(), controller.signal),
    );
    await target.clock.sleep(10_000);
    controller.abort(new Error('stopped'));
    const ended = await Promise.allSettled(waiting);
    expect(ended.every(({ status }) => status === 'rejected')).toBe(true);
    expect(target.clock.elapsed()).toBe(11_000);
  });
});

describe('a sink', () => {
  test('names its target by the normalised address', () => {
    expect(scripted(gone, { baseUrl: 'https://ACME.retool.com/' }).sink.target).toBe(
      'https://acme.retool.com/api/v2',
    );
  });

  test.each(['', 'a b', '"quoted"\n', 'tökén'])('refuses the token %j without showing it', (text) => {
    const make = (): unknown =>
      scripted(gone, { token: new Secret(text, 'file /run/t') } satisfies Partial<RetoolSinkParts>);
    expect(make).toThrow(BridgeError);
    expect(make).toThrow(/file \/run\/t/);
    expect(make).not.toThrow(/quoted|tökén|a b/);
  });
});
