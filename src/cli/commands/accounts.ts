import { BridgeError } from '../../model/errors.ts';
import { accountsCsv, accountsJson, accountsText } from '../../report/accounts.ts';
import { accountRows } from '../../run/accounts.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `accounts`: Retool's accounts as they were last read; `--unmanaged`: those that no source knows. */
export async function accounts(
  terminal: Terminal,
  options: CommonOptions & { readonly unmanaged?: boolean; readonly format: 'text' | 'csv' | 'json' },
): Promise<ExitCode> {
  return inState(options, 'read', ({ store }) => {
    const reads = store.lastReads();
    if (reads === null) {
      throw new BridgeError('badCommand', 'this state has seen no run yet, so nothing was read', {
        remedy: 'Run `retool-bridge sync` first.',
      });
    }
    const all = accountRows(reads, store.memory(0));
    const rows = options.unmanaged === true ? all.filter(({ unmanaged }) => unmanaged) : all;
    const readAt = new Date(reads.current.readAt.began).toISOString();
    if (terminal.json || options.format === 'json') terminal.out(accountsJson(rows, readAt));
    else terminal.out(options.format === 'csv' ? accountsCsv(rows) : accountsText(rows, readAt));
    return exitCodes.ok;
  });
}
