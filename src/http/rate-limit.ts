import type { Clock, Window } from '../model/ports.ts';

export interface RateLimiterParts {
  readonly window: Window;
  readonly clock: Clock;
  /** Sends allowed in any stretch of `windowMs`. */
  readonly limit: number;
  /** A little longer than the server's own minute, for requests that travel at different speeds. */
  readonly windowMs: number;
}

export interface RateLimiter {
  /** Waits until one more send fits, and records it; resolves to its time in epoch milliseconds. Send at once. */
  admit(signal: AbortSignal): Promise<number>;
}

/**
 * A sliding window over sends that is kept where every command over one state sees it. Callers are let
 * through in the order in which they came: one asks the window, the others wait for their turn.
 */
export function createRateLimiter(parts: RateLimiterParts): RateLimiter {
  let turn: Promise<unknown> = Promise.resolve();
  return {
    admit(signal) {
      const admitted = turn.then(() => admitOne(parts, signal));
      turn = admitted.catch(() => undefined);
      return admitted;
    },
  };
}

async function admitOne(
  { window, clock, limit, windowMs }: RateLimiterParts,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    signal.throwIfAborted();
    const now = clock.now();
    const admission = window.admit({ now, limit, windowMs });
    if (admission.admitted) return now;
    await clock.sleep(admission.waitMs, signal);
  }
}

/** A window that is forgotten with the process, for tools without a state. */
export function createMemoryWindow(): Window {
  let sends: readonly number[] = [];
  return {
    admit({ now, limit, windowMs }) {
      // A send later than now was recorded before the wall clock stepped back; counted as now it still expires.
      sends = sends.map((at) => Math.min(at, now)).filter((at) => now - at < windowMs);
      const [oldest] = sends;
      if (oldest === undefined || sends.length < limit) {
        sends = [...sends, now];
        return { admitted: true };
      }
      return { admitted: false, waitMs: Math.max(1, oldest + windowMs - now) };
    },
  };
}
