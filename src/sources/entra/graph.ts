import type { Middleware } from '@microsoft/microsoft-graph-client';
import { requestOnce, type HttpReply } from '../../http/request.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Json } from '../../model/json.ts';
import type { Clock, Fetch } from '../../model/ports.ts';
import { refusalIn } from './failures.ts';

/** For one try, the body included. */
const tryTimeoutMs = 60_000;
/** Pages have at most 999 rows; a body as long as this is none of Graph's. */
const maxBytes = 64 * 1024 * 1024;

export interface GraphParts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** The address that paths are below. */
  readonly base: URL;
  /** Hears of every reply, before it is judged. */
  readonly onReply: (status: number, headers: Headers) => void;
}

/** One request: a read, or a batch of reads. */
export interface GraphRequest {
  /** Below `/v1.0`, with its query. */
  readonly path: string;
  /** What advanced queries need, `$count` among them (Microsoft Graph: "Advanced query capabilities"). */
  readonly consistency?: 'eventual';
  /** Sent with POST when it is there. */
  readonly body?: Json;
}

/**
 * Sends one request once, through Microsoft's client. Its own chain would send a token
 * over https to well-known hosts only, has no deadline, follows redirects and takes HTML for an answer, so the
 * chain here is one link of ours. Rejects with `StatusFailure` and `HttpFailure`, and with `sourceInvalid` for an
 * answer that can't be Graph's.
 */
export async function askGraph(
  { path, consistency, body }: GraphRequest,
  token: string,
  { fetch, clock, base, onReply }: GraphParts,
  signal: AbortSignal,
): Promise<unknown> {
  const method = body === undefined ? 'GET' : 'POST';
  const { Client, ResponseType } = await import('@microsoft/microsoft-graph-client');
  const kept: { thrown?: { readonly error: unknown }; text?: string } = {};
  const link: Middleware = {
    async execute(context) {
      try {
        const url = new URL(String(context.request));
        const headers = {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          'user-agent': 'retool-identity-bridge',
          // When the tenant is busy, whoever is waited for goes first.
          'x-ms-throttle-priority': 'Low',
          ...(consistency === undefined ? {} : { ConsistencyLevel: consistency }),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        };
        const sent = body === undefined ? {} : { body: JSON.stringify(body) };
        const request = { method, url, headers, ...sent, timeoutMs: tryTimeoutMs, maxBytes } as const;
        const reply = await requestOnce(fetch, request, clock, signal);
        onReply(reply.status, reply.headers);
        kept.text = judged(reply, path);
        context.response = new Response();
      } catch (error) {
        // The client makes an error of its own of whatever passes through it.
        kept.thrown = { error };
        throw error;
      }
    },
  };
  const client = Client.initWithMiddleware({
    baseUrl: base.origin,
    defaultVersion: versionOf(base),
    middleware: link,
  });
  try {
    // The text is at hand: the client would decode it a second time.
    const request = client.api(path).responseType(ResponseType.RAW);
    await (body === undefined ? request.get() : request.post(body));
    return JSON.parse(kept.text ?? '');
  } catch (error) {
    if (kept.thrown !== undefined) throw kept.thrown.error;
    throw new BridgeError('sourceInvalid', `${method} ${withoutQuery(path)} was answered with broken JSON.`, {
      cause: error,
    });
  }
}

export function withoutQuery(path: string): string {
  return path.split('?', 1)[0] ?? path;
}

/** `/v1.0/` is the version `v1.0`. */
function versionOf(base: URL): string {
  return base.pathname.replaceAll('/', '');
}

/** The text of a reply that can be Graph's. */
function judged(reply: HttpReply, path: string): string {
  const { status, headers, text } = reply;
  if (status >= 300 && status < 400) throw redirected(headers.get('location'), path);
  if (status !== 200) throw refusalIn(reply);
  const type = headers.get('content-type') ?? 'no content type';
  if (!/^application\/json(?:;|$)/i.test(type)) throw notJson(type, path);
  return text;
}

function notJson(type: string, path: string): BridgeError {
  return new BridgeError(
    'sourceInvalid',
    `GET ${withoutQuery(path)} was answered with ${type.slice(0, 80)} instead of JSON.`,
    { remedy: 'Check "cloud" and "endpoints", and whether a proxy or a login page stands in between.' },
  );
}

function redirected(location: string | null, path: string): BridgeError {
  const to = URL.parse(location ?? '')?.origin ?? 'another address';
  return new BridgeError('sourceInvalid', `GET ${withoutQuery(path)} was redirected to ${to}.`, {
    remedy: 'Check "cloud" and "endpoints", and whether a proxy stands in between.',
  });
}
