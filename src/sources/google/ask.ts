import type { AccessTokens } from '../../http/access-tokens.ts';
import { StatusFailure } from '../../http/call-failure.ts';
import { jsonObjectIn } from '../../http/json-object.ts';
import { requestOnce, type HttpReply } from '../../http/request.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch } from '../../model/ports.ts';
import { refusalIn } from './failures.ts';

/** For one try, the body included. */
const tryTimeoutMs = 60_000;
/** Pages have at most 500 rows; a body as long as this is none of Google's. */
const maxBytes = 64 * 1024 * 1024;

export interface AskParts {
  readonly clock: Clock;
  readonly fetch: Fetch;
  readonly tokens: AccessTokens;
}

/** On whose behalf a call is made. */
export interface CallUse {
  readonly signal: AbortSignal;
  /** Called for every request sent to the Directory API; those for tokens go elsewhere. */
  readonly onCall: () => void;
}

/**
 * Asks once, signed in; a token that was taken back before its time is renewed, once. Rejects with `StatusFailure`,
 * `HttpFailure` and `TokenFailure`, and with `sourceInvalid` for an answer that can't be Google's.
 */
export async function askSignedIn(url: URL, parts: AskParts, use: CallUse): Promise<unknown> {
  const token = await parts.tokens.current(use.signal);
  try {
    return await ask(url, token, parts, use);
  } catch (error) {
    if (!(error instanceof StatusFailure) || error.status !== 401) throw error;
    return ask(url, await parts.tokens.renewed(token, use.signal), parts, use);
  }
}

async function ask(
  url: URL,
  token: string,
  { fetch, clock }: AskParts,
  { signal, onCall }: CallUse,
): Promise<unknown> {
  onCall();
  const headers = {
    accept: 'application/json',
    authorization: `Bearer ${token}`,
    'user-agent': 'retool-identity-bridge',
  };
  const request = { method: 'GET', url, headers, timeoutMs: tryTimeoutMs, maxBytes } as const;
  return judged(await requestOnce(fetch, request, clock, signal), url);
}

function judged(reply: HttpReply, { pathname }: URL): unknown {
  const { status, headers, text } = reply;
  if (status >= 300 && status < 400) {
    const to = URL.parse(headers.get('location') ?? '')?.origin ?? 'another address';
    throw misled(`GET ${pathname} was redirected to ${to}.`);
  }
  if (status !== 200) throw refusalIn(reply);
  const type = headers.get('content-type') ?? 'no content type';
  const body = /^application\/json(?:;|$)/i.test(type) ? jsonObjectIn(text) : null;
  if (body === null) throw misled(`GET ${pathname} was answered with something that is no JSON object.`);
  return body;
}

function misled(message: string): BridgeError {
  return new BridgeError('sourceInvalid', message, {
    remedy: 'Check "endpoints", and whether a proxy or a login page stands in between.',
  });
}
