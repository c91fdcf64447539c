import type { RateLimiter } from '../http/rate-limit.ts';
import type { RetryBudget } from '../http/retry-budget.ts';
import { retryDelay, type Failure, type RetryRules } from '../http/retry.ts';
import type { Clock, Logger, Random } from '../model/ports.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import { throttleDelay } from './throttle.ts';

const retryRules: RetryRules = { attempts: 3, baseMs: 500, capMs: 20_000 };
const mostThrottled = 10;
/**
 * Nothing is sent again later than this after its first answer, or the first failure to get one. Longer than the
 * longest wait that a `Retry-After` may ask for, so that one of those can be heeded, and not ten of them.
 */
const longestCourseMs = 20 * 60_000;

/** One sending and what came of it; `sentAt` in epoch milliseconds, null when nothing was sent. */
export interface Attempt {
  readonly answer: Answer;
  readonly status: number | null;
  readonly retryAfter: string | null;
  readonly sentAt: number | null;
}

export interface CourseParts {
  readonly limiter: Pick<RateLimiter, 'throttled'>;
  readonly budget: RetryBudget;
  readonly clock: Clock;
  readonly random: Random;
  readonly logger: Logger;
}

/** One call from its first sending to its final answer. */
export interface Course {
  /** Milliseconds until it is sent again, or null when the answer is final. */
  delayAfter(attempt: Attempt): number | null;
  /** What the call came to, by its last attempt and what the ones before it left open. */
  answerOf(last: Attempt): Answer;
}

export function startCourse(call: Call, parts: CourseParts): Course {
  const { limiter, budget, clock, random, logger } = parts;
  const { method } = call;
  /** When its first attempt ended, on the monotonic clock. */
  let startedAt: number | null = null;
  let throttled = 0;
  let unclear: Answer | null = null;
  let failed = 0;

  function isTooLate(waitMs: number): boolean {
    const now = clock.monotonic();
    return now + waitMs - (startedAt ?? now) > longestCourseMs;
  }

  function afterThrottling({ retryAfter, sentAt }: Attempt): number | null {
    throttled += 1;
    const waitMs = throttleDelay(throttled, retryAfter, clock.now(), random);
    limiter.throttled(sentAt ?? clock.now(), waitMs);
    if (throttled > mostThrottled || isTooLate(waitMs)) return null;
    logger.warn({ method, waitMs: Math.round(waitMs) }, 'Retool asks to slow down');
    return 0;
  }

  function afterFailure(attempt: Attempt): number | null {
    const failure = failureWorthRepeating(attempt, call.repeats);
    if (failure === null) return null;
    failed += 1;
    const waitMs = retryDelay(failure, failed, retryRules, clock.now(), random);
    if (waitMs === null || isTooLate(waitMs) || !budget.take()) return null;
    logger.warn(
      { method, status: attempt.status, waitMs: Math.round(waitMs) },
      'request to Retool is repeated',
    );
    return waitMs;
  }

  return {
    delayAfter(attempt) {
      if (attempt.sentAt === null) return null;
      startedAt ??= clock.monotonic();
      if (attempt.status === 429) return afterThrottling(attempt);
      if (attempt.answer.state === 'unclear') unclear = attempt.answer;
      return afterFailure(attempt);
    },
    answerOf({ answer, sentAt }) {
      if (sentAt === null) return unclear ?? answer;
      return answer.state === 'refused' && unclear !== null ? { ...answer, earlierUnclear: true } : answer;
    },
  };
}

/** What a further attempt may mend; an answer that is too long stays so. */
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
    case 'notApi':
      // A gateway's page on a bad minute, or on all of them: either way two more requests are worth the answer.
      return { kind: 'network', cause: answer.text };
    case 'tooLarge':
      return repeats === 'idempotent' ? { kind: 'network', cause: answer.text } : null;
    case 'unsent':
      return null;
  }
}
