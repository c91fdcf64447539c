import PQueue from 'p-queue';
import { createBreaker, type BreakerRules } from '../http/breaker.ts';
import { createRateLimiter } from '../http/rate-limit.ts';
import { HttpFailure, requestOnce, type HttpReply, type HttpRequest } from '../http/request.ts';
import { createRetryBudget, type RetryBudget } from '../http/retry-budget.ts';
import { retrying } from '../http/retry.ts';
import type { Clock, Fetch, Logger, Random, Window } from '../model/ports.ts';
import type { Secret } from '../model/secret.ts';
import { apiUrl, healthUrl } from './address.ts';
import { answerOf, answerToFailure, notSent, type Answer } from './answer.ts';
import type { Call } from './call.ts';
import { startCourse, type Attempt } from './course.ts';

/** Requests under way at once, in each of the two lanes. */
const concurrency = 8;
const windowMs = 61_000;
const breakerRules: BreakerRules = { opensAfter: 5, probeEveryMs: 30_000, givesUpAfterMs: 10 * 60_000 };
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

/** The priority from which on a call takes access away and has a lane of its own. */
const takesAccess = 2;

/** The one place from which requests leave for the target. */
export interface Client {
  /** Sends until the answer is final. Rejects only when aborted, or with what `onSend` threw. */
  call(call: Call, signal: AbortSignal): Promise<Answer>;
  /** The version probe: no token, no retry, not counted. */
  health(signal: AbortSignal): Promise<Answer>;
  /** Requests sent to `/api/v2`, retries included. */
  callsMade(): number;
}

/** What the breaker asks with: one row, and whatever the API says to it is an answer. */
const probeCall: Call = {
  method: 'GET',
  path: ['users'],
  query: { limit: '1' },
  repeats: 'read',
  priority: takesAccess,
};

/**
 * Every request passes, each time it is sent, a queue, which bounds how many are under way, the breaker, and the
 * sliding window, which lets urgent ones go first. What takes access away has a queue of its own, so that reads
 * which hang cannot hold it up. The queues' own limit per interval stays unused: it measures time on a clock of
 * its own, forgets it with the process, and knows nothing of retries.
 */
export function createClient(parts: ClientParts): Client {
  const { base, requestsPerMinute, window, clock, random, fetch, logger } = parts;
  const lanes = { urgent: new PQueue({ concurrency }), other: new PQueue({ concurrency }) };
  const limiter = createRateLimiter({ window, clock, limit: requestsPerMinute, windowMs });
  const budget = createRetryBudget(clock);
  const sender = createSender(parts, budget);
  const breaker = createBreaker({
    rules: breakerRules,
    clock,
    probe: async (signal) => {
      await limiter.admit(signal, probeCall.priority);
      return isUseful((await sender.send(probeCall, signal)).answer);
    },
    onTurn: (state) => logger.warn({ state }, 'the breaker before Retool has turned'),
  });

  /** False when nothing may be sent, since the target has been out for too long. */
  async function admitted({ priority }: Call, signal: AbortSignal): Promise<boolean> {
    do {
      if (!(await breaker.pass(signal))) return false;
      await limiter.admit(signal, priority);
      // While it waited for its place the target may have gone out.
    } while (breaker.isOpen());
    return true;
  }

  async function sendInTurn(call: Call, signal: AbortSignal): Promise<Attempt> {
    if (!(await admitted(call, signal)))
      return { answer: notSent(breakerRules.givesUpAfterMs), status: null, retryAfter: null, sentAt: null };
    const attempt = await sender.send(call, signal);
    breaker.heard(isUseful(attempt.answer) ? 'useful' : 'useless');
    return attempt;
  }

  return {
    async call(call, signal) {
      const lane = call.priority >= takesAccess ? lanes.urgent : lanes.other;
      const course = startCourse(call, { limiter, budget, clock, random, logger });
      const attempt = (): Promise<Attempt> => lane.add(() => sendInTurn(call, signal), { signal });
      return course.answerOf(await retrying(attempt, course.delayAfter, clock, signal));
    },
    async health(signal) {
      const request = {
        method: 'GET',
        url: healthUrl(base),
        headers: commonHeaders,
        timeoutMs: requestTimeoutMs,
        maxBytes,
      } as const;
      return (await replyFrom(requestOnce(fetch, request, clock, signal))).answer;
    },
    callsMade: sender.made,
  };
}

interface Sender {
  /** Sends one request once. Rejects only when aborted, or with what `onSend` threw. */
  send(call: Call, signal: AbortSignal): Promise<Attempt>;
  /** How many left. */
  made(): number;
}

function createSender({ base, token, clock, fetch, logger }: ClientParts, budget: RetryBudget): Sender {
  let calls = 0;
  return {
    made: () => calls,
    async send(call, signal) {
      const request = requestOf(base, call, token);
      signal.throwIfAborted();
      const sentAt = clock.now();
      call.onSend?.(sentAt);
      calls += 1;
      budget.sent();
      const began = clock.monotonic();
      const reply = await replyFrom(requestOnce(fetch, request, clock, signal));
      const ms = Math.round(clock.monotonic() - began);
      logger.debug(
        { method: call.method, path: request.url.pathname, status: reply.status, ms },
        'request to Retool',
      );
      return { ...reply, sentAt };
    },
  };
}

/** A refusal is of use: it is the API that speaks. What is too long to be read comes from a server that is there. */
function isUseful(answer: Answer): boolean {
  return answer.state !== 'unclear' || answer.because === 'tooLarge';
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

async function replyFrom(replying: Promise<HttpReply>): Promise<Omit<Attempt, 'sentAt'>> {
  try {
    const reply = await replying;
    return { answer: answerOf(reply), status: reply.status, retryAfter: reply.headers.get('retry-after') };
  } catch (error) {
    if (!(error instanceof HttpFailure)) throw error;
    return { answer: answerToFailure(error), status: null, retryAfter: null };
  }
}
