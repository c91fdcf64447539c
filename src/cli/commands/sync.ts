import { reconcile } from '../../run/reconcile.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inSession, onlyRule, targetRule } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { finish } from '../finish.ts';

/** `sync`: one reconciliation, what the schedule runs. */
export async function sync(
  terminal: Terminal,
  options: CommonOptions & { readonly moved?: boolean; readonly only?: string },
): Promise<ExitCode> {
  return inSession(terminal, options, async (session) => {
    const record = await reconcile(
      session.parts,
      { kind: 'sync', target: targetRule(options), ...onlyRule(options) },
      terminal.signal,
    );
    return finish(terminal, session, record);
  });
}
