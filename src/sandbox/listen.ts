import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { StandIn } from './stand-in.ts';

/** Where a handler is to be reached. */
export interface ListenOptions {
  readonly host: string;
  /** 0 takes any free port. */
  readonly port: number;
  /** The largest request body, in bytes; more is answered 413. Default 4 MiB. */
  readonly bodyLimit?: number;
}

/** A handler that is being served. */
export interface Listener {
  /** Such as `http://127.0.0.1:4801`, without a slash at the end. */
  readonly url: string;
  readonly port: number;
  /** Ends every connection at once, whatever is under way on it. */
  close(): Promise<void>;
}

/** Thrown by a handler, it drops the connection without an answer: what a client sees as a network error. */
export class CutConnection extends Error {
  override readonly name = 'CutConnection';
}

const DEFAULT_BODY_LIMIT = 4 * 1024 * 1024;
const KEEP_ALIVE_MS = 30_000;

/**
 * Serves a `fetch` handler over HTTP/1.1. URLs are built from the `Host` header, so that links lead back
 * to whatever name the client used. A handler that throws is answered 500 with the error's message.
 * @throws Error when the port can't be had.
 */
export async function listen(fetch: StandIn['fetch'], options: ListenOptions): Promise<Listener> {
  const { host, port, bodyLimit = DEFAULT_BODY_LIMIT } = options;
  const server = createServer({ keepAliveTimeout: KEEP_ALIVE_MS }, (incoming, outgoing) => {
    void answer({ fetch, bodyLimit, incoming, outgoing });
  });
  await bind(server, host, port);
  const bound = portOf(server);
  return { url: `http://${host}:${bound}`, port: bound, close: () => closeNow(server) };
}

interface Exchange {
  readonly fetch: StandIn['fetch'];
  readonly bodyLimit: number;
  readonly incoming: IncomingMessage;
  readonly outgoing: ServerResponse;
}

async function answer(exchange: Exchange): Promise<void> {
  const { fetch, incoming, outgoing } = exchange;
  const gone = new AbortController();
  outgoing.once('close', () => {
    if (!outgoing.writableFinished) gone.abort();
  });
  const upload = { tooLarge: false };
  try {
    const request = readRequest(exchange, { upload, signal: gone.signal });
    if (request === undefined) return sendText(outgoing, 400, 'The request could not be read.');
    const response = await fetch(request);
    if (!gone.signal.aborted) await send(response, outgoing);
  } catch (error) {
    if (gone.signal.aborted) return;
    if (error instanceof CutConnection || outgoing.headersSent) {
      incoming.socket.destroy();
      return;
    }
    if (upload.tooLarge) sendText(outgoing, 413, 'The request body is too large.');
    else sendText(outgoing, 500, error instanceof Error ? error.message : String(error));
  }
}

/** Undefined for what is no request to an origin server (RFC 9112 §3.2). */
function readRequest(
  { incoming, bodyLimit }: Exchange,
  options: { readonly upload: { tooLarge: boolean }; readonly signal: AbortSignal },
): Request | undefined {
  const { method = 'GET', url = '' } = incoming;
  const hasBody = method !== 'GET' && method !== 'HEAD';
  const target = `http://${incoming.headers.host ?? ''}${url}`;
  if (!url.startsWith('/') || !URL.canParse(target)) return undefined;
  try {
    return new Request(target, {
      method,
      headers: readHeaders(incoming),
      signal: options.signal,
      ...(hasBody
        ? {
            body: ReadableStream.from(capped(incoming, { bodyLimit, upload: options.upload })),
            duplex: 'half',
          }
        : {}),
    });
  } catch (error) {
    // TRACE and its like exist in HTTP, but not for fetch.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

function readHeaders(incoming: IncomingMessage): Headers {
  const headers = new Headers();
  for (const [name, values] of Object.entries(incoming.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  return headers;
}

async function* capped(
  incoming: IncomingMessage,
  limits: { readonly bodyLimit: number; readonly upload: { tooLarge: boolean } },
): AsyncGenerator<Uint8Array> {
  let size = 0;
  // The connection must outlive the iteration: the refusal goes back over it.
  for await (const chunk of incoming.iterator({ destroyOnReturn: false })) {
    const bytes: Uint8Array = chunk;
    size += bytes.length;
    if (size > limits.bodyLimit) {
      limits.upload.tooLarge = true;
      throw new RangeError(`The request body is larger than ${limits.bodyLimit} bytes`);
    }
    yield bytes;
  }
}

async function send(response: Response, outgoing: ServerResponse): Promise<void> {
  outgoing.statusCode = response.status;
  for (const [name, value] of response.headers) {
    if (name !== 'set-cookie') outgoing.setHeader(name, value);
  }
  const cookies = response.headers.getSetCookie();
  if (cookies.length > 0) outgoing.setHeader('set-cookie', cookies);
  if (response.body === null || outgoing.req.method === 'HEAD') {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  await pipeline(Readable.fromWeb(response.body), outgoing);
}

function sendText(outgoing: ServerResponse, status: number, text: string): void {
  // What is left of the request's body is not worth reading.
  outgoing.writeHead(status, { 'Content-Type': 'text/plain; charset=utf-8', Connection: 'close' });
  outgoing.end(text);
}

function bind(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const why = error.code === 'EADDRINUSE' ? 'the port is in use' : error.message;
      reject(new Error(`Can't listen on ${host}:${port}: ${why}`, { cause: error }));
    });
    server.listen(port, host, () => resolve());
  });
}

function portOf(server: Server): number {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port');
  return address.port;
}

function closeNow(server: Server): Promise<void> {
  return new Promise((resolve, reject) => {
    server.close((error) => (error === undefined ? resolve() : reject(error)));
    server.closeAllConnections();
  });
}
