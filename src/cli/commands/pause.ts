import type { Pause } from '../../model/approval.ts';
import { jsonDocument } from '../../report/escape.ts';
import { printable } from '../../runtime/redact.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { operator } from '../operator.ts';
import { inEachState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** `pause REASON`: every run stops at its next call, and none begins, until `resume`. */
export async function pause(terminal: Terminal, options: CommonOptions, reason: string): Promise<ExitCode> {
  return inEachState(terminal, options, 'write', (terminal, { store, surroundings }) => {
    const asked: Pause = { reason, at: surroundings.clock.now(), by: operator() };
    store.pause(asked);
    say(terminal, asked, `Paused: ${reason}. Access stays as it is until \`retool-bridge resume\`.`);
    return exitCodes.ok;
  });
}

/** `resume`: ends a pause. */
export async function resume(terminal: Terminal, options: CommonOptions): Promise<ExitCode> {
  return inEachState(terminal, options, 'write', (terminal, { store, surroundings }) => {
    const earlier = store.paused();
    if (earlier !== null) store.resume(surroundings.clock.now(), operator());
    say(
      terminal,
      null,
      earlier === null
        ? 'Nothing was paused.'
        : `Resumed: the next run catches up. It was paused since ${new Date(earlier.at).toISOString()}: ${earlier.reason}`,
    );
    return exitCodes.ok;
  });
}

function say(terminal: Terminal, paused: Pause | null, text: string): void {
  const since = paused === null ? null : new Date(paused.at).toISOString();
  const document = {
    format: 'retool-bridge/pause',
    version: 1,
    paused: paused !== null,
    reason: paused?.reason ?? null,
    since,
    by: paused?.by ?? null,
  };
  terminal.out(terminal.json ? jsonDocument(document) : `${printable(text)}\n`);
}
