import type { AccessTokens } from '../../http/access-tokens.ts';
import { jsonObjectIn } from '../../http/json-object.ts';
import { pageGuard } from '../../http/paginate.ts';
import { HttpFailure, requestOnce, type HttpReply } from '../../http/request.ts';
import { retryDelay, retrying, type Failure } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch, Random } from '../../model/ports.ts';
import { faultOf } from '../../model/stated.ts';
import { CallFailure, isReason, StatusFailure, TokenFailure, type Reason } from './failures.ts';
import { pageSchema, type ListName } from './schema.ts';

/** Waits of half a second doubling to twenty, jittered; a `Retry-After` wins. */
const retryRules = { attempts: 5, baseMs: 500, capMs: 20_000 };
/** Quotas are counted by the minute, and Google seldom says how long to wait. */
const quotaRules = { attempts: 9, baseMs: 4_000, capMs: 60_000 };
const maxPages = 10_000;
/** For one try, the body included. */
const tryTimeoutMs = 60_000;
/** Pages have at most 500 rows; a body as long as this is none of Google's. */
const maxBytes = 64 * 1024 * 1024;

export interface GoogleClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly tokens: AccessTokens;
}

/** On whose behalf a call is made. */
export interface CallUse {
  readonly signal: AbortSignal;
  /** Called for every request sent to the Directory API; those for tokens go elsewhere. */
  readonly onCall: () => void;
}

export type Query = Readonly<Record<string, string>>;

/**
 * Pages and single objects of one account, and nothing of what they mean. Paths are below `/admin/directory/v1`.
 * Rejects with `CallFailure` when Google gave no answer, and with a `BridgeError` when what it gave can't be believed.
 */
export interface GoogleClient {
  get(path: string, query: Query, use: CallUse): Promise<unknown>;
  /** The rows of the list that `name` says, page by page. */
  pages(name: ListName, path: string, query: Query, use: CallUse): AsyncGenerator<readonly unknown[]>;
}

export function createGoogleClient(directory: URL, parts: GoogleClientParts): GoogleClient {
  const { clock, random, fetch, tokens } = parts;
  const base = new URL('/admin/directory/v1', directory).href;

  async function ask(url: URL, token: string, { signal, onCall }: CallUse): Promise<unknown> {
    onCall();
    const headers = {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      'user-agent': 'retool-identity-bridge',
    };
    const request = { method: 'GET', url, headers, timeoutMs: tryTimeoutMs, maxBytes } as const;
    return judged(await requestOnce(fetch, request, clock, signal), url);
  }

  /** A token may be taken back before its time: then it is renewed, once. */
  async function askSignedIn(url: URL, use: CallUse): Promise<unknown> {
    const token = await tokenFor(use.signal);
    try {
      return await ask(url, token, use);
    } catch (error) {
      if (!(error instanceof StatusFailure) || error.status !== 401) throw error;
      return ask(url, await tokenFor(use.signal, token), use);
    }
  }

  async function tokenFor(signal: AbortSignal, stale?: string): Promise<string> {
    try {
      return await (stale === undefined ? tokens.current(signal) : tokens.renewed(stale, signal));
    } catch (error) {
      throw error instanceof StatusFailure || error instanceof HttpFailure ? new TokenFailure(error) : error;
    }
  }

  async function attempt(url: URL, use: CallUse): Promise<Answer> {
    try {
      return { state: 'answered', body: await askSignedIn(url, use) };
    } catch (error) {
      if (use.signal.aborted || !isReason(error)) throw error;
      return { state: 'failed', reason: error };
    }
  }

  async function get(path: string, query: Query, use: CallUse): Promise<unknown> {
    const url = new URL(`${base}${path}?${new URLSearchParams(query).toString()}`);
    const answer = await retrying(
      () => attempt(url, use),
      (result, number) => (result.state === 'failed' ? delayAfter(result.reason, number) : null),
      clock,
      use.signal,
    );
    if (answer.state === 'failed') throw new CallFailure(path, answer.reason);
    return answer.body;
  }

  function delayAfter(reason: Reason, number: number): number | null {
    // A body that is too long once is too long again.
    if (reason instanceof HttpFailure && reason.kind === 'tooLarge') return null;
    const rules = isThrottling(reason) ? quotaRules : retryRules;
    return retryDelay(failureOf(reason), number, rules, clock.now(), random);
  }

  async function* pages(
    name: ListName,
    path: string,
    query: Query,
    use: CallUse,
  ): AsyncGenerator<readonly unknown[]> {
    const guard = pageGuard(maxPages);
    const schema = pageSchema(name);
    for (let token: string | undefined = ''; token !== undefined;) {
      guard.visit(token);
      const parsed = schema.safeParse(
        await get(path, token === '' ? query : { ...query, pageToken: token }, use),
      );
      if (!parsed.success) throw noList(path, faultOf(parsed.error));
      const page: { readonly nextPageToken?: string | undefined } = parsed.data;
      yield rowsOf(parsed.data[name]);
      token = page.nextPageToken;
    }
  }

  return { get, pages };
}

type Answer =
  | { readonly state: 'answered'; readonly body: unknown }
  | { readonly state: 'failed'; readonly reason: Reason };

/** A page without rows leaves their list out. */
function rowsOf(rows: unknown): readonly unknown[] {
  return Array.isArray(rows) ? rows : [];
}

function isThrottling(reason: Reason): boolean {
  if (reason instanceof TokenFailure) return isThrottling(reason.reason);
  return reason instanceof StatusFailure && reason.isThrottling();
}

function failureOf(reason: Reason): Failure {
  if (reason instanceof TokenFailure) return failureOf(reason.reason);
  if (reason instanceof StatusFailure) {
    const { status, retryAfter } = reason;
    // Google's 403 for a quota passes as a 429 does; no other 403 does.
    return { kind: 'status', status: reason.isThrottling() ? 429 : status, retryAfter };
  }
  return reason.kind === 'timeout' ? { kind: 'timeout' } : { kind: 'network', cause: reason };
}

function judged(reply: HttpReply, { pathname }: URL): unknown {
  const { status, headers, text } = reply;
  if (status >= 300 && status < 400) {
    const to = URL.parse(headers.get('location') ?? '')?.origin ?? 'another address';
    throw misled(`GET ${pathname} was redirected to ${to}.`);
  }
  if (status !== 200) throw new StatusFailure(reply);
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

function noList(path: string, fault: string): BridgeError {
  return new BridgeError('sourceInvalid', `GET ${path} was not answered with a page of a list (${fault}).`);
}
