import { styleText } from 'node:util';
import type { CheckResult } from '../../model/source.ts';
import { check as lookAtEverything } from '../../run/check.ts';
import { printable } from '../../runtime/redact.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../program.ts';
import { inSession } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `check`: what a run would stumble over, with the remedy; exit 1 when a run could not work. */
export async function check(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  return inSession(terminal, options, async ({ parts }) => {
    const report = await lookAtEverything(parts, terminal.signal);
    terminal.out(
      terminal.json
        ? `${JSON.stringify({ format: 'retool-bridge/check', version: 1, ...report }, null, 2)}\n`
        : checkText(report.results, terminal.color),
    );
    return report.verdict === 'failed' ? exitCodes.failed : exitCodes.ok;
  });
}

/** One line per thing looked at, and the remedy under what is not right. */
export function checkText(results: readonly CheckResult[], color: Terminal['color']): string {
  const width = Math.max(...results.map((result) => result.subject.length));
  const paint = (format: 'green' | 'yellow' | 'red' | 'dim', text: string): string =>
    color === 'always' ? styleText(format, text, { validateStream: false }) : text;
  const mark = { ok: paint('green', '✓'), warning: paint('yellow', '!'), failed: paint('red', '✗') };
  const lines = results.flatMap(({ verdict, subject, text, remedy }) => [
    `${mark[verdict]} ${printable(subject).padEnd(width)}  ${printable(text)}`,
    ...(remedy === undefined ? [] : [`  ${' '.repeat(width)}  ${paint('dim', `→ ${printable(remedy)}`)}`]),
  ]);
  return `${lines.join('\n')}\n`;
}
