import { compose, openStore, readConfig, systemSurroundings, type Surroundings } from '../compose.ts';
import type { BridgeConfig } from '../config/types.ts';
import type { Store } from '../model/store.ts';
import type { ReconcileParts } from '../run/parts.ts';
import { observed, type HostSeen } from '../runtime/observed-fetch.ts';
import type { CommonOptions } from './options.ts';
import { progressOn } from './progress.ts';
import type { Terminal } from './terminal.ts';

/** A command's configuration and composed parts, for as long as the command works. */
export interface Session {
  readonly config: BridgeConfig;
  readonly parts: ReconcileParts;
  readonly surroundings: Surroundings;
  /** What was seen of each host that requests went to. */
  readonly hosts: () => readonly HostSeen[];
}

/** Loads the configuration, composes the parts, and closes them after `work`, whatever it does. */
export async function inSession<T>(
  terminal: Terminal,
  options: CommonOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const machine = systemSurroundings(options.logLevel);
  const { fetch, hosts } = observed(machine.fetch, machine.clock);
  const surroundings = { ...machine, fetch };
  const config = await readConfig(options.config, surroundings);
  const progress = progressOn(terminal, surroundings.clock, config.target.requestsPerMinute);
  const composition = await compose(config, surroundings, progress);
  try {
    return await work({ config, parts: composition.parts, surroundings, hosts });
  } finally {
    progress.done();
    composition.close();
  }
}

/** A command's configuration and state, for commands that send nothing. */
export interface StateSession {
  readonly config: BridgeConfig;
  readonly store: Store;
  readonly surroundings: Surroundings;
}

/** Loads the configuration without its secrets, opens the state, and closes it after `work`, whatever it does. */
export async function inState<T>(
  options: CommonOptions,
  mode: 'write' | 'read',
  work: (session: StateSession) => Promise<T> | T,
): Promise<T> {
  const surroundings = systemSurroundings(options.logLevel);
  const config = await readConfig(options.config, surroundings, 'ignore');
  const store = await openStore(config, surroundings.clock, mode);
  try {
    return await work({ config, store, surroundings });
  } finally {
    store.close();
  }
}

/** What `--moved` says about a state of another target. */
export function targetRule(options: { readonly moved?: boolean }): 'moved' | 'mustMatch' {
  return options.moved === true ? 'moved' : 'mustMatch';
}

/** What `--only` says about whom a run is for. */
export function onlyRule({ only }: { readonly only?: string }): { readonly only?: string } {
  return only === undefined ? {} : { only };
}
