/*
 * What reading an Okta org costs: calls against the formula of docs/calls.md, counted by the stand-in, in every scope,
 * in full and when nothing changed; CPU against plain `fetch` and `JSON.parse` over the same pages; peak memory. The
 * stand-in and every reader are processes of their own, so that nobody's work is counted as another's. Exits 1 when a
 * goal is missed.
 *
 *   ./bridge node bench/read-okta.ts [people] [groups] [people for the memory]
 */
import { execFileSync, fork, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createOktaSandbox, generateWorld, listen, type World } from '../src/sandbox/index.ts';
import { token, type Read, type ReadTask } from './okta-reader.ts';

const goals = { cpu: 1.5, memoryMb: 260 };
/** Of the people of a made-up company so many are at Okta. */
const shareAtOkta = 0.75;
const rounds = 3;
const scopeNames = ['groups', 'app', 'everything'] as const;
type ScopeName = (typeof scopeNames)[number];

interface Served {
  readonly url: string;
  readonly scopes: Readonly<
    Record<ScopeName, { readonly scope: object; readonly full: number; readonly again: number }>
  >;
  readonly people: number;
}

/** The stand-in, with the calls that each scope should cost worked out from its world. */
async function serve(people: number, groups: number): Promise<void> {
  const world = generateWorld({ users: Math.ceil(people / shareAtOkta), groups });
  const sandbox = createOktaSandbox({ world, token, now: () => Date.now(), limits: 'unlimited' });
  const listener = await listen(sandbox.fetch, { host: '127.0.0.1', port: 0 });
  process.on('message', () => {
    process.send?.({ calls: sandbox.log.calls.length });
    sandbox.log.clear();
  });
  process.send?.({ url: listener.url, ...costsOf(world) } satisfies Served);
}

function costsOf(world: World): Omit<Served, 'url'> {
  const { app, groups } = world.okta;
  const atOkta = world.people.flatMap(({ okta }) => okta ?? []);
  const isThere = new Set(atOkta.filter(({ status }) => status !== 'DEPROVISIONED').map(({ id }) => id));
  const pages = (rows: number, size: number): number => Math.max(1, Math.ceil(rows / size));
  const members = (some: World['okta']['groups']): number =>
    some.reduce((sum, group) => sum + pages(group.members.length, 1_000), 0);
  // The built-in group of everybody is listed with the others.
  const list = pages(groups.length + 1, 200);
  const picked = groups.filter(({ name }) => name.startsWith('retool-'));
  const assigned = groups.filter(({ id }) => app.groups.includes(id));
  const inApp = new Set(
    [...app.users, ...assigned.flatMap((group) => group.members)].filter((id) => isThere.has(id)),
  );
  const lists = pages(inApp.size, 500) + pages(assigned.length, 200);
  return {
    people: atOkta.length,
    scopes: {
      groups: { scope: { groups: ['retool-*'] }, full: list + members(picked), again: 2 },
      app: { scope: { app: app.id }, full: lists + members(assigned), again: lists },
      everything: {
        scope: { everything: true },
        full: pages(isThere.size, 200) + list + members(groups) + pages(atOkta.length, 1_000),
        again: 2,
      },
    },
  };
}

const checkout = join(import.meta.dirname, '..');

/** The readers as JavaScript, as the program is run: what strips types takes memory of its own. */
function compileReaders(folder: string): string {
  const project = join(folder, 'tsconfig.json');
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(checkout, 'tsconfig.build.json'),
      compilerOptions: { rootDir: checkout, outDir: folder, declaration: false },
      include: [join(checkout, 'src'), join(import.meta.dirname, 'okta-reader.ts')],
    }),
  );
  execFileSync(process.execPath, [join(checkout, 'node_modules/typescript/bin/tsc'), '-p', project], {
    stdio: 'inherit',
  });
  return join(folder, 'bench', 'okta-reader.js');
}

/** What `./bridge` and the image start the program with, and what it sets itself; see docs/adr/0013. */
const asTheProgram = {
  execArgv: [
    '--disable-warning=DEP0040',
    '--optimize-for-size',
    '--max-semi-space-size=1',
    '--heap-growing-percent=30',
  ],
  env: { ...process.env, MALLOC_ARENA_MAX: '2' },
};

function startServer(people: number, groups: number): ChildProcess {
  return fork(import.meta.filename, ['serve', String(people), String(groups)]);
}

type ReadOnce = (task: ReadTask, settings?: typeof asTheProgram) => Promise<Read>;

function readerOf(script: string): ReadOnce {
  return (task, settings) =>
    answerOf<Read>(
      fork(script, [JSON.stringify(task)], settings ?? { execArgv: ['--disable-warning=DEP0040'] }),
    );
}

function answerOf<Answer>(child: ChildProcess): Promise<Answer> {
  return new Promise((resolve, reject) => {
    child.once('message', (message) => resolve(message as Answer));
    child.once('error', reject);
    child.once('exit', (code) => reject(new Error(`a process of the bench ended with ${code}`)));
  });
}

async function callsAt(server: ChildProcess): Promise<number> {
  const answer = answerOf<{ readonly calls: number }>(server);
  server.send('count');
  return (await answer).calls;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

let missed = 0;

function tell(what: string, figure: string, isMet: boolean, goal: string): void {
  if (!isMet) missed += 1;
  console.log(`${what.padEnd(44)}${figure.padStart(24)}  ${goal}${isMet ? '' : '  MISSED'}`);
}

function note(what: string, figure: string, text: string): void {
  console.log(`${what.padEnd(44)}${figure.padStart(24)}  ${text}`);
}

async function measureCalls(read: ReadOnce, server: ChildProcess, { url, scopes }: Served): Promise<void> {
  for (const name of scopeNames) {
    const { scope, full, again } = scopes[name];
    const task = { kind: 'bridge', url, scope } as const;
    await read({ ...task, again: 0 });
    const first = await callsAt(server);
    await read({ ...task, again: 1 });
    const both = await callsAt(server);
    tell(`calls, ${name}, everything is read`, `${first} of ${full}`, first === full, 'exactly');
    const second = both - first;
    tell(`calls, ${name}, nothing changed`, `${second} of ${again}`, second === again, 'exactly');
  }
}

/** CPU with Node's defaults on both sides, since settings that save memory cost whoever keeps something. */
async function measureCpu(read: ReadOnce, { url, scopes }: Served): Promise<void> {
  await compare(read, 'people, streamed', { url, scope: { people: true } }, 'stream');
  for (const name of scopeNames) await compare(read, name, { url, scope: scopes[name].scope }, 'bridge');
}

async function compare(
  read: ReadOnce,
  name: string,
  of: Pick<ReadTask, 'url' | 'scope'>,
  kind: 'bridge' | 'stream',
): Promise<void> {
  const ours: Read[] = [];
  const plain: Read[] = [];
  // In turns, so that whatever else the machine does falls on both.
  for (let round = 0; round < rounds; round += 1) {
    plain.push(await read({ kind: 'plain', ...of, again: 0 }));
    ours.push(await read({ kind, ...of, again: 0 }));
  }
  const [least, spent] = [cpuOf(plain), cpuOf(ours)];
  const figure = `${(spent / 1_000).toFixed(2)} / ${(least / 1_000).toFixed(2)} s = ${(spent / least).toFixed(2)}`;
  tell(`CPU, ${name}, bridge / plain fetch`, figure, spent / least <= goals.cpu, `at most ${goals.cpu}`);
  const loading = median(ours.map(({ cpuMs, processCpuMs }) => processCpuMs - cpuMs));
  note('', `${(loading / 1_000).toFixed(2)} s`, 'more for loading the program and the SDK');
}

function cpuOf(reads: readonly Read[]): number {
  return median(reads.map(({ cpuMs }) => cpuMs));
}

async function measureMemory(read: ReadOnce, people: number): Promise<void> {
  const server = startServer(people, 20);
  const { url, people: atOkta } = await answerOf<Served>(server);
  const task = { url, scope: { everything: true }, again: 0 } as const;
  const stream = await read({ kind: 'stream', ...task }, asTheProgram);
  const what = `peak memory, ${atOkta} people`;
  tell(
    `${what}, streamed`,
    `${stream.peakMb.toFixed(0)} MB`,
    stream.peakMb < goals.memoryMb,
    `under ${goals.memoryMb} MB`,
  );
  const whole = await read({ kind: 'bridge', ...task }, asTheProgram);
  note(
    `${what}, as a snapshot`,
    `${whole.peakMb.toFixed(0)} MB`,
    'with 20 groups and all members, all of it kept',
  );
  server.kill();
}

async function main(people: number, groups: number, many: number): Promise<void> {
  const cache = join(checkout, '.cache', 'tmp');
  mkdirSync(cache, { recursive: true });
  const folder = mkdtempSync(join(cache, 'bench-'));
  try {
    const read = readerOf(compileReaders(folder));
    const server = startServer(people, groups);
    const served = await answerOf<Served>(server);
    console.log(`${served.people} people at Okta, ${groups} groups, Node ${process.versions.node}\n`);
    await measureCalls(read, server, served);
    await measureCpu(read, served);
    server.kill();
    await measureMemory(read, many);
  } finally {
    rmSync(folder, { recursive: true });
  }
  process.exitCode = missed === 0 ? 0 : 1;
}

const [given, ...rest] = process.argv.slice(2);
if (given === 'serve') await serve(Number(rest[0]), Number(rest[1]));
else await main(Number(given ?? 20_000), Number(rest[0] ?? 500), Number(rest[1] ?? 100_000));
