/*
 * What the journal costs: the same backfill with the durable state in SQLite and with one in memory, in turns, so that
 * a machine that is busy for a while is busy for both. First without a quota, which shows the cost itself, then at 300
 * requests a minute, which is what a run has to live with. Exits 1 when the second costs more than 1 %.
 *
 *   ./bridge node bench/journal.ts [people] [pairs]
 *
 * With the quota a pair takes twice a minute for every 300 people above the first 300.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from '../src/model/ports.ts';
import { Secret } from '../src/model/secret.ts';
import type { Store } from '../src/model/store.ts';
import { noProgress, type ReconcileParts } from '../src/run/parts.ts';
import { reconcile } from '../src/run/reconcile.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { createRetoolSandbox } from '../src/sandbox/index.ts';
import { createRetoolSink } from '../src/sink-retool/index.ts';
import { createSource } from '../src/sources/file/index.ts';
import { FileOptions } from '../src/sources/file/schema.ts';
import { createMemoryStore } from '../src/state/memory.ts';
import { openSqliteStore } from '../src/state/sqlite/index.ts';
import { plainPolicy, plainRules } from '../test/support/rules.ts';

const people = Number(process.argv[2] ?? 320);
const pairs = Number(process.argv[3] ?? 3);
const goal = 1.01;
const quota = 300;
const token = 'retool_01bench';

const quiet: Logger = { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} };

const scim = JSON.stringify({
  Users: Array.from({ length: people }, (_, index) => ({
    id: `emp-${index}`,
    userName: `person${index}@acme.com`,
    active: true,
    name: { givenName: `Given${index}`, familyName: 'Person' },
    emails: [{ value: `person${index}@acme.com`, primary: true }],
  })),
  Groups: [],
});

/** Both keep the window of the limiter in SQLite, since every command needs that; the rest is the journal's. */
function stores(folder: string): { readonly on: Store; readonly off: Store } {
  const on = openSqliteStore(join(folder, 'bridge.db'), { mode: 'write' });
  return { on, off: { ...createMemoryStore(), window: on.window } };
}

function partsOf(store: Store, requestsPerMinute: number): ReconcileParts {
  const clock = systemClock();
  const sandbox = createRetoolSandbox({
    token,
    now: () => Date.now(),
    requestsPerMinute: 'unlimited',
    seed: { users: [{ email: 'owner@acme.com', firstName: 'Robin', lastName: 'Owner', admin: true }] },
  });
  const options = FileOptions.parse({ type: 'file', path: './people.json' });
  return {
    sources: [
      createSource('staff', options, {
        clock,
        directory: '/',
        readFile: async () => new TextEncoder().encode(scim),
        listFolder: async () => [],
      }),
    ],
    sink: createRetoolSink({
      baseUrl: 'https://acme.retool.example',
      token: new Secret(token, 'the benchmark'),
      requestsPerMinute,
      window: store.window,
      clock,
      random: Math.random,
      fetch: (input, init) => sandbox.fetch(new Request(input, init)),
      logger: quiet,
    }),
    store,
    mapping: plainRules(),
    policy: plainPolicy,
    guard: {
      disables: { count: 3, percent: 5, most: 500 },
      removals: { count: 10, percent: 10, perGroupCount: 5, perGroupPercent: 30 },
      creates: { count: 50, percent: 20 },
      invites: { count: 50 },
      updates: { count: 50, percent: 30 },
      windows: [],
    },
    requestsPerMinute,
    seats: null,
    settleMs: 30_000,
    clock,
    logger: quiet,
    newRunId: () => 'bench',
    progress: noProgress,
  };
}

/** Milliseconds of wall time per operation of one backfill. */
async function measure(kind: 'on' | 'off', requestsPerMinute: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'retool-bridge-bench-'));
  const both = stores(folder);
  try {
    const parts = partsOf(both[kind], requestsPerMinute);
    const allowance = { until: null, maxCalls: null };
    const began = performance.now();
    const { outcomes, status } = await reconcile(
      parts,
      { kind: 'backfill', target: 'mustMatch', allowance },
      new AbortController().signal,
    );
    if (status !== 'changed' || outcomes.length !== people) throw new Error(`the run ended ${status}`);
    return (performance.now() - began) / people;
  } finally {
    both.on.close();
    rmSync(folder, { recursive: true });
  }
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** The ratio of the medians; which of a pair goes first changes from one to the next. */
async function compare(title: string, requestsPerMinute: number, rounds: number): Promise<number> {
  const walls = { on: [] as number[], off: [] as number[] };
  for (let pair = 0; pair < rounds; pair += 1)
    for (const kind of pair % 2 === 0 ? (['on', 'off'] as const) : (['off', 'on'] as const))
      walls[kind].push(await measure(kind, requestsPerMinute));
  const [on, off] = [median(walls.on), median(walls.off)];
  const ratio = on / off;
  console.log(
    `${title.padEnd(28)}${on.toFixed(3).padStart(12)}${off.toFixed(3).padStart(12)}${ratio.toFixed(4).padStart(10)}`,
  );
  return ratio;
}

console.log(`${people} operations, ${pairs} pairs in turns, Node ${process.versions.node}\n`);
console.log(
  `${'wall ms per operation'.padEnd(28)}${'journal on'.padStart(12)}${'off'.padStart(12)}${'ratio'.padStart(10)}`,
);
await measure('on', 1_000_000);
await compare('without a quota', 1_000_000, Math.max(pairs, 5));
const ratio = await compare(`at ${quota} requests a minute`, quota, pairs);
console.log(`\ngoal: at most ${goal} at ${quota} requests a minute`);
process.exitCode = ratio <= goal ? 0 : 1;
