import { folded } from '../../model/text.ts';
import { jsonDocument } from '../../report/escape.ts';
import { printable } from '../../runtime/redact.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { operator } from '../operator.ts';
import { inState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `forget EMAIL`: takes one person out of what the state remembers. Needs the run lock: a run writes about people. */
export async function forget(terminal: Terminal, options: CommonOptions, email: string): Promise<ExitCode> {
  return inState(options, 'write', ({ config, store, surroundings }) => {
    const lock = store.lock();
    try {
      const { rows, stays } = store.forget(folded(email), surroundings.clock.now(), operator());
      const document = { format: 'retool-bridge/forget', version: 1, rows, stays };
      terminal.out(
        terminal.json
          ? jsonDocument(document)
          : forgottenText(email, { rows, stays, reports: config.reports.directory }),
      );
      return exitCodes.ok;
    } finally {
      lock.release();
    }
  });
}

function forgottenText(
  email: string,
  { rows, stays, reports }: { readonly rows: number; readonly stays: boolean; readonly reports: string },
): string {
  const lines = [
    `Forgot ${email} in the history of this state: ${rows} ${rows === 1 ? 'row' : 'rows'}.`,
    ...(stays
      ? [
          'The account is still managed, so its address and links stay. When it has been disabled by a run, forget it again.',
        ]
      : []),
    `Outside the state, what names people is yours to delete: reports in ${reports}, saved plans, bundles, backups and logs.`,
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
