import type { OutcomeState } from '../model/outcome.ts';

/** What has happened so far in one apply. */
export interface Tally {
  readonly applied: number;
  readonly failed: number;
  readonly unknown: number;
  /** Unknown outcomes since the last definite answer. */
  readonly silent: number;
  /** Set when the target said that nothing else can succeed either. */
  readonly fatal: string | null;
}

export const emptyTally: Tally = { applied: 0, failed: 0, unknown: 0, silent: 0, fatal: null };

const failuresBeforeStopping = 20;
const failedShare = 0.4;
const silentBeforeStopping = 10;

/** Why the run must stop, or null. Better to leave work undone than to send hundreds of calls into a fault. */
export function stopReason(tally: Tally): string | null {
  if (tally.fatal !== null) return tally.fatal;
  if (tally.silent >= silentBeforeStopping)
    return `the target gave no usable answer ${tally.silent} times in a row`;
  const sent = tally.applied + tally.failed + tally.unknown;
  if (tally.failed >= failuresBeforeStopping && tally.failed > sent * failedShare)
    return `${tally.failed} of ${sent} operations failed`;
  return null;
}

/** Counts one outcome of an operation that was sent. */
export function tallied(tally: Tally, state: OutcomeState, fatal: string | null): Tally {
  return {
    applied: tally.applied + (state === 'applied' ? 1 : 0),
    failed: tally.failed + (state === 'failed' ? 1 : 0),
    unknown: tally.unknown + (state === 'unknown' ? 1 : 0),
    silent: state === 'unknown' ? tally.silent + 1 : 0,
    fatal: tally.fatal ?? fatal,
  };
}
