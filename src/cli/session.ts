import {
  compose,
  openStore,
  readConfig,
  readConfigs,
  systemSurroundings,
  type Surroundings,
} from '../compose.ts';
import type { BridgeConfig } from '../config/types.ts';
import { BridgeError } from '../model/errors.ts';
import type { Store } from '../model/store.ts';
import type { ReconcileParts } from '../run/parts.ts';
import { withField } from '../runtime/logger.ts';
import { observed, type HostSeen } from '../runtime/observed-fetch.ts';
import { forEachTarget } from './each-target.ts';
import type { ExitCode } from './exit-codes.ts';
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

/**
 * Loads the configuration, composes the parts, and closes them after `work`, whatever it does. Throws `badCommand`
 * when there are several targets and none is named.
 */
export async function inSession<T>(
  terminal: Terminal,
  options: CommonOptions,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const machine = systemSurroundings(options.logLevel);
  const config = await readConfig(options.config, machine, { target: options.target });
  return inSessionOf(terminal, config, machine, work);
}

/** The same for each target, one after the other, or for the one that is named. */
export async function inEachSession(
  terminal: Terminal,
  options: CommonOptions,
  work: (terminal: Terminal, session: Session) => Promise<ExitCode>,
): Promise<ExitCode> {
  const machine = systemSurroundings(options.logLevel);
  const configs = await readConfigs(options.config, machine, { target: options.target });
  return forEachTarget(terminal, configs, (own, config) =>
    inSessionOf(own, config, machine, (session) => work(own, session)),
  );
}

/** Composes the parts for all targets at once, or for the one that is named; for a service, which outlives its runs. */
export async function inAllSessions<T>(
  terminal: Terminal,
  options: CommonOptions,
  work: (sessions: readonly [Session, ...Session[]]) => Promise<T>,
): Promise<T> {
  const machine = systemSurroundings(options.logLevel);
  const [first, ...others] = await readConfigs(options.config, machine, { target: options.target });
  if (first === undefined) throw new BridgeError('internal', 'no target', { audience: 'developer' });
  const opened = (sessions: readonly [Session, ...Session[]]): Promise<T> => {
    const next = others[sessions.length - 1];
    return next === undefined
      ? work(sessions)
      : inSessionOf(terminal, next, machine, (session) => opened([...sessions, session]));
  };
  return inSessionOf(terminal, first, machine, (session) => opened([session]));
}

async function inSessionOf<T>(
  terminal: Terminal,
  config: BridgeConfig,
  machine: Surroundings,
  work: (session: Session) => Promise<T>,
): Promise<T> {
  const { fetch, hosts } = observed(machine.fetch, machine.clock);
  const logger = config.name === null ? machine.logger : withField(machine.logger, 'target', config.name);
  const surroundings = { ...machine, fetch, logger };
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

/**
 * Loads the configuration without its secrets, opens the state, and closes it after `work`, whatever it does. Throws
 * `badCommand` when there are several targets and none is named.
 */
export async function inState<T>(
  options: CommonOptions,
  mode: 'write' | 'read',
  work: (session: StateSession) => Promise<T> | T,
): Promise<T> {
  const surroundings = systemSurroundings(options.logLevel);
  const purpose = { secrets: 'ignore', target: options.target } as const;
  return inStateOf(await readConfig(options.config, surroundings, purpose), surroundings, mode, work);
}

/** The same for each target, one after the other, or for the one that is named. */
export async function inEachState(
  terminal: Terminal,
  options: CommonOptions,
  mode: 'write' | 'read',
  work: (terminal: Terminal, session: StateSession) => Promise<ExitCode> | ExitCode,
): Promise<ExitCode> {
  const surroundings = systemSurroundings(options.logLevel);
  const purpose = { secrets: 'ignore', target: options.target } as const;
  const configs = await readConfigs(options.config, surroundings, purpose);
  return forEachTarget(terminal, configs, (own, config) =>
    inStateOf(config, surroundings, mode, (session) => work(own, session)),
  );
}

async function inStateOf<T>(
  config: BridgeConfig,
  surroundings: Surroundings,
  mode: 'write' | 'read',
  work: (session: StateSession) => Promise<T> | T,
): Promise<T> {
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
