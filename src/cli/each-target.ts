import type { BridgeConfig } from '../config/types.ts';
import { BridgeError } from '../model/errors.ts';
import { errorJson } from '../report/json.ts';
import { targetHeading, targetsJson, type TargetPart } from '../report/targets.ts';
import { asBridgeError, errorText } from './error-text.ts';
import { combinedExitCode, exitCodeOfError, type ExitCode } from './exit-codes.ts';
import type { Terminal } from './terminal.ts';

/** One target's share of a command. */
export type TargetWork = (terminal: Terminal, config: BridgeConfig) => Promise<ExitCode>;

/**
 * Does the work for one target after the other. One alone prints what it always prints. Of several each gets a
 * heading, or a place in one JSON document; what fails for one is told and does not keep the others from their turn.
 */
export async function forEachTarget(
  terminal: Terminal,
  configs: readonly BridgeConfig[],
  work: TargetWork,
): Promise<ExitCode> {
  const [only, ...others] = configs;
  if (only !== undefined && others.length === 0) return work(terminal, only);
  const parts: (TargetPart & { readonly exitCode: ExitCode })[] = [];
  for (const config of configs) parts.push(await partOf(terminal, config, work, parts.length));
  if (terminal.json) terminal.out(targetsJson(parts));
  return combinedExitCode(parts.map(({ exitCode }) => exitCode));
}

async function partOf(
  terminal: Terminal,
  config: BridgeConfig,
  work: TargetWork,
  index: number,
): Promise<TargetPart & { readonly exitCode: ExitCode }> {
  const target = config.name ?? '';
  const { json } = terminal;
  let document: string | null = null;
  const own: Terminal = json
    ? { ...terminal, out: (text) => void (document = (document ?? '') + text) }
    : terminal;
  if (!json) terminal.out(`${index === 0 ? '' : '\n'}${targetHeading(target, config.target.baseUrl)}`);
  try {
    refuseInterrupted(terminal);
    return { target, exitCode: await work(own, config), document };
  } catch (error) {
    const known = asBridgeError(error);
    if (!json) terminal.err(errorText(known));
    return { target, exitCode: exitCodeOfError(known), document: errorJson(known) };
  }
}

/** An interruption ends the command: targets whose turn has not come are left as they are. */
function refuseInterrupted({ signal }: Terminal): void {
  if (!signal.aborted) return;
  throw new BridgeError('interrupted', 'stopped before the turn of this target came', {
    remedy: 'Nothing was lost: run the same command again.',
    retryable: true,
  });
}
