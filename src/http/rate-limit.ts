import type { Admission, Clock, Window } from '../model/ports.ts';

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
  const own = createOwnSends(parts);
  let turn: Promise<unknown> = Promise.resolve();
  return {
    admit(signal) {
      const admitted = turn.then(() => admitOne(parts, own, signal));
      turn = admitted.catch(() => undefined);
      return admitted;
    },
  };
}

async function admitOne(
  { window, clock, limit, windowMs }: RateLimiterParts,
  own: OwnSends,
  signal: AbortSignal,
): Promise<number> {
  for (;;) {
    signal.throwIfAborted();
    const now = clock.now();
    const ownWaitMs = own.wait();
    const admission: Admission =
      ownWaitMs > 0 ? { admitted: false, waitMs: ownWaitMs } : window.admit({ now, limit, windowMs });
    if (admission.admitted) {
      own.record();
      return now;
    }
    await clock.sleep(admission.waitMs, signal);
  }
}

interface OwnSends {
  /** Milliseconds until one more send of this process fits; 0 or less: now. */
  wait(): number;
  record(): void;
}

/**
 * The same window over what this process sent itself, by the clock that nobody sets: processes share wall-clock
 * times only, and a wall clock put forward a minute would empty a window that is full.
 */
function createOwnSends({ clock, limit, windowMs }: RateLimiterParts): OwnSends {
  const sends: number[] = [];
  return {
    wait() {
      const [blocking] = sends;
      return blocking === undefined || sends.length < limit ? 0 : blocking + windowMs - clock.monotonic();
    },
    record() {
      sends.push(clock.monotonic());
      if (sends.length > limit) sends.shift();
    },
  };
}
