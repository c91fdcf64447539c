import type { Clock } from '../model/ports.ts';

/** Turns of the event loop without anybody falling asleep or waking after which everybody counts as waiting. */
const quietTurns = 4;

/** A clock under which nothing waits for real, for work that touches nothing outside this process. */
export interface RehearsalClock extends Clock {
  /** Keeps time from passing while `work` is under way; returns what it returns. */
  during<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/** Starts at `startsAt` (epoch milliseconds) and jumps to the next wake-up whenever everybody sleeps. */
export function createRehearsalClock(startsAt: number): RehearsalClock {
  const sleepers = new Set<Sleeper>();
  let elapsedMs = 0;
  let underWay = 0;
  /** Counts what happens, so that a turn in which nothing did can be told. */
  let activity = 0;
  let isPassing = false;

  async function untilQuiet(): Promise<void> {
    let seen = activity;
    for (let quiet = 0; quiet < quietTurns; quiet += 1) {
      await turn();
      if (seen !== activity || underWay > 0) quiet = -1;
      seen = activity;
    }
  }

  async function passTime(): Promise<void> {
    isPassing = true;
    while (sleepers.size > 0) {
      await untilQuiet();
      const next = earliestOf(sleepers);
      if (next === undefined) continue;
      elapsedMs = Math.max(elapsedMs, next.wakesAt);
      next.wake();
    }
    isPassing = false;
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (!(ms > 0)) return Promise.resolve();
    return new Promise((resolve, reject) => {
      const leave = (): void => {
        sleepers.delete(sleeper);
        activity += 1;
        signal?.removeEventListener('abort', onAbort);
      };
      const onAbort = (): void => {
        leave();
        reject(signal?.reason);
      };
      const wake = (): void => {
        leave();
        resolve();
      };
      const sleeper: Sleeper = { wakesAt: elapsedMs + ms, wake };
      signal?.addEventListener('abort', onAbort, { once: true });
      sleepers.add(sleeper);
      activity += 1;
      if (!isPassing) void passTime();
    });
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

  return { now: () => startsAt + elapsedMs, monotonic: () => elapsedMs, sleep, during };
}

function earliestOf(sleepers: Iterable<Sleeper>): Sleeper | undefined {
  let first: Sleeper | undefined;
  for (const sleeper of sleepers) {
    if (first === undefined || sleeper.wakesAt < first.wakesAt) first = sleeper;
  }
  return first;
}

/** Lets everything that is ready run: promise callbacks first, then one turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
