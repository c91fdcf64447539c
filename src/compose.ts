import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { chosenConfig } from './config/chosen.ts';
import { loadConfigs } from './config/load.ts';
import type { BridgeConfig, LoadRequest, SourceOptions } from './config/types.ts';
import { BridgeError } from './model/errors.ts';
import { nothingKnown } from './model/preflight.ts';
import { Secret } from './model/secret.ts';
import type { Clock, Fetch, Logger, Random } from './model/ports.ts';
import type { CallCosts } from './model/sink.ts';
import type { Store } from './model/store.ts';
import { systemClock } from './runtime/clock.ts';
import { listFolder, readSecretFile } from './runtime/files.ts';
import { createLogger, silentLogger, type LogLevel } from './runtime/logger.ts';
import { systemRandom } from './runtime/random.ts';
import { createRehearsalClock } from './runtime/rehearsal-clock.ts';
import type { ReconcileParts, RunProgress } from './run/parts.ts';
import type { BuildStage } from './run/rehearse.ts';
import { sourceTypes } from './sources/index.ts';

/** The world as the bridge sees it: every effect comes from here. */
export interface Surroundings {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly logger: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** The names of the files directly in a folder. */
  readonly listFolder: (path: string) => Promise<readonly string[]>;
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
    listFolder,
  };
}

/** What a configuration is read for. */
export interface ReadPurpose {
  /** `ignore`: nothing is sent with it, so that secrets may be missing. Default `require`. */
  readonly secrets?: 'require' | 'ignore';
  /** The target that is meant, of several; absent: the only one, or all. */
  readonly target?: string | undefined;
}

/**
 * Reads and checks a configuration, and returns that of the target that is meant. Throws `configUnreadable`,
 * `configInvalid`, `secretMissing`, and `badCommand` for a target that the file does not have.
 */
export async function readConfig(
  path: string,
  surroundings: Surroundings,
  purpose: ReadPurpose = {},
): Promise<BridgeConfig> {
  return chosenConfig(await loadConfigs(loading(path, surroundings, purpose)), purpose.target ?? null);
}

/** The same for all its targets, or for the one that is named. */
export async function readConfigs(
  path: string,
  surroundings: Surroundings,
  purpose: ReadPurpose = {},
): Promise<readonly BridgeConfig[]> {
  const { target } = purpose;
  const all = await loadConfigs(loading(path, surroundings, purpose));
  return target === undefined ? all : [chosenConfig(all, target)];
}

function loading(
  path: string,
  { env, readFile: read }: Surroundings,
  { secrets = 'require', target }: ReadPurpose,
): LoadRequest {
  return {
    path,
    env,
    secrets,
    ...(target === undefined ? {} : { target }),
    sourceOptions: sourceOptions(),
    readFile: async (file) => new TextDecoder().decode(await read(file)),
    readSecret: readSecretFile,
  };
}

/** The JSON schema of the configuration, for editors. */
export async function publishedSchema(): Promise<string> {
  const { configJsonSchema } = await import('./config/json-schema.ts');
  return configJsonSchema(sourceOptions());
}

function sourceOptions(): SourceOptions {
  return Object.fromEntries(Object.entries(sourceTypes).map(([type, source]) => [type, source.options]));
}

/** Puts the configured adapters together; loads only those, each when it is needed. */
export async function compose(
  config: BridgeConfig,
  surroundings: Surroundings,
  progress: RunProgress,
): Promise<Composition> {
  const { clock, random, fetch: send, logger } = surroundings;
  refuseUncheckedTls(surroundings.env);
  const store = await openStore(config, clock);
  try {
    const { createRetoolSink } = await import('./sink-retool/index.ts');
    const { createKnowledge } = await import('./state/knowledge.ts');
    const { baseUrl, token, requestsPerMinute, seats, settleMs } = config.target;
    const knowledge = createKnowledge(store, token);
    const sink = createRetoolSink({
      baseUrl,
      token,
      requestsPerMinute,
      window: store.window,
      clock,
      random,
      fetch: send,
      logger,
      knowledge,
    });
    const sources = await Promise.all(
      config.mapping.precedence.map((id) => createSource(config, id, surroundings)),
    );
    const { mapping, policy, guard, retention, schedule } = config;
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
      seats,
      settleMs,
      fullReadEveryMs: schedule.fullReadEveryMs,
      retention,
      knowledge,
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

/** Without it anybody in between could read the tokens, and answer for Okta, Entra or Retool. */
function refuseUncheckedTls(env: Surroundings['env']): void {
  if (env['NODE_TLS_REJECT_UNAUTHORIZED'] !== '0') return;
  throw new BridgeError(
    'insecureTls',
    'NODE_TLS_REJECT_UNAUTHORIZED=0 switches off the check of certificates, and nothing is sent like that',
    {
      remedy:
        "Unset it. For certificates of your company's own authority set NODE_EXTRA_CA_CERTS=/path/to/ca.pem; see docs/check.md#network-and-certificates.",
    },
  );
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

/** Opens the configured state; for writing unless said otherwise, since every command records what it sends. */
export async function openStore(
  config: BridgeConfig,
  clock: Clock,
  mode: 'write' | 'read' = 'write',
): Promise<Store> {
  if (config.state.kind === 'postgres')
    throw new BridgeError('configInvalid', 'state: postgres:// is not supported by this version yet', {
      remedy: 'Use sqlite:./bridge.db.',
    });
  const { openSqliteStore } = await import('./state/sqlite/index.ts');
  return openSqliteStore(config.state.path, { mode, clock });
}

/**
 * Builds stages for rehearsals: the in-memory Retool with what was read of the real one, behind the real sink.
 * Nothing of it leaves this process, and the real token never gets there.
 */
export function stageBuilder({ target }: BridgeConfig): BuildStage {
  return async ({ current, memory, startsAt }) => {
    const [{ createRetoolSandbox, seedFromCopy }, { createRetoolSink }, { createMemoryStore }] =
      await Promise.all([
        import('./sandbox/index.ts'),
        import('./sink-retool/index.ts'),
        import('./state/memory.ts'),
      ]);
    const { baseUrl, requestsPerMinute } = target;
    const clock = createRehearsalClock(startsAt);
    const token = new Secret('retool_rehearsal', 'the rehearsal');
    const now = (): number => clock.now();
    const retool = createRetoolSandbox({
      token: token.reveal(),
      now,
      requestsPerMinute,
      plan: current.visible.users === 'hidden' ? 'business' : 'enterprise',
      seed: seedFromCopy(current),
    });
    const store = createMemoryStore({ memory });
    const unseen = { state: 'unseen', because: 'a copy has no tokens' } as const;
    const sink = createRetoolSink({
      baseUrl,
      token,
      requestsPerMinute,
      window: store.window,
      clock,
      random: () => 0.5,
      fetch: (input, init) => clock.during(retool.fetch(new Request(input, init))),
      logger: silentLogger,
      // The copy has accounts and no tokens.
      knowledge: {
        recall: () => ({ ...nothingKnown, tokenOwner: current.tokenOwner ?? unseen }),
        remember: () => undefined,
      },
    });
    return { sink, store, clock };
  };
}

/** A key for the pseudonyms of one bundle. */
export function makeBundleKey(): string {
  return randomBytes(32).toString('hex');
}

/** What calls cost at the target, for plans that are made without it. */
export async function loadCallCosts(): Promise<CallCosts> {
  const { callCosts } = await import('./sink-retool/capabilities.ts');
  return callCosts;
}

/** The embedded stand-ins, for the demo and for trying things out. */
export function loadSandbox() {
  return import('./sandbox/index.ts');
}
