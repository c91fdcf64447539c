import { DeadlineExceeded, withinDeadline } from '../../http/deadline.ts';
import { pageGuard, sameOriginUrl } from '../../http/paginate.ts';
import { HttpFailure } from '../../http/request.ts';
import { retryDelay, retrying, type Failure } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch, Random } from '../../model/ports.ts';
import { createExecutor, StatusFailure, type CallUse, type SdkReply } from './executor.ts';
import { createPace, rateLimits } from './pace.ts';
import type { OktaOptions } from './schema.ts';
import { createSdkClient, type SdkClient } from './sdk.ts';

/** Waits of half a second doubling to twenty, jittered; a 429 waits for the reset that its headers tell. */
const retryRules = { attempts: 5, baseMs: 500, capMs: 20_000 };
/** A try may ask for a token, meet a nonce, and be repeated by the SDK after 401; each part has its own deadline. */
const wholeTryMs = 5 * 60_000;
const maxPages = 10_000;

export interface OktaClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
}

/** A JSON document of the org with the headers it came with. */
export interface OktaReply {
  readonly body: unknown;
  readonly headers: Headers;
}

/**
 * Pages and single documents of one org, and nothing of what they mean. Rejects with `CallFailure` when the org
 * gave no answer, and with a `BridgeError` when what it gave can't be believed.
 */
export interface OktaClient {
  get(path: string, use: CallUse): Promise<OktaReply>;
  pages(path: string, use: CallUse): AsyncGenerator<readonly unknown[]>;
  /** See `Executor.grantedScopes`. */
  grantedScopes(): readonly string[] | null;
}

/** A call that brought no answer after all tries. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  /** Without its query. */
  readonly path: string;
  readonly reason: StatusFailure | HttpFailure;

  constructor(path: string, reason: StatusFailure | HttpFailure) {
    super(`GET ${path}: ${reason.message}`, { cause: reason });
    this.path = path;
    this.reason = reason;
  }

  /** Whether it says something of what was asked for and nothing of Okta at large: forbidden, not there, too slow. */
  concernsOneResource(): boolean {
    if (this.reason instanceof HttpFailure) return this.reason.kind === 'timeout';
    const { status, missingScope } = this.reason;
    return status === 404 || (status === 403 && missingScope === null);
  }
}

export function createOktaClient(
  options: OktaOptions,
  scopes: readonly string[],
  parts: OktaClientParts,
): OktaClient {
  const base = new URL(options.orgUrl);
  const executor = createExecutor(base, { fetch: parts.fetch, clock: parts.clock, scopes });
  const pace = createPace({ clock: parts.clock, share: options.rateShare });
  let loading: Promise<SdkClient> | null = null;

  async function attempt(url: URL, use: CallUse): Promise<SdkReply | StatusFailure | HttpFailure> {
    loading ??= createSdkClient(options, scopes, executor);
    const sdk = await loading;
    await pace.admit(url.pathname, use.signal);
    try {
      const reply = await withinDeadline(
        (signal) =>
          sdk.http.http(
            url.href,
            // A DPoP proof names the method, and names are case-sensitive (RFC 9449 section 4.2).
            { method: 'GET', headers: { accept: 'application/json' }, use: { ...use, signal } },
            { isCollection: true },
          ),
        wholeTryMs,
        parts.clock,
        use.signal,
      );
      pace.learn(url.pathname, reply.headers);
      return reply;
    } catch (error) {
      if (error instanceof StatusFailure) pace.learn(url.pathname, error.reply.headers);
      return noAnswer(error, url.pathname);
    }
  }

  async function get(url: URL, use: CallUse): Promise<OktaReply> {
    const outcome = await retrying(
      () => attempt(url, use),
      (result, number) =>
        result instanceof Error
          ? retryDelay(failureOf(result, parts.clock), number, retryRules, parts.clock.now(), parts.random)
          : null,
      parts.clock,
      use.signal,
    );
    if (outcome instanceof Error) throw new CallFailure(url.pathname, outcome);
    use.onAnswer?.(outcome.headers);
    return { body: parsed(await outcome.text(), url.pathname), headers: outcome.headers };
  }

  async function* pages(path: string, use: CallUse): AsyncGenerator<readonly unknown[]> {
    const guard = pageGuard(maxPages);
    for (let url: URL | null = new URL(path, base); url !== null;) {
      guard.visit(url.href);
      const { body, headers }: OktaReply = await get(url, use);
      if (!Array.isArray(body))
        throw new BridgeError('sourceInvalid', `GET ${url.pathname} was not answered with a list.`);
      yield body;
      url = nextPage(headers.get('link'), url);
    }
  }

  return { get: (path, use) => get(new URL(path, base), use), pages, grantedScopes: executor.grantedScopes };
}

/** What was thrown, when another try may help or the caller can judge it; throws all else again. */
function noAnswer(error: unknown, path: string): StatusFailure | HttpFailure {
  if (error instanceof DeadlineExceeded) return new HttpFailure('timeout', error.message, { cause: error });
  if (error instanceof StatusFailure) return error;
  if (!(error instanceof HttpFailure)) throw error;
  if (error.kind !== 'tooLarge') return error;
  throw new BridgeError('sourceInvalid', `GET ${path}: ${error.message}.`, { cause: error });
}

/** Okta tells when a limit is there again, and sends no `Retry-After`; what stands in between may do so. */
function failureOf(error: StatusFailure | HttpFailure, clock: Clock): Failure {
  if (error instanceof HttpFailure)
    return error.kind === 'timeout' ? { kind: 'timeout' } : { kind: 'network', cause: error };
  const { status, headers } = error.reply;
  const resetsInMs = status === 429 ? (rateLimits(headers, clock.now())?.resetsInMs ?? null) : null;
  const untilReset = resetsInMs === null ? null : String(Math.ceil(resetsInMs / 1_000));
  return { kind: 'status', status, retryAfter: untilReset ?? headers.get('retry-after') };
}

function parsed(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new BridgeError('sourceInvalid', `GET ${path} was answered with broken JSON.`);
  }
}

/**
 * The address of the page after this one, from `Link` (RFC 8288); null after the last. A header that speaks of a
 * next page in a way that can't be read must not look like the end.
 */
function nextPage(link: string | null, page: URL): URL | null {
  if (link === null || !/next/i.test(link.replaceAll(/<[^<>]*>/g, ''))) return null;
  for (const [, target = '', parameters = ''] of link.matchAll(/<([^<>]*)>((?:\s*;[^<>;]*)*)/g)) {
    if (!/;\s*rel="?next"?\s*(?:[;,]|$)/i.test(parameters)) continue;
    const next = sameOriginUrl(target, page);
    if (next.pathname === page.pathname) return next;
  }
  throw new BridgeError('sourceInvalid', `The link to the next page of ${page.pathname} can't be followed.`);
}
