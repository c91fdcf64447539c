import { BridgeError } from '../model/errors.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Rehearsal } from '../model/rehearsal.ts';

/** What the process tells its caller; the same for every command. */
export const exitCodes = {
  /** In step, or the whole plan applied. */
  ok: 0,
  /** Could not run at all. */
  failed: 1,
  /** `plan --exit-code`: changes pending. */
  pending: 2,
  /** Held: waits for approval. */
  held: 3,
  /** Something failed, is unknown, stale or not attempted, or part of a source could not be read. */
  incomplete: 4,
  /** Another run holds this state. */
  locked: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Of several that hold, the first of these tells the caller. */
const byWeight = [
  exitCodes.failed,
  exitCodes.locked,
  exitCodes.held,
  exitCodes.incomplete,
  exitCodes.pending,
];

/** The one exit code of a command that ended in several ways, one for each target. */
export function combinedExitCode(codes: readonly ExitCode[]): ExitCode {
  return byWeight.find((code) => codes.includes(code)) ?? exitCodes.ok;
}

/** The exit code of a command that could not run. */
export function exitCodeOfError(error: unknown): ExitCode {
  return error instanceof BridgeError && error.code === 'stateLocked' ? exitCodes.locked : exitCodes.failed;
}

/** The exit code of a run that writes. */
export function exitCodeOfRun(record: RunRecord): ExitCode {
  if (record.status === 'held') return exitCodes.held;
  if (record.status === 'failed') return exitCodes.failed;
  return record.status === 'partial' ? exitCodes.incomplete : exitCodes.ok;
}

/**
 * The exit code of `plan`: without `--exit-code` a plan of complete reads is a success whatever it says, unless its
 * rehearsal went otherwise than planned.
 */
export function exitCodeOfPlan(
  { plan }: RunRecord,
  mode: 'success' | 'detailed',
  rehearsal?: Rehearsal,
): ExitCode {
  if (mode === 'detailed' && plan.violations.length > 0) return exitCodes.held;
  if (plan.incomplete.length > 0 || rehearsal?.verdict === 'differs') return exitCodes.incomplete;
  return mode === 'detailed' && plan.operations.length > 0 ? exitCodes.pending : exitCodes.ok;
}
