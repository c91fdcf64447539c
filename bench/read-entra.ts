/**
 * What reading Entra ID costs: its calls against the formulas of docs/calls.md, and its CPU and memory against plain
 * `fetch` and `JSON.parse` over the very same pages. Stand-in and readers are processes of their own over loopback, and
 * the readers take turns. Exits 1 when a goal is missed.
 *
 *   ./bridge node bench/read-entra.ts [people] [groups] [rounds]
 */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Secret } from '../src/model/secret.ts';
import type { Snapshot } from '../src/model/snapshot.ts';
import { silentLogger } from '../src/runtime/logger.ts';
import { systemClock } from '../src/runtime/clock.ts';
import { createEntraSandbox, generateWorld, listen, type World } from '../src/sandbox/index.ts';
import { createSource } from '../src/sources/entra/index.ts';
import { EntraOptions } from '../src/sources/entra/schema.ts';

const goals = { cpuRatio: 1.5, memoryMb: 200, memoryPeople: 100_000 };
const app = { tenantId: 'ac3e0000-0000-4000-8000-000000000001', clientId: 'app', clientSecret: 'hush' };
const never = new AbortController().signal;
/** As `./bridge` starts the program (docs/adr/0013-memory.md). */
const flags = ['--optimize-for-size', '--max-semi-space-size=1', '--heap-growing-percent=30'];

const scopes = {
  everything: { everything: true },
  groups: { groups: ['*'] },
  nested: { groups: ['*'], nested: true },
  app: { enterpriseApp: 'ce866b61-a491-410e-b0ea-43a800000fa7' },
} as const;
type ScopeName = keyof typeof scopes;

/** Something that a child is asked to do, and how it answers. */
type Order =
  | { readonly kind: 'serve'; readonly people: number; readonly groups: number }
  | { readonly kind: 'requests' }
  | { readonly kind: 'read'; readonly url: string; readonly scope: ScopeName; readonly reads: number }
  | { readonly kind: 'fetch'; readonly url: string; readonly requests: readonly Sent[] };

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

interface Measured {
  readonly calls: readonly number[];
  readonly people: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

/* ---- the company ---------------------------------------------------------------------------------------------- */

/** Everybody is in one of the groups, and each tenth person in each of ten groups beside it. */
function companyOf(people: number, groups: number): World {
  const small = generateWorld({ users: 50, groups: 6, seed: 1 });
  const idOf = (kind: string, index: number): string =>
    `${kind}-0000-4000-8000-${String(index).padStart(12, '0')}`;
  const ids = Array.from({ length: people }, (_, index) => idOf('aaaaaaaa', index));
  return {
    ...small,
    people: ids.map((id, index) => ({
      email: `person${index}@acme.com`,
      given: `Given${index}`,
      family: `Family${index % 700}`,
      department: `Department ${index % 40}`,
      title: `Title ${index % 90}`,
      employeeNumber: `E${100_000 + index}`,
      manager: null,
      hiredAt: Date.UTC(2020, 0, 1),
      okta: null,
      retoolGroups: [],
      entra: {
        id,
        enabled: true,
        userType: 'Member',
        userPrincipalName: `person${index}@acme.com`,
        mail: `person${index}@acme.com`,
      },
    })),
    entra: {
      ...small.entra,
      app: { ...small.entra.app, id: scopes.app.enterpriseApp, assignments: assignmentsTo(groups, idOf) },
      devices: [],
      groups: Array.from({ length: groups }, (_, group) => ({
        id: idOf('bbbbbbbb', group),
        name: `Retool ${group}`,
        description: '',
        users: ids.filter((_, index) => (group < 10 ? index % 10 === group : index % groups === group)),
        groups: [],
        devices: [],
      })),
    },
  };
}

function assignmentsTo(groups: number, idOf: (kind: string, index: number) => string) {
  return Array.from({ length: groups }, (_, group) => ({
    principal: idOf('bbbbbbbb', group),
    kind: 'Group' as const,
    role: null,
  }));
}

/** The least calls that docs/calls.md gives for a full read of a company. */
function fullCalls(people: number, groups: number, scope: ScopeName): number {
  const pages = (rows: number): number => Math.max(1, Math.ceil(rows / 999));
  const sizes = Array.from({ length: groups }, (_, group) =>
    group < 10 ? Math.ceil((people - group) / 10) : Math.ceil((people - group) / groups),
  );
  const list = scope === 'app' ? pages(groups) : pages(groups) + (scope === 'everything' ? pages(people) : 0);
  const batches = groups > 20 ? Math.ceil(groups / 20) : 0;
  const atOnce = scope === 'everything' ? 999 : 200;
  const members = sizes.reduce((sum, size) => {
    if (batches === 0) return sum + pages(size);
    if (atOnce === 999) return sum + pages(size) - 1;
    return sum + (size < atOnce ? 0 : pages(size));
  }, 0);
  return list + batches + members;
}

/* ---- the children --------------------------------------------------------------------------------------------- */

async function serve(people: number, groups: number): Promise<string> {
  const sandbox = createEntraSandbox({ ...app, world: companyOf(people, groups), now: () => Date.now() });
  const { url } = await listen(sandbox.fetch, { host: '127.0.0.1', port: 0 });
  process.on('message', (order: Order) => {
    if (order.kind !== 'requests') return;
    const graph = sandbox.log.calls.filter(({ path }) => path.startsWith('/v1.0/'));
    process.send?.(
      graph.map(({ method, path, query, body }) => ({ method, path: `${path}?${query}`, body })),
    );
    sandbox.log.clear();
  });
  return url;
}

function sourceAt(url: string, scope: ScopeName) {
  const auth = {
    clientSecret: { clientId: app.clientId, secret: new Secret(app.clientSecret, 'the benchmark') },
  };
  const endpoints = { login: url, graph: url };
  const options = EntraOptions.parse({
    type: 'entra',
    tenantId: app.tenantId,
    auth,
    scope: scopes[scope],
    endpoints,
  });
  return createSource('entra', options, {
    clock: systemClock(),
    random: Math.random,
    fetch: (input, init) => fetch(input, init),
    logger: silentLogger,
    env: {},
    directory: '/',
  });
}

/** Reads several times, each going on from the one before; the CPU is that of the first. */
async function read(url: string, scope: ScopeName, reads: number): Promise<Measured> {
  const source = sourceAt(url, scope);
  await source.check(never);
  const before = process.cpuUsage();
  let last: Snapshot = await source.read(never);
  const cpuMs = cpuSince(before);
  const calls = [last.calls];
  const peakMb = peak();
  for (let more = 1; more < reads; more += 1) {
    last = await source.read(never, undefined, last);
    calls.push(last.calls);
  }
  return { calls, people: last.users.length, cpuMs, peakMb };
}

/** The same requests with nothing around them; every page is parsed, and its rows are counted and dropped. */
async function plainFetch(url: string, requests: readonly Sent[]): Promise<Measured> {
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: app.clientId,
    client_secret: app.clientSecret,
    scope: `${url}/.default`,
  });
  const login = await fetch(`${url}/${app.tenantId}/oauth2/v2.0/token`, { method: 'POST', body: form });
  const { access_token: token } = (await login.json()) as { readonly access_token: string };
  const headers = { authorization: `Bearer ${token}` };
  for (const path of ['/v1.0/users?$top=1', '/v1.0/groups?$top=1', '/v1.0/users?$top=2'])
    await (await fetch(`${url}${path}`, { headers })).json();
  const before = process.cpuUsage();
  let people = 0;
  for (const { method, path, body } of requests) {
    const response = await fetch(`${url}${path}`, { method, headers, ...(body === null ? {} : { body }) });
    const page = (await response.json()) as { readonly value?: readonly unknown[] };
    people += page.value?.length ?? 0;
  }
  return { calls: [requests.length], people, cpuMs: cpuSince(before), peakMb: peak() };
}

function cpuSince(before: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1_000;
}

function peak(): number {
  return process.resourceUsage().maxRSS / 1_024;
}

async function obey(order: Order): Promise<unknown> {
  if (order.kind === 'serve') return serve(order.people, order.groups);
  if (order.kind === 'read') return read(order.url, order.scope, order.reads);
  if (order.kind === 'fetch') return plainFetch(order.url, order.requests);
  return undefined;
}

/* ---- the benchmark -------------------------------------------------------------------------------------------- */

async function ask<Answer>(child: ChildProcess, order: Order): Promise<Answer> {
  child.send(order);
  const [answer] = (await once(child, 'message')) as [Answer];
  return answer;
}

async function inChild<Answer>(order: Order): Promise<Answer> {
  const child = fork(import.meta.filename, ['child'], {
    execArgv: flags,
    env: { ...process.env, MALLOC_ARENA_MAX: '2' },
  });
  try {
    return await ask<Answer>(child, order);
  } finally {
    child.kill();
  }
}

interface StandIn {
  readonly url: string;
  /** What was asked of it since the last time. */
  requests(): Promise<readonly Sent[]>;
  close(): void;
}

async function standIn(people: number, groups: number): Promise<StandIn> {
  const child = fork(import.meta.filename, ['child']);
  const url = await ask<string>(child, { kind: 'serve', people, groups });
  return { url, requests: () => ask(child, { kind: 'requests' }), close: () => void child.kill() };
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** Counts calls for every scope; the judge is the stand-in. Returns how many goals were missed. */
async function countCalls(tenant: StandIn, people: number, groups: number): Promise<number> {
  const noChange = { everything: 2, groups: 2, nested: 2, app: 2 + Math.max(1, Math.ceil(groups / 999)) };
  let missed = 0;
  console.log(
    `calls        ${'first'.padStart(8)}${'formula'.padStart(9)}${'second'.padStart(8)}${'third'.padStart(8)}${'formula'.padStart(9)}`,
  );
  for (const scope of Object.keys(scopes) as ScopeName[]) {
    await tenant.requests();
    const { calls } = await inChild<Measured>({ kind: 'read', url: tenant.url, scope, reads: 3 });
    const [first = 0, second = 0, third = 0] = calls;
    const least = fullCalls(people, groups, scope);
    const checks = 3;
    const counted = (await tenant.requests()).length - checks;
    const isRight = first === least && third === noChange[scope] && counted === first + second + third;
    missed += isRight ? 0 : 1;
    console.log(
      `${scope.padEnd(13)}${String(first).padStart(8)}${String(least).padStart(9)}${String(second).padStart(8)}${String(third).padStart(8)}${String(noChange[scope]).padStart(9)}${isRight ? '' : `  MISSED (the stand-in counted ${counted})`}`,
    );
  }
  return missed;
}

/** Readers in turns over one tenant. Returns how many goals were missed. */
async function compare(tenant: StandIn, rounds: number): Promise<number> {
  let missed = 0;
  for (const scope of ['everything', 'groups'] as const) {
    const ours: Measured[] = [];
    const plain: Measured[] = [];
    for (let round = 0; round < rounds; round += 1) {
      await tenant.requests();
      ours.push(await inChild<Measured>({ kind: 'read', url: tenant.url, scope, reads: 1 }));
      // The first three are those of the check that warms the reader up.
      const requests = (await tenant.requests()).slice(3);
      plain.push(await inChild<Measured>({ kind: 'fetch', url: tenant.url, requests }));
    }
    const [bridge, fetched] = [ours, plain].map((runs) => median(runs.map(({ cpuMs }) => cpuMs)));
    const ratio = (bridge ?? 0) / (fetched ?? 1);
    missed += ratio > goals.cpuRatio ? 1 : 0;
    const spread = (runs: readonly Measured[]): string =>
      `${runs.map(({ cpuMs }) => cpuMs.toFixed(0)).join(' ')} ms, ${median(runs.map(({ peakMb }) => peakMb)).toFixed(0)} MB`;
    console.log(
      `\nCPU of one read of ${scope}, ${rounds} rounds in turns\n  bridge       ${spread(ours)}\n  plain fetch  ${spread(plain)}`,
    );
    console.log(`  ratio of the medians ${ratio.toFixed(2)} (goal: at most ${goals.cpuRatio})`);
  }
  return missed;
}

async function measureMemory(): Promise<number> {
  const tenant = await standIn(goals.memoryPeople, 20);
  const { people, peakMb, cpuMs } = await inChild<Measured>({
    kind: 'read',
    url: tenant.url,
    scope: 'everything',
    reads: 1,
  });
  tenant.close();
  console.log(
    `\n${people} people in one snapshot: peak ${peakMb.toFixed(0)} MB (goal: under ${goals.memoryMb} MB), ${(cpuMs / 1_000).toFixed(1)} s of CPU`,
  );
  return peakMb < goals.memoryMb ? 0 : 1;
}

if (process.argv[2] === 'child') {
  process.once('message', (order: Order) => {
    void obey(order).then((answer) => process.send?.(answer));
  });
} else {
  const [people = 20_000, groups = 500, rounds = 5] = process.argv.slice(2).map(Number);
  console.log(`${people} people and ${groups} groups at Entra, Node ${process.versions.node}\n`);
  const tenant = await standIn(people, groups);
  const missed =
    (await countCalls(tenant, people, groups)) + (await compare(tenant, rounds)) + (await measureMemory());
  tenant.close();
  process.exitCode = missed === 0 ? 0 : 1;
}
