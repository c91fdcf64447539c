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
  const requests = createRecentTimes(clock);
  const retries = createRecentTimes(clock);
  return {
    sent: requests.add,
    take() {
      if (retries.count() + 1 > Math.max(always, share * requests.count())) return false;
      retries.add();
      return true;
    },
  };
}

interface RecentTimes {
  add(): void;
  count(): number;
}

/** Forgotten times are cut off when they are this many and more than half: cutting at each call would copy all. */
const cutAfter = 1_000;

/** How often something happened within the last two minutes. */
function createRecentTimes(clock: Clock): RecentTimes {
  let times: number[] = [];
  let oldest = 0;
  function forget(now: number): void {
    while (oldest < times.length && now - (times[oldest] ?? now) >= windowMs) oldest += 1;
    if (oldest <= cutAfter || oldest * 2 <= times.length) return;
    times = times.slice(oldest);
    oldest = 0;
  }
  return {
    add() {
      const now = clock.monotonic();
      times.push(now);
      forget(now);
    },
    count() {
      forget(clock.monotonic());
      return times.length - oldest;
    },
  };
}
