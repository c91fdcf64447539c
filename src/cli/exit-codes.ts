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

/** What a code tells its caller, in Markdown; links lead from `docs/reference/`. */
export interface ExitHelp {
  readonly means: string;
  readonly remedy: string;
}

/** The handbook of exit codes, of which `docs/reference/exit-codes.md` is made. */
export const exitHelp: Readonly<Record<keyof typeof exitCodes, ExitHelp>> = {
  ok: { means: 'in step, or the whole plan was applied', remedy: 'nothing' },
  failed: {
    means:
      'could not run at all: bad command, configuration, credentials, an unreadable or empty source, an unusable plan file',
    remedy:
      'read the message; see [error codes](error-codes.md). Retool was not changed, unless the error is about the state or a report',
  },
  pending: {
    means: '`plan --exit-code` only: changes are pending',
    remedy: 'apply them, or let the schedule do it',
  },
  held: {
    means: 'held: waits for an approval (`plan` says so only with `--exit-code`)',
    remedy: '[A plan is held](../runbook.md#a-plan-is-held)',
  },
  incomplete: {
    means:
      'incomplete: an operation failed, is unknown, stale or was not attempted, or part of a source could not be read; `plan --rehearse` went otherwise than planned',
    remedy: '[Incomplete](../runbook.md#incomplete-exit-4)',
  },
  locked: { means: 'another run holds this state', remedy: '[A lock](../runbook.md#a-lock-exit-5)' },
};

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
