/** Turns of the event loop without anybody falling asleep or waking after which everybody counts as waiting. */
const quietTurns = 4;

/** Time that passes only when it is told to, and those who sleep until some moment of it. */
export interface Timeline {
  /** Milliseconds that passed since the start. */
  elapsed(): number;
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
  /** How many sleeps are waiting. */
  sleeping(): number;
  /** Resolves when everybody sleeps or is done, and no work that was announced by `during` is under way. */
  untilQuiet(): Promise<void>;
  /** Jumps to the next wake-up and wakes one sleeper; false when nobody wakes up to `until`, milliseconds. */
  wakeNext(until?: number): boolean;
  /** Jumps to a moment, milliseconds since the start, and wakes nobody. Never goes back. */
  jumpTo(ms: number): void;
  /**
   * Keeps everybody from counting as waiting while `work` is under way. Needed only for work that the event loop
   * does not show: files, sockets, databases on other threads. Returns what `work` returns.
   */
  during<T>(work: Promise<T>): Promise<T>;
}

interface Sleeper {
  readonly wakesAt: number;
  readonly wake: () => void;
}

/**
 * Sleepers wake in order of their time, and in order of arrival when that is equal. With `auto`, time jumps to the
 * next wake-up whenever everybody sleeps; with `manual` it stands still.
 */
export function createTimeline(mode: 'auto' | 'manual'): Timeline {
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

  function wakeNext(until = Infinity): boolean {
    const next = earliestOf(sleepers);
    if (next === undefined || next.wakesAt > until) return false;
    jumpTo(next.wakesAt);
    next.wake();
    return true;
  }

  async function passTime(): Promise<void> {
    isPassing = true;
    while (sleepers.size > 0) {
      await untilQuiet();
      wakeNext();
    }
    isPassing = false;
  }

  function sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (signal?.aborted === true) return Promise.reject(signal.reason);
    if (!(ms > 0)) return Promise.resolve();
    const asleep = fallAsleep(sleepers, elapsedMs + ms, signal, () => {
      activity += 1;
    });
    if (mode === 'auto' && !isPassing) void passTime();
    return asleep;
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

  function jumpTo(ms: number): void {
    elapsedMs = Math.max(elapsedMs, ms);
  }

  return {
    elapsed: () => elapsedMs,
    sleep,
    sleeping: () => sleepers.size,
    untilQuiet,
    wakeNext,
    jumpTo,
    during,
  };
}

/** Adds a sleeper, who leaves when woken or aborted; `onActivity` hears of coming and going. */
function fallAsleep(
  sleepers: Set<Sleeper>,
  wakesAt: number,
  signal: AbortSignal | undefined,
  onActivity: () => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const leave = (): void => {
      sleepers.delete(sleeper);
      onActivity();
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
    const sleeper: Sleeper = { wakesAt, wake };
    signal?.addEventListener('abort', onAbort, { once: true });
    sleepers.add(sleeper);
    onActivity();
  });
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
