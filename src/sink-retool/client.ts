import PQueue from 'p-queue';
import { createRateLimiter } from '../http/rate-limit.ts';
import { HttpFailure, requestOnce, type HttpReply, type HttpRequest } from '../http/request.ts';
import { createRetryBudget } from '../http/retry-budget.ts';
import { retryDelay, retrying, type Failure, type RetryRules } from '../http/retry.ts';
import type { Json } from '../model/json.ts';
import type { Clock, Fetch, Logger, Random, Window } from '../model/ports.ts';
import type { Secret } from '../model/secret.ts';
import { apiUrl, healthUrl } from './address.ts';
import { answerOf, answerToFailure, type Answer } from './answer.ts';
import { pausable, throttleDelay } from './throttle.ts';

const concurrency = 8;
const windowMs = 61_000;
const retryRules: RetryRules = { attempts: 3, baseMs: 500, capMs: 20_000 };
const mostThrottled = 10;
const requestTimeoutMs = 60_000;
/** An organisation's whole list of users comes in one answer. */
const listTimeoutMs = 120_000;
const maxBytes = 64 * 1024 * 1024;

export interface ClientParts {
  /** As `parseBaseUrl` returns it. */
  readonly base: URL;
  readonly token: Secret;
  readonly requestsPerMinute: number;
  readonly window: Window;
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly logger: Logger;
}

/** One route with everything that is sent to it. */
export interface Call {
  readonly method: HttpRequest['method'];
  /** Below `/api/v2`: route names and ids, each a plain segment. */
  readonly path: readonly string[];
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Json;
  /**
   * What may be sent again after an unclear answer. `read`: nothing was to be changed. `idempotent`: twice is
   * once. `never`: twice may be two accounts, so the caller is told that nobody knows. A 429 is no unclear
   * answer: nothing was done, and every call is repeated after it.
   */
  readonly repeats: 'read' | 'idempotent' | 'never';
  /** Waiting calls with a higher number go first. */
  readonly priority: number;
  /** Called directly before each sending, with the time in epoch milliseconds. */
  readonly onSend?: (at: number) => void;
}

/** The one place from which requests leave for the target. */
export interface Client {
  /** Sends until the answer is final. Rejects only when aborted, or with what `onSend` threw. */
  call(call: Call, signal: AbortSignal): Promise<Answer>;
  /** The version probe: no token, no retry, not counted. */
  health(signal: AbortSignal): Promise<Answer>;
  /** Requests sent to `/api/v2`, retries included. */
  callsMade(): number;
}

/** One sending and what came of it. */
interface Attempt {
  readonly answer: Answer;
  readonly status: number | null;
  readonly retryAfter: string | null;
}

/**
 * Every request passes the queue, which bounds how many are under way and lets urgent ones go first, and,
 * each time it is sent, the sliding window. The queue's own limit per interval stays unused: it measures
 * time on a clock of its own, forgets it with the process, and knows nothing of retries.
 */
export function createClient(parts: ClientParts): Client {
  const { base, token, requestsPerMinute, clock, random, fetch, logger } = parts;
  const queue = new PQueue({ concurrency });
  const window = pausable(parts.window, clock);
  const limiter = createRateLimiter({ window, clock, limit: requestsPerMinute, windowMs });
  const budget = createRetryBudget(clock);
  let calls = 0;

  async function send(call: Call, signal: AbortSignal): Promise<Attempt> {
    const request = requestOf(base, call, token);
    await limiter.admit(signal);
    signal.throwIfAborted();
    call.onSend?.(clock.now());
    calls += 1;
    budget.sent();
    const began = clock.monotonic();
    const attempt = await attemptFrom(requestOnce(fetch, request, clock, signal));
    const ms = Math.round(clock.monotonic() - began);
    logger.debug(
      { method: call.method, path: request.url.pathname, status: attempt.status, ms },
      'request to Retool',
    );
    return attempt;
  }

  function settle(call: Call, signal: AbortSignal): Promise<Answer> {
    let throttled = 0;
    let failed = 0;
    const delayAfter = (attempt: Attempt): number | null => {
      if (attempt.status === 429) {
        throttled += 1;
        if (throttled > mostThrottled) return null;
        const waitMs = throttleDelay(throttled, attempt.retryAfter, clock.now(), random);
        logger.warn({ method: call.method, waitMs: Math.round(waitMs) }, 'Retool asks to slow down');
        window.pause(waitMs);
        return 0;
      }
      const failure = failureWorthRepeating(attempt, call.repeats);
      if (failure === null) return null;
      failed += 1;
      const waitMs = retryDelay(failure, failed, retryRules, clock.now(), random);
      if (waitMs === null || !budget.take()) return null;
      logger.warn(
        { method: call.method, status: attempt.status, waitMs: Math.round(waitMs) },
        'request to Retool is repeated',
      );
      return waitMs;
    };
    return retrying(() => send(call, signal), delayAfter, clock, signal).then(({ answer }) =>
      answer.state === 'refused' && failed > 0 ? { ...answer, earlierUnclear: true } : answer,
    );
  }

  return {
    call: (call, signal) => queue.add(() => settle(call, signal), { priority: call.priority, signal }),
    async health(signal) {
      const request = {
        method: 'GET',
        url: healthUrl(base),
        headers: commonHeaders,
        timeoutMs: requestTimeoutMs,
        maxBytes,
      } as const;
      return (await attemptFrom(requestOnce(fetch, request, clock, signal))).answer;
    },
    callsMade: () => calls,
  };
}

const commonHeaders = { accept: 'application/json', 'user-agent': 'retool-identity-bridge' };

function requestOf(base: URL, call: Call, token: Secret): HttpRequest {
  const authorized = { ...commonHeaders, authorization: `Bearer ${token.reveal()}` };
  const request = {
    method: call.method,
    url: apiUrl(base, call.path, call.query),
    headers: authorized,
    timeoutMs: call.repeats === 'read' ? listTimeoutMs : requestTimeoutMs,
    maxBytes,
  };
  if (call.body === undefined) return request;
  return {
    ...request,
    headers: { ...authorized, 'content-type': 'application/json' },
    body: JSON.stringify(call.body),
  };
}

async function attemptFrom(replying: Promise<HttpReply>): Promise<Attempt> {
  try {
    const reply = await replying;
    return { answer: answerOf(reply), status: reply.status, retryAfter: reply.headers.get('retry-after') };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return { answer: answerToFailure(error), status: null, retryAfter: null };
  }
}

/**
 * What a further attempt may mend. A login page instead of an answer stays one for a read, which fails; a
 * write that can be repeated is, since whether it was carried out is worth two more requests.
 */
function failureWorthRepeating({ answer, retryAfter }: Attempt, repeats: Call['repeats']): Failure | null {
  if (answer.state !== 'unclear' || repeats === 'never') return null;
  switch (answer.because) {
    case 'timeout':
      return { kind: 'timeout' };
    case 'network':
      return { kind: 'network', cause: answer.text };
    case 'server':
      // Gateways have numbers of their own (520 to 530); every one of them may pass.
      return { kind: 'status', status: 503, retryAfter };
    case 'tooLarge':
    case 'notApi':
      return repeats === 'idempotent' ? { kind: 'network', cause: answer.text } : null;
  }
}
