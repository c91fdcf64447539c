import { planJson } from '../../report/json.ts';
import { planText } from '../../report/text.ts';
import { rollback as planRollback } from '../../run/rollback.ts';
import { render, type ReportFormat } from '../../run/write-report.ts';
import { writePrivately } from '../../runtime/files.ts';
import { exitCodeOfPlan, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';

export interface RollbackOptions extends CommonOptions {
  readonly only?: string;
  readonly out?: string;
  readonly format: ReportFormat;
}

/** `rollback ID`: the inverse of a run, as a plan to be read, saved and given to `apply`. */
export async function rollback(terminal: Terminal, options: RollbackOptions, id: string): Promise<ExitCode> {
  return inSession(terminal, options, async ({ config, parts }) => {
    const record = await planRollback(parts, { id, email: options.only ?? null }, terminal.signal);
    const { plan } = record;
    if (options.out !== undefined) await writePrivately(options.out, planJson(plan));
    const { requestsPerMinute } = config.target;
    const format = terminal.json ? 'json' : options.format;
    const file = options.out === undefined ? {} : { planFile: options.out };
    terminal.out(
      format === 'text'
        ? planText(
            { plan, run: null },
            { width: terminal.width, color: terminal.color, requestsPerMinute, ...file },
          )
        : render(record, format, requestsPerMinute, file),
    );
    return exitCodeOfPlan(record, 'success');
  });
}
