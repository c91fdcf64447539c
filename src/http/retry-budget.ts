import type { Clock } from '../model/ports.ts';

const windowMs = 120_000;
const share = 0.1;
const always = 10;

export interface RetryBudget {
  /** Records one request, a retry or not. */
  sent(): void;
  /** Takes one retry out of the budget; false when there is none left. */
  take(): boolean;
}

/**
 * Retries may make up a tenth of the requests of the last two minutes, and ten are always allowed: enough
 * for single failures, too little to turn a server's bad minute into several times its usual load.
 */
export function createRetryBudget(clock: Clock): RetryBudget {
  let requests: readonly number[] = [];
  let retries: readonly number[] = [];
  const recent = (times: readonly number[], now: number): readonly number[] =>
    times.filter((at) => now - at < windowMs);
  return {
    sent() {
      const now = clock.monotonic();
      requests = [...recent(requests, now), now];
    },
    take() {
      const now = clock.monotonic();
      retries = recent(retries, now);
      if (retries.length + 1 > Math.max(always, share * recent(requests, now).length)) return false;
      retries = [...retries, now];
      return true;
    },
  };
}
