import { expect, test } from 'vitest';
import type { Fetch } from '../../../src/model/ports.ts';
import { observed } from '../../../src/runtime/observed-fetch.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const now = Date.UTC(2026, 0, 5, 9);

function watching(answer: Fetch) {
  return observed(answer, createVirtualClock({ now }));
}

const dated = (at: number, status = 200): Response =>
  new Response('body', { status, headers: { date: new Date(at).toUTCString() } });

test('a host is told by its answers: how its clock stands, and how often it was too much', async () => {
  const answers = [dated(now + 90_000, 429), dated(now + 60_000), new Response('no date')];
  const { fetch, hosts } = watching(async () => answers.shift() ?? new Response(''));
  const replies = [await fetch('https://a.example/x'), await fetch(new URL('https://a.example:444/y'))];
  await fetch('https://a.example/z');
  expect(await Promise.all(replies.map((reply) => reply.text()))).toEqual(['body', 'body']);
  expect(hosts()).toEqual([
    { host: 'a.example', scheme: 'https', aheadMs: 90_500, throttled: 1, failure: null },
    { host: 'a.example:444', scheme: 'https', aheadMs: 60_500, throttled: 0, failure: null },
  ]);
});

test('of several answers the one that is closest to our clock counts', async () => {
  const answers = [dated(now - 40_000), dated(now + 1_000), dated(now + 9_000)];
  const { fetch, hosts } = watching(async () => answers.shift() ?? new Response(''));
  for (let time = 0; time < 3; time += 1) await fetch('http://a.example');
  expect(hosts()[0]).toMatchObject({ scheme: 'http', aheadMs: 1_500 });
});

test.each([
  [new TypeError('fetch failed', { cause: Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' }) })],
  [
    new TypeError('fetch failed', {
      cause: new AggregateError([Object.assign(new Error('x'), { code: 'CERT_HAS_EXPIRED' })]),
    }),
  ],
])(
  'a request without an answer fails as it did, and its code is kept until one is answered',
  async (error) => {
    let fails = true;
    const { fetch, hosts } = watching(async () => {
      if (fails) throw error;
      return dated(now);
    });
    await expect(fetch('https://a.example')).rejects.toBe(error);
    expect(hosts()[0]).toMatchObject({ failure: 'CERT_HAS_EXPIRED', aheadMs: null });
    fails = false;
    await fetch('https://a.example');
    expect(hosts()[0]?.failure).toBeNull();
  },
);
