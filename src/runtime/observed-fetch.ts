import type { Clock, Fetch } from '../model/ports.ts';

/** What was seen of one host while requests went to it. */
export interface HostSeen {
  /** With its port, when that is not the usual one. */
  readonly host: string;
  readonly scheme: 'http' | 'https';
  /** How far the host's clock is ahead of ours, milliseconds, to a second or so; null when no answer said. */
  readonly aheadMs: number | null;
  /** Answers that said 429. */
  readonly throttled: number;
  /** Why the last request that got no answer got none: a system or TLS code such as `CERT_HAS_EXPIRED`. */
  readonly failure: string | null;
}

export interface ObservedFetch {
  readonly fetch: Fetch;
  /** Hosts in the order in which they were first asked. */
  hosts(): readonly HostSeen[];
}

/** The same fetch, watched: what it returns and throws is left as it is. */
export function observed(fetch: Fetch, clock: Clock): ObservedFetch {
  const seen = new Map<string, HostSeen>();

  function note(url: URL, change: (before: HostSeen) => Partial<HostSeen>): void {
    const fresh: HostSeen = {
      host: url.host,
      scheme: url.protocol === 'http:' ? 'http' : 'https',
      aheadMs: null,
      throttled: 0,
      failure: null,
    };
    const before = seen.get(url.host) ?? fresh;
    seen.set(url.host, { ...before, ...change(before) });
  }

  return {
    hosts: () => [...seen.values()],
    async fetch(input, init) {
      const url = new URL(input);
      const sentAt = clock.now();
      try {
        const response = await fetch(input, init);
        const aheadMs = aheadOf(response.headers.get('date'), (sentAt + clock.now()) / 2);
        note(url, (before) => ({
          // The smallest: a slow answer says little of the clock it was dated by.
          aheadMs: smaller(before.aheadMs, aheadMs),
          throttled: before.throttled + (response.status === 429 ? 1 : 0),
          failure: null,
        }));
        return response;
      } catch (error) {
        note(url, () => ({ failure: codeOf(error) }));
        throw error;
      }
    },
  };
}

/** HTTP dates have whole seconds (RFC 9110 5.6.7): on average half a second has passed since. */
function aheadOf(date: string | null, at: number): number | null {
  const told = date === null ? NaN : Date.parse(date);
  return Number.isFinite(told) ? told + 500 - at : null;
}

function smaller(a: number | null, b: number | null): number | null {
  if (a === null || b === null) return a ?? b;
  return Math.abs(a) <= Math.abs(b) ? a : b;
}

/** The platform says `fetch failed`; the code stands in the cause, or in one of several. */
function codeOf(error: unknown): string | null {
  if (!(error instanceof Error)) return null;
  if ('code' in error && typeof error.code === 'string') return error.code;
  return codeOf(error instanceof AggregateError ? error.errors[0] : error.cause);
}
