import { parseRetryAfter } from '../http/retry-after.ts';
import type { Random } from '../model/ports.ts';

const firstShortestMs = 1_000;
const firstLongestMs = 5_000;
const longestMs = 60_000;

/**
 * Milliseconds to wait after the `times`th 429 in a row of one request: what `Retry-After` asks for, else
 * one to five seconds, doubled each time up to a minute. No 429 of the API is on record, so neither the
 * header nor any body can be relied on.
 */
export function throttleDelay(times: number, retryAfter: string | null, now: number, random: Random): number {
  const asked = parseRetryAfter(retryAfter, now);
  if (asked !== null) return asked;
  const first = firstShortestMs + random() * (firstLongestMs - firstShortestMs);
  return Math.min(longestMs, first * 2 ** (times - 1));
}
