import type { Clock } from '../../src/model/ports.ts';

/** Event-loop turns without anybody falling asleep or waking after which the program counts as idle. */
const quietTurns = 4;

export interface VirtualClockOptions {
  /** Wall-clock time at the start, epoch milliseconds. */
  readonly now?: number;
  /**
   * `auto` (default): time jumps to the next wake-up whenever everybody waits, so that a test just awaits its
   * result. `manual`: time stands still until `advance` is called.
   */
  readonly advance?: 'auto' | 'manual';
}

export interface VirtualClock extends Clock {
  /** Lets `ms` milliseconds pass, waking every sleeper at its own moment and letting it run on from there. */
  advance(ms: number): Promise<void>;
  /** Steps the wall clock, forward or back, as an NTP correction does; the monotonic clock and sleepers stay. */
  stepWall(ms: number): void;
  /** How many sleeps are waiting. */
  sleeping(): number;
  /** Milliseconds that passed since the start. */
  elapsed(): number;
  /**
   * Keeps `auto` from passing time while `work` is under way. Needed only for work that the event loop does not
   * show: files, sockets, databases on other threads. Returns what `work` returns.
   */
  during<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/**
 * Time that a test owns. Nothing waits for real: with `auto` a backoff of an hour takes no longer than the
 * code around it. Sleepers wake in order of their time, and in order of arrival when that is equal.
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { now: startOfWall = Date.UTC(2026, 0, 5, 9), advance: mode = 'auto' } = options;
  const sleepers = new Set<Sleeper>();
  let elapsedMs = 0;
  let steppedMs = 0;
  let underWay = 0;
  let activity = 0;
  let watching = false;

  function earliest(): Sleeper | undefined {
    let first: Sleeper | undefined;
    for (const sleeper of sleepers) {
      if (first === undefined || sleeper.wakesAt < first.wakesAt) first = sleeper;
    }
    return first;
  }

  function wakeOne(sleeper: Sleeper): void {
    elapsedMs = Math.max(elapsedMs, sleeper.wakesAt);
    sleepers.delete(sleeper);
    activity += 1;
    sleeper.wake();
  }

  async function untilQuiet(): Promise<void> {
    let seen = activity;
    for (let quiet = 0; quiet < quietTurns; quiet += 1) {
      await turn();
      if (seen !== activity || underWay > 0) quiet = -1;
      seen = activity;
    }
  }

  async function watch(): Promise<void> {
    watching = true;
    while (sleepers.size > 0) {
      await untilQuiet();
      const next = earliest();
      if (next !== undefined) wakeOne(next);
    }
    watching = false;
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (!(ms > 0)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const onAbort = (): void => {
        sleepers.delete(sleeper);
        activity += 1;
        reject(signal?.reason);
      };
      const wake = (): void => {
        signal?.removeEventListener('abort', onAbort);
        resolve();
      };
      const sleeper: Sleeper = { wakesAt: elapsedMs + ms, wake };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.add(sleeper);
      activity += 1;
      if (mode === 'auto' && !watching) void watch();
    });
  }

  async function advance(ms: number): Promise<void> {
    const until = elapsedMs + ms;
    for (;;) {
      await untilQuiet();
      const next = earliest();
      if (next === undefined || next.wakesAt > until) break;
      wakeOne(next);
    }
    elapsedMs = Math.max(elapsedMs, until);
    await untilQuiet();
  }

  async function during<T>(work: Promise<T>): Promise<T> {
    underWay += 1;
    try {
      return await work;
    } finally {
      underWay -= 1;
      activity += 1;
    }
  }

  return {
    now: () => startOfWall + elapsedMs + steppedMs,
    monotonic: () => elapsedMs,
    sleep,
    advance,
    during,
    stepWall(ms) {
      steppedMs += ms;
    },
    sleeping: () => sleepers.size,
    elapsed: () => elapsedMs,
  };
}

/** Lets everything that is ready run: promise callbacks first, then one turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
