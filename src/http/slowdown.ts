import type { Slowdown } from '../model/ports.ts';

/** What is left of the limit after a 429. */
const decrease = 0.7;
/** What comes back to it after each window without one, as a share of the whole. */
const increase = 0.05;

export interface Quota {
  /** Sends that a window may hold when nobody else uses the quota. */
  readonly most: number;
  readonly windowMs: number;
}

/**
 * Sends that a window may hold at `now` (epoch milliseconds), a whole number from 1 to `most`: lowered by a share at
 * each 429 and raised by a step after each window since, which is how clients that know nothing of each other come
 * to share what there is (additive increase, multiplicative decrease). It follows from the time alone, so a
 * command that starts an hour later has the whole limit again.
 */
export function limitUnder(slowdown: Slowdown | null, { most, windowMs }: Quota, now: number): number {
  if (slowdown === null) return most;
  const windows = Math.max(0, Math.floor((now - slowdown.at) / windowMs));
  return Math.min(most, slowdown.limit + windows * Math.max(1, Math.round(most * increase)));
}

/** Milliseconds until anything may be sent. A slowdown of the future was written before the clock was set back. */
export function pauseUnder(slowdown: Slowdown | null, now: number): number {
  if (slowdown === null || slowdown.at > now) return 0;
  return Math.max(0, slowdown.until - now);
}

/** One 429: when its request was sent, when the answer came, and how long it asks to wait. */
export interface Throttling {
  readonly sentAt: number;
  readonly now: number;
  readonly waitMs: number;
}

/**
 * What holds after a 429. Requests that were sent before the limit was last lowered say nothing of the lower one:
 * eight that were under way together and are all refused lower it once.
 */
export function slowdownAfter(
  slowdown: Slowdown | null,
  { sentAt, now, waitMs }: Throttling,
  quota: Quota,
): Slowdown {
  const until = now + Math.max(pauseUnder(slowdown, now), waitMs);
  if (slowdown !== null && slowdown.at <= now && sentAt <= slowdown.at) return { ...slowdown, until };
  const limit = Math.max(1, Math.floor(limitUnder(slowdown, quota, now) * decrease));
  return { limit, at: now, until };
}
