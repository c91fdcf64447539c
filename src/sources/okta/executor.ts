import { jsonObjectIn } from '../../http/json-object.ts';
import { requestOnce, type HttpReply } from '../../http/request.ts';
import { passesByItself } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch } from '../../model/ports.ts';

/** For one try, the body included. */
const tryTimeoutMs = 60_000;
/** Pages have at most a thousand users; a body as long as this is none of Okta's. */
const maxBytes = 64 * 1024 * 1024;
const tokenPath = '/oauth2/v1/token';
const checkAddress = 'Check "orgUrl", and whether a proxy or a login page stands in between.';
/** What a message quotes of an error body at most. */
const longestDetail = 300;
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
  /** Called with the headers of every answer that counts. */
  readonly onAnswer?: (headers: Headers) => void;
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
  /** The scope that the access token lacks, when that is what the reply says (RFC 6750 section 3.1). */
  readonly missingScope: string | null;

  constructor(reply: HttpReply) {
    const missingScope = missingScopeOf(reply.headers.get('www-authenticate') ?? '');
    const lack = missingScope === null ? '' : `, the access token lacks ${missingScope}`;
    super(`Answered ${reply.status}${detailOf(reply.text)}${lack}`);
    this.status = reply.status;
    this.reply = reply;
    this.missingScope = missingScope;
  }

  /** Okta's own code in the body, such as `E0000007`; null when there is none. */
  errorCode(): string | null {
    const { errorCode } = jsonObjectIn(this.reply.text) ?? {};
    return typeof errorCode === 'string' ? errorCode : null;
  }
}

/** Okta names a missing scope in this header alone, with an empty body. */
function missingScopeOf(challenge: string): string | null {
  if (!/\berror="?insufficient_scope\b/.test(challenge)) return null;
  return /\bscope="([\w. -]{1,200})"/.exec(challenge)?.[1] ?? 'a scope that Okta does not name';
}

/** What sends the SDK's requests in place of its own executor. */
export interface Executor {
  fetch(request: SdkRequest): Promise<SdkReply>;
  /** The scopes that the last token was granted, when it said so; null before the first token. */
  grantedScopes(): readonly string[] | null;
}

export interface ExecutorParts {
  readonly fetch: Fetch;
  readonly clock: Clock;
  /** What tokens are asked for, for messages. */
  readonly scopes: readonly string[];
}

/**
 * Sends one request once. The SDK's own executor has no deadline, follows redirects and leaves the org's
 * address when a reply says so, with credentials; and its OAuth part takes an error for a token. So whatever
 * is not a JSON reply of the org itself is thrown here.
 */
export function createExecutor(orgUrl: URL, { fetch, clock, scopes }: ExecutorParts): Executor {
  const never = new AbortController().signal;
  let nonces = 0;
  let granted: readonly string[] | null = null;
  let tokenUnderWay: Promise<HttpReply> | null = null;

  async function send(url: URL, { method, headers, body, use }: SdkRequest): Promise<HttpReply> {
    const verb = method.toUpperCase() === 'POST' ? 'POST' : 'GET';
    const request = { method: verb, url, headers, timeoutMs: tryTimeoutMs, maxBytes } as const;
    const whole = body === undefined ? request : { ...request, body };
    const reply = await requestOnce(fetch, whole, clock, use?.signal ?? never);
    if (reply.status >= 300 && reply.status < 400) throw redirected(reply, url);
    return reply;
  }

  async function sendForToken(url: URL, request: SdkRequest): Promise<HttpReply> {
    const reply = await send(url, request);
    const { error, scope, access_token: token } = jsonObjectIn(reply.text) ?? {};
    if (reply.status === 400 && error === 'use_dpop_nonce' && nonces < mostNonces) {
      nonces += 1;
      return reply;
    }
    if (reply.status !== 200) throw refusedToken(reply, scopes);
    if (typeof token !== 'string' || token === '') throw noToken();
    nonces = 0;
    granted = typeof scope === 'string' ? scope.split(' ') : null;
    return reply;
  }

  /** Whoever needs a token while one is being asked for waits for that one: Okta limits these calls too. */
  function shareToken(url: URL, request: SdkRequest): Promise<HttpReply> {
    tokenUnderWay ??= sendForToken(url, request).finally(() => {
      tokenUnderWay = null;
    });
    return tokenUnderWay;
  }

  return {
    grantedScopes: () => granted,
    async fetch(request) {
      const url = new URL(request.url);
      if (url.origin !== orgUrl.origin) throw leavesOrg(url, orgUrl);
      if (url.pathname === tokenPath) return sdkReply(await shareToken(url, request), url);
      request.use?.onCall();
      const reply = await send(url, request);
      if (reply.status !== 200) throw new StatusFailure(reply);
      requireJson(reply, url.pathname);
      return sdkReply(reply, url);
    },
  };
}

function requireJson(reply: HttpReply, path: string): void {
  const type = reply.headers.get('content-type') ?? 'no content type';
  if (/^application\/(?:[\w.-]+\+)?json(?:;|$)/i.test(type)) return;
  throw new BridgeError(
    'sourceInvalid',
    `GET ${path} was answered with ${type.slice(0, 80)} instead of JSON.`,
    {
      remedy: checkAddress,
    },
  );
}

function redirected(reply: HttpReply, url: URL): BridgeError {
  const to = URL.parse(reply.headers.get('location') ?? '', url.href);
  return new BridgeError(
    'sourceInvalid',
    `${url.pathname} was redirected to ${to?.origin ?? 'another address'}.`,
    {
      remedy: 'Set "orgUrl" to the address that the org itself answers at.',
    },
  );
}

function leavesOrg(url: URL, orgUrl: URL): BridgeError {
  return new BridgeError('sourceInvalid', `A reply leads to ${url.origin} instead of ${orgUrl.origin}.`);
}

/** 408, 429 and server errors pass by themselves; everything else says that these credentials give no token. */
function refusedToken(reply: HttpReply, scopes: readonly string[]): Error {
  if (passesByItself(reply.status)) return new StatusFailure(reply);
  return new BridgeError(
    'sourceUnauthorized',
    `Okta gives no access token (${reply.status}${detailOf(reply.text)}).`,
    {
      remedy: `Check clientId, keyId and the key, and that "Okta API Scopes" of the app grants ${scopes.join(', ')}.`,
    },
  );
}

function noToken(): BridgeError {
  return new BridgeError('sourceInvalid', `POST ${tokenPath} was answered without an access token.`, {
    remedy: checkAddress,
  });
}

/** What Okta's own error bodies say of themselves, as a part of a sentence. */
function detailOf(text: string): string {
  const { errorCode, errorSummary, error, error_description: description } = jsonObjectIn(text) ?? {};
  const parts = [errorCode ?? error, errorSummary ?? description].filter((part) => typeof part === 'string');
  return parts.length === 0 ? '' : `, ${parts.join(': ').slice(0, longestDetail)}`;
}

function sdkReply(reply: HttpReply, url: URL): SdkReply {
  const { status, headers, text } = reply;
  return { status, url: url.href, headers, text: async () => text, json: async () => JSON.parse(text) };
}
