const windowMs = 60_000;

/** Whether a request may go on, or how long until one may, in milliseconds. */
export type QuotaDecision =
  | { readonly kind: 'granted' }
  | { readonly kind: 'refused'; readonly retryAfterMs: number };

export interface Quota {
  /** Takes one place in the window when there is one; `now` in epoch milliseconds. */
  take(now: number): QuotaDecision;
}

/**
 * At most `requestsPerMinute` requests in any 60 seconds. A refused request takes no place, so a client
 * that keeps asking is let in as soon as its oldest request is a minute old.
 */
export function createQuota(requestsPerMinute: number | 'unlimited'): Quota {
  const granted: number[] = [];
  return {
    take(now) {
      if (requestsPerMinute === 'unlimited') return { kind: 'granted' };
      while (granted.length > 0 && now - (granted[0] ?? now) >= windowMs) granted.shift();
      if (granted.length >= requestsPerMinute) {
        return { kind: 'refused', retryAfterMs: (granted[0] ?? now) + windowMs - now };
      }
      granted.push(now);
      return { kind: 'granted' };
    },
  };
}
