import type { RunRecord } from '../model/outcome.ts';
import { runJson } from '../report/json.ts';
import { runText } from '../report/text.ts';
import { writeReports } from '../run/write-report.ts';
import { writePrivately } from '../runtime/files.ts';
import { exitCodeOfRun, type ExitCode } from './exit-codes.ts';
import type { Session } from './session.ts';
import type { Terminal } from './terminal.ts';

const shownPerSection = 30;

/** Writes the reports of a run, prints it, and says how it ended. */
export async function finish(
  terminal: Terminal,
  { config, surroundings }: Session,
  record: RunRecord,
  planFile?: string,
): Promise<ExitCode> {
  const { requestsPerMinute } = config.target;
  const paths = await writeReports(record, { ...config.reports, requestsPerMinute }, writePrivately);
  if (terminal.json) terminal.out(runJson(record));
  else {
    const file = planFile === undefined ? {} : { planFile };
    terminal.out(
      runText(record, {
        width: terminal.width,
        color: terminal.color,
        limit: shownPerSection,
        requestsPerMinute,
        ...file,
      }),
    );
  }
  if (!terminal.quiet) for (const path of paths) terminal.err(`report: ${path}\n`);
  surroundings.logger.info({ run: record.id, status: record.status, calls: record.calls }, 'run finished');
  return exitCodeOfRun(record);
}
