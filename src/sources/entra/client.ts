import { pageGuard, sameOriginUrl } from '../../http/paginate.ts';
import { HttpFailure } from '../../http/request.ts';
import { retryDelay, retrying, type Failure } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch, Random } from '../../model/ports.ts';
import { faultOf } from '../../model/stated.ts';
import { CallFailure, isReason, StatusFailure, TokenFailure, type Reason } from './failures.ts';
import { askGraph, withoutQuery } from './graph.ts';
import { Page } from './schema.ts';
import type { Tokens } from './tokens.ts';

/** Waits of half a second doubling to twenty, jittered; a `Retry-After` wins. */
const retryRules = { attempts: 5, baseMs: 500, capMs: 20_000 };
const maxPages = 10_000;

export interface EntraClientParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly tokens: Tokens;
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
  get(path: string, use: CallUse): Promise<unknown>;
  pages(path: string, use: CallUse): AsyncGenerator<readonly unknown[]>;
}

export function createEntraClient(graph: URL, parts: EntraClientParts): EntraClient {
  const { clock, random, fetch, tokens } = parts;
  const base = new URL('/v1.0/', graph);

  function ask(path: string, token: string, { signal, onCall }: CallUse): Promise<unknown> {
    onCall();
    return askGraph(path, token, { fetch, clock, base }, signal);
  }

  /** A token may be taken back before its time: then it is renewed, once. */
  async function askSignedIn(path: string, use: CallUse): Promise<unknown> {
    const token = await tokens.current(use.signal);
    try {
      return await ask(path, token, use);
    } catch (error) {
      if (!(error instanceof StatusFailure) || error.status !== 401) throw error;
      return ask(path, await tokens.renewed(token, use.signal), use);
    }
  }

  async function attempt(path: string, use: CallUse): Promise<Answer> {
    try {
      return { state: 'answered', body: await askSignedIn(path, use) };
    } catch (error) {
      if (use.signal.aborted || !isReason(error)) throw error;
      return { state: 'failed', reason: error };
    }
  }

  async function get(path: string, use: CallUse): Promise<unknown> {
    const answer = await retrying(
      () => attempt(path, use),
      (result, number) =>
        result.state === 'failed' && mayBeRepeated(result.reason)
          ? retryDelay(failureOf(result.reason), number, retryRules, clock.now(), random)
          : null,
      clock,
      use.signal,
    );
    if (answer.state === 'failed') throw new CallFailure(withoutQuery(path), answer.reason);
    return answer.body;
  }

  async function* pages(path: string, use: CallUse): AsyncGenerator<readonly unknown[]> {
    const guard = pageGuard(maxPages);
    for (let next: string | null = path; next !== null;) {
      guard.visit(next);
      const parsed = Page.safeParse(await get(next, use));
      if (!parsed.success) throw noList(path, faultOf(parsed.error));
      yield parsed.data.value;
      const link = parsed.data['@odata.nextLink'];
      next = link === undefined ? null : pathOf(link, base);
    }
  }

  return { get, pages };
}

type Answer =
  | { readonly state: 'answered'; readonly body: unknown }
  | { readonly state: 'failed'; readonly reason: Reason };

/** A body that is too long once is too long again. */
function mayBeRepeated(reason: Reason): boolean {
  return !(reason instanceof HttpFailure) || reason.kind !== 'tooLarge';
}

function failureOf(reason: Reason): Failure {
  if (reason instanceof TokenFailure) return failureOf(reason.reason);
  if (reason instanceof StatusFailure)
    return { kind: 'status', status: reason.status, retryAfter: reason.retryAfter };
  return reason.kind === 'timeout' ? { kind: 'timeout' } : { kind: 'network', cause: reason };
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
