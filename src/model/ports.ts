/** Wall-clock time, a monotonic clock and waiting, so that everything runs under a virtual clock. */
export interface Clock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Milliseconds on a clock that never goes back; only differences mean anything. */
  monotonic(): number;
  /** Resolves after `ms` milliseconds; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Uniform randomness in [0, 1), for jitter only; nothing in a plan is random. */
export type Random = () => number;

/** The shape of the platform's `fetch`, taken as an argument everywhere. */
export type Fetch = (input: string | URL, init?: RequestInit) => Promise<Response>;

/** Structured log lines. Messages are static; facts go into `fields`; no personal data at `info` and above. */
export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/**
 * The sends to the target in the last minute, shared by every command over one state. `admit` is atomic:
 * it either records a send at `now` and says so, or says how long to wait; nothing recorded means nothing spent.
 */
export interface Window {
  admit(request: { readonly now: number; readonly limit: number; readonly windowMs: number }): Admission;
  /** What the last 429 taught, whichever command met it; null when none ever did. */
  slowdown(): Slowdown | null;
  /** Replaces it. */
  slowDown(slowdown: Slowdown): void;
}

/** What a 429 says of the part of the quota that others leave. Times are epoch milliseconds. */
export interface Slowdown {
  /** Sends that a window may hold from `at` on; a whole number, at least 1. */
  readonly limit: number;
  readonly at: number;
  /** Until then nothing is sent at all. */
  readonly until: number;
}

export type Admission =
  | { readonly admitted: true }
  | {
      readonly admitted: false;
      /** Milliseconds until the oldest send leaves the window; at least 1. */
      readonly waitMs: number;
    };
