import { describe, expect, test } from 'vitest';
import { generateWorld } from '../../../../src/sandbox/index.ts';
import { CallFailure } from '../../../../src/sources/okta/client.ts';
import {
  answer,
  changed,
  cut,
  hang,
  loginPage,
  redirect,
  reset,
  stall,
  times,
  truncated,
  where,
  type Fault,
} from '../../../contract/source-faults.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { errorOf, orgUrl, rowsOf, setUp, token, use } from './support.ts';

const world = generateWorld({ users: 700, groups: 4 });
const listed = world.people.filter(({ okta }) => okta !== null && okta.status !== 'DEPROVISIONED').length;
const users = '/api/v1/users?limit=200';
const json = { 'content-type': 'application/json' };

/** Reads all users through a fault; the number of requests sent, and the virtual time it took. */
async function readThrough(fault: Fault) {
  const bench = setUp({ world, fault });
  const rows = await rowsOf(bench.client, users);
  return { rows: rows.length, requests: bench.seen.length, elapsed: bench.clock.elapsed() };
}

const onPage = (number: number, fault: Fault): Fault => {
  let page = 0;
  return (request, pass) => {
    page += 1;
    return page === number ? fault(request, pass) : pass();
  };
};

describe('what passes by itself is tried again, and nothing is lost', () => {
  test.each<[string, Fault]>([
    ['a reset connection', reset],
    ['silence', hang],
    ['a body that is cut', cut],
    ['a body that stalls', stall],
    ['500', answer(500, '{"errorCode":"E0000009"}', json)],
    ['502', answer(502, '<html>', { 'content-type': 'text/html' })],
    ['503', answer(503)],
    ['504', answer(504)],
    ['408', answer(408)],
    ['429 without any header', answer(429)],
  ])('%s', async (_, fault) => {
    const { rows, requests } = await readThrough(onPage(2, fault));
    expect([rows, requests]).toEqual([listed, Math.ceil(listed / 200) + 1]);
  });

  test('up to five times, each time after a longer wait', async () => {
    const { client, seen, clock } = setUp({ world, fault: answer(503) });
    const error = await errorOf(client.get(users, use));
    expect(error).toBeInstanceOf(CallFailure);
    expect(String(error)).toContain('/api/v1/users: Answered 503');
    // Half of 0.5, 1, 2 and 4 seconds.
    expect([seen.length, clock.elapsed()]).toEqual([5, 3_750]);
  });

  test('and no try lasts longer than a minute', async () => {
    const { client, seen, clock } = setUp({ world, fault: hang });
    await errorOf(client.get(users, use));
    expect(seen).toHaveLength(5);
    expect(clock.elapsed()).toBe(5 * 60_000 + 3_750);
  });

  test('and a try that hangs elsewhere than in a request is given up too', async () => {
    const clock = createVirtualClock();
    const sleep = (ms: number, signal?: AbortSignal): Promise<void> =>
      ms === 60_000 ? new Promise(() => undefined) : clock.sleep(ms, signal);
    const { client } = setUp({ world, fault: hang, clock: { ...clock, sleep } });
    const error = await errorOf(client.get(users, use));
    expect(error).toMatchObject({ name: 'CallFailure', reason: { kind: 'timeout' } });
    expect(clock.elapsed()).toBe(25 * 60_000 + 3_750);
  });
});

describe('a 429', () => {
  const limited = (headers: Record<string, string>): Fault => times(1, answer(429, '', headers));
  const start = Date.UTC(2026, 0, 5, 9);
  const at = (ms: number): string => String((start + ms) / 1_000);

  test.each<[string, Record<string, string>, number]>([
    [
      'is over at the reset by the server’s clock',
      { 'x-rate-limit-reset': at(3_600_000 + 20_000), date: new Date(start + 3_600_000).toUTCString() },
      21_000,
    ],
    ['is over at the reset by ours when there is no Date', { 'x-rate-limit-reset': at(20_000) }, 21_000],
    ['with a reset long ago is over in a second', { 'x-rate-limit-reset': at(-500_000) }, 1_000],
    ['never lasts longer than five minutes', { 'x-rate-limit-reset': at(86_400_000) }, 300_000],
    ['with a reset that is no number is over soon', { 'x-rate-limit-reset': 'soon' }, 250],
  ])('%s', async (_, headers, wait) => {
    const limits = { 'x-rate-limit-limit': '600', 'x-rate-limit-remaining': '0' };
    const { rows, elapsed } = await readThrough(limited({ ...limits, ...headers }));
    expect([rows, elapsed]).toEqual([listed, wait]);
  });

  test('for too many requests at the same time has a reset that means nothing', async () => {
    const headers = {
      'x-rate-limit-limit': '0',
      'x-rate-limit-remaining': '0',
      'x-rate-limit-reset': at(120_000),
    };
    expect(await readThrough(limited(headers))).toMatchObject({ rows: listed, elapsed: 250 });
  });

  test('of a gateway is over when its Retry-After says', async () => {
    expect(await readThrough(limited({ 'retry-after': '7' }))).toMatchObject({
      rows: listed,
      elapsed: 7_000,
    });
  });

  test('of the stand-in itself is never met by who reads alone, however low the limit', async () => {
    const { client, sandbox } = setUp({ world, sandbox: { limits: { users: 1 } } });
    expect(await rowsOf(client, users)).toHaveLength(listed);
    expect(sandbox.log.calls.every(({ status }) => status === 200)).toBe(true);
  });
});

describe('what can’t be believed fails at once', () => {
  test.each<[string, Fault, string]>([
    ['a login page', loginPage, 'text/html instead of JSON'],
    ['text', answer(200, '[]', { 'content-type': 'text/plain' }), 'text/plain instead of JSON'],
    ['JSON of no type', async () => new Response(new Blob(['[]'])), 'no content type instead of JSON'],
    ['a redirect', redirect, 'redirected to https://login.elsewhere.example'],
    ['JSON that ends too soon', truncated, 'broken JSON'],
    ['an empty body', answer(200, '', json), 'broken JSON'],
    ['an object', answer(200, '{}', json), 'not answered with a list'],
    ['null', answer(200, 'null', json), 'not answered with a list'],
  ])('%s', async (_, fault, told) => {
    const { client, seen } = setUp({ world, fault });
    const error = await errorOf(rowsOf(client, users));
    expect(error).toMatchObject({ code: 'sourceInvalid', message: expect.stringContaining(told) });
    expect(seen).toHaveLength(1);
  });

  test.each([201, 204, 206, 400, 401, 403, 404, 405, 410, 501])('the status %i', async (status) => {
    const fault = answer(200, '[]', json);
    const { client, seen } = setUp({
      world,
      fault: async (request, pass) => {
        const { headers } = await fault(request, pass);
        return new Response(status === 204 ? null : '[]', { status, headers });
      },
    });
    const error = await errorOf(client.get(users, use));
    expect(error).toBeInstanceOf(CallFailure);
    expect(seen).toHaveLength(1);
  });

  test('an answer without end', async () => {
    const chunk = new Uint8Array(8 * 1024 * 1024);
    const fault: Fault = async () =>
      new Response(new ReadableStream({ pull: (controller) => controller.enqueue(chunk) }), {
        headers: json,
      });
    const { client, seen } = setUp({ world, fault });
    expect(await errorOf(client.get(users, use))).toMatchObject({ code: 'sourceInvalid' });
    expect(seen).toHaveLength(1);
  });
});

describe('the next page', () => {
  const linking = (link: string | ((url: URL) => string)): Fault =>
    changed((body, headers, url) => {
      headers.set('link', typeof link === 'string' ? link : link(url));
      return body;
    });

  test.each([
    'https://evil.example/api/v1/users?after=x',
    'http://acme.okta.example/api/v1/users?after=x',
    'https://acme.okta.example:8443/api/v1/users?after=x',
    'https://user@acme.okta.example/api/v1/users?after=x',
    '//evil.example/api/v1/users?after=x',
    '/api/v1/groups?after=x',
    'https://[',
  ])('is never looked for at %s', async (target) => {
    const { client, seen } = setUp({ world, fault: linking(`<${target}>; rel="next"`) });
    expect(await errorOf(rowsOf(client, users))).toMatchObject({ code: 'sourceInvalid' });
    expect(seen.map(({ url }) => url)).toEqual([`${orgUrl}${users}`]);
  });

  test.each([
    '<>; rel="next"',
    `${orgUrl}/api/v1/users?after=x; rel="next"`,
    `<${orgUrl}/api/v1/users?after=x>; rel='next'`,
    `<${orgUrl}/api/v1/users?after=x>; rel = "prev next"`,
  ])('that can’t be read is not the end: %s', async (link) => {
    const { client } = setUp({ world, fault: linking(link) });
    expect(await errorOf(rowsOf(client, users))).toMatchObject({ code: 'sourceInvalid' });
  });

  test.each<[string, (next: string) => string]>([
    ['unquoted', (next) => `<${next}>; rel=next`],
    ['before the others', (next) => `<${next}>; rel="next", <${orgUrl}/next>; rel="self"`],
    ['relative', (next) => `<${next.slice(orgUrl.length)}>; rel="next"`],
    ['with a title', (next) => `<${next}>; title="more"; rel="next"`],
  ])('may be linked %s', async (_, link) => {
    const fault = changed((body, headers) => {
      const next = /<([^>]+)>; rel="next"/.exec(headers.get('link') ?? '')?.[1];
      if (next !== undefined) headers.set('link', link(next));
      return body;
    });
    expect(await readThrough(fault)).toMatchObject({ rows: listed });
  });

  test('that was read before ends the read', async () => {
    const { client, seen } = setUp({ world, fault: linking((url) => `<${url.href}>; rel="next"`) });
    expect(await errorOf(rowsOf(client, users))).toMatchObject({ code: 'sourceInvalid' });
    expect(seen).toHaveLength(1);
  });

  test('may come after an empty one', async () => {
    const { client } = setUp({
      world,
      fault: where(
        (url) => !url.searchParams.has('after'),
        changed(() => []),
      ),
    });
    expect(await rowsOf(client, users)).toHaveLength(listed - 200);
  });
});

test('no error quotes the token', async () => {
  const faults: readonly Fault[] = [loginPage, redirect, reset, answer(401), answer(500), truncated];
  for (const fault of faults) {
    const error = await errorOf(setUp({ world, fault }).client.get(users, use));
    expect(JSON.stringify([String(error), error])).not.toContain(token.reveal());
  }
});

test('a request called off is not sent again', async () => {
  const stop = new AbortController();
  const { client, seen } = setUp({
    world,
    fault: (request, pass) => {
      stop.abort('enough');
      return reset(request, pass);
    },
  });
  await expect(client.get(users, { ...use, signal: stop.signal })).rejects.toBe('enough');
  expect(seen).toHaveLength(1);
});

test('a request under way ends when it is called off', async () => {
  const stop = new AbortController();
  const { client, seen } = setUp({
    world,
    fault: (request, pass) => {
      setImmediate(() => stop.abort('enough'));
      return hang(request, pass);
    },
  });
  await expect(client.get(users, { ...use, signal: stop.signal })).rejects.toBe('enough');
  expect(seen[0]?.signal.aborted).toBe(true);
});

test('a person asked for again is asked for again, since the SDK’s cache would never forget', async () => {
  const { source, seen } = setUp({ world });
  const id = world.people.find(({ okta }) => okta?.status === 'ACTIVE')?.okta?.id ?? '';
  await source.find(id, use.signal);
  await source.find(id, use.signal);
  expect(seen).toHaveLength(2);
});
