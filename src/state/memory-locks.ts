import { BridgeError } from '../model/errors.ts';
import type { Admission, Slowdown, Window } from '../model/ports.ts';
import type { RunLock } from '../model/store.ts';
import { checkLimit, wholeMs } from './rules.ts';

/** The run lock of one process. */
export function createLocking() {
  let held: RunLock | null = null;
  return {
    take(): RunLock {
      if (held !== null) {
        throw new BridgeError('stateLocked', 'Another run holds the state in memory.', {
          remedy: 'Wait until it has ended.',
          retryable: true,
        });
      }
      const taken: RunLock = {
        release() {
          if (held === taken) held = null;
        },
      };
      held = taken;
      return taken;
    },
    release: () => held?.release(),
  };
}

/** The limiter's window of one process. */
export function createWindow(): Window {
  /** Times of sends, never decreasing. */
  let sends: number[] = [];
  let slowdown: Slowdown | null = null;

  function admit(now: number, limit: number, windowMs: number): Admission {
    const kept = sends.findIndex((at) => at > now - windowMs);
    if (kept !== 0) sends = kept === -1 ? [] : sends.slice(kept);
    // As over SQLite: what a clock that was set back left in the future is taken as sent now.
    if ((sends.at(-1) ?? 0) > now + windowMs) sends = sends.map((at) => Math.min(at, now));
    const blocking = sends.at(-limit);
    if (blocking !== undefined) return { admitted: false, waitMs: Math.max(1, blocking + windowMs - now) };
    sends.push(Math.max(now, sends.at(-1) ?? now));
    return { admitted: true };
  }

  return {
    admit(request) {
      checkLimit(request.limit);
      return admit(wholeMs(request.now), request.limit, wholeMs(request.windowMs));
    },
    slowdown: () => slowdown,
    slowDown(taught) {
      checkLimit(taught.limit);
      slowdown = taught;
    },
  };
}
