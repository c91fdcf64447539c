import type { Clock, Fetch } from '../model/ports.ts';
import { DeadlineExceeded, withinDeadline } from './deadline.ts';
import { withoutEcho } from './echo.ts';

export interface HttpRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** For the whole exchange, the body included, in milliseconds. */
  readonly timeoutMs: number;
  /** The longest body that is read, in bytes after decompression. */
  readonly maxBytes: number;
}

/** A whole answer, whatever its status. Credentials of the request are nowhere in its text. */
export interface HttpReply {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

/** No whole answer came: the connection failed, the time was up, or the body was longer than was allowed. */
export class HttpFailure extends Error {
  override readonly name = 'HttpFailure';
  readonly kind: 'network' | 'timeout' | 'tooLarge';

  constructor(kind: 'network' | 'timeout' | 'tooLarge', message: string, options?: ErrorOptions) {
    super(message, options);
    this.kind = kind;
  }
}

/**
 * Sends one request once and reads its whole answer. Redirects are never followed but returned as the 3xx
 * they are: the platform would repeat a POST as a GET, and take custom headers along to other hosts.
 * Rejects with `HttpFailure`, or with the signal's reason when aborted.
 */
export async function requestOnce(
  fetch: Fetch,
  request: HttpRequest,
  clock: Clock,
  signal: AbortSignal,
): Promise<HttpReply> {
  const { method, url, headers, body, timeoutMs, maxBytes } = request;
  refuseUnsendable(headers);
  try {
    return await withinDeadline(
      async (signal) => {
        const init = { method, headers: { ...headers }, redirect: 'manual', signal } as const;
        const response = await fetch(url, body === undefined ? init : { ...init, body });
        return {
          status: response.status,
          headers: response.headers,
          text: withoutEcho(await readText(response, maxBytes, signal), request),
        };
      },
      timeoutMs,
      clock,
      signal,
    );
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    throw failureFrom(error);
  }
}

/** The platform refuses these too, but quotes the value while it does, which may be a credential. */
function refuseUnsendable(headers: HttpRequest['headers']): void {
  for (const [name, value] of Object.entries(headers)) {
    if (/^[\x20-\x7e]*$/.test(value)) continue;
    throw new HttpFailure('network', `The header ${name} holds characters that cannot be sent`);
  }
}

function failureFrom(error: unknown): HttpFailure {
  if (error instanceof HttpFailure) return error;
  if (error instanceof DeadlineExceeded) return new HttpFailure('timeout', error.message, { cause: error });
  return new HttpFailure('network', networkMessage(error), { cause: error });
}

/** `fetch failed` says nothing; its cause says which of DNS, TLS or the connection it was. */
function networkMessage(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error && cause.message !== '' ? cause.message : error.message;
}

async function readText(response: Response, maxBytes: number, signal: AbortSignal): Promise<string> {
  if (response.body === null) return '';
  const reader = response.body.getReader();
  const cancel = (): void => void reader.cancel().catch(() => undefined);
  signal.addEventListener('abort', cancel, { once: true });
  const parts: Uint8Array[] = [];
  let bytes = 0;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) break;
      bytes += value.byteLength;
      if (bytes > maxBytes) throw new HttpFailure('tooLarge', `The answer is longer than ${maxBytes} bytes`);
      parts.push(value);
    }
    // Decoded as a whole, pages of a list leave nothing but their text behind. An answer in an encoding we cannot
    // read must not become names with replacement characters in them.
    return new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(parts, bytes));
  } catch (error) {
    cancel();
    throw error;
  } finally {
    signal.removeEventListener('abort', cancel);
  }
}
