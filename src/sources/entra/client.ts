import type { AccessTokens } from '../../http/access-tokens.ts';
import { CallFailure, failureOf, isReason, StatusFailure, type Reason } from '../../http/call-failure.ts';
import { pageGuard, sameOriginUrl } from '../../http/paginate.ts';
import { HttpFailure } from '../../http/request.ts';
import { retryDelay, retrying } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch, Random } from '../../model/ports.ts';
import { faultOf } from '../../model/stated.ts';
import { askGraph, withoutQuery, type GraphRequest } from './graph.ts';
import type { Pace } from './pace.ts';
import { BatchReply, Page } from './schema.ts';

/** Waits of half a second doubling to twenty, jittered; a `Retry-After` wins. */
const retryRules = { attempts: 5, baseMs: 500, capMs: 20_000 };
const maxPages = 10_000;

export interface EntraClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly tokens: AccessTokens;
  readonly pace: Pace;
}

/** On whose behalf a call is made. */
export interface CallUse {
  readonly signal: AbortSignal;
  /** Called for every request sent to Graph; those for tokens go elsewhere. */
  readonly onCall: () => void;
}

/**
 * Pages and single objects of one tenant, and nothing of what they mean. Paths are below `/v1.0`. Rejects with
 * `CallFailure` when Graph gave no answer, and with a `BridgeError` when what it gave can't be believed.
 */
export interface EntraClient {
  get(path: string, use: CallUse, how?: Pick<GraphRequest, 'consistency'>): Promise<unknown>;
  /** The pages of a list; `first` is the answer to the first one, when it is there already. */
  pages(path: string, use: CallUse, first?: unknown): AsyncGenerator<readonly unknown[]>;
  /**
   * The pages of one round of a delta query; empty ones are no end. Returns the path at which the next round begins,
   * which every round must end with (Microsoft Graph: "Use delta query to track changes").
   */
  round(path: string, use: CallUse): AsyncGenerator<readonly unknown[], string>;
  /**
   * Up to 20 paths in one request. Holds the bodies of those that were answered, by path; each is judged by itself,
   * and what was refused is left out, to be asked for alone.
   */
  batch(paths: readonly string[], use: CallUse): Promise<ReadonlyMap<string, unknown>>;
}

export function createEntraClient(graph: URL, parts: EntraClientParts): EntraClient {
  const base = new URL('/v1.0/', graph);
  const ask = createAsking(base, parts);

  async function pageAt(path: string, use: CallUse, given?: unknown): Promise<Page> {
    const parsed = Page.safeParse(given ?? (await ask({ path }, use)));
    if (parsed.success) return parsed.data;
    throw noList(path, faultOf(parsed.error));
  }

  async function* pages(path: string, use: CallUse, first?: unknown): AsyncGenerator<readonly unknown[]> {
    const guard = pageGuard(maxPages);
    let given = first;
    for (let next: string | null = path; next !== null;) {
      guard.visit(next);
      const page: Page = await pageAt(next, use, given);
      given = undefined;
      yield page.value;
      const link = page['@odata.nextLink'];
      next = link === undefined ? null : pathOf(link, base);
    }
  }

  async function* round(path: string, use: CallUse): AsyncGenerator<readonly unknown[], string> {
    const guard = pageGuard(maxPages);
    for (let next = path; ;) {
      guard.visit(next);
      const page: Page = await pageAt(next, use);
      yield page.value;
      const { '@odata.nextLink': nextLink, '@odata.deltaLink': deltaLink } = page;
      if (nextLink === undefined && deltaLink !== undefined) return pathOf(deltaLink, base);
      if (nextLink === undefined) throw noList(path, 'neither more of it nor its end');
      next = pathOf(nextLink, base);
    }
  }

  return {
    get: (path, use, how = {}) => ask({ path, ...how }, use),
    pages,
    round,
    async batch(paths, use) {
      const requests = paths.map((url, index) => ({ id: String(index), method: 'GET', url }));
      const parsed = BatchReply.safeParse(await ask({ path: '/$batch', body: { requests } }, use));
      if (!parsed.success) throw noList('/$batch', faultOf(parsed.error));
      for (const { status, headers } of parsed.data.responses)
        parts.pace.learn(status, new Headers(headers ?? {}));
      const answered = parsed.data.responses.filter(({ status }) => status === 200);
      return new Map(
        answered.flatMap(({ id, body }) =>
          paths.slice(Number(id), Number(id) + 1).map((path) => [path, body]),
        ),
      );
    },
  };
}

type Ask = (request: GraphRequest, use: CallUse) => Promise<unknown>;

/** Asks with a token, at the pace that is allowed, and again where that may help. */
function createAsking(base: URL, { clock, random, fetch, tokens, pace }: EntraClientParts): Ask {
  async function askOnce(
    request: GraphRequest,
    token: string,
    { signal, onCall }: CallUse,
  ): Promise<unknown> {
    await pace.admit(signal);
    onCall();
    return askGraph(request, token, { fetch, clock, base, onReply: pace.learn }, signal);
  }

  /** A token may be taken back before its time: then it is renewed, once. */
  async function askSignedIn(request: GraphRequest, use: CallUse): Promise<unknown> {
    const token = await tokens.current(use.signal);
    try {
      return await askOnce(request, token, use);
    } catch (error) {
      if (!(error instanceof StatusFailure) || error.status !== 401) throw error;
      return askOnce(request, await tokens.renewed(token, use.signal), use);
    }
  }

  async function attempt(request: GraphRequest, use: CallUse): Promise<Answer> {
    try {
      return { state: 'answered', body: await askSignedIn(request, use) };
    } catch (error) {
      if (use.signal.aborted || !isReason(error)) throw error;
      return { state: 'failed', reason: error };
    }
  }

  return async (request, use) => {
    const answer = await retrying(
      () => attempt(request, use),
      (result, number) =>
        result.state === 'failed' && mayBeRepeated(result.reason)
          ? retryDelay(failureOf(result.reason), number, retryRules, clock.now(), random)
          : null,
      clock,
      use.signal,
    );
    if (answer.state === 'failed') throw new CallFailure(withoutQuery(request.path), answer.reason);
    return answer.body;
  };
}

type Answer =
  | { readonly state: 'answered'; readonly body: unknown }
  | { readonly state: 'failed'; readonly reason: Reason };

/** A body that is too long once is too long again. */
function mayBeRepeated(reason: Reason): boolean {
  return !(reason instanceof HttpFailure) || reason.kind !== 'tooLarge';
}

/** Links are absolute; the client takes paths, and mangles links over http. */
function pathOf(link: string, base: URL): string {
  const url = sameOriginUrl(link, base);
  if (!url.pathname.startsWith(base.pathname))
    throw new BridgeError('sourceInvalid', `The link to the next page leads out of ${base.pathname}.`);
  return `/${url.pathname.slice(base.pathname.length)}${url.search}`;
}

function noList(path: string, fault: string): BridgeError {
  return new BridgeError(
    'sourceInvalid',
    `GET ${withoutQuery(path)} was not answered with a page of a list (${fault}).`,
  );
}
