import type { RunRecord } from '../model/outcome.ts';
import { runJson } from '../report/json.ts';
import { runText } from '../report/text.ts';
import { exitCodeOfRun, type ExitCode } from './exit-codes.ts';
import { reportOn } from './reports.ts';
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
  const paths = await reportOn(record, { config, surroundings });
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
  if (terminal.signal.aborted) terminal.err(goOnText(record));
  const { id: run, status, calls, auditHead } = record;
  surroundings.logger.info({ run, status, calls, auditHead }, 'run finished');
  return exitCodeOfRun(record);
}

/** What an interruption left, and how to go on. */
function goOnText({ outcomes }: RunRecord): string {
  const left = outcomes.filter(({ code }) => code === 'interrupted').length;
  return left === 0
    ? 'interrupted when everything was sent: nothing is left to do\n'
    : `interrupted with ${left} of ${outcomes.length} operations left: run the same command again to go on\n`;
}
