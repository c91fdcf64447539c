import { BridgeError } from '../model/errors.ts';
import type { OutcomeState } from '../model/outcome.ts';

/** What every implementation of the store agrees on. */

/** A call that the bridge itself must not make: code `internal`, for developers. */
export function misuse(text: string, cause?: unknown): BridgeError {
  return new BridgeError('internal', text, { audience: 'developer', remedy: 'Please report this.', cause });
}

/** Times are stored in whole milliseconds. Upwards: a send is never remembered as earlier than it was. */
export function wholeMs(ms: number): number {
  return Math.ceil(ms);
}

/** A limit below one could never admit anything, and a broken one would count wrongly. */
export function checkLimit(limit: number): void {
  if (!Number.isSafeInteger(limit) || limit < 1)
    throw misuse(`The window's limit must be a whole number above 0, not ${limit}.`);
}

/**
 * Whether an outcome says what became of an operation. Settling with one that does closes every open
 * intent of that operation, in whatever run; `unknown` closes none, not even its own.
 */
export function closesIntents(state: OutcomeState): boolean {
  return state !== 'unknown';
}
