import { setTimeout as wait } from 'node:timers/promises';
import type { Clock } from '../model/ports.ts';

/** The longest a Node timer can wait; anything above fires at once, so longer waits are cut into pieces. */
const longestTimerMs = 2 ** 31 - 1;

/** The machine's clocks and timers. */
export function systemClock(): Clock {
  return {
    now: () => Date.now(),
    monotonic: () => performance.now(),
    async sleep(ms, signal) {
      let left = ms;
      while (left > 0) {
        const piece = Math.min(left, longestTimerMs);
        await wait(piece, undefined, signal === undefined ? {} : { signal });
        left -= piece;
      }
    },
  };
}
