import { reconcile } from '../../run/reconcile.ts';
import type { ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { inEachSession, inSession, onlyRule, targetRule, type Session } from '../session.ts';
import type { Terminal } from '../terminal.ts';
import { finish } from '../finish.ts';

/** `sync`: one reconciliation, what the schedule runs. */
export async function sync(
  terminal: Terminal,
  options: CommonOptions & { readonly moved?: boolean; readonly only?: string },
): Promise<ExitCode> {
  const work = async (terminal: Terminal, session: Session): Promise<ExitCode> => {
    const record = await reconcile(
      session.parts,
      { kind: 'sync', target: targetRule(options), ...onlyRule(options) },
      terminal.signal,
    );
    return finish(terminal, session, record);
  };
  // An address that moved is that of one target.
  if (options.moved === true) return inSession(terminal, options, (session) => work(terminal, session));
  return inEachSession(terminal, options, work);
}
