/**
 * What reading Entra ID costs: its calls against the formulas of docs/calls.md, and its CPU and memory against plain
 * `fetch` and `JSON.parse` over the very same pages. The stand-in and every reader are processes of their own over
 * loopback, the readers take turns, and they run the compiled program. Exits 1 when a goal is missed.
 *
 *   ./bridge node bench/read-entra.ts [people] [groups] [rounds]
 */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { rmSync } from 'node:fs';
import path from 'node:path';
import { createEntraSandbox, generateWorld, listen, type World } from '../src/sandbox/index.ts';

const goals = { cpuRatio: 1.5, memoryMb: 200, memoryPeople: 100_000 };
const app = { tenantId: 'ac3e0000-0000-4000-8000-000000000001', clientId: 'app', clientSecret: 'hush' };
const enterpriseApp = 'ce866b61-a491-410e-b0ea-43a800000fa7';
const root = path.join(import.meta.dirname, '..');
const built = path.join(root, '.cache', 'tmp', `bench-${process.pid}`);
/** As `./bridge` starts the program (docs/adr/0013-memory.md). */
const flags = ['--optimize-for-size', '--max-semi-space-size=1', '--heap-growing-percent=30'];

const scopes = {
  everything: { everything: true },
  groups: { groups: ['*'] },
  nested: { groups: ['*'], nested: true },
  app: { enterpriseApp },
} as const;
type ScopeName = keyof typeof scopes;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly body: string | null;
}

/** What a reader cost; CPU is that of its first read. */
interface Measured {
  readonly calls: readonly number[];
  readonly rows: number;
  readonly cpuMs: number;
  readonly peakMb: number;
}

/* ---- the company ---------------------------------------------------------------------------------------------- */

function idOf(kind: 'person' | 'group', index: number): string {
  return `${kind === 'person' ? 'aaaaaaaa' : 'bbbbbbbb'}-0000-4000-8000-${String(index).padStart(12, '0')}`;
}

function isMember(person: number, group: number, groups: number): boolean {
  return group < 10 ? person % 10 === group : person % groups === group;
}

/** Each of ten groups has a tenth of the people, and each of the others its share of them. */
function companyOf(people: number, groups: number): World {
  const small = generateWorld({ users: 50, groups: 6, seed: 1 });
  const ids = Array.from({ length: people }, (_, index) => idOf('person', index));
  const assignments = Array.from({ length: groups }, (_, group) => ({
    principal: idOf('group', group),
    kind: 'Group' as const,
    role: null,
  }));
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
      app: { ...small.entra.app, id: enterpriseApp, assignments },
      devices: [],
      groups: Array.from({ length: groups }, (_, group) => ({
        id: idOf('group', group),
        name: `Retool ${group}`,
        description: '',
        users: ids.filter((_, person) => isMember(person, group, groups)),
        groups: [],
        devices: [],
      })),
    },
  };
}

function pagesOf(rows: number): number {
  return Math.max(1, Math.ceil(rows / 999));
}

/** What docs/calls.md gives for a read of all lists. */
function callsOfLists(people: number, groups: number, scope: ScopeName): number {
  const sizes = Array.from(
    { length: groups },
    (_, group) =>
      Array.from({ length: people }, (_, person) => person).filter((person) =>
        isMember(person, group, groups),
      ).length,
  );
  const lists = pagesOf(groups) + (scope === 'everything' ? pagesOf(people) : 0);
  if (groups <= 20) return lists + sizes.reduce((sum, size) => sum + pagesOf(size), 0);
  const alone = sizes.map((size) => {
    if (scope === 'everything') return pagesOf(size) - 1;
    return size < 200 ? 0 : pagesOf(size);
  });
  return lists + Math.ceil(groups / 20) + alone.reduce((sum, calls) => sum + calls, 0);
}

/* ---- processes ------------------------------------------------------------------------------------------------ */

/** The stand-in's process: tells its address, and on any message what Graph was asked since the last one. */
async function serve(people: number, groups: number): Promise<void> {
  const sandbox = createEntraSandbox({ ...app, world: companyOf(people, groups), now: () => Date.now() });
  const { url } = await listen(sandbox.fetch, { host: '127.0.0.1', port: 0 });
  process.on('message', () => {
    const graph = sandbox.log.calls.filter((call) => call.path.startsWith('/v1.0/'));
    process.send?.(
      graph.map(({ method, query, body, ...call }) => ({
        method,
        path: query === '' ? call.path : `${call.path}?${query}`,
        body,
      })),
    );
    sandbox.log.clear();
  });
  process.send?.(url);
}

async function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  const [answer] = (await once(child, 'message')) as [Answer];
  return answer;
}

interface StandIn {
  readonly url: string;
  /** What was asked of it since the last time. */
  requests(): Promise<readonly Sent[]>;
  close(): void;
}

async function standIn(people: number, groups: number): Promise<StandIn> {
  const child = fork(import.meta.filename, ['serve', String(people), String(groups)]);
  const url = await answerOf<string>(child);
  return {
    url,
    requests() {
      child.send('requests');
      return answerOf(child);
    },
    close: () => void child.kill(),
  };
}

interface Order {
  readonly reader: 'snapshot' | 'answers' | 'plainFetch';
  readonly url: string;
  readonly scope: object;
  /** How often to read, each time going on from the time before. */
  readonly reads?: number;
  /** What to ask for, where that is not left to the source. */
  readonly requests?: readonly Sent[];
}

async function measure(order: Order): Promise<Measured> {
  const env = { ...process.env, MALLOC_ARENA_MAX: '2' };
  const child = fork(path.join(import.meta.dirname, 'entra-reader.js'), { execArgv: flags, env });
  child.send({ ...order, built, app });
  try {
    return await answerOf<Measured>(child);
  } finally {
    child.kill();
  }
}

/* ---- what is measured ----------------------------------------------------------------------------------------- */

/** Requests of the check that comes before every read. */
const checks = 3;

/** Counts calls for every scope; the judge is the stand-in. Returns how many goals were missed. */
async function countCalls(tenant: StandIn, people: number, groups: number): Promise<number> {
  let missed = 0;
  console.log('calls         lists  formula   first round  no change  formula');
  for (const scope of Object.keys(scopes) as ScopeName[]) {
    await tenant.requests();
    const { calls } = await measure({ reader: 'snapshot', url: tenant.url, scope: scopes[scope], reads: 3 });
    const [lists = 0, firstRound = 0, noChange = 0] = calls;
    const counted = (await tenant.requests()).length - checks;
    const least = [callsOfLists(people, groups, scope), scope === 'app' ? 2 + pagesOf(groups) : 2];
    const isRight = lists === least[0] && noChange === least[1] && counted === lists + firstRound + noChange;
    missed += isRight ? 0 : 1;
    const row = [lists, least[0], firstRound, noChange, least[1]].map((count, index) =>
      String(count).padStart([8, 9, 14, 11, 9][index] ?? 9),
    );
    console.log(
      `${scope.padEnd(11)}${row.join('')}${isRight ? '' : `  MISSED: the stand-in counted ${counted}`}`,
    );
  }
  return missed;
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** Readers in turns over one tenant. Returns how many goals were missed. */
async function compareCpu(tenant: StandIn, rounds: number): Promise<number> {
  let missed = 0;
  for (const scope of ['everything', 'groups'] as const) {
    const runs: Record<'snapshot' | 'answers' | 'plainFetch', Measured[]> = {
      snapshot: [],
      answers: [],
      plainFetch: [],
    };
    for (let round = 0; round < rounds; round += 1) {
      await tenant.requests();
      runs.snapshot.push(
        await measure({ reader: 'snapshot', url: tenant.url, scope: scopes[scope], reads: 1 }),
      );
      const requests = (await tenant.requests()).slice(checks);
      for (const reader of ['answers', 'plainFetch'] as const)
        runs[reader].push(await measure({ reader, url: tenant.url, scope: scopes[scope], requests }));
    }
    const plain = median(runs.plainFetch.map(({ cpuMs }) => cpuMs));
    console.log(`\nCPU of one read of ${scope}, ${rounds} rounds in turns`);
    for (const [reader, of] of Object.entries(runs)) {
      const ratio = median(of.map(({ cpuMs }) => cpuMs)) / plain;
      missed += ratio > goals.cpuRatio ? 1 : 0;
      const times = of.map(({ cpuMs }) => cpuMs.toFixed(0).padStart(5)).join('');
      const peak = median(of.map(({ peakMb }) => peakMb)).toFixed(0);
      console.log(
        `  ${reader.padEnd(11)}${times} ms  ratio ${ratio.toFixed(2)} (goal: at most ${goals.cpuRatio})  peak ${peak} MB`,
      );
    }
  }
  return missed;
}

/** Returns how many goals were missed. */
async function measureMemory(): Promise<number> {
  const tenant = await standIn(goals.memoryPeople, 20);
  let missed = 0;
  console.log('');
  for (const scope of ['everything', 'groups'] as const) {
    const { rows, peakMb, cpuMs } = await measure({
      reader: 'snapshot',
      url: tenant.url,
      scope: scopes[scope],
      reads: 1,
    });
    missed += peakMb < goals.memoryMb ? 0 : 1;
    console.log(
      `${rows} people of ${scope}, all kept: peak ${peakMb.toFixed(0)} MB (goal: under ${goals.memoryMb}), ${(cpuMs / 1_000).toFixed(1)} s of CPU`,
    );
  }
  tenant.close();
  return missed;
}

if (process.argv[2] === 'serve') {
  await serve(Number(process.argv[3]), Number(process.argv[4]));
} else {
  const [people = 20_000, groups = 500, rounds = 5] = process.argv.slice(2).map(Number);
  const compiler = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  execFileSync(
    process.execPath,
    [compiler, '-p', 'tsconfig.build.json', '--declaration', 'false', '--outDir', built],
    { cwd: root },
  );
  try {
    console.log(`${people} people and ${groups} groups at Entra, Node ${process.versions.node}\n`);
    const tenant = await standIn(people, groups);
    const missed = (await countCalls(tenant, people, groups)) + (await compareCpu(tenant, rounds));
    tenant.close();
    process.exitCode = missed + (await measureMemory()) === 0 ? 0 : 1;
  } finally {
    rmSync(built, { recursive: true, force: true });
  }
}
