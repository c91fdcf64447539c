import {
  CallFailure,
  failureOf,
  isReason,
  StatusFailure,
  TokenFailure,
  type Reason,
} from '../../http/call-failure.ts';
import { pageGuard } from '../../http/paginate.ts';
import { HttpFailure } from '../../http/request.ts';
import { retryDelay, retrying } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Random } from '../../model/ports.ts';
import { faultOf } from '../../model/stated.ts';
import { askSignedIn, type AskParts, type CallUse } from './ask.ts';
import { isThrottling } from './failures.ts';
import { pageSchema, type ListName } from './schema.ts';

/** Waits of half a second doubling to twenty, jittered; a `Retry-After` wins. */
const retryRules = { attempts: 5, baseMs: 500, capMs: 20_000 };
/** Quotas are counted by the minute, and Google seldom says how long to wait. */
const quotaRules = { attempts: 9, baseMs: 4_000, capMs: 60_000 };
const maxPages = 10_000;

export interface GoogleClientParts extends AskParts {
  readonly random: Random;
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
  const { clock, random } = parts;
  const base = new URL('/admin/directory/v1', directory).href;

  async function attempt(url: URL, use: CallUse): Promise<Answer> {
    try {
      return { state: 'answered', body: await askSignedIn(url, parts, use) };
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
    const failure = failureOf(reason);
    // Google's 403 for a quota passes as a 429 does; no other 403 does.
    return isQuota(reason) && failure.kind === 'status'
      ? retryDelay({ ...failure, status: 429 }, number, quotaRules, clock.now(), random)
      : retryDelay(failure, number, retryRules, clock.now(), random);
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

/** A token's failure is told by what it comes from. */
function isQuota(reason: Reason): boolean {
  const root = reason instanceof TokenFailure ? reason.reason : reason;
  return root instanceof StatusFailure && isThrottling(root);
}

function noList(path: string, fault: string): BridgeError {
  return new BridgeError('sourceInvalid', `GET ${path} was not answered with a page of a list (${fault}).`);
}
