import type { Clock } from '../../model/ports.ts';

/** Okta counts by the minute; a longer wait comes from a wrong clock on one side. */
const longestWaitMs = 5 * 60_000;

/** Keeps requests within what Okta's replies say is left of each rate limit. */
export interface Pace {
  /** Waits until the bucket of `path` has room for one more request, and takes it. */
  admit(path: string, signal: AbortSignal): Promise<void>;
  /** Learns from the headers of any reply to a request for `path`. */
  learn(path: string, headers: Headers): void;
}

interface Bucket {
  left: number;
  /** What is never used: the share of the limit that belongs to others. */
  readonly reserve: number;
  /** On the monotonic clock. */
  readonly resetsAt: number;
}

/**
 * Limits differ by org, plan and token, so they are read from `X-Rate-Limit-*` and never assumed. `share` is the
 * part of each limit, above 0 and up to 1, that may be used.
 */
export function createPace({ clock, share }: { readonly clock: Clock; readonly share: number }): Pace {
  const buckets = new Map<string, Bucket>();
  return {
    async admit(path, signal) {
      const key = bucketOf(path);
      for (;;) {
        const bucket = buckets.get(key);
        const waitMs = bucket === undefined ? 0 : bucket.resetsAt - clock.monotonic();
        if (bucket === undefined || waitMs <= 0) {
          buckets.delete(key);
          return;
        }
        if (bucket.left > bucket.reserve) {
          bucket.left -= 1;
          return;
        }
        await clock.sleep(waitMs, signal);
      }
    },
    learn(path, headers) {
      const limits = rateLimits(headers, clock.now());
      if (limits === null) return;
      const key = bucketOf(path);
      const known = buckets.get(key);
      const resetsAt = clock.monotonic() + limits.resetsInMs;
      // Requests still on their way are not in this reply's count, but they are in ours.
      const sameMinute = known !== undefined && Math.abs(known.resetsAt - resetsAt) < 5_000;
      const left = sameMinute ? Math.min(known.left, limits.remaining) : limits.remaining;
      buckets.set(key, { left, reserve: Math.floor(limits.limit * (1 - share)), resetsAt });
    },
  };
}

/** One bucket of requests as a reply describes it. */
export interface RateLimits {
  /** Requests a minute. */
  readonly limit: number;
  readonly remaining: number;
  /** Milliseconds until all of `limit` is there again. */
  readonly resetsInMs: number;
}

/**
 * Reads `X-Rate-Limit-Limit`, `-Remaining` and `-Reset` (epoch seconds). Both ends of the wait are taken from
 * the server's clock where its `Date` tells it. Null when they are missing, malformed, or speak of a limit of 0,
 * which is Okta's answer to too many requests at the same time and has a reset that means nothing.
 */
export function rateLimits(headers: Headers, now: number): RateLimits | null {
  const limit = numberIn(headers, 'x-rate-limit-limit');
  const remaining = numberIn(headers, 'x-rate-limit-remaining');
  const reset = numberIn(headers, 'x-rate-limit-reset');
  if (limit === null || limit === 0 || remaining === null || reset === null) return null;
  const date = Date.parse(headers.get('date') ?? '');
  const serverNow = Number.isNaN(date) ? now : date;
  // Both are whole seconds: one more makes sure that the reset has passed.
  const resetsInMs = Math.min(Math.max(reset * 1_000 - serverNow + 1_000, 0), longestWaitMs);
  return { limit, remaining, resetsInMs };
}

function numberIn(headers: Headers, name: string): number | null {
  const value = headers.get(name);
  return value !== null && /^\d{1,10}$/.test(value) ? Number(value) : null;
}

/** Lists and what hangs below them share a limit; a single user or group has one of its own. */
function bucketOf(path: string): string {
  const [, , type = '', id, ...below] = path.split('/').filter((part) => part !== '');
  return id !== undefined && below.length === 0 ? `${type}/id` : type;
}
