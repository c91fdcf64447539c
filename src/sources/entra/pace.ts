import { parseRetryAfter } from '../../http/retry-after.ts';
import type { Clock } from '../../model/ports.ts';

/** Graph counts what an app uses of a tenant in stretches of ten seconds (Microsoft Graph: "Throttling limits"). */
const windowMs = 10_000;

/** Keeps the requests of one source within its share of what Graph gives an app. */
export interface Pace {
  /** Waits until requests may be sent again. */
  admit(signal: AbortSignal): Promise<void>;
  /** Learns from any reply, those inside a batch included. */
  learn(status: number, headers: Headers): void;
}

/**
 * What is left is never worked out here: limits are in resource units, differ by the size of the tenant, and what a
 * request costs is not always as documented. Graph says itself how much of a limit is used, once that is 80 %
 * (`x-ms-throttle-limit-percentage`, 1 being all of it). Beyond `share`, above 0 and up to 1, all requests wait for
 * as much of ten seconds as brings the use down to it; after a refusal all of them wait for its `Retry-After`.
 */
export function createPace({ clock, share }: { readonly clock: Clock; readonly share: number }): Pace {
  let heldUntil = Number.NEGATIVE_INFINITY;

  function hold(ms: number): void {
    heldUntil = Math.max(heldUntil, clock.monotonic() + ms);
  }

  return {
    async admit(signal) {
      for (;;) {
        const ms = heldUntil - clock.monotonic();
        if (ms <= 0) return;
        await clock.sleep(ms, signal);
      }
    },
    learn(status, headers) {
      const used = usedIn(headers);
      if (used > share) hold(windowMs * (1 - share / used));
      if (status === 429) hold(parseRetryAfter(headers.get('retry-after'), clock.now()) ?? 0);
    },
  };
}

function usedIn(headers: Headers): number {
  const value = headers.get('x-ms-throttle-limit-percentage') ?? '';
  return /^\d(?:\.\d{1,6})?$/.test(value) ? Number(value) : 0;
}
