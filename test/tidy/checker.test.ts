import { describe, expect, test } from 'vitest';
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
  describeViolation,
  type ImportRow,
  type Violation,
  withoutExceptions,
} from './rules.ts';
import { factsOf, type SourceFacts } from './source-facts.ts';

/** The files of a small project: path -> text. */
function project(texts: Readonly<Record<string, string>>): readonly SourceFacts[] {
  return Object.entries(texts).map(([path, text]) => factsOf(path, text));
}

function told(violations: readonly Violation[]): readonly string[] {
  return violations.map(describeViolation);
}

describe('imports', () => {
  const table: readonly ImportRow[] = [
    { place: 'model', may: [], outside: ['node:crypto'] },
    { place: 'sources/index.ts', may: ['model', 'sources/*/schema.ts'], lazily: ['sources/*/index.ts'] },
    { place: 'sources/*', may: ['model'] },
    { place: 'cli', may: ['model', 'sources/index.ts'] },
  ];
  function faults(file: string, text: string): readonly string[] {
    return told(checkImports(project({ [file]: text }), table));
  }

  test.each([
    ['src/cli/main.ts', "import { a } from '../model/a.ts';"],
    ['src/cli/main.ts', "import { b } from './commands/b.ts';"],
    ['src/cli/main.ts', "import { s } from '../sources/index.ts';"],
    ['src/cli/main.ts', "import { z } from 'zod';"],
    ['src/cli/main.ts', 'const a = 1; export { a };'],
    ['src/model/a.ts', "import { createHash } from 'node:crypto';"],
    ['src/sources/okta/index.ts', "import { c } from './client.ts';"],
    ['src/sources/index.ts', "import { options } from './okta/schema.ts';"],
    ['src/sources/index.ts', "const load = () => import('./okta/index.ts');"],
    ['src/sources/index.ts', "import type { Okta } from './okta/index.ts';"],
    ['src/sources/index.ts', "export type { Okta } from './okta/index.ts';"],
    ['src/sources/index.ts', "type Okta = import('./okta/index.ts').Okta;"],
  ])('%s: %s is allowed', (file, text) => {
    expect(faults(file, text)).toEqual([]);
  });

  test.each([
    ["import { m } from '../cli/main.ts';", 'src/cli/main.ts'],
    ["import type { M } from '../cli/main.ts';", 'src/cli/main.ts'],
    ["export { m } from '../cli/main.ts';", 'src/cli/main.ts'],
    ["export * from '../cli/main.ts';", 'src/cli/main.ts'],
    ["const m = import('../cli/main.ts');", 'src/cli/main.ts'],
    ['const m = import(`../cli/main.ts`);', 'src/cli/main.ts'],
    ["type M = import('../cli/main.ts').M;", 'src/cli/main.ts'],
    ["import '../modelling/a.ts';", 'src/modelling/a.ts'],
  ])('model may not: %s', (text, target) => {
    expect(faults('src/model/a.ts', `const first = 1;\n${text}`)).toEqual([
      `src/model/a.ts:2 imports: model may not import ${target}; it may: nothing`,
    ]);
  });

  test('a source may not import a sibling', () => {
    expect(faults('src/sources/okta/index.ts', "import '../entra/client.ts';")).toEqual([
      'src/sources/okta/index.ts:1 imports: sources/* may not import src/sources/entra/client.ts; it may: model',
    ]);
  });

  test.each([
    "import { createOkta } from './okta/index.ts';",
    "import { type Okta } from './okta/index.ts';",
    "export { createOkta } from './okta/index.ts';",
  ])('what is loaded lazily may not be loaded with the file: %s', (text) => {
    expect(faults('src/sources/index.ts', text)).toEqual([
      'src/sources/index.ts:1 imports: sources/index.ts loads src/sources/okta/index.ts by import() only',
    ]);
  });

  test('neither lazily nor statically: other files of a source', () => {
    expect(faults('src/sources/index.ts', "import('./okta/client.ts');")).toEqual([
      'src/sources/index.ts:1 imports: sources/index.ts may not import src/sources/okta/client.ts; ' +
        'it may: model, sources/*/schema.ts, sources/*/index.ts by import()',
    ]);
  });

  test('an import() of a computed name cannot be checked', () => {
    expect(faults('src/cli/main.ts', 'import(`./commands/${name}.ts`);')).toEqual([
      'src/cli/main.ts:1 imports: import() of a computed name: the import table cannot be kept',
    ]);
  });

  test('a place with a list of packages uses no other', () => {
    expect(faults('src/model/a.ts', "import 'node:fs';\nimport 'zod/v4';\nimport 'node:crypto';")).toEqual([
      'src/model/a.ts:1 imports: model may not import node:fs; it may: node:crypto',
      'src/model/a.ts:2 imports: model may not import zod/v4; it may: node:crypto',
    ]);
  });

  test('a file in no place of the table', () => {
    expect(faults('src/misc/a.ts', '')).toEqual([
      'src/misc/a.ts:1 imports: lies in no place of the import table',
    ]);
  });
});

test('places of the table that no file lies in', () => {
  const table = [
    { place: 'model', may: [] },
    { place: 'sources/*', may: [] },
    { place: 'cli', may: [] },
  ];
  expect(emptyPlaces(project({ 'src/model/a.ts': '', 'src/cli.ts': '' }), table)).toEqual([
    'sources/*',
    'cli',
  ]);
});

test('packages outside the place that wraps them', () => {
  const table = [
    { packages: ['@okta/*'], only: 'sources/okta' },
    { packages: ['better-sqlite3'], only: 'state' },
  ];
  const text =
    "import '@okta/sdk/x';\nimport('better-sqlite3');\nimport 'better-sqlite3-other';\nimport './@okta/a.ts';";
  const files = project({ 'src/run/a.ts': text, 'src/sources/okta/a.ts': "import '@okta/sdk';" });
  expect(told(checkPackages(files, table))).toEqual([
    'src/run/a.ts:1 packages: @okta/sdk is for src/sources/okta only',
    'src/run/a.ts:2 packages: better-sqlite3 is for src/state only',
  ]);
});

describe('cycles', () => {
  test('are told once, with the way round', () => {
    const files = project({
      'src/entry.ts': "import './a.ts';",
      'src/a.ts': "import './b/b.ts';",
      'src/b/b.ts': "const one = 1;\nexport const c = () => import('../c.ts');",
      'src/c.ts': "import './a.ts';\nimport './d.ts';",
      'src/d.ts': '',
    });
    expect(told(checkCycles(files))).toEqual([
      'src/c.ts:1 cycles: src/a.ts → src/b/b.ts → src/c.ts → src/a.ts',
    ]);
  });

  test('of one file', () => {
    expect(told(checkCycles(project({ 'src/a.ts': "import './a.ts';" })))).toEqual([
      'src/a.ts:1 cycles: src/a.ts → src/a.ts',
    ]);
  });

  test('of types are none, nor are two ways to one file', () => {
    const files = project({
      'src/a.ts': "import './b.ts';\nimport './c.ts';",
      'src/b.ts': "import type { A } from './a.ts';\nimport './c.ts';",
      'src/c.ts': "type B = import('./b.ts').B;",
    });
    expect(told(checkCycles(files))).toEqual([]);
  });
});

test('functions that are too long, under the name they are known by', () => {
  const text = [
    'function declared() {\n\n}',
    'const arrow = () => {\n\n};',
    'const expression = function () {\n\n};',
    'class Thing {\nmethod() {\n\n}\nfield = () => {\n\n};\n}',
    'const object = {\nkey() {\n\n},\n};',
    'register(() => {\n\n});',
    'const short = () => {\n};',
  ].join('\n');
  expect(told(checkFunctionLength(project({ 'src/a.ts': text }), 2))).toEqual([
    'src/a.ts:1 function-length: declared has 3 lines, 2 are allowed',
    'src/a.ts:4 function-length: arrow has 3 lines, 2 are allowed',
    'src/a.ts:7 function-length: expression has 3 lines, 2 are allowed',
    'src/a.ts:11 function-length: method has 3 lines, 2 are allowed',
    'src/a.ts:14 function-length: field has 3 lines, 2 are allowed',
    'src/a.ts:19 function-length: key has 3 lines, 2 are allowed',
    'src/a.ts:23 function-length: a function without a name has 3 lines, 2 are allowed',
  ]);
});

test('files that are too long; the last line break starts no line', () => {
  const files = project({ 'src/two.ts': 'f();\nf();\n', 'src/three.ts': 'f();\nf();\nf();' });
  expect(told(checkFileLength(files, 2))).toEqual(['src/three.ts:3 file-length: has 3 lines, 2 are allowed']);
});

test('default exports, however they are written', () => {
  const files = project({
    'src/a.ts': '\nexport default function f() {}',
    'src/b.ts': 'const f = 1;\nexport { f as default };',
    'src/c.ts': "export { default } from './a.ts';",
    'src/d.ts': "export { default as named } from './a.ts';",
  });
  expect(told(checkDefaultExports(files))).toEqual([
    'src/a.ts:2 default-export: export it under a name',
    'src/b.ts:2 default-export: export it under a name',
    'src/c.ts:1 default-export: export it under a name',
  ]);
});

describe('ports', () => {
  const table = [
    { port: 'the clock', names: ['Date.now', 'new Date()'], only: ['runtime'] },
    {
      port: 'randomness',
      names: ['Math.random', 'node:crypto.randomUUID'],
      only: ['runtime'],
    },
    { port: 'waiting', names: ['setTimeout', 'node:timers/promises'], only: [] },
    { port: 'the network', names: ['fetch'], only: ['runtime', 'compose.ts'] },
    { port: 'the environment', names: ['process.env', 'node:process.env'], only: ['cli'] },
    { port: 'the terminal', names: ['console'], only: [] },
  ];
  function lines(text: string, file = 'src/plan/a.ts'): readonly string[] {
    return told(checkPorts(project({ [file]: text }), table)).map((line) =>
      line.replace(/: [^:]* comes in .*/, ''),
    );
  }

  test.each([
    ['Date.now();', 'Date.now'],
    ['const now = Date.now;', 'Date.now'],
    ["Date['now']();", 'Date.now'],
    ['globalThis.Date.now();', 'Date.now'],
    ['const { now } = Date;', 'Date.now'],
    ['new Date();', 'new Date()'],
    ['Date();', 'new Date()'],
    ['use(Math.random);', 'Math.random'],
    ["import { randomUUID as id } from 'node:crypto'; id();", 'node:crypto.randomUUID'],
    ["import crypto from 'node:crypto'; crypto.randomUUID();", 'node:crypto.randomUUID'],
    ["import * as crypto from 'node:crypto'; crypto.randomUUID();", 'node:crypto.randomUUID'],
    [
      "import { setTimeout as wait } from 'node:timers/promises'; await wait(1);",
      'node:timers/promises.setTimeout',
    ],
    ['new Promise((resolve) => setTimeout(resolve, 1));', 'setTimeout'],
    ['function f() { return fetch(url); }', 'fetch'],
    ['function f(send = fetch) {}', 'fetch'],
    ['const ports = { fetch };', 'fetch'],
    ['const { fetch: send } = globalThis;', 'fetch'],
    ['function f() { { const fetch = 1; } return fetch(url); }', 'fetch'],
    ['const a = (process.env as Env).HOME;', 'process.env'],
    ['const a = process.env.HOME;', 'process.env.HOME'],
    ['const a = process?.env?.HOME;', 'process.env.HOME'],
    ['const { env } = process;', 'process.env'],
    ["import { env } from 'node:process'; use(env);", 'node:process.env'],
    ['table[Date.now()];', 'Date.now'],
    ['Date(0);', 'new Date()'],
    ['class A { log = () => console.log(1); }', 'console.log'],
    ['const text = `a ${console.log(1)}`;', 'console.log'],
  ])('%s takes %s', (text, name) => {
    expect(lines(`\n${text}`)).toEqual([`src/plan/a.ts:2 ports: ${name}`]);
  });

  test.each([
    'function f(fetch: typeof globalThis.fetch) { return fetch(url); }',
    'function f({ fetch }: Ports) { return () => fetch(url); }',
    'const send = async ({ a: [fetch = other], ...rest }: Ports) => { await fetch(url); };',
    'const { fetch } = ports; fetch(url);',
    "import { fetch } from './http.ts'; fetch(url);",
    'for (const fetch of all) fetch(url);',
    'try { f(); } catch (console) { use(console); }',
    'switch (a) { case 1: const fetch = b; fetch(url); }',
    'ports.fetch(url); ports.clock.setTimeout();',
    'const ports = { fetch: other, console: 1 };',
    'class A { fetch() {} setTimeout = 1; }',
    'type F = typeof fetch; interface P { fetch: typeof fetch }',
    'const a = b as unknown as typeof fetch;',
    'new Date(0); new Date(text); Date.parse(text); Math.max(1, 2);',
    "const text = 'Date.now()'; // Date.now()",
    "import { createHash } from 'node:crypto'; createHash('sha256');",
    'process.exitCode = 1;',
    "import { randomUUID } from 'node:crypto'; function f(randomUUID) { randomUUID(); }",
    "import send from 'fetch'; send(url);",
    'class A { static { const fetch = b; fetch(url); } }',
    'for (let fetch = 0; fetch < 1; fetch++) use(fetch);',
    'const a = class fetch { b() { return fetch; } };',
    'const a = function fetch() { return fetch; };',
    'function f(...fetch) { return fetch; }',
    'export const fetch = a; export function setTimeout() {} fetch(url); setTimeout();',
    'fetchLater(url);',
  ])('%s takes nothing', (text) => {
    expect(lines(text)).toEqual([]);
  });

  test('is free in the places of the table', () => {
    expect(lines('Date.now();', 'src/runtime/clock.ts')).toEqual([]);
    expect(lines('fetch(url);', 'src/compose.ts')).toEqual([]);
    expect(lines('fetch(url);', 'src/composer.ts')).toHaveLength(1);
    expect(lines('fetch(url);', 'src/compose-ts/a.ts')).toHaveLength(1);
  });

  test('says where it would be free', () => {
    const [fault] = checkPorts(project({ 'src/plan/a.ts': 'fetch(url); console.log(1);' }), table);
    expect(fault?.text).toBe(
      'fetch: the network comes in as an argument; taken from the platform only in: src/runtime, src/compose.ts',
    );
  });
});

test('tests that run alone or not at all', () => {
  const text = [
    'test.only("a", f);',
    'describe.concurrent.skip("a", f);',
    'it.skip.each([1])("a", f);',
    'test.each`a`.only("a", f);',
    'test.todo("a");',
    'test("a", { timeout: 1, skip: true }, f);',
    'test("a", { timeout: 1 }, f);',
    'pages.skip(1); only("a"); pages.map({ skip: 1 });',
    'const text = "test.only";',
  ].join('\n');
  expect(told(checkUnevenTests(project({ 'test/a.test.ts': text })))).toEqual([
    'test/a.test.ts:1 uneven-test: test.only',
    'test/a.test.ts:2 uneven-test: describe.skip',
    'test/a.test.ts:3 uneven-test: it.skip',
    'test/a.test.ts:4 uneven-test: test.only',
    'test/a.test.ts:5 uneven-test: test.todo',
    'test/a.test.ts:6 uneven-test: test(…, { skip })',
  ]);
});

describe('text', () => {
  test.each(['TO', 'FIX'])('a note of unfinished work that starts with %s', (start) => {
    const word = start === 'TO' ? `${start}DO` : `${start}ME`;
    expect(told(checkText('docs/a.md', `first\n(${word}: later)\nma${word}s`))).toEqual([
      `docs/a.md:2 unfinished: ${word}`,
    ]);
  });

  test.each([
    ['see ', '/home/', 'sam/notes'],
    ['"', '/Users/', 'sam.smith/notes'],
    ['', '/work/', 'notes'],
    ['`', '/root/', '.npmrc'],
    ['at ', 'C:', '\\notes'],
  ])('a path of one machine: %s%s…', (before, start, end) => {
    expect(told(checkText('src/a.ts', `${before}${start}${end}`))).toEqual([
      `src/a.ts:1 local-path: ${start}${end.replace(/\/.*/, '/notes')}`,
    ]);
  });

  test.each([
    'GET /scim/v2/Users/1',
    '"/Users/2819c223"',
    'https://example.com/work/list',
    '/tmp/cache',
    '/data/x',
  ])('no path of one machine: %s', (text) => {
    expect(checkText('src/a.ts', text)).toEqual([]);
  });
});

describe('exceptions', () => {
  const violations: readonly Violation[] = [
    { file: 'src/a.ts', line: 1, rule: 'ports', text: 'fetch' },
    { file: 'src/a.ts', line: 2, rule: 'ports', text: 'fetch' },
    { file: 'src/a.ts', line: 3, rule: 'cycles', text: 'round' },
    { file: 'src/b.ts', line: 4, rule: 'ports', text: 'fetch' },
  ];
  const exception = { file: 'src/a.ts', rule: 'ports', count: 2, why: 'it is the port' } as const;

  test('cover one rule in one file', () => {
    expect(withoutExceptions(violations, [exception])).toEqual([
      'src/a.ts:3 cycles: round',
      'src/b.ts:4 ports: fetch',
    ]);
  });

  test.each([1, 3])('count exactly: not %d for 2', (count) => {
    expect(withoutExceptions(violations.slice(0, 2), [{ ...exception, count }])).toEqual([
      `src/a.ts exception: ${count} of ports are accepted, 2 found`,
      'src/a.ts:1 ports: fetch',
      'src/a.ts:2 ports: fetch',
    ]);
  });

  test('are told when nothing needs them any more', () => {
    expect(withoutExceptions([], [exception])).toEqual([
      'src/a.ts exception: 2 of ports are accepted, 0 found',
    ]);
  });
});

test('a file that is no TypeScript is an error', () => {
  expect(() => factsOf('src/a.ts', 'const = 1')).toThrow(/Unexpected token/);
});

test('lines are counted after letters outside ASCII', () => {
  const files = project({ 'src/a.ts': '/* 🙂 é\n */\nconst a = "🙂";\nexport default a;' });
  expect(checkDefaultExports(files)).toMatchObject([{ line: 4 }]);
});
