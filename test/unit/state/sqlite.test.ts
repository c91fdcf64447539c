import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, onTestFinished, test } from 'vitest';
import { allVisible, type CurrentState } from '../../../src/model/current-state.ts';
import { personalEntry } from '../../../src/model/audit.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import type { Fact, Store } from '../../../src/model/store.ts';
import { formatVersion } from '../../../src/state/sqlite/schema.ts';
import { openSqliteStore } from '../../../src/state/sqlite/index.ts';
import {
  begunRun,
  deactivation,
  failureOf,
  outcomeOf,
  recordOf,
  temporaryFolder,
  unordered,
} from './support.ts';

const people = Array.from({ length: 40 }, (_, number) => `person${number}@acme.com`);

const facts: readonly Fact[] = [
  { kind: 'group', id: '7', name: 'Finance', origin: 'used' },
  ...people.flatMap((email, number): Fact[] => [
    { kind: 'account', id: `user_${number}`, email, origin: 'created' },
    {
      kind: 'link',
      link: { type: 'user', source: 'okta', externalId: `00u${number}`, targetId: `user_${number}` },
    },
    { kind: 'attribute', id: `user_${number}`, name: 'department', value: 'Ops', source: 'okta' },
    { kind: 'membership', group: '7', user: `user_${number}` },
  ]),
  { kind: 'takenAway', class: 'removals', at: 1000 },
];

/** A state with something in every table, closed, so that all of it is in one file. */
function filledState(): string {
  const path = join(temporaryFolder(), 'bridge.db');
  const store = openSqliteStore(path, { mode: 'write', appVersion: '9.9.9' });
  store.bindTarget('https://acme.retool.com/api/v2');
  store.settle('run', outcomeOf('any@acme.com', 'applied'), facts, 1);
  store.intend('run', deactivation('open@acme.com'), 2);
  store.saveSnapshots([{ source: 'okta', takenAt: '2026-03-01T10:00:00.000Z', users: 40, groups: 1 }]);
  store.saveAppliedConfig('c0de');
  store.saveRun(recordOf('r1'));
  fillHistory(store);
  store.close();
  return path;
}

const emptyTarget: CurrentState = {
  visible: allVisible,
  users: [],
  groups: [],
  invites: [],
  attributes: [],
  readAt: { began: 1000, ended: 1500 },
};

/** What later formats added: something in each of their tables. */
function fillHistory(store: Store): void {
  store.saveReads({ snapshots: [], current: emptyTarget, at: 1 });
  store.saveHeld({ key: 'k1', plan: recordOf('r1').plan, held: new Map([['id', 'd1']]) }, 1);
  store.approve({ key: 'k1', operations: new Set(['d1']), at: 1, expiresAt: 9, by: 'ann' });
  for (const email of people) store.audit(personalEntry('link', { accounts: ['user_1'], note: email }), 2);
  store.beginRun(begunRun('r2'));
  store.settle('r2', outcomeOf('cut@acme.com', 'applied'), [], 3);
  store.startGrace({ source: 'okta', externalId: '00u1' }, 1);
  store.addDrift({ subject: 'person1@acme.com', field: 'first_name', at: 1 });
}

function open(path: string, mode: 'read' | 'write' = 'write'): Store {
  const store = openSqliteStore(path, { mode });
  onTestFinished(() => store.close());
  return store;
}

/** All that a run takes from a state. */
function contents(store: Store): object {
  return {
    memory: unordered(store.memory(0)),
    open: store.openIntents(),
    unrecorded: store.unrecordedRun(),
    target: store.target(),
    run: store.run('r1'),
    history: [store.lastReads(), store.heldPlans(), store.approvals(1), store.grace(), store.drifts(0)],
    audit: [...store.auditRecords()],
    names: store.auditNames(),
  };
}

/** What opening and reading the state at `path` comes to: its contents, the code of the error, or that its audit chain is broken. */
function readingOf(path: string): object | string {
  let store: Store | undefined;
  try {
    store = openSqliteStore(path, { mode: 'write' });
    return store.verifyAudit(null).state === 'broken' ? 'chainBroken' : contents(store);
  } catch (error) {
    if (error instanceof BridgeError) return error.code;
    throw error;
  } finally {
    store?.close();
  }
}

describe('a damaged state', () => {
  test.each([100, 4096, 4097, 20_000])('truncated to %i bytes is refused', (bytes) => {
    const path = filledState();
    truncateSync(path, bytes);

    expect(readingOf(path)).toBe('stateUnreadable');
  });

  test('of which nothing is left is a new one', () => {
    const path = filledState();
    truncateSync(path, 0);

    expect(readingOf(path)).toMatchObject({ memory: { isNew: true }, open: [], run: null });
  });

  test('with one flipped bit is refused, or reads as it was written', () => {
    const path = filledState();
    const whole = readFileSync(path);
    const undamaged = readingOf(copyOf(path, whole));
    const answers = new Set<string>();
    for (let offset = 0; offset < whole.length; offset += 397) {
      const bytes = Buffer.from(whole);
      bytes.writeUInt8(bytes.readUInt8(offset) ^ (1 << (offset % 8)), offset);
      const reading = readingOf(copyOf(path, bytes));
      answers.add(typeof reading === 'string' ? reading : 'contents');
      expect(typeof reading === 'string' ? undamaged : reading).toEqual(undamaged);
    }

    expect(answers).toContain('stateUnreadable');
    expect(
      [...answers].filter(
        (answer) => !['contents', 'stateUnreadable', 'stateTooNew', 'chainBroken'].includes(answer),
      ),
    ).toEqual([]);
  });

  test.each([
    ['an id', 'user_12', 'user_13'],
    ['an intent', 'open@acme.com', 'opex@acme.com'],
    ['an outcome', 'cut@acme.com', 'cup@acme.com'],
    ['the target', 'acme.retool', 'acne.retool'],
  ])('in which %s was changed is refused', (_, from, to) => {
    const path = filledState();
    const bytes = readFileSync(path);
    for (let at = bytes.indexOf(from); at !== -1; at = bytes.indexOf(from, at + 1)) bytes.write(to, at);

    expect(readingOf(copyOf(path, bytes))).toBe('stateUnreadable');
  });

  test.each([
    ['text', 'this is no database, and longer than the header of one, which has a hundred bytes'.repeat(3)],
    ['JSON', '{}'],
  ])('that is %s is refused and left as it is', (_, text) => {
    const path = join(temporaryFolder(), 'bridge.db');
    writeFileSync(path, text);

    expect(failureOf(() => openSqliteStore(path, { mode: 'write' }))).toMatchObject({
      code: 'stateUnreadable',
      remedy: expect.stringContaining('backup'),
    });
    expect(readFileSync(path, 'utf8')).toBe(text);
  });

  test('that belongs to another program is refused and left as it is', () => {
    const path = join(temporaryFolder(), 'bridge.db');
    const other = new Database(path);
    other.exec('CREATE TABLE bookmarks (url TEXT)');
    other.close();
    const before = readFileSync(path);

    for (const mode of ['read', 'write'] as const) {
      expect(failureOf(() => openSqliteStore(path, { mode })).message).toContain('another program');
    }
    expect(readFileSync(path)).toEqual(before);
  });
});

function copyOf(path: string, bytes: Buffer): string {
  const copy = `${path}.copy`;
  writeFileSync(copy, bytes);
  for (const beside of ['-wal', '-shm', '-journal']) truncateIfThere(`${copy}${beside}`);
  return copy;
}

function truncateIfThere(path: string): void {
  if (existsSync(path)) truncateSync(path);
}

describe('a state of the first format', () => {
  /** As the first version wrote it: without the tables that came later. */
  function firstFormat(): { readonly path: string; readonly before: object } {
    const path = join(temporaryFolder(), 'bridge.db');
    const filled = filledState();
    const before = openSqliteStore(filled, { mode: 'read' });
    onTestFinished(() => before.close());
    copyFileSync(filled, path);
    const db = new Database(path);
    const later = [
      'invites',
      'grants',
      'reads',
      'grace',
      'drifts',
      'held',
      'approvals',
      'approved',
      'audit',
      'names',
      'begun',
      'outcomes',
    ];
    for (const table of later) db.exec(`DROP TABLE ${table}`);
    db.exec("DELETE FROM meta WHERE key IN ('auditHead', 'pause')");
    db.pragma('user_version = 1');
    db.close();
    return { path, before: unordered(before.memory(0)) };
  }

  test('is brought up to date by whoever opens it for writing, and loses nothing', () => {
    const { path, before } = firstFormat();
    const store = open(path);

    expect(unordered(store.memory(0))).toEqual(before);
    expect(store.run('r1')).toEqual(recordOf('r1'));
    expect([store.lastReads(), store.heldPlans(), store.auditHead().seq]).toEqual([null, [], 0]);
    fillHistory(store);
    expect(open(path).auditHead().seq).toBe(people.length + 1);
  });

  test('in which nothing was said of hidden lists showed all of them', () => {
    const store = open(join(temporaryFolder(), 'bridge.db'));
    const { visible: _, ...before } = emptyTarget;
    store.saveReads({ snapshots: [], current: before as CurrentState, at: 1 });
    expect(store.lastReads()?.current).toEqual(emptyTarget);
  });

  test('is left as it is by whoever opens it for reading, who is told what to do', () => {
    const { path } = firstFormat();
    const before = readFileSync(path);

    expect(failureOf(() => open(path, 'read'))).toMatchObject({
      code: 'stateUnreadable',
      remedy: expect.stringContaining('retool-bridge check'),
    });
    expect(readFileSync(path)).toEqual(before);
  });
});

describe('a state of a newer version', () => {
  function newerState(): string {
    const path = filledState();
    const db = new Database(path);
    db.pragma(`user_version = ${formatVersion + 1}`);
    db.close();
    return path;
  }

  test.each(['read', 'write'] as const)('is refused for %s, which names the version to use', (mode) => {
    const path = newerState();
    const before = readFileSync(path);

    expect(failureOf(() => openSqliteStore(path, { mode }))).toMatchObject({
      code: 'stateTooNew',
      remedy: expect.stringContaining('9.9.9'),
    });
    expect(readFileSync(path)).toEqual(before);
  });
});

describe('a place that cannot be written', () => {
  test('because a folder of its path is a file', () => {
    const folder = temporaryFolder();
    writeFileSync(join(folder, 'file'), '');

    expect(failureOf(() => open(join(folder, 'file', 'bridge.db')))).toMatchObject({
      code: 'stateUnwritable',
    });
  });

  test('because it is a folder', () => {
    const path = join(temporaryFolder(), 'bridge.db');
    mkdirSync(path);

    expect(failureOf(() => open(path))).toBeInstanceOf(BridgeError);
  });

  // Root may write anywhere, so for root these two say nothing.
  test.runIf(process.getuid?.() !== 0)('because its folder is read-only', () => {
    const folder = temporaryFolder();
    chmodSync(folder, 0o500);

    expect(failureOf(() => open(join(folder, 'bridge.db')))).toMatchObject({ code: 'stateUnwritable' });
  });

  test.runIf(process.getuid?.() !== 0)('because its file is read-only in a read-only folder', () => {
    const path = filledState();
    chmodSync(path, 0o400);
    chmodSync(join(path, '..'), 0o500);
    onTestFinished(() => chmodSync(join(path, '..'), 0o700));

    expect(failureOf(() => open(path))).toMatchObject({ code: 'stateUnwritable' });
  });
});

describe('the files of a state', () => {
  test('can be read by their owner only, and the folder made for them too', () => {
    const folder = join(temporaryFolder(), 'var', 'bridge');
    const store = open(join(folder, 'bridge.db'));
    store.lock();
    store.intend('run', deactivation('a@acme.com'), 1);

    const modes = readdirSync(folder).map((name) => [name, statSync(join(folder, name)).mode & 0o777]);
    expect(modes.toSorted()).toEqual([
      ['bridge.db', 0o600],
      ['bridge.db-shm', 0o600],
      ['bridge.db-wal', 0o600],
      ['bridge.db.lock', 0o600],
      ['bridge.db.lock-journal', 0o600],
    ]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
  });

  test('are closed to others when they were open to them', () => {
    const path = filledState();
    chmodSync(path, 0o644);
    open(path);

    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  test('are not made by reading', () => {
    const folder = temporaryFolder();
    const store = open(join(folder, 'bridge.db'), 'read');

    expect(store.memory(0).isNew).toBe(true);
    expect(readdirSync(folder)).toEqual([]);
  });

  test('have one lock under every name', () => {
    const path = filledState();
    const other = join(temporaryFolder(), 'other.db');
    symlinkSync(path, other);
    open(path).lock();

    expect(failureOf(() => open(other).lock())).toMatchObject({ code: 'stateLocked' });
  });

  test('can be copied while nothing runs', () => {
    const path = filledState();
    copyFileSync(path, `${path}.backup`);

    expect(readingOf(`${path}.backup`)).toEqual(readingOf(path));
  });
});

describe('a state opened for reading', () => {
  test('reads the same as one opened for writing', () => {
    const path = filledState();

    expect(contents(open(path, 'read'))).toEqual(contents(open(path)));
  });

  test('can neither be written nor locked', () => {
    const store = open(filledState(), 'read');

    expect(failureOf(() => store.bindTarget('https://other.retool.com/api/v2')).code).toBe('internal');
    expect(failureOf(() => store.lock()).code).toBe('internal');
  });
});

test('a lock file that was overwritten is told from a damaged state', () => {
  const path = filledState();
  writeFileSync(`${path}.lock`, 'not a database at all, but long enough to look like one '.repeat(20));

  expect(failureOf(() => open(path).lock())).toMatchObject({
    code: 'stateUnwritable',
    remedy: expect.stringContaining('Delete it'),
  });
});
