import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test } from 'vitest';
import { openSqliteStore } from '../../src/state/sqlite/index.ts';
import { failureOf, temporaryFolder } from '../unit/state/support.ts';

const script = fileURLToPath(new URL('../unit/state/child.ts', import.meta.url));

type Command = 'lock' | 'window' | 'settle' | 'intend' | 'open';

/** A process that uses a state, and what it said. */
interface Child {
  readonly process: ChildProcessWithoutNullStreams;
  readonly lines: readonly string[];
  /** Resolves with the next line nobody waited for yet; undefined when there are no more. */
  next(): Promise<string | undefined>;
  go(): void;
  /** Resolves when everything it said was read. */
  readonly ended: Promise<void>;
}

function start(command: Command, path: string, limits = ''): Child {
  const child = spawn('/bin/sh', ['-c', `${limits} exec "$0" "$@"`, process.execPath, script, command, path]);
  onTestFinished(() => void child.kill('SIGKILL'));
  const lines: string[] = [];
  const reader = createInterface({ input: child.stdout });
  const waiting: ((line: string | undefined) => void)[] = [];
  let read = 0;
  let over = false;
  reader.on('line', (line) => {
    lines.push(line);
    const first = waiting.shift();
    if (first === undefined) return;
    read += 1;
    first(line);
  });
  reader.on('close', () => {
    over = true;
    for (const resolve of waiting) resolve(undefined);
  });
  return {
    process: child,
    lines,
    ended: once(reader, 'close').then(() => undefined),
    async next() {
      if (read < lines.length || over) return lines[read++];
      return new Promise((resolve) => waiting.push(resolve));
    },
    go: () => void child.stdin.write('\n'),
  };
}

function statePath(): string {
  return join(temporaryFolder(), 'bridge.db');
}

describe('one state and several processes', () => {
  test('all may open a state that is not there yet, at once', async () => {
    const path = statePath();
    const children = Array.from({ length: 6 }, () => start('open', path));
    await Promise.all(children.map((child) => child.ended));

    expect(children.map((child) => child.lines)).toEqual(children.map(() => ['open']));
  });

  test('exactly one gets the run lock, and SIGKILL gives it back', async () => {
    const path = statePath();
    const children = Array.from({ length: 4 }, () => start('lock', path));
    for (const child of children) expect(await child.next()).toBe('open');
    for (const child of children) child.go();
    const answers = await Promise.all(children.map((child) => child.next()));
    expect(answers.toSorted()).toEqual(['locked', 'stateLocked', 'stateLocked', 'stateLocked']);

    const store = openSqliteStore(path, { mode: 'write' });
    onTestFinished(() => store.close());
    const holder = children[answers.indexOf('locked')];
    expect(failureOf(() => store.lock()).message).toContain(`process ${holder?.process.pid}, since 20`);
    holder?.process.kill('SIGKILL');
    await holder?.ended;
    store.lock().release();
  });

  test('share one window', async () => {
    const path = statePath();
    const children = Array.from({ length: 3 }, () => start('window', path));
    for (const child of children) await child.next();
    for (const child of children) child.go();
    await Promise.all(children.map((child) => child.ended));

    expect(children.flatMap((child) => child.lines).filter((line) => line === 'admitted')).toHaveLength(60);
  });

  test('may read while one writes', async () => {
    const path = statePath();
    const writer = start('settle', path);
    for (let line = 0; line < 5; line += 1) await writer.next();
    const reader = openSqliteStore(path, { mode: 'read' });
    onTestFinished(() => reader.close());
    const seen = () => reader.memory(0).groups.get(String(writer.process.pid))?.members.size ?? 0;

    const first = seen();
    expect(first).toBeGreaterThan(0);
    for (let line = 0; line < 50; line += 1) await writer.next();
    expect(seen()).toBeGreaterThan(first);
  });

  test('lose nothing that was settled when they are killed, and settle all of an operation or nothing', async () => {
    const path = statePath();
    for (let round = 0; round < 20; round += 1) {
      const child = start('settle', path);
      for (let line = 0; line <= 1 + round * 3; line += 1) await child.next();
      child.process.kill('SIGKILL');
      await child.ended;

      const acknowledged = child.lines.slice(1);
      const store = openSqliteStore(path, { mode: 'write' });
      const members = store.memory(0).groups.get(String(child.process.pid))?.members ?? new Set();
      expect(acknowledged.filter((number) => !members.has(number))).toEqual([]);
      expect(members.size - acknowledged.length).toBeLessThanOrEqual(1);
      const open = store
        .openIntents()
        .filter(({ operation }) => operation.id.includes(`user_${child.process.pid}_`));
      expect(open.map(({ operation }) => operation.id)).toEqual(
        open.length === 0 ? [] : [`removeMember:user_${child.process.pid}_${members.size}`],
      );
      store.close();
    }
  });
});

describe('a disk that is full', () => {
  test('refuses to open a state before anything is sent', async () => {
    const child = start('open', statePath(), 'ulimit -f 0;');
    await child.ended;

    expect(child.lines).toEqual(['stateUnwritable']);
  });

  test('refuses an intent, and loses none that it accepted', async () => {
    const path = statePath();
    openSqliteStore(path, { mode: 'write' }).close();
    const child = start('intend', path, 'ulimit -f 1000;');
    await child.ended;

    const accepted = child.lines.slice(1, -1);
    expect(child.lines.at(-1)).toBe('stateUnwritable');
    expect(accepted.length).toBeGreaterThan(0);
    const store = openSqliteStore(path, { mode: 'write' });
    onTestFinished(() => store.close());
    expect(store.openIntents()).toHaveLength(accepted.length);
  });
});
