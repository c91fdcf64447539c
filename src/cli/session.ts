import { compose, readConfig, systemSurroundings, type Surroundings } from '../compose.ts';
import type { BridgeConfig } from '../config/types.ts';
import type { ReconcileParts } from '../run/parts.ts';
import { progressOn } from './progress.ts';
import type { CommonOptions } from './program.ts';
import type { Terminal } from './terminal.ts';

/** A command's configuration and composed parts, for as long as the command works. */
export interface Session {
  readonly config: BridgeConfig;
  readonly parts: ReconcileParts;
  readonly surroundings: Surroundings;
}

/** Loads the configuration, composes the parts, and closes them after `work`, whatever it does. */
export async function inSession<T>(
  terminal: Terminal,
  options: CommonOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const surroundings = systemSurroundings(options.logLevel);
  const config = await readConfig(options.config, surroundings);
  const progress = progressOn(terminal, surroundings.clock, config.target.requestsPerMinute);
  const composition = await compose(config, surroundings, progress);
  try {
    return await work({ config, parts: composition.parts, surroundings });
  } finally {
    progress.done();
    composition.close();
  }
}

/** What `--moved` says about a state of another target. */
export function targetRule(options: { readonly moved?: boolean }): 'moved' | 'mustMatch' {
  return options.moved === true ? 'moved' : 'mustMatch';
}
