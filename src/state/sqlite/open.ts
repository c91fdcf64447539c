import { chmodSync, closeSync, mkdirSync, openSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import Database from 'better-sqlite3';
import { BridgeError } from '../../model/errors.ts';
import { Damage, guarded, isBusy, type Place, unreachable } from './errors.ts';
import { metaOf } from './meta.ts';
import { applicationId, formats, formatVersion } from './schema.ts';

type Connection = Database.Database;

/** How long a write waits for another process's; the longest write of ours takes a fraction of this. */
const busyTimeoutMs = 10_000;

/** Enough for openings that race to make one new state; each attempt waits for the writer in its way. */
const walAttempts = 20;

/**
 * What a plan rests on, and what is written while calls are sent: none of them may turn out damaged by then. The run
 * history is left out: it is large, and its records carry checksums of their own.
 */
const checkedTables = [
  'meta',
  'links',
  'accounts',
  'disabled_accounts',
  'attributes',
  'groups',
  'memberships',
  'invites',
  'grants',
  'taken_away',
  'snapshots',
  'journal',
  'grace',
  'drifts',
  'approvals',
  'approved',
  'held',
  'reads',
  'audit',
  'names',
] as const;

/** An open state and the real path of its file (`:memory:` for a state that does not exist yet). */
export interface Opened {
  readonly db: Connection;
  readonly path: string;
}

/**
 * Opens a state for writing and makes it when it is missing. When this returns, the file is ours, of our
 * format, sound, and a write to it was committed, so that nothing is sent while nothing can be recorded.
 */
export function openForWriting(path: string, appVersion: string | null): Opened {
  const place: Place = { path, mode: 'write' };
  return guarded(place, () => {
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    createPrivately(path);
    // Two names of one file must have one lock and one journal.
    const real = realpathSync(path);
    keepPrivate(real);
    const db = new Database(real, { fileMustExist: true, timeout: busyTimeoutMs });
    return closingOnFailure(db, () => {
      prepareConnection(db);
      if (identify(db, place) < formatVersion) bringUpToDate(db, place);
      useWriteAheadLog(db, place);
      checkStructure(db);
      recordOpening(db, appVersion);
      return { db, path: real };
    });
  });
}

/** Opens a state for reading. One that nobody has written to yet is empty, and stays as it is. */
export function openForReading(path: string): Opened {
  const place: Place = { path, mode: 'read' };
  return guarded(place, () => {
    const opened = openExisting(path, place) ?? openNothing();
    opened.db.pragma('query_only = ON');
    return opened;
  });
}

/** null when there is no file, or an empty one: its maker may be about to fill it. */
function openExisting(path: string, place: Place): Opened | null {
  if (statSync(path, { throwIfNoEntry: false }) === undefined) return null;
  const real = realpathSync(path);
  const db = new Database(real, { readonly: true, fileMustExist: true, timeout: busyTimeoutMs });
  return closingOnFailure(db, () => {
    prepareConnection(db);
    const version = identify(db, place);
    if (version === formatVersion) return { db, path: real };
    if (version > 0) throw tooOld(place, version);
    db.close();
    return null;
  });
}

function openNothing(): Opened {
  const db = new Database(':memory:');
  for (const tables of formats) db.exec(tables);
  return { db, path: ':memory:' };
}

/**
 * Makes an empty file that only its owner can read, when there is none. A file that is there is not
 * opened: closing any descriptor of a file drops the locks that SQLite holds on it in this process.
 */
export function createPrivately(path: string): void {
  try {
    closeSync(openSync(path, 'wx', 0o600));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST')) throw error;
  }
}

/** The state holds personal data: what others could read of it is closed to them. */
function keepPrivate(path: string): void {
  for (const file of [path, `${path}-wal`, `${path}-shm`]) {
    const stats = statSync(file, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) throw new Damage(`${file} is a folder`);
    if (stats !== undefined && (stats.mode & 0o077) !== 0) chmodSync(file, 0o600);
  }
}

function closingOnFailure<Result>(db: Connection, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    db.close();
    throw error;
  }
}

function prepareConnection(db: Connection): void {
  db.pragma('trusted_schema = OFF');
  db.pragma('cell_size_check = ON');
  // The default of this build is NORMAL with a write-ahead log, which may lose the last commits when power fails.
  db.pragma('synchronous = FULL');
}

/** The format of the state, 0 for an empty file; throws for anything else before anything is written to it. */
function identify(db: Connection, place: Place): number {
  const application = db.pragma('application_id', { simple: true });
  const version = Number(db.pragma('user_version', { simple: true }));
  if (application === 0 && version === 0 && isEmpty(db)) return 0;
  if (application !== applicationId || version < 1) throw new Damage('it is a database of another program');
  if (version > formatVersion) throw tooNew(db, place, version);
  return version;
}

function isEmpty(db: Connection): boolean {
  return db.prepare('SELECT 1 FROM sqlite_schema LIMIT 1').get() === undefined;
}

function tooNew(db: Connection, place: Place, version: number): BridgeError {
  const writer = writerOf(db);
  return new BridgeError(
    'stateTooNew',
    `The state ${place.path} has format ${version}, and this version of retool-bridge reads formats up to ${formatVersion}.`,
    {
      remedy: `Use ${writer === null ? 'the newest version that has run here' : `version ${writer} or newer`}.`,
    },
  );
}

/** The version that last opened the state for writing. What a newer format keeps elsewhere is not worth a second error. */
function writerOf(db: Connection): string | null {
  try {
    return metaOf(db).get('appVersion');
  } catch {
    return null;
  }
}

/** What only reads cannot bring a state up to date. */
function tooOld(place: Place, version: number): BridgeError {
  return new BridgeError(
    'stateUnreadable',
    `The state ${place.path} has format ${version}, and this version of retool-bridge reads format ${formatVersion}.`,
    { remedy: 'Run `retool-bridge check` once: a command that writes the state brings it up to date.' },
  );
}

/**
 * Adds the tables that are missing and marks the file in one transaction: a process killed here leaves the
 * file as it was. What is there stays as it is, so a state of an older format loses nothing.
 */
function bringUpToDate(db: Connection, place: Place): void {
  const add = db.transaction(() => {
    // Asked again: another process may have done it since.
    for (const tables of formats.slice(identify(db, place))) db.exec(tables);
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${formatVersion}`);
  });
  add.immediate();
}

/**
 * With a write-ahead log `plan` reads while `sync` writes. The switch itself does not wait for other
 * connections, so openings that race for a new state wait by hand: a transaction does wait.
 */
function useWriteAheadLog(db: Connection, place: Place): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      const mode = db.pragma('journal_mode = WAL', { simple: true });
      if (mode === 'wal') return;
      throw unreachable(
        place,
        new Error(`the file system offers no shared memory (journal mode "${String(mode)}")`),
      );
    } catch (error) {
      if (!isBusy(error) || attempt === walAttempts) throw error;
      db.transaction(() => undefined).immediate();
    }
  }
}

/** Costs about as much as reading these tables once: a tenth of a second for 100,000 accounts with 500,000 memberships. */
function checkStructure(db: Connection): void {
  for (const table of checkedTables) {
    const verdict = db.pragma(`integrity_check(${table})`, { simple: true });
    if (verdict !== 'ok') throw new Damage(String(verdict));
  }
}

/** The write that proves that writes can be committed. It changes each time: SQLite does not write what is equal. */
function recordOpening(db: Connection, appVersion: string | null): void {
  const meta = metaOf(db);
  const record = db.transaction(() => {
    meta.set('openings', String(Number(meta.get('openings') ?? '0') + 1));
    if (appVersion !== null && meta.get('appVersion') !== appVersion) meta.set('appVersion', appVersion);
  });
  record.immediate();
}
