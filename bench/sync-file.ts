/*
 * What `sync` costs: a SCIM file of 5,000 people and 100 groups into an empty organisation, then once more without a
 * change. Prints calls against the fewest that docs/calls.md allows, and the peak memory of the process; exits 1
 * when a goal is missed. The judge is the stand-in, which counts what reaches it, and the formula over the world.
 *
 *   ./bridge node bench/sync-file.ts [people] [groups]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRetoolSandbox, listen, type RetoolSandbox } from '../src/sandbox/index.ts';

const people = Number(process.argv[2] ?? 5_000);
const groups = Number(process.argv[3] ?? 100);
const token = 'retool_01bench';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
const goals = { reads: 1, writes: 1.02, memoryMb: 200 };

/** Users, groups, attributes and invites; then users and groups once more to verify. */
const wholeRead = 4;
const verifyingRead = 2;
/** Once for each token, in the first read with it. */
const tokenOwner = 1;

interface Measured {
  readonly what: string;
  readonly calls: number;
  readonly least: number;
  readonly goal: number;
}

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly seconds: number;
  readonly peakMb: number;
}

/** A company in which everybody is in the group of a department and every third person in one of a project. */
function scimFile(): unknown {
  const Users = Array.from({ length: people }, (_, index) => ({
    id: `emp-${index}`,
    userName: `person${index}@acme.com`,
    active: true,
    name: { givenName: `Given${index}`, familyName: `Family${index % 700}` },
    emails: [{ value: `person${index}@acme.com`, primary: true }],
    [enterprise]: { department: `Department ${index % 40}`, employeeNumber: String(100_000 + index) },
  }));
  const Groups = Array.from({ length: groups }, (_, group) => ({
    id: `grp-${group}`,
    displayName: `retool-team-${group}`,
    members: Users.filter(
      (_, index) => index % groups === group || (index % 3 === 0 && index % 97 === group),
    ).map(({ id }) => ({ value: id })),
  }));
  return { Users, Groups };
}

function configuration(folder: string, baseUrl: string): string {
  return `version: 1
sources:
  staff: { type: file, path: ./people.scim.json }
target: { baseUrl: "${baseUrl}", token: { env: RETOOL_API_TOKEN }, requestsPerMinute: 1000000 }
mapping:
  user: { email: user.email, first_name: user.name.givenName, last_name: user.name.familyName }
  attributes: { department: user.enterprise.department, employee_id: user.enterprise.employeeNumber }
  groups:
    - { match: "retool-(?P<team>.+)", to: "\${team}", create: true }
policy: sync
leavers: disable
protect: { admins: 1 }
guard: { creates: { count: 1000000, percent: 100 } }
state: "sqlite:${folder}/bridge.db"
`;
}

/** Runs the command line as its users do, and asks the process itself for its peak memory as it ends. */
function bridge(folder: string, args: readonly string[]): Promise<Finished> {
  const peakFile = join(folder, 'peak');
  const atExit = `process.on("exit",()=>require("node:fs").writeFileSync(${JSON.stringify(peakFile)},String(process.resourceUsage().maxRSS)))`;
  const hook = `--import=data:text/javascript,${encodeURIComponent(`import{createRequire}from"node:module";const require=createRequire("/");${atExit}`)}`;
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(join(import.meta.dirname, '..', 'bridge'), args, {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: hook, RETOOL_API_TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
    child.on('error', reject);
    child.on('close', (code) => {
      const seconds = (performance.now() - began) / 1_000;
      readFile(peakFile, 'utf8').then(
        (kilobytes) => resolve({ code: code ?? -1, stdout, seconds, peakMb: Number(kilobytes) / 1_024 }),
        reject,
      );
    });
  });
}

function callsOf({ log }: RetoolSandbox): { readonly reads: number; readonly writes: number } {
  const api = /^\/api\/v2\//;
  const reads = log.count('GET', api);
  return { reads, writes: log.count(undefined, api) - reads };
}

const folder = await mkdtemp(join(tmpdir(), 'retool-bridge-bench-'));
const sandbox = createRetoolSandbox({
  token,
  now: () => Date.now(),
  requestsPerMinute: 'unlimited',
  seed: {
    users: [{ email: 'owner@acme.com', firstName: 'Robin', lastName: 'Owner', admin: true }],
    userAttributes: [
      { name: 'department', label: 'Department', dataType: 'string' },
      { name: 'employee_id', label: 'Employee number', dataType: 'string' },
    ],
  },
});
const listener = await listen(sandbox.fetch, { host: '127.0.0.1', port: 0 });
try {
  await writeFile(join(folder, 'people.scim.json'), JSON.stringify(scimFile()));
  await writeFile(join(folder, 'bridge.yaml'), configuration(folder, listener.url));
  await bridge(folder, ['--version']);
  const first = await bridge(folder, ['sync', '--json', '--quiet']);
  const afterFirst = callsOf(sandbox);
  sandbox.log.clear();
  const second = await bridge(folder, ['sync', '--json', '--quiet']);
  const afterSecond = callsOf(sandbox);
  const rows: readonly Measured[] = [
    {
      what: 'first sync, reads',
      calls: afterFirst.reads,
      least: wholeRead + tokenOwner + verifyingRead,
      goal: goals.reads,
    },
    { what: 'first sync, writes', calls: afterFirst.writes, least: people + 2 * groups, goal: goals.writes },
    { what: 'second sync, reads', calls: afterSecond.reads, least: wholeRead, goal: goals.reads },
  ];
  process.exitCode = report(rows, [first, second], afterSecond.writes);
} finally {
  await listener.close();
  await rm(folder, { recursive: true });
}

function report(rows: readonly Measured[], runs: readonly [Finished, Finished], writesAgain: number): number {
  const [first, second] = runs;
  console.log(`${people} people and ${groups} groups from a SCIM file, Node ${process.versions.node}\n`);
  console.log(`${'what'.padEnd(22)}${'calls'.padStart(8)}${'least'.padStart(8)}${'ratio'.padStart(8)}  goal`);
  let missed = 0;
  for (const { what, calls, least, goal } of rows) {
    const ratio = calls / least;
    missed += ratio > goal ? 1 : 0;
    console.log(
      `${what.padEnd(22)}${String(calls).padStart(8)}${String(least).padStart(8)}${ratio.toFixed(3).padStart(8)}  at most ${goal.toFixed(2)}`,
    );
  }
  console.log(
    `${'second sync, writes'.padEnd(22)}${String(writesAgain).padStart(8)}${'0'.padStart(8)}${''.padStart(8)}  none`,
  );
  console.log(
    `\npeak memory ${Math.max(first.peakMb, second.peakMb).toFixed(0)} MB (goal: under ${goals.memoryMb} MB)`,
  );
  console.log(
    `wall time   ${first.seconds.toFixed(1)} s, then ${second.seconds.toFixed(1)} s without a change`,
  );
  const isRight = first.code === 0 && second.code === 0 && writesAgain === 0;
  if (!isRight)
    console.log(
      `\nnot as it should be: exit codes ${first.code} and ${second.code}\n${first.stdout}\n${second.stdout}`,
    );
  const isSmall = Math.max(first.peakMb, second.peakMb) < goals.memoryMb;
  return missed === 0 && isRight && isSmall ? 0 : 1;
}
