/** Groups of endpoints that share one limit (Okta: "Rate limits", management endpoints). */
export type OktaBucket = 'users' | 'user' | 'userGroups' | 'groups' | 'group' | 'apps' | 'token' | 'other';

/** Requests a minute: one number for every bucket, a number for some of them, or no limit. */
export type OktaLimits = number | 'unlimited' | Readonly<Partial<Record<OktaBucket, number>>>;

/** A bucket after a request was taken from it. */
export interface BucketState {
  readonly allowed: boolean;
  readonly limit: number;
  readonly remaining: number;
  /** Epoch milliseconds at which the bucket is full again. */
  readonly resetAt: number;
}

/** Requests a minute for a bucket without a number of its own. */
export const DEFAULT_LIMIT = 600;

const WINDOW_MS = 60_000;
/** What the headers say when there is no limit. */
const ENDLESS = 1_000_000;

/** Counts requests in fixed windows of a minute; a window opens with its first request. */
export function createRateLimits(
  limits: OktaLimits,
  now: () => number,
): { take(bucket: OktaBucket): BucketState } {
  const windows = new Map<OktaBucket, { readonly resetAt: number; used: number }>();
  return {
    take(bucket) {
      const at = now();
      const open = windows.get(bucket);
      const current = open === undefined || at >= open.resetAt ? { resetAt: at + WINDOW_MS, used: 0 } : open;
      windows.set(bucket, current);
      if (limits === 'unlimited') {
        return { allowed: true, limit: ENDLESS, remaining: ENDLESS, resetAt: current.resetAt };
      }
      const limit = typeof limits === 'number' ? limits : (limits[bucket] ?? DEFAULT_LIMIT);
      const allowed = current.used < limit;
      if (allowed) current.used += 1;
      return { allowed, limit, remaining: limit - current.used, resetAt: current.resetAt };
    },
  };
}

/** The three headers, with the reset in epoch seconds. */
export function limitHeaders(state: BucketState): Readonly<Record<string, string>> {
  return {
    'X-Rate-Limit-Limit': String(state.limit),
    'X-Rate-Limit-Remaining': String(state.remaining),
    'X-Rate-Limit-Reset': String(Math.ceil(state.resetAt / 1000)),
  };
}
