import type { RunRecord } from '../../model/outcome.ts';
import { runJson } from '../../report/json.ts';
import { runsJson, runsText } from '../../report/runs.ts';
import { runText } from '../../report/text.ts';
import { findRun } from '../../run/rollback.ts';
import { render, type ReportFormat } from '../../run/write-report.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `runs`: the run history, newest first. */
export async function runs(
  terminal: Terminal,
  options: CommonOptions & { readonly limit: number },
): Promise<ExitCode> {
  return inSession(terminal, options, async ({ parts }) => {
    const rows = parts.store.runs(options.limit);
    const unrecorded = parts.store.unrecordedRun();
    terminal.out(terminal.json ? runsJson(rows, unrecorded) : runsText(rows, unrecorded));
    return exitCodes.ok;
  });
}

/** `runs show ID`: one run as its report says it. Looking at a run that failed is no failure. */
export async function showRun(
  terminal: Terminal,
  options: CommonOptions & { readonly format: ReportFormat },
  id: string,
): Promise<ExitCode> {
  return inSession(terminal, options, async ({ config, parts }) => {
    const record = findRun(parts.store, id);
    terminal.out(shown(terminal, options.format, record, config.target.requestsPerMinute));
    return exitCodes.ok;
  });
}

function shown(
  terminal: Terminal,
  format: ReportFormat,
  record: RunRecord,
  requestsPerMinute: number,
): string {
  if (terminal.json) return runJson(record);
  if (format !== 'text') return render(record, format, requestsPerMinute);
  return runText(record, { width: terminal.width, color: terminal.color, requestsPerMinute });
}
