import { explainJson } from '../../report/json.ts';
import { explainText } from '../../report/text/explain.ts';
import { explainPerson } from '../../run/explain/load.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `explain EMAIL`: why this person has, or lacks, this access. */
export async function explain(
  terminal: Terminal,
  options: CommonOptions & { readonly live?: boolean },
  asked: string,
): Promise<ExitCode> {
  return inSession(terminal, options, async ({ parts }) => {
    const freshness = options.live === true ? 'live' : 'lastRun';
    const explanation = await explainPerson(parts, asked, freshness, terminal.signal);
    const { width, color } = terminal;
    terminal.out(terminal.json ? explainJson(explanation) : explainText(explanation, { width, color }));
    return exitCodes.ok;
  });
}
