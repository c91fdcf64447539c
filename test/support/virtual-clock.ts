import type { Clock } from '../../src/model/ports.ts';
import { createTimeline } from '../../src/runtime/timeline.ts';

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

/**
 * Time that a test owns. Nothing waits for real: with `auto` a backoff of an hour takes no longer than the
 * code around it. Sleepers wake in order of their time, and in order of arrival when that is equal.
 */
export function createVirtualClock(options: VirtualClockOptions = {}): VirtualClock {
  const { now: startOfWall = Date.UTC(2026, 0, 5, 9), advance: mode = 'auto' } = options;
  const timeline = createTimeline(mode);
  const { elapsed, sleep, sleeping, during } = timeline;
  let steppedMs = 0;

  async function advance(ms: number): Promise<void> {
    const until = elapsed() + ms;
    do await timeline.untilQuiet();
    while (timeline.wakeNext(until));
    timeline.jumpTo(until);
    await timeline.untilQuiet();
  }

  return {
    now: () => startOfWall + elapsed() + steppedMs,
    monotonic: elapsed,
    sleep,
    advance,
    during,
    stepWall(ms) {
      steppedMs += ms;
    },
    sleeping,
    elapsed,
  };
}
