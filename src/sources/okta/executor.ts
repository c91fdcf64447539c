import { requestOnce, type HttpReply } from '../../http/request.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch } from '../../model/ports.ts';

/** For one try, the body included. */
const tryTimeoutMs = 60_000;
/** Pages have at most a thousand users; a body as long as this is none of Okta's. */
const maxBytes = 64 * 1024 * 1024;
const tokenPath = '/oauth2/v1/token';
/** A server that asks for one nonce after another would be asked for ever. */
const mostNonces = 3;

/** What the SDK hands to its executor, and what we add: both travel on the same object. */
export interface SdkRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly use?: CallUse;
}

/** On whose behalf a call is made. */
export interface CallUse {
  readonly signal: AbortSignal;
  /** Called for every request sent, token requests excepted. */
  readonly onCall: () => void;
}

/** The part of a response that the SDK and the client look at. */
export interface SdkReply {
  readonly status: number;
  readonly url: string;
  readonly headers: Headers;
  text(): Promise<string>;
  json(): Promise<unknown>;
}

/** A reply that says no. The SDK reads `status` to renew a token once after 401. */
export class StatusFailure extends Error {
  override readonly name = 'StatusFailure';
  readonly status: number;
  readonly reply: HttpReply;

  constructor(reply: HttpReply) {
    super(`Answered ${reply.status}${detailOf(reply.text)}`);
    this.status = reply.status;
    this.reply = reply;
  }
}

/** What sends the SDK's requests in place of its own executor. */
export interface Executor {
  fetch(request: SdkRequest): Promise<SdkReply>;
  /** The scopes that the last token was granted, when it said so; null before the first token. */
  grantedScopes(): readonly string[] | null;
}

/**
 * Sends one request once. The SDK's own executor has no deadline, follows redirects and leaves the org's
 * address when a reply says so, with credentials; and its OAuth part takes an error for a token. So whatever
 * is not a JSON reply of the org itself is thrown here.
 */
export function createExecutor(
  orgUrl: URL,
  { fetch, clock }: { readonly fetch: Fetch; readonly clock: Clock },
): Executor {
  const never = new AbortController().signal;
  let nonces = 0;
  let granted: readonly string[] | null = null;

  function judgeToken(reply: HttpReply): void {
    const { error, scope } = objectIn(reply.text);
    if (reply.status === 400 && error === 'use_dpop_nonce' && nonces < mostNonces) {
      nonces += 1;
      return;
    }
    if (reply.status !== 200) throw refusedToken(reply);
    nonces = 0;
    granted = typeof scope === 'string' ? scope.split(' ') : null;
  }

  return {
    grantedScopes: () => granted,
    async fetch({ url: address, method, headers, body, use }) {
      const url = new URL(address);
      if (url.origin !== orgUrl.origin) throw leavesOrg(url, orgUrl);
      const isToken = url.pathname === tokenPath;
      if (!isToken) use?.onCall();
      const verb = method.toUpperCase() === 'POST' ? 'POST' : 'GET';
      const request = { method: verb, url, headers, timeoutMs: tryTimeoutMs, maxBytes } as const;
      const whole = body === undefined ? request : { ...request, body };
      const reply = await requestOnce(fetch, whole, clock, use?.signal ?? never);
      if (isToken) judgeToken(reply);
      else judge(reply, url);
      return sdkReply(reply, address);
    },
  };
}

function judge(reply: HttpReply, url: URL): void {
  if (reply.status >= 300 && reply.status < 400) throw redirected(reply, url);
  if (reply.status !== 200) throw new StatusFailure(reply);
  requireJson(reply, url.pathname);
}

function requireJson(reply: HttpReply, path: string): void {
  const type = reply.headers.get('content-type') ?? 'no content type';
  if (/^application\/(?:[\w.-]+\+)?json(?:;|$)/i.test(type)) return;
  throw new BridgeError(
    'sourceInvalid',
    `GET ${path} was answered with ${type.slice(0, 80)} instead of JSON.`,
    {
      remedy: 'Check "orgUrl", and whether a proxy or a login page stands in between.',
    },
  );
}

function redirected(reply: HttpReply, url: URL): BridgeError {
  const to = URL.parse(reply.headers.get('location') ?? '', url.href);
  return new BridgeError(
    'sourceInvalid',
    `GET ${url.pathname} was redirected to ${to?.origin ?? 'another address'}.`,
    {
      remedy: 'Set "orgUrl" to the address that the org itself answers at.',
    },
  );
}

function leavesOrg(url: URL, orgUrl: URL): BridgeError {
  return new BridgeError('sourceInvalid', `A reply leads to ${url.origin} instead of ${orgUrl.origin}.`);
}

/** 408, 429 and server errors pass by themselves; everything else says that these credentials give no token. */
function refusedToken(reply: HttpReply): Error {
  if (reply.status === 408 || reply.status === 429 || reply.status >= 500) return new StatusFailure(reply);
  return new BridgeError(
    'sourceUnauthorized',
    `Okta gives no access token (${reply.status}${detailOf(reply.text)}).`,
    {
      remedy:
        'Check clientId, keyId and the key, and that the app was granted the scopes under "Okta API Scopes".',
    },
  );
}

/** What Okta's own error bodies say of themselves, as a part of a sentence. */
function detailOf(text: string): string {
  const { errorCode, errorSummary, error, error_description: description } = objectIn(text);
  const parts = [errorCode ?? error, errorSummary ?? description].filter((part) => typeof part === 'string');
  return parts.length === 0 ? '' : `, ${parts.join(': ')}`;
}

/** A JSON object's members, or none when the text is anything else. */
export function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function sdkReply(reply: HttpReply, url: string): SdkReply {
  const { status, headers, text } = reply;
  return { status, url, headers, text: async () => text, json: async () => JSON.parse(text) };
}
