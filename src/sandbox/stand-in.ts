/** One request the stand-in answered; `at` is epoch milliseconds by the stand-in's own clock. */
export interface RecordedCall {
  readonly at: number;
  readonly method: string;
  /** The pathname, without the query. */
  readonly path: string;
  /** The query without its question mark; empty when there was none. */
  readonly query: string;
  readonly status: number;
  /** The request's body as text, or null when it had none. */
  readonly body: string | null;
}

/** What a stand-in was asked, in the order in which it answered. */
export interface CallLog {
  readonly calls: readonly RecordedCall[];
  /** How many calls match; a missing criterion matches every call. */
  count(method?: string, path?: RegExp): number;
  clear(): void;
  /** The largest number of calls in any sliding window; two calls exactly `windowMs` apart share none. */
  mostInWindow(windowMs: number): number;
}

/** A server that lives in this process: requests go in, replies come out, every call is on record. */
export interface StandIn {
  readonly fetch: (request: Request) => Promise<Response>;
  readonly log: CallLog;
}

/** A call log and the one door through which a stand-in writes to it. */
export function createCallLog(): CallLog & { record(call: RecordedCall): void } {
  const calls: RecordedCall[] = [];
  return {
    calls,
    record(call) {
      calls.push(call);
    },
    count(method, path) {
      return calls.filter((call) => matches(call, method, path)).length;
    },
    clear() {
      calls.length = 0;
    },
    mostInWindow(windowMs) {
      return mostInWindow(
        calls.map((call) => call.at),
        windowMs,
      );
    },
  };
}

function matches(call: RecordedCall, method: string | undefined, path: RegExp | undefined): boolean {
  if (method !== undefined && call.method !== method) return false;
  // A pattern with the `g` flag keeps its position between tests; `search` does not.
  return path === undefined || call.path.search(path) !== -1;
}

function mostInWindow(times: readonly number[], windowMs: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  let first = 0;
  let most = 0;
  for (const [index, at] of sorted.entries()) {
    while (first < index && at - (sorted[first] ?? at) >= windowMs) first += 1;
    most = Math.max(most, index - first + 1);
  }
  return most;
}
