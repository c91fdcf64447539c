import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import {
  createRetoolSandbox,
  listen,
  type RetoolSandbox,
  type RetoolSandboxOptions,
  type RetoolSeed,
} from '../../src/sandbox/index.ts';
import { scim, type Staff } from '../support/scim.ts';

export { enterprise, scim, type Staff } from '../support/scim.ts';

/** The built program; a run of vitest without `./bridge test` uses the sources as they are. */
const program = process.env['BRIDGE_CLI'] ?? join(import.meta.dirname, '../../src/cli/main.ts');

export const retoolToken = 'retool_01canary-never-to-be-seen';

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program that is running. */
export interface Running {
  readonly child: ChildProcess;
  /** Resolves as soon as stdout or stderr holds the text; rejects when the process ends before. */
  says(text: string): Promise<void>;
  readonly ended: Promise<Finished>;
  stdoutSoFar(): string;
}

/** A folder of its own for one test, with what the program needs to run in it. */
export interface Workplace {
  readonly folder: string;
  write(name: string, content: string | Uint8Array): Promise<void>;
  read(name: string): Promise<string>;
  files(): Promise<readonly string[]>;
  /** Runs one command line to its end. */
  run(...args: readonly string[]): Promise<Finished>;
  /** Runs one command line whose stdout must be one JSON document, and returns it. */
  json(...args: readonly string[]): Promise<{ readonly code: number | null; readonly body: Json }>;
  start(...args: readonly string[]): Running;
  /** Runs one command line to its end, in a shell that was told `before`: `ulimit -f 0;`, or the words of a wrapper. */
  runUnder(before: string, ...args: readonly string[]): Promise<Finished>;
}

/** Parsed JSON that a test looks into. */
// oxlint-disable-next-line typescript/no-explicit-any -- tests look into documents of many shapes
export type Json = { readonly [key: string]: any };

/** A workplace that goes with the test it is made in. */
export async function workplace(env: Readonly<Record<string, string>> = {}): Promise<Workplace> {
  const { close, ...place } = await openWorkplace(env);
  onTestFinished(close);
  return place;
}

/** What somebody has to close: for a test that makes many of them. */
export interface Closing {
  close(): Promise<void>;
}

export async function openWorkplace(
  env: Readonly<Record<string, string>> = {},
): Promise<Workplace & Closing> {
  const folder = await mkdtemp(join(tmpdir(), 'retool-bridge-e2e-'));
  const running = new Set<ChildProcess>();

  function start(...args: readonly string[]): Running {
    return follow(process.execPath, ['--disable-warning=ExperimentalWarning', program, ...args]);
  }

  function follow(command: string, args: readonly string[]): Running {
    const child = spawn(command, args, {
      cwd: folder,
      env: { PATH: process.env['PATH'], HOME: folder, RETOOL_API_TOKEN: retoolToken, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    const said = { stdout: '', stderr: '' };
    const waiting: { readonly text: string; readonly resolve: () => void }[] = [];
    const look = (): void => {
      for (const { text, resolve } of waiting) if (`${said.stdout}${said.stderr}`.includes(text)) resolve();
    };
    for (const stream of ['stdout', 'stderr'] as const) {
      child[stream].setEncoding('utf8').on('data', (text: string) => {
        said[stream] += text;
        look();
      });
    }
    const ended = new Promise<Finished>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (code, signal) => {
        running.delete(child);
        resolve({ code, signal, ...said });
      });
    });
    return {
      child,
      ended,
      stdoutSoFar: () => said.stdout,
      says: (text) =>
        new Promise((resolve, reject) => {
          waiting.push({ text, resolve });
          look();
          void ended.then(({ code, stderr }) =>
            reject(new Error(`ended with ${code} before it said "${text}": ${stderr}`)),
          );
        }),
    };
  }

  return {
    async close() {
      for (const child of running) child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    },
    folder,
    start,
    write: (name, content) => writeFile(join(folder, name), content),
    read: (name) => readFile(join(folder, name), 'utf8'),
    files: async () => (await readdir(folder, { recursive: true })).toSorted(),
    run: (...args) => start(...args).ended,
    runUnder: (before, ...args) => {
      const node = [process.execPath, '--disable-warning=ExperimentalWarning', program];
      return follow('/bin/sh', ['-c', `${before} "$@"`, 'sh', ...node, ...args]).ended;
    },
    json: async (...args) => {
      const { code, stdout, stderr } = await start(...args).ended;
      try {
        return { code, body: JSON.parse(stdout) as Json };
      } catch (error) {
        throw new Error(`stdout is no JSON (exit ${code}): ${stdout.slice(0, 2_000)}\n${stderr}`, {
          cause: error,
        });
      }
    },
  };
}

export interface ServedRetool {
  readonly url: string;
  readonly sandbox: RetoolSandbox;
  /** Calls that can change something. */
  writes(): number;
}

export const owner = { email: 'owner@acme.com', firstName: 'Robin', lastName: 'Owner', admin: true } as const;

export const attributes = [
  { name: 'department', label: 'Department', dataType: 'string' },
  { name: 'title', label: 'Job title', dataType: 'string' },
] as const;

type Intercept = (request: Request) => Response | Promise<Response | undefined> | undefined;

/** A strict Retool on loopback with an owner and two attributes; `intercept` may answer or break a request first. */
export async function serveRetool(
  seed: RetoolSeed = {},
  options: Partial<RetoolSandboxOptions> = {},
  intercept: Intercept = () => undefined,
): Promise<ServedRetool> {
  const { close, ...retool } = await openRetool(seed, options, intercept);
  onTestFinished(close);
  return retool;
}

/** As `serveRetool`, for whoever closes it; `intercept` is given the sandbox's own `fetch` as well. */
export async function openRetool(
  seed: RetoolSeed,
  options: Partial<RetoolSandboxOptions>,
  intercept: (request: Request, carryOut: RetoolSandbox['fetch']) => ReturnType<Intercept>,
): Promise<ServedRetool & Closing> {
  const sandbox = createRetoolSandbox({
    token: retoolToken,
    now: () => Date.now(),
    requestsPerMinute: 'unlimited',
    seed: {
      ...seed,
      users: [owner, ...(seed.users ?? [])],
      userAttributes: seed.userAttributes ?? attributes,
    },
    ...options,
  });
  const listener = await listen(
    async (request) => (await intercept(request, sandbox.fetch)) ?? (await sandbox.fetch(request)),
    { host: '127.0.0.1', port: 0 },
  );
  return {
    close: () => listener.close(),
    url: listener.url,
    sandbox,
    writes: () =>
      sandbox.log.calls.filter(({ method, path }) => method !== 'GET' && path.startsWith('/api/v2')).length,
  };
}

export interface ConfigParts {
  readonly target: string;
  readonly sources?: string;
  readonly mapping?: string;
  /** More lines at the top level. */
  readonly more?: string;
}

/** A whole configuration over `people.json`; parts replace those of the same name. */
export function config({ target, sources, mapping, more = '' }: ConfigParts): string {
  return `version: 1
sources:
${sources ?? '  staff: { type: file, path: ./people.json }'}
target: { baseUrl: "${target}", token: { env: RETOOL_API_TOKEN }, requestsPerMinute: 100000, settle: 50ms }
mapping:
${
  mapping ??
  `  user: { email: user.email, first_name: user.name.givenName, last_name: user.name.familyName }
  attributes: { department: user.enterprise.department }
  groups:
    - { match: "retool-(?P<team>[a-z]+)", to: "\${team}", create: true }`
}
policy: sync
leavers: disable
protect: { admins: 1 }
state: sqlite:./bridge.db
reports: { directory: ./reports, formats: [json, html] }
${more}`;
}

/** A workplace with a file of people, a Retool, and a configuration that joins them. */
export async function stage(
  people: readonly Staff[],
  seed: RetoolSeed = {},
  parts: Omit<ConfigParts, 'target'> = {},
): Promise<Workplace & { readonly retool: ServedRetool }> {
  const retool = await serveRetool(seed);
  const place = await workplace();
  await place.write('people.json', scim(people));
  await place.write('bridge.yaml', config({ target: retool.url, ...parts }));
  return { ...place, retool };
}

/** Holds every write from the nth on unanswered, before it is carried out, until `goOn`. */
export interface Cutter {
  readonly intercept: (request: Request) => Promise<undefined>;
  /** Resolves when the first write is held. */
  readonly reached: Promise<void>;
  goOn(): void;
}

export function createCutter(from: number): Cutter {
  let writes = 0;
  const held = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  return {
    reached: reached.promise,
    goOn: held.resolve,
    async intercept(request) {
      if (request.method === 'GET') return undefined;
      writes += 1;
      if (writes > from) {
        reached.resolve();
        await held.promise;
      }
      return undefined;
    },
  };
}
