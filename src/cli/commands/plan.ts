import type { RunRecord } from '../../model/outcome.ts';
import { planJson } from '../../report/json.ts';
import { planText } from '../../report/text.ts';
import { reconcile } from '../../run/reconcile.ts';
import { formatOf, render, type ReportFormat } from '../../run/write-report.ts';
import { writePrivately } from '../../runtime/files.ts';
import { exitCodeOfPlan, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../program.ts';
import { inSession, targetRule } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface PlanOptions extends CommonOptions {
  readonly out?: string;
  readonly format: ReportFormat;
  readonly report?: string;
  readonly exitCode?: boolean;
  readonly moved?: boolean;
}

/** `plan`: the dry-run diff. */
export async function plan(terminal: Terminal, options: PlanOptions): Promise<ExitCode> {
  const reportFormat = options.report === undefined ? null : formatOf(options.report);
  return inSession(terminal, options, async ({ config, parts }) => {
    const record = await reconcile(parts, { kind: 'dryRun', target: targetRule(options) }, terminal.signal);
    if (options.out !== undefined) await writePrivately(options.out, planJson(record.plan));
    const { requestsPerMinute } = config.target;
    if (options.report !== undefined && reportFormat !== null)
      await writePrivately(options.report, render(record, reportFormat, requestsPerMinute));
    terminal.out(printed(terminal, options, record, requestsPerMinute));
    return exitCodeOfPlan(record, options.exitCode === true ? 'detailed' : 'success');
  });
}

/** The most entries a section of the terminal's diff shows; the saved plan and the reports hold all. */
const shownPerSection = 50;

function printed(
  terminal: Terminal,
  options: PlanOptions,
  record: RunRecord,
  requestsPerMinute: number,
): string {
  const format = terminal.json ? 'json' : options.format;
  if (format !== 'text') return render(record, format, requestsPerMinute);
  const limit = terminal.stdoutIsTerminal ? { limit: shownPerSection } : {};
  const file = options.out === undefined ? {} : { planFile: options.out };
  return planText(
    { plan: record.plan, run: null },
    { width: terminal.width, color: terminal.color, requestsPerMinute, ...limit, ...file },
  );
}
