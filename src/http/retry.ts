import type { Clock, Random } from '../model/ports.ts';
import { parseRetryAfter } from './retry-after.ts';

/** Why a request brought no usable answer. */
export type Failure =
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter: string | null }
  | { readonly kind: 'network'; readonly cause: unknown }
  | { readonly kind: 'timeout' };

export interface RetryRules {
  /** How often a request is sent at most, the first time included. */
  readonly attempts: number;
  /** The longest wait after the first failure, doubled after each further one, in milliseconds. */
  readonly baseMs: number;
  /** What the doubling stops at, in milliseconds. */
  readonly capMs: number;
}

/** Request Timeout, Too Many Requests, and the server errors that pass by themselves. */
const passingStatuses: ReadonlySet<number> = new Set([408, 429, 500, 502, 503, 504]);

/**
 * Milliseconds to wait before the next attempt, or null to give up. `attempt` counts those made, so it is
 * 1 after the first failure. The wait has full jitter, uniform from zero to the doubled base, so that
 * clients that failed together do not come back together; a `Retry-After` that can be read wins.
 */
export function retryDelay(
  failure: Failure,
  attempt: number,
  rules: RetryRules,
  now: number,
  random: Random,
): number | null {
  if (!mayPass(failure) || attempt >= rules.attempts) return null;
  const asked = failure.kind === 'status' ? parseRetryAfter(failure.retryAfter, now) : null;
  return asked ?? random() * Math.min(rules.capMs, rules.baseMs * 2 ** (attempt - 1));
}

function mayPass(failure: Failure): boolean {
  return failure.kind !== 'status' || passingStatuses.has(failure.status);
}

/**
 * Attempts until `delayAfter` says null for a result, waiting as long as it says in between, and returns
 * the last result. What `attempt` throws is not repeated. Rejects when aborted.
 */
export async function retrying<Result>(
  attempt: (number: number) => Promise<Result>,
  delayAfter: (result: Result, attempt: number) => number | null,
  clock: Clock,
  signal: AbortSignal,
): Promise<Result> {
  for (let number = 1; ; number += 1) {
    const result = await attempt(number);
    const delay = delayAfter(result, number);
    if (delay === null) return result;
    await clock.sleep(delay, signal);
  }
}

/**
 * Whether a refusal with a status may be gone when the same is asked another time: what an error's `retryable` says.
 * Wider than what is repeated at once, which leaves out the server errors that mean the request itself.
 */
export function passesByItself(status: number): boolean {
  return status === 408 || status === 429 || status >= 500;
}
