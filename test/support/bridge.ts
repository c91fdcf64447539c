import { join } from 'node:path';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.ts';
import type { BridgeConfig } from '../../src/config/types.ts';
import type { RunRecord } from '../../src/model/outcome.ts';
import type { Fetch, Logger, Random } from '../../src/model/ports.ts';
import type { Store } from '../../src/model/store.ts';
import { noProgress, type ReconcileParts, type RunRequest } from '../../src/run/parts.ts';
import { reconcile } from '../../src/run/reconcile.ts';
import { createRetoolSandbox, type RetoolSandbox, type RetoolSeed } from '../../src/sandbox/index.ts';
import { createRetoolSink } from '../../src/sink-retool/index.ts';
import { createSource } from '../../src/sources/file/index.ts';
import { FileOptions } from '../../src/sources/file/schema.ts';
import { createKnowledge } from '../../src/state/knowledge.ts';
import { createMemoryStore } from '../../src/state/memory.ts';
import { createVirtualClock, type VirtualClock } from './virtual-clock.ts';

const token = 'retool_01in-process';
const baseUrl = 'https://acme.retool.example';
const home = '/etc/retool-bridge';

export const silentLogger: Logger = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** What `people.json` of each source holds: a SCIM document; null: it cannot be read. */
export type Documents = Readonly<Record<string, string | null>>;

export interface InProcess {
  readonly clock: VirtualClock;
  readonly retool: RetoolSandbox;
  readonly config: BridgeConfig;
  readonly store: Store;
  /** Replaces what the sources say, by source id. */
  says(documents: Documents): void;
  /** Lays another configuration over the base one, for the runs that follow. */
  configure(config: Readonly<Record<string, unknown>>): Promise<void>;
  /** What one run is made of. */
  parts(): ReconcileParts;
  run(request: RunRequest): Promise<RunRecord>;
  plan(): Promise<RunRecord>;
  sync(): Promise<RunRecord>;
  /** Plans, approves and applies. */
  applyApproved(): Promise<RunRecord>;
}

export interface InProcessOptions {
  /** Source ids in precedence order. */
  readonly sources: readonly string[];
  /** Laid over the base configuration, key by key at the top level. */
  readonly config?: Readonly<Record<string, unknown>>;
  readonly retool?: RetoolSeed;
  /** Requests a minute that Retool takes and the bridge may send; default 6,000. */
  readonly requestsPerMinute?: number;
  /** The most users on one page of Retool's, asked for or not; default as many as are asked for. */
  readonly pageLimit?: number;
  /** Whether Retool's 429 says when to come back; default `none`. */
  readonly retryAfter?: 'seconds' | 'none';
  /** What lies between one run of the bridge and Retool; default nothing. */
  readonly network?: (send: Fetch, clock: VirtualClock) => Fetch;
  /** What stands between one run of the bridge and its state; default nothing. */
  readonly state?: (store: Store) => Store;
  readonly random?: Random;
  /** Whether runs ask whose token they use, and remember it, as the program does; default not. */
  readonly tokenOwner?: 'asked';
  /** Which plan the organisation is on; default Enterprise. */
  readonly plan?: 'business';
}

/** The owner and the attributes that every made-up organisation has. */
const seedBase: RetoolSeed = {
  users: [{ email: 'owner@acme.com', firstName: 'Robin', lastName: 'Owner', admin: true }],
  userAttributes: [
    { name: 'department', label: 'Department', dataType: 'string' },
    { name: 'title', label: 'Job title', dataType: 'string' },
  ],
};

/** The whole bridge in this process: real configuration, file sources, sink and planner over a strict Retool, under a virtual clock. */
export async function startInProcess(options: InProcessOptions): Promise<InProcess> {
  const { requestsPerMinute = 6_000, network = (send) => send, state = (store) => store } = options;
  const clock = createVirtualClock();
  const retool = createRetoolSandbox({
    token,
    now: () => clock.now(),
    requestsPerMinute,
    retryAfter: options.retryAfter ?? 'none',
    plan: options.plan ?? 'enterprise',
    ...(options.pageLimit === undefined ? {} : { pageLimit: options.pageLimit }),
    seed: {
      ...seedBase,
      ...options.retool,
      users: [...(seedBase.users ?? []), ...(options.retool?.users ?? [])],
    },
  });
  let documents: Documents = {};
  let config = await configOf(options);
  const kept = createMemoryStore();
  let runs = 0;

  const partsNow = (): ReconcileParts => {
    const store = state(kept);
    const knowledge =
      options.tokenOwner === undefined ? {} : { knowledge: createKnowledge(store, config.target.token) };
    const send = network((input, init) => retool.fetch(new Request(input, init)), clock);
    const readFile = async (path: string): Promise<Uint8Array> => {
      const text = documents[path.slice(home.length + 1, -'.json'.length)];
      if (text === null) throw Object.assign(new Error('no such device'), { code: 'EIO' });
      return new TextEncoder().encode(text ?? '');
    };
    return {
      sources: config.sources.map(({ id, options: of, directory }) =>
        createSource(id, of as FileOptions, { clock, directory, readFile, listFolder: async () => [] }),
      ),
      sink: createRetoolSink({
        ...config.target,
        window: store.window,
        clock,
        random: options.random ?? (() => 0.5),
        fetch: send,
        logger: silentLogger,
        ...knowledge,
      }),
      store,
      mapping: config.mapping,
      policy: config.policy,
      guard: config.guard,
      requestsPerMinute: config.target.requestsPerMinute,
      seats: config.target.seats,
      settleMs: config.target.settleMs,
      ...knowledge,
      clock,
      logger: silentLogger,
      newRunId: () => `run-${(runs += 1)}`,
      progress: noProgress,
    };
  };
  const run = (request: RunRequest): Promise<RunRecord> =>
    reconcile(partsNow(), request, new AbortController().signal);
  const plan = (): Promise<RunRecord> => run({ kind: 'dryRun', target: 'mustMatch' });
  return {
    clock,
    retool,
    get config() {
      return config;
    },
    store: kept,
    says(next) {
      documents = next;
    },
    async configure(next) {
      config = await configOf({ ...options, config: next });
    },
    parts: partsNow,
    run,
    plan,
    sync: () => run({ kind: 'sync', target: 'mustMatch' }),
    async applyApproved() {
      const planned = (await plan()).plan;
      return run({ kind: 'apply', target: 'mustMatch', plan: planned, approve: planned.fingerprint });
    },
  };
}

function configOf(options: InProcessOptions): Promise<BridgeConfig> {
  return loadConfig({
    path: join(home, 'bridge.yaml'),
    env: { RETOOL_API_TOKEN: token },
    sourceOptions: { file: FileOptions },
    readFile: async () => configText(options),
  });
}

function configText({ sources, requestsPerMinute = 6_000, config = {} }: InProcessOptions): string {
  return stringify({
    version: 1,
    sources: Object.fromEntries(sources.map((id) => [id, { type: 'file', path: `./${id}.json` }])),
    ...(sources.length > 1 ? { precedence: sources } : {}),
    target: { baseUrl, token: { env: 'RETOOL_API_TOKEN' }, requestsPerMinute, settle: '30s' },
    mapping: {
      user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
      attributes: { department: 'user.enterprise.department' },
      groups: [{ match: 'retool-(?P<team>[a-z]+)', to: '${team}', create: true }],
    },
    policy: 'sync',
    leavers: 'disable',
    // Known to no source on purpose.
    protect: { users: ['owner@acme.com'], admins: 1 },
    state: 'sqlite:./bridge.db',
    ...config,
  });
}
