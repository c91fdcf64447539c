import { once } from 'node:events';
import { Agent, request } from 'node:http';
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterEach, expect, test } from 'vitest';
import { CutConnection, listen } from '../../../src/sandbox/listen.ts';
import type { Listener } from '../../../src/sandbox/listen.ts';
import type { StandIn } from '../../../src/sandbox/stand-in.ts';

const open: Listener[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((listener) => listener.close()));
});

async function start(fetch: StandIn['fetch'], bodyLimit?: number): Promise<Listener> {
  const listener = await listen(fetch, {
    host: '127.0.0.1',
    port: 0,
    ...(bodyLimit === undefined ? {} : { bodyLimit }),
  });
  open.push(listener);
  return listener;
}

/** Sends raw bytes and reads until the server closes the connection. */
async function exchange(port: number, raw: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  socket.end(raw);
  return text(socket);
}

async function get(
  url: string,
  options: { agent?: Agent; headers?: OutgoingHttpHeaders } = {},
): Promise<IncomingMessage> {
  const sent = request(url, options);
  sent.end();
  const [answer] = await once(sent, 'response');
  return answer;
}

test('method, URL, headers and body arrive, and the answer goes back', async () => {
  const { url } = await start(async (received) =>
    Response.json(
      {
        method: received.method,
        url: received.url,
        header: received.headers.get('X-Custom'),
        body: await received.text(),
      },
      { status: 202, headers: { 'X-Answer': 'yes' } },
    ),
  );
  const answer = await fetch(`${url}/a%20b?c=d&c=e`, {
    method: 'PATCH',
    headers: { 'X-Custom': 'one' },
    body: 'ü'.repeat(50_000),
  });
  expect([answer.status, answer.headers.get('X-Answer')]).toEqual([202, 'yes']);
  expect(await answer.json()).toEqual({
    method: 'PATCH',
    url: `${url}/a%20b?c=d&c=e`,
    header: 'one',
    body: 'ü'.repeat(50_000),
  });
});

test('URLs follow the Host header, and never leave it', async () => {
  const { port } = await start(async (received) => new Response(received.url));
  const at = (target: string): Promise<string> =>
    exchange(port, `GET ${target} HTTP/1.1\r\nHost: localhost:${port}\r\nConnection: close\r\n\r\n`);
  expect(await at('/x')).toContain(`http://localhost:${port}/x`);
  expect(await at('//elsewhere.example/x')).toContain(`http://localhost:${port}//elsewhere.example/x`);
  expect(await at('http://elsewhere.example/x')).toMatch(/^HTTP\/1\.1 400 /);
});

test('a body over the limit is 413 and the connection ends', async () => {
  const { url } = await start(async (received) => new Response(await received.text()), 10);
  expect(await (await fetch(url, { method: 'POST', body: '0123456789' })).text()).toBe('0123456789');
  const refused = await fetch(url, { method: 'POST', body: '0123456789a' });
  expect([refused.status, refused.headers.get('Connection')]).toEqual([413, 'close']);
});

test('a body that the handler leaves unread does not spoil the connection', async () => {
  const { url } = await start(async () => new Response('no'));
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const ports = new Set<number | undefined>();
  for (const body of ['x'.repeat(100_000), 'y']) {
    const sent = request(url, { method: 'POST', agent });
    sent.end(body);
    const [answer]: [IncomingMessage] = (await once(sent, 'response')) as [IncomingMessage];
    ports.add(answer.socket.localPort);
    expect(await text(answer)).toBe('no');
  }
  agent.destroy();
  expect(ports.size).toBe(1);
});

test('answers without a body, cookies and HEAD go through', async () => {
  const { url } = await start(async ({ method }) => {
    if (method === 'DELETE') return new Response(null, { status: 204 });
    const headers = new Headers([
      ['Set-Cookie', 'a=1'],
      ['Set-Cookie', 'b=2'],
    ]);
    return new Response('body', { headers });
  });
  expect((await fetch(url, { method: 'DELETE' })).status).toBe(204);
  expect((await fetch(url)).headers.getSetCookie()).toEqual(['a=1', 'b=2']);
  expect(await (await fetch(url, { method: 'HEAD' })).text()).toBe('');
});

test('a handler that throws is a 500 with its message, or a network error when it says so', async () => {
  const { url } = await start(({ url: target }) => {
    if (target.endsWith('/cut')) throw new CutConnection();
    throw new Error('out of order');
  });
  const answer = await fetch(url);
  expect([answer.status, await answer.text()]).toEqual([500, 'out of order']);
  await expect(fetch(`${url}/cut`)).rejects.toThrow('fetch failed');
});

test('an answer that breaks off in the middle is a network error', async () => {
  const { url } = await start(async () => {
    const pieces = (async function* () {
      yield Buffer.from('[{"id":');
      throw new Error('broken');
    })();
    return new Response(ReadableStream.from(pieces));
  });
  const answer = await fetch(url);
  await expect(answer.text()).rejects.toThrow('terminated');
});

test('the handler learns that the client has gone', async () => {
  const seen: { aborted?: Promise<unknown> } = {};
  const arrived = new EventTarget();
  const { url } = await start(async ({ signal }) => {
    seen.aborted = once(signal, 'abort');
    arrived.dispatchEvent(new Event('arrived'));
    await seen.aborted;
    return new Response('too late');
  });
  const client = new AbortController();
  const waiting = once(arrived, 'arrived');
  const call = fetch(url, { signal: client.signal });
  await waiting;
  client.abort();
  await expect(call).rejects.toThrow('aborted');
  await expect(seen.aborted).resolves.toHaveLength(1);
});

test('closing ends idle and busy connections at once', async () => {
  const listener = await listen(
    ({ url }) =>
      url.endsWith('/never') ? new Promise<Response>(() => {}) : Promise.resolve(new Response('ok')),
    { host: '127.0.0.1', port: 0 },
  );
  const agent = new Agent({ keepAlive: true });
  expect(await text(await get(listener.url, { agent }))).toBe('ok');
  const hanging = get(`${listener.url}/never`).then(() => 'answered', String);
  expect(await text(await get(listener.url))).toBe('ok');
  await listener.close();
  expect(await hanging).toMatch(/socket hang up|ECONNRESET/);
  agent.destroy();
  await expect(fetch(listener.url)).rejects.toThrow('fetch failed');
});

test('a port in use is said plainly', async () => {
  const { port } = await start(async () => new Response());
  await expect(listen(async () => new Response(), { host: '127.0.0.1', port })).rejects.toThrow(
    `Can't listen on 127.0.0.1:${port}: the port is in use`,
  );
});
