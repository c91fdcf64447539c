import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  checkCycles,
  checkDefaultExports,
  checkFileLength,
  checkFunctionLength,
  checkImports,
  checkPackages,
  checkPorts,
  checkText,
  checkUnevenTests,
  emptyPlaces,
  packageOf,
  type Exception,
  type ImportRow,
  type PackageRow,
  type PortRow,
  type Rule,
  type Violation,
  withoutExceptions,
} from './tidy/rules.ts';
import { factsOf } from './tidy/source-facts.ts';

/*
 * The architecture as tables, and the test that keeps them. Places are paths below src/. The checks themselves lie
 * in test/tidy/ and have tests of their own there.
 */

/** Folder -> what it may import. Imports inside one place are free; a place that is not named here is an error. */
const importTable: readonly ImportRow[] = [
  { place: 'model', may: [], outside: [] },
  { place: 'expressions', may: ['model'], outside: ['@marcbachmann/cel-js', 're2js'] },
  { place: 'mapping', may: ['model', 'expressions'], outside: [] },
  { place: 'config', may: ['model', 'expressions'] },
  { place: 'plan', may: ['model'], outside: ['node:crypto'] },
  // node:crypto for the hashes in the HTML report's content security policy.
  { place: 'report', may: ['model'], outside: ['node:util', 'node:crypto'] },
  { place: 'runtime', may: ['model'] },
  { place: 'http', may: ['model', 'runtime'] },
  { place: 'state', may: ['model', 'runtime'] },
  { place: 'apply', may: ['model', 'runtime'] },
  { place: 'sources/index.ts', may: ['model', 'sources/*/schema.ts'], lazily: ['sources/*/index.ts'] },
  { place: 'sources/*', may: ['model', 'runtime', 'http'] },
  { place: 'sink-retool', may: ['model', 'runtime', 'http'] },
  {
    place: 'run',
    may: ['model', 'runtime', 'config', 'expressions', 'mapping', 'plan', 'apply', 'report'],
  },
  { place: 'service', may: ['model', 'runtime', 'http', 'run', 'report'] },
  { place: 'sandbox', may: [] },
  {
    place: 'compose.ts',
    may: [
      'model',
      'runtime',
      'config',
      'expressions',
      'mapping',
      'plan',
      'report',
      'http',
      'apply',
      'run',
      'sources/index.ts',
    ],
    lazily: ['sources/*/*', 'sink-retool', 'state', 'sandbox'],
  },
  { place: 'cli', may: ['model', 'runtime', 'config', 'report', 'run', 'service', 'compose.ts'] },
];

/** Packages that one place wraps, so that they can be replaced there. */
const packageTable: readonly PackageRow[] = [
  { packages: ['@okta/*'], only: 'sources/okta' },
  { packages: ['@azure/*', '@microsoft/*'], only: 'sources/entra' },
  { packages: ['ldapts'], only: 'sources/ldap' },
  { packages: ['csv-parse'], only: 'sources/file' },
  { packages: ['better-sqlite3'], only: 'state' },
  { packages: ['node-cron'], only: 'service' },
  { packages: ['@marcbachmann/cel-js', 're2js'], only: 'expressions' },
  { packages: ['pino'], only: 'runtime' },
  { packages: ['commander'], only: 'cli' },
];

/** What reaches the world by itself, and the only places where it may. */
const portTable: readonly PortRow[] = [
  {
    port: 'the clock',
    names: ['Date.now', 'new Date()', 'performance.now', 'process.hrtime', 'node:perf_hooks.performance'],
    only: ['runtime'],
  },
  {
    port: 'randomness',
    names: [
      'Math.random',
      'crypto',
      'node:crypto.randomUUID',
      'node:crypto.randomBytes',
      'node:crypto.randomInt',
    ],
    only: ['runtime', 'compose.ts'],
  },
  {
    port: 'waiting',
    names: [
      'setTimeout',
      'setInterval',
      'setImmediate',
      'AbortSignal.timeout',
      'node:timers',
      'node:timers/promises',
    ],
    only: ['runtime'],
  },
  { port: 'the network', names: ['fetch'], only: ['compose.ts'] },
  { port: 'the environment', names: ['process.env', 'node:process.env'], only: ['compose.ts', 'cli'] },
  { port: 'the terminal', names: ['console', 'node:console'], only: [] },
];

const mostFunctionLines = 70;
const mostFileLines = 400;

/** Accepted breaches, each with its reason. */
const exceptions: readonly Exception[] = [];

/** The decision record with a table of the runtime packages. */
const packageReasons = 'docs/adr/0001-runtime-and-packages.md';

const root = path.join(import.meta.dirname, '..');
const src = typescriptIn('src').map(readFacts);
const tools = [...typescriptIn('scripts'), ...typescriptIn('bench')].map(readFacts);
const tests = typescriptIn('test').map(readFacts);

/** Every text file of the checkout that people write. */
const written = ['.ci', 'bench', 'config', 'docs', 'scripts', 'src', 'test']
  .flatMap(filesIn)
  .concat(
    fs
      .readdirSync(root)
      .filter((name) => /^(bridge|Dockerfile|.*\.(md|ts)|package\.json|tsconfig.*)$/.test(name)),
  );

function filesIn(folder: string): readonly string[] {
  const start = path.join(root, folder);
  if (!fs.existsSync(start)) return [];
  return fs
    .readdirSync(start, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)).replaceAll(path.sep, '/'))
    .toSorted();
}

function typescriptIn(folder: string): readonly string[] {
  return filesIn(folder).filter((file) => file.endsWith('.ts'));
}

function read(file: string): string {
  return fs.readFileSync(path.join(root, file), 'utf8');
}

function readFacts(file: string): ReturnType<typeof factsOf> {
  return factsOf(file, read(file));
}

function unaccepted(violations: readonly Violation[], ...rules: readonly Rule[]): readonly string[] {
  return withoutExceptions(
    violations,
    exceptions.filter(({ rule }) => rules.includes(rule)),
  );
}

test('folders import only what the table allows', () => {
  expect(unaccepted(checkImports(src, importTable), 'imports')).toEqual([]);
});

test('the import table names only places that exist', () => {
  expect(emptyPlaces(src, importTable)).toEqual([]);
});

test('packages stay in the folder that wraps them', () => {
  expect(unaccepted(checkPackages(src, packageTable), 'packages')).toEqual([]);
});

test('the packages we ask for are those we load, and each has its reason written down', () => {
  const manifest: { readonly dependencies: Record<string, string> } = JSON.parse(read('package.json'));
  const asked = Object.keys(manifest.dependencies).toSorted();
  const explained = [...read(packageReasons).matchAll(/^\| `([^`]+)` \|/gm)].map(([, name]) => name);
  const imported = src
    .flatMap(({ imports }) => imports)
    .filter(({ how }) => how !== 'type')
    .flatMap(({ specifier = '.' }) => (/^(\.|node:)/.test(specifier) ? [] : [packageOf(specifier)]));
  expect(explained.toSorted()).toEqual(asked);
  expect([...new Set(imported)].toSorted()).toEqual(asked);
});

test('no import cycles', () => {
  expect(unaccepted(checkCycles(src), 'cycles')).toEqual([]);
});

test(`functions have at most ${mostFunctionLines} lines`, () => {
  expect(unaccepted(checkFunctionLength([...src, ...tools], mostFunctionLines), 'function-length')).toEqual(
    [],
  );
});

test(`files have at most ${mostFileLines} lines`, () => {
  expect(unaccepted(checkFileLength(src, mostFileLines), 'file-length')).toEqual([]);
});

test('no default exports', () => {
  expect(unaccepted(checkDefaultExports(src), 'default-export')).toEqual([]);
});

test('clock, randomness, waiting, network, environment and terminal come in as arguments', () => {
  expect(unaccepted(checkPorts(src, portTable), 'ports')).toEqual([]);
});

test('every test runs', () => {
  expect(unaccepted(checkUnevenTests(tests), 'uneven-test')).toEqual([]);
});

test('nothing is left unfinished, and nothing names a path of one machine', () => {
  const violations = written.flatMap((file) => checkText(file, read(file)));
  expect(unaccepted(violations, 'unfinished', 'local-path')).toEqual([]);
});

test('the exceptions are as many as agreed', () => {
  expect(exceptions).toHaveLength(0);
});
