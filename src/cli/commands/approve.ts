import { approvalJson, approvalText } from '../../report/approval.ts';
import { approveHeld } from '../../run/approve-held.ts';
import { exitCodes, type ExitCode } from '../exit-codes.ts';
import type { CommonOptions } from '../options.ts';
import { operator } from '../operator.ts';
import { inState } from '../session.ts';
import type { Terminal } from '../terminal.ts';

/** The most operations that are printed; `--json` has all. */
const shownOperations = 50;

/** `approve FINGERPRINT`: lets go what a run held, in the next run. */
export async function approve(
  terminal: Terminal,
  options: CommonOptions,
  fingerprint: string,
): Promise<ExitCode> {
  return inState(options, 'write', ({ store, surroundings }) => {
    const { clock } = surroundings;
    const { held, approval } = approveHeld({ store, clock }, { fingerprint, by: operator() });
    terminal.out(
      terminal.json ? approvalJson(held, approval) : approvalText(held, approval, shownOperations),
    );
    return exitCodes.ok;
  });
}
