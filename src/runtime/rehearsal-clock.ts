import type { Clock } from '../model/ports.ts';
import { createTimeline } from './timeline.ts';

/** A clock under which nothing waits for real, for work that touches nothing outside this process. */
export interface RehearsalClock extends Clock {
  /** Keeps time from passing while `work` is under way; returns what it returns. */
  during<T>(work: Promise<T>): Promise<T>;
}

/** Starts at `startsAt` (epoch milliseconds) and jumps to the next wake-up whenever everybody sleeps. */
export function createRehearsalClock(startsAt: number): RehearsalClock {
  const { elapsed, sleep, during } = createTimeline('auto');
  return { now: () => startsAt + elapsed(), monotonic: elapsed, sleep, during };
}
