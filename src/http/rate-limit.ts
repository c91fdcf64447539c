import type { Clock, Window } from '../model/ports.ts';
import { limitUnder, pauseUnder, slowdownAfter } from './slowdown.ts';

export interface RateLimiterParts {
  readonly window: Window;
  readonly clock: Clock;
  /** Sends allowed in any stretch of `windowMs`. */
  readonly limit: number;
  /** A little longer than the server's own minute, for requests that travel at different speeds. */
  readonly windowMs: number;
}

export interface RateLimiter {
  /**
   * Waits until one more send fits, and records it; resolves to its time in epoch milliseconds. Send at once. Of
   * those who wait the one with the highest priority goes first, and of equals the one who came first.
   */
  admit(signal: AbortSignal, priority?: number): Promise<number>;
  /**
   * Tells of a 429 to a request that was sent at `sentAt`, which asks for a wait of `waitMs`: until then nothing
   * is let through, since one 429 speaks for the whole quota, and from then on less.
   */
  throttled(sentAt: number, waitMs: number): void;
}

/** A sliding window over sends that is kept where every command over one state sees it. */
export function createRateLimiter(parts: RateLimiterParts): RateLimiter {
  const { window, clock, limit, windowMs } = parts;
  const quota = { most: limit, windowMs };
  const own = createOwnSends(parts);
  const room = createWaitingRoom();
  let isLetting = false;

  /** Milliseconds to wait, or 0 when a send was recorded. */
  function waitOrRecord(now: number): number {
    const slowdown = window.slowdown();
    const limitNow = limitUnder(slowdown, quota, now);
    const waitMs = Math.max(pauseUnder(slowdown, now), own.wait(limitNow));
    if (waitMs > 0) return waitMs;
    const admission = window.admit({ now, limit: limitNow, windowMs });
    if (!admission.admitted) return admission.waitMs;
    own.record();
    return 0;
  }

  /** Lets in one after the other until nobody waits. What the window throws is told to whoever is first. */
  async function letIn(): Promise<void> {
    isLetting = true;
    while (room.isTaken()) {
      const now = clock.now();
      try {
        const waitMs = waitOrRecord(now);
        if (waitMs > 0) await untilTimeOr(room.deserted(), waitMs, clock);
        else room.first()?.enter(now);
      } catch (error) {
        room.first()?.refuse(error);
      }
    }
    isLetting = false;
  }

  return {
    admit(signal, priority = 0) {
      const entering = room.wait(signal, priority);
      if (!isLetting) void letIn();
      return entering;
    },
    throttled(sentAt, waitMs) {
      window.slowDown(slowdownAfter(window.slowdown(), { sentAt, now: clock.now(), waitMs }, quota));
    },
  };
}

/** Sleeps until the time is up or there is no reason to sleep any more. */
async function untilTimeOr(stop: AbortSignal, ms: number, clock: Clock): Promise<void> {
  try {
    await clock.sleep(ms, stop);
  } catch (error) {
    if (!stop.aborted) throw error;
  }
}

interface Waiting {
  readonly priority: number;
  readonly enter: (at: number) => void;
  readonly refuse: (error: unknown) => void;
}

/** Those who wait, the most urgent first. */
interface WaitingRoom {
  /** Resolves to the time at which it was let in; rejects with the signal's reason when aborted before. */
  wait(signal: AbortSignal, priority: number): Promise<number>;
  isTaken(): boolean;
  /** Takes out whoever is to go first. */
  first(): Waiting | undefined;
  /** Aborts when the last of those who wait now has given up. */
  deserted(): AbortSignal;
}

function createWaitingRoom(): WaitingRoom {
  const waiting: Waiting[] = [];
  let desertion = new AbortController();

  function enqueue(one: Waiting): void {
    const behind = waiting.findIndex(({ priority }) => priority < one.priority);
    waiting.splice(behind === -1 ? waiting.length : behind, 0, one);
  }

  function giveUp(one: Waiting, reason: unknown): void {
    waiting.splice(waiting.indexOf(one), 1);
    one.refuse(reason);
    if (waiting.length > 0) return;
    desertion.abort();
    desertion = new AbortController();
  }

  return {
    wait(signal, priority) {
      if (signal.aborted) return Promise.reject(signal.reason);
      return new Promise((resolve, reject) => {
        const onAbort = (): void => giveUp(one, signal.reason);
        const leave = (): void => signal.removeEventListener('abort', onAbort);
        const one: Waiting = {
          priority,
          enter: (at) => (leave(), resolve(at)),
          refuse: (error) => (leave(), reject(error)),
        };
        signal.addEventListener('abort', onAbort, { once: true });
        enqueue(one);
      });
    },
    isTaken: () => waiting.length > 0,
    first: () => waiting.shift(),
    deserted: () => desertion.signal,
  };
}

interface OwnSends {
  /** Milliseconds until one more send of this process fits below `limit`; 0 or less: now. */
  wait(limit: number): number;
  record(): void;
}

/**
 * The same window over what this process sent itself, by the clock that nobody sets: processes share wall-clock
 * times only, and a wall clock put forward a minute would empty a window that is full.
 */
function createOwnSends({ clock, limit: most, windowMs }: RateLimiterParts): OwnSends {
  const sends: number[] = [];
  return {
    wait(limit) {
      const blocking = sends.at(-limit);
      return blocking === undefined ? 0 : blocking + windowMs - clock.monotonic();
    },
    record() {
      sends.push(clock.monotonic());
      if (sends.length > most) sends.shift();
    },
  };
}
