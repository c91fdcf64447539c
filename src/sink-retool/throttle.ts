import { parseRetryAfter } from '../http/retry-after.ts';
import type { Clock, Random, Window } from '../model/ports.ts';

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

/** A window that lets nothing through during a pause, and asks the shared one otherwise. */
export interface PausableWindow extends Window {
  /** Holds back every send for `ms` milliseconds, or for the rest of a longer pause. */
  pause(ms: number): void;
}

/** One 429 speaks for the whole quota, so it holds back the other requests too, without taking places for them. */
export function pausable(window: Window, clock: Clock): PausableWindow {
  let pausedUntil = clock.monotonic();
  return {
    admit(request) {
      const waitMs = pausedUntil - clock.monotonic();
      return waitMs > 0 ? { admitted: false, waitMs } : window.admit(request);
    },
    pause(ms) {
      pausedUntil = Math.max(pausedUntil, clock.monotonic() + ms);
    },
  };
}
