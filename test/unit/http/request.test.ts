import { createServer, type RequestListener, type Server } from 'node:http';
import { afterEach, describe, expect, test } from 'vitest';
import { HttpFailure, requestOnce, type HttpRequest } from '../../../src/http/request.ts';
import type { Fetch } from '../../../src/model/ports.ts';
import { systemClock } from '../../../src/runtime/clock.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

const never = new AbortController().signal;

function request(changes: Partial<HttpRequest> = {}): HttpRequest {
  const url = new URL('https://target.example/api/things');
  return {
    method: 'GET',
    url,
    headers: { accept: 'application/json' },
    timeoutMs: 1_000,
    maxBytes: 100,
    ...changes,
  };
}

function answering(response: Response): Fetch {
  return async () => response;
}

describe('what an answer repeats', () => {
  test.each([
    [{ headers: { Authorization: 'SSWS hunter2-hunter2' } }, 'you sent SSWS hunter2-hunter2'],
    [
      { headers: { authorization: 'Bearer hunter2"hunter2' } },
      JSON.stringify({ sent: 'Bearer hunter2"hunter2' }),
    ],
    [{ body: 'a=1&client_secret=hunter2+%26+co' }, 'hunter2 & co, hunter2+%26+co, hunter2%20%26%20co'],
    [{ body: 'client_assertion=hunter2.hunter2' }, '{"message":"bad hunter2.hunter2"}'],
  ])('of credentials is hidden: %j', async (changes, told) => {
    const { text } = await requestOnce(
      answering(new Response(told, { status: 400 })),
      request({ method: 'POST', ...changes }),
      createVirtualClock(),
      never,
    );
    expect(text).toContain('[credential]');
    expect(text).not.toContain('hunter2');
  });

  test('of anything else stays', async () => {
    const body = '{"client_secret":"a word"}';
    const { text } = await requestOnce(
      answering(new Response(body)),
      request({ method: 'POST', body, headers: { authorization: 'Bearer' } }),
      createVirtualClock(),
      never,
    );
    expect(text).toBe(body);
  });
});

describe('what is sent', () => {
  test('carries method, headers and body, and never follows a redirect', async () => {
    const seen: unknown[] = [];
    const fetch: Fetch = async (input, init) => {
      seen.push({ input: String(input), ...init, signal: null });
      return new Response('{}');
    };
    await requestOnce(fetch, request({ method: 'POST', body: '{"a":1}' }), createVirtualClock(), never);
    await requestOnce(fetch, request(), createVirtualClock(), never);
    const common = {
      input: 'https://target.example/api/things',
      headers: { accept: 'application/json' },
      redirect: 'manual',
      signal: null,
    };
    expect(seen).toEqual([
      { ...common, method: 'POST', body: '{"a":1}' },
      { ...common, method: 'GET' },
    ]);
  });

  test('refuses a header that cannot be sent without quoting it', async () => {
    const headers = { authorization: 'Bearer hunter2\nx' };
    const failure = await requestOnce(
      answering(new Response('')),
      request({ headers }),
      createVirtualClock(),
      never,
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(HttpFailure);
    expect(String(failure)).toContain('authorization');
    expect(String(failure)).not.toContain('hunter2');
  });
});

describe('what comes back', () => {
  test('is the whole answer, whatever its status', async () => {
    const response = new Response('{"no":true}', { status: 503, headers: { 'retry-after': '3' } });
    const reply = await requestOnce(answering(response), request(), createVirtualClock(), never);
    expect([reply.status, reply.text, reply.headers.get('retry-after')]).toEqual([503, '{"no":true}', '3']);
  });

  test('is empty text when there is no body', async () => {
    const reply = await requestOnce(
      answering(new Response(null, { status: 204 })),
      request(),
      createVirtualClock(),
      never,
    );
    expect([reply.status, reply.text]).toEqual([204, '']);
  });

  test('has no byte order mark, and letters cut by chunks are whole', async () => {
    const bytes = new TextEncoder().encode('\ufeff{"name":"Zoë"}');
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        for (const byte of bytes) controller.enqueue(Uint8Array.of(byte));
        controller.close();
      },
    });
    const reply = await requestOnce(answering(new Response(body)), request(), createVirtualClock(), never);
    expect(reply.text).toBe('{"name":"Zoë"}');
  });

  test.each([
    [100, 'x'.repeat(100)],
    [100, 'é'.repeat(50)],
  ])('may be as long as %i bytes', async (maxBytes, text) => {
    const reply = await requestOnce(
      answering(new Response(text)),
      request({ maxBytes }),
      createVirtualClock(),
      never,
    );
    expect(reply.text).toBe(text);
  });
});

describe('failures', () => {
  test('a body over the limit is not read to its end', async () => {
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.enqueue(new Uint8Array(64)),
      cancel: () => {
        cancelled = true;
      },
    });
    await expect(
      requestOnce(answering(new Response(body)), request(), createVirtualClock(), never),
    ).rejects.toMatchObject({ name: 'HttpFailure', kind: 'tooLarge' });
    expect(cancelled).toBe(true);
  });

  test('text that is no UTF-8 is no answer', async () => {
    const body = Uint8Array.of(0x22, 0xff, 0xfe, 0x22);
    await expect(
      requestOnce(answering(new Response(body)), request(), createVirtualClock(), never),
    ).rejects.toMatchObject({ kind: 'network' });
  });

  test('a server that never answers', async () => {
    const clock = createVirtualClock();
    const silent: Fetch = () => new Promise(() => undefined);
    await expect(requestOnce(silent, request(), clock, never)).rejects.toMatchObject({ kind: 'timeout' });
    expect(clock.elapsed()).toBe(1_000);
  });

  test('a body that dribbles: the deadline is one for the whole exchange', async () => {
    const clock = createVirtualClock();
    let cancelled = false;
    const body = new ReadableStream<Uint8Array>({
      async pull(controller) {
        await clock.sleep(300);
        controller.enqueue(Uint8Array.of(0x20));
      },
      cancel: () => {
        cancelled = true;
      },
    });
    const slow: Fetch = async () => {
      await clock.sleep(300);
      return new Response(body);
    };
    await expect(requestOnce(slow, request(), clock, never)).rejects.toMatchObject({ kind: 'timeout' });
    expect([clock.elapsed() < 1_300, cancelled]).toEqual([true, true]);
  });

  test('a broken connection, named by what broke it', async () => {
    const broken: Fetch = async () => {
      throw new TypeError('fetch failed', { cause: new Error('getaddrinfo ENOTFOUND target.example') });
    };
    await expect(requestOnce(broken, request(), createVirtualClock(), never)).rejects.toMatchObject({
      kind: 'network',
      message: 'getaddrinfo ENOTFOUND target.example',
    });
  });

  test('a connection that breaks within the body', async () => {
    const body = new ReadableStream<Uint8Array>({
      pull: (controller) => controller.error(new TypeError('terminated')),
    });
    await expect(
      requestOnce(answering(new Response(body)), request(), createVirtualClock(), never),
    ).rejects.toMatchObject({ kind: 'network', message: 'terminated' });
  });

  test('an abort is no failure but what it says', async () => {
    const controller = new AbortController();
    const silent: Fetch = () => new Promise(() => undefined);
    const sending = requestOnce(
      silent,
      request(),
      createVirtualClock({ advance: 'manual' }),
      controller.signal,
    );
    controller.abort(new Error('stopped'));
    await expect(sending).rejects.toThrow('stopped');
  });
});

describe('over a socket', () => {
  let server: Server | null = null;

  afterEach(async () => {
    server?.closeAllConnections();
    await new Promise((resolve) => (server === null ? resolve(null) : server.close(resolve)));
    server = null;
  });

  async function listen(listener: RequestListener): Promise<URL> {
    const started = createServer(listener);
    server = started;
    await new Promise<void>((resolve) => started.listen(0, '127.0.0.1', resolve));
    const address = started.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return new URL(`http://127.0.0.1:${address.port}/groups`);
  }

  test.each(
    (['POST', 'GET', 'PATCH', 'DELETE'] as const).flatMap((method) =>
      [301, 302, 303, 307, 308].map((status) => [method, status] as const),
    ),
  )('a %s answered %i is sent once and to nobody else', async (method, status) => {
    const seen: string[] = [];
    const url = await listen((message, response) => {
      seen.push(`${message.method} ${message.url}`);
      response.writeHead(message.url === '/groups' ? status : 200, { location: '/elsewhere' }).end();
    });
    const body = method === 'GET' ? {} : { body: '{}' };
    const reply = await requestOnce(fetch, request({ method, url, ...body }), systemClock(), never);
    expect([reply.status, seen]).toEqual([status, [`${method} /groups`]]);
  });

  test('a dribbling body ends at the deadline by the real clock too', async () => {
    const url = await listen((_message, response) => {
      response.writeHead(200);
      const dribble = setInterval(() => response.write(' '), 10);
      response.on('close', () => clearInterval(dribble));
    });
    await expect(
      requestOnce(fetch, request({ url, timeoutMs: 120, maxBytes: 1_000 }), systemClock(), never),
    ).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('headers that dribble end at the deadline as well', async () => {
    const url = await listen((message) => {
      message.socket.write('HTTP/1.1 200 OK\r\n');
      const dribble = setInterval(() => message.socket.write('x-more: 1\r\n'), 10);
      message.socket.on('close', () => clearInterval(dribble));
    });
    await expect(
      requestOnce(fetch, request({ url, timeoutMs: 120 }), systemClock(), never),
    ).rejects.toMatchObject({ kind: 'timeout' });
  });

  test('more headers than anybody needs are no answer', async () => {
    const url = await listen((_message, response) => {
      response.writeHead(200, { 'x-much': 'x'.repeat(1_000_000) }).end('{}');
    });
    await expect(requestOnce(fetch, request({ url }), systemClock(), never)).rejects.toMatchObject({
      kind: 'network',
    });
  });

  test('a connection cut before the answer', async () => {
    const url = await listen((message) => message.socket.destroy());
    await expect(requestOnce(fetch, request({ url }), systemClock(), never)).rejects.toMatchObject({
      kind: 'network',
    });
  });

  test('an answer that unpacks to more than the limit', async () => {
    const { gzipSync } = await import('node:zlib');
    const packed = gzipSync(Buffer.alloc(5_000_000));
    const url = await listen((_message, response) =>
      response.writeHead(200, { 'content-encoding': 'gzip' }).end(packed),
    );
    expect(packed.byteLength).toBeLessThan(10_000);
    await expect(
      requestOnce(fetch, request({ url, maxBytes: 1_000_000 }), systemClock(), never),
    ).rejects.toMatchObject({ kind: 'tooLarge' });
  });
});
