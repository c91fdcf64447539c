import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { loadConfig } from './config/load.ts';
import type { BridgeConfig } from './config/types.ts';
import { BridgeError } from './model/errors.ts';
import type { Clock, Fetch, Logger, Random } from './model/ports.ts';
import type { Store } from './model/store.ts';
import { systemClock } from './runtime/clock.ts';
import { createLogger, type LogLevel } from './runtime/logger.ts';
import { systemRandom } from './runtime/random.ts';
import type { ReconcileParts, RunProgress } from './run/parts.ts';
import { sourceTypes } from './sources/index.ts';

/** The world as the bridge sees it: every effect comes from here. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly logger: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<Uint8Array>;
}

/** A composed run and what has to be closed after it. */
export interface Composition {
  readonly parts: ReconcileParts;
  close(): void;
}

/** The machine itself. */
export function systemSurroundings(level: LogLevel): Surroundings {
  return {
    clock: systemClock(),
    random: systemRandom,
    fetch: (input, init) => fetch(input, init),
    logger: createLogger(level),
    env: process.env,
    readFile: (path) => readFile(path),
  };
}

/** Reads and checks a configuration. Throws `configUnreadable` and `configInvalid`. */
export function readConfig(path: string, { env, readFile: read }: Surroundings): Promise<BridgeConfig> {
  const sourceOptions = Object.fromEntries(
    Object.entries(sourceTypes).map(([type, source]) => [type, source.options]),
  );
  return loadConfig({
    path,
    env,
    sourceOptions,
    readFile: async (file) => new TextDecoder().decode(await read(file)),
  });
}

/** Puts the configured adapters together; loads only those, each when it is needed. */
export async function compose(
  config: BridgeConfig,
  surroundings: Surroundings,
  progress: RunProgress,
): Promise<Composition> {
  const { clock, random, fetch: send, logger } = surroundings;
  const store = await openStore(config, clock);
  try {
    const { createRetoolSink } = await import('./sink-retool/index.ts');
    const { baseUrl, token, requestsPerMinute, settleMs } = config.target;
    const sink = createRetoolSink({
      baseUrl,
      token,
      requestsPerMinute,
      window: store.window,
      clock,
      random,
      fetch: send,
      logger,
    });
    const sources = await Promise.all(
      config.mapping.precedence.map((id) => createSource(config, id, surroundings)),
    );
    const { mapping, policy, guard } = config;
    const newRunId = (): string =>
      `${new Date(clock.now()).toISOString().replace(/[-:]|\.\d+Z/g, '')}-${randomBytes(3).toString('hex')}`;
    const parts: ReconcileParts = {
      sources,
      sink,
      store,
      mapping,
      policy,
      guard,
      requestsPerMinute,
      settleMs,
      clock,
      logger,
      newRunId,
      progress,
    };
    return { parts, close: () => store.close() };
  } catch (error) {
    store.close();
    throw error;
  }
}

async function createSource(
  config: BridgeConfig,
  id: string,
  surroundings: Surroundings,
): Promise<ReconcileParts['sources'][number]> {
  const entry = config.sources.find((source) => source.id === id);
  const type = entry === undefined ? undefined : sourceTypes[entry.type];
  if (entry === undefined || type === undefined)
    throw new BridgeError('internal', `no adapter for the source ${id}`, { audience: 'developer' });
  const create = await type.load();
  return create(entry.id, entry.options, { ...surroundings, directory: entry.directory });
}

/** Opens the configured state for writing, since every command records what it sends. */
export async function openStore(config: BridgeConfig, clock: Clock): Promise<Store> {
  if (config.state.kind === 'postgres')
    throw new BridgeError('configInvalid', 'state: postgres:// is not supported by this version yet', {
      remedy: 'Use sqlite:./bridge.db.',
    });
  const { openSqliteStore } = await import('./state/sqlite/index.ts');
  return openSqliteStore(config.state.path, { mode: 'write', clock });
}

/** The embedded stand-ins, for the demo and for trying things out. */
export function loadSandbox() {
  return import('./sandbox/index.ts');
}
