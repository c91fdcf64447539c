/*
 * What it costs to start, and to find out that there is nothing to do: `--help`, and `plan` over a SCIM file of 5,000
 * people and 100 groups that Retool already holds. Each runs as its users run it, several times; medians are printed
 * beside those of an empty Node, started in turn with them. Exits 1 when a goal is missed.
 *
 *   ./bridge node bench/start-up.ts [people] [rounds]
 */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createRetoolSandbox, listen } from '../src/sandbox/index.ts';

const people = Number(process.argv[2] ?? 5_000);
const rounds = Number(process.argv[3] ?? 9);
const groups = 100;
const token = 'retool_01bench';
const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';
/** Milliseconds: of wall time for `--help`, of CPU (user and system) for `plan`. */
const goals = { help: 200, plan: 1_500 };

interface Cost {
  readonly wall: number;
  readonly cpu: number;
  readonly code: number;
  readonly stdout: string;
}

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

function configuration(baseUrl: string): string {
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
state: sqlite:./bridge.db
`;
}

/** Runs a command line to its end; the process itself says at its exit what it used. */
function cost(folder: string, command: string, args: readonly string[]): Promise<Cost> {
  const used = join(folder, 'used');
  const hook = join(folder, 'hook.cjs');
  const began = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: folder,
      env: { ...process.env, NODE_OPTIONS: `--require=${hook}`, RETOOL_API_TOKEN: token },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => void (stdout += text));
    child.on('error', reject);
    child.on('close', (code) => {
      const wall = performance.now() - began;
      readFile(used, 'utf8').then(
        (cpu) => resolve({ wall, cpu: Number(cpu), code: code ?? -1, stdout }),
        reject,
      );
    });
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function measure(folder: string): Promise<number> {
  const bridge = join(import.meta.dirname, '..', 'bridge');
  const commands = {
    'node -e 0': [process.execPath, ['-e', '0']],
    'bridge --help': [bridge, ['--help']],
    'bridge plan': [bridge, ['plan', '--json', '--quiet']],
  } as const satisfies Record<string, readonly [string, readonly string[]]>;
  const seen = new Map<string, Cost[]>(Object.keys(commands).map((name) => [name, []]));
  for (let round = 0; round <= rounds; round += 1)
    for (const [name, [command, args]] of Object.entries(commands)) {
      const one = await cost(folder, command, args);
      if (one.code !== 0) throw new Error(`${name} ended with ${one.code}`);
      if (name === 'bridge plan' && JSON.parse(one.stdout).summary.total !== 0)
        throw new Error('the plan has changes');
      // The first round fills caches, as the first start on a machine does.
      if (round > 0) seen.get(name)?.push(one);
    }
  console.log(`${people} people, medians of ${rounds}, Node ${process.versions.node}\n`);
  console.log(`${''.padEnd(16)}${'wall ms'.padStart(9)}${'CPU ms'.padStart(9)}`);
  const medians = new Map(
    [...seen].map(([name, costs]) => {
      const [wall, cpu] = [median(costs.map((one) => one.wall)), median(costs.map((one) => one.cpu))];
      console.log(`${name.padEnd(16)}${wall.toFixed(0).padStart(9)}${cpu.toFixed(0).padStart(9)}`);
      return [name, { wall, cpu }];
    }),
  );
  const help = medians.get('bridge --help')?.wall ?? Number.NaN;
  const plan = medians.get('bridge plan')?.cpu ?? Number.NaN;
  console.log(`\ngoals: --help under ${goals.help} ms of wall time, plan under ${goals.plan} ms of CPU`);
  return help < goals.help && plan < goals.plan ? 0 : 1;
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
  const write = (name: string, text: string): Promise<void> => writeFile(join(folder, name), text);
  await write(
    'hook.cjs',
    `process.on('exit', () => { const { user, system } = process.cpuUsage(); require('node:fs').writeFileSync(${JSON.stringify(join(folder, 'used'))}, String((user + system) / 1000)); });`,
  );
  await write('people.scim.json', JSON.stringify(scimFile()));
  await write('bridge.yaml', configuration(listener.url));
  const first = await cost(folder, join(import.meta.dirname, '..', 'bridge'), ['sync', '--json', '--quiet']);
  if (first.code !== 0) throw new Error(`the first sync ended with ${first.code}: ${first.stdout}`);
  process.exitCode = await measure(folder);
} finally {
  await listener.close();
  await rm(folder, { recursive: true });
}
