import { tooManyRequests } from './answers.ts';

const WINDOW_MS = 10_000;

/** Counts requests in fixed windows of ten seconds; a window opens with its first request. */
export interface Throttle {
  /** @throws GraphFault 429 with `Retry-After` when the window is used up. */
  take(): void;
}

/** A real tenant counts resource units; a number of requests is enough to exercise a client. */
export function createThrottle(requestsPer10Seconds: number | 'unlimited', now: () => number): Throttle {
  let resetAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  return {
    take() {
      if (requestsPer10Seconds === 'unlimited') return;
      const at = now();
      if (at >= resetAt) {
        resetAt = at + WINDOW_MS;
        used = 0;
      }
      if (used >= requestsPer10Seconds) throw tooManyRequests(Math.ceil((resetAt - at) / 1000));
      used += 1;
    },
  };
}
