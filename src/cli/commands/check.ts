import { checkText } from '../../report/check.ts';
import { jsonDocument } from '../../report/escape.ts';
import { check as lookAtEverything } from '../../run/check.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import { machineOf } from '../machine.ts';
import type { CommonOptions } from '../options.ts';
import { inEachSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `check`: what a run would stumble over, with the remedy; exit 1 when a run could not work. */
export async function check(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  return inEachSession(terminal, options, async (terminal, { config, parts, surroundings, hosts }) => {
    const report = await lookAtEverything(parts, machineOf(config, surroundings, hosts), terminal.signal);
    terminal.out(
      terminal.json
        ? jsonDocument({ format: 'retool-bridge/check', version: 1, ...report })
        : checkText(report.results, terminal),
    );
    return report.verdict === 'failed' ? exitCodes.failed : exitCodes.ok;
  });
}
