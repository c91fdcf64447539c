import { resolve } from 'node:path';
import { checkText } from '../../report/check.ts';
import { jsonDocument } from '../../report/escape.ts';
import { printable } from '../../runtime/redact.ts';
import { stateResults } from '../../run/check-state.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inEachState, inState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `state backup FILE`: a whole copy of the state, made while runs go on. */
export async function backUpState(
  terminal: Terminal,
  options: CommonOptions,
  file: string,
): Promise<ExitCode> {
  return inState(options, 'read', async ({ store }) => {
    await store.backup(file);
    const path = resolve(file);
    const document = { format: 'retool-bridge/backup', version: 1, path };
    terminal.out(
      terminal.json
        ? jsonDocument(document)
        : `${printable(`The state was copied to ${path}. It holds personal data: keep it as safe as the state itself.`)}\n`,
    );
    return exitCodes.ok;
  });
}

/** `state check`: whether the state is whole, and what it stands at; exit 1 when it is not. */
export async function checkState(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  return inEachState(terminal, options, 'read', (terminal, { config, store, surroundings }) => {
    const results = stateResults(store, { target: config.target.baseUrl, now: surroundings.clock.now() });
    const isBad = results.some(({ verdict }) => verdict === 'failed');
    terminal.out(
      terminal.json
        ? jsonDocument({ format: 'retool-bridge/state', version: 1, results })
        : checkText(results, terminal),
    );
    return isBad ? exitCodes.failed : exitCodes.ok;
  });
}
