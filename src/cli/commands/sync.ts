import { reconcile } from '../../run/reconcile.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../program.ts';
import { inSession, targetRule } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { finish } from '../finish.ts';

/** `sync`: one reconciliation, what the schedule runs. */
export async function sync(
  terminal: Terminal,
  options: CommonOptions & { readonly moved?: boolean },
): Promise<ExitCode> {
  return inSession(terminal, options, async (session) => {
    const record = await reconcile(
      session.parts,
      { kind: 'sync', target: targetRule(options) },
      terminal.signal,
    );
    return finish(terminal, session, record);
  });
}
