import Database from 'better-sqlite3';
import { BridgeError, messageOf } from '../../model/errors.ts';
import { misuse } from '../rules.ts';

/** What a store was opened for: `read` changes nothing and creates nothing. */
export type Mode = 'write' | 'read';

/** Which state an error is about. */
export interface Place {
  readonly path: string;
  readonly mode: Mode;
}

/** Thrown where a row turns out not to be what was written; {@link guarded} names the file. */
export class Damage extends Error {}

const remedies = {
  damaged:
    'Restore the file from a backup, or move it away and start with a new state: existing accounts are then adopted again.',
  unreadable:
    'Check that this user may read and write the file and its folder, and that no other program keeps it.',
  unwritable:
    'Check free space, that the disk is not mounted read-only, and that this user may write the file and its folder.',
  busy: 'Close what else has the file open (a backup, a database browser) and run the command again.',
} as const;

/** The state is not what was written to it. */
export function damaged(place: Place, cause: unknown): BridgeError {
  return new BridgeError(
    'stateUnreadable',
    `The state ${place.path} is damaged or is not a state: ${messageOf(cause)}`,
    {
      remedy: remedies.damaged,
      cause,
    },
  );
}

/** The state cannot be reached: `stateUnwritable` when it was opened for writing, else `stateUnreadable`. */
export function unreachable(place: Place, cause: unknown): BridgeError {
  if (place.mode === 'read') {
    return new BridgeError('stateUnreadable', `The state ${place.path} cannot be read: ${messageOf(cause)}`, {
      remedy: remedies.unreadable,
      cause,
    });
  }
  return new BridgeError(
    'stateUnwritable',
    `The state ${place.path} cannot be written: ${messageOf(cause)}`,
    {
      remedy: remedies.unwritable,
      cause,
    },
  );
}

/** Whether SQLite says that somebody else holds what was asked for. */
export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && primaryCode(error.code) === 'SQLITE_BUSY';
}

/** Runs `work`; whatever it throws comes out as a `BridgeError` about the state at `place`. */
export function guarded<Result>(place: Place, work: () => Result): Result {
  try {
    return work();
  } catch (error) {
    throw asBridgeError(place, error);
  }
}

/** The `BridgeError` for anything thrown while a state was in use. */
export function asBridgeError(place: Place, error: unknown): BridgeError {
  if (error instanceof BridgeError) return error;
  if (error instanceof Damage) return damaged(place, error);
  if (error instanceof Database.SqliteError) return ofSqlite(place, error, error.code);
  if (isSystemError(error)) return unreachable(place, error);
  return misuse(`The state ${place.path} failed in an unforeseen way: ${messageOf(error)}`, error);
}

function ofSqlite(place: Place, error: Error, code: string): BridgeError {
  switch (primaryCode(code)) {
    case 'SQLITE_CORRUPT':
    case 'SQLITE_NOTADB':
    // Every statement is prepared while opening: one that does not compile means that tables are missing.
    case 'SQLITE_ERROR':
      return damaged(place, error);
    case 'SQLITE_IOERR':
      return isFailedRead(code) ? damaged(place, error) : unreachable(place, error);
    case 'SQLITE_READONLY':
      if (code === 'SQLITE_READONLY' && place.mode === 'read') {
        return misuse(`The state ${place.path} was opened for reading and is written to.`, error);
      }
      return unreachable(place, error);
    case 'SQLITE_FULL':
    case 'SQLITE_CANTOPEN':
    case 'SQLITE_PERM':
    case 'SQLITE_NOLFS':
      return unreachable(place, error);
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
    case 'SQLITE_PROTOCOL':
      return new BridgeError(
        place.mode === 'write' ? 'stateUnwritable' : 'stateUnreadable',
        `The state ${place.path} is kept busy by another program: ${error.message}`,
        { remedy: remedies.busy, retryable: true, cause: error },
      );
    default:
      return misuse(`The state ${place.path} failed in an unforeseen way: ${error.message} (${code})`, error);
  }
}

/** SQLite's primary result code: `SQLITE_IOERR` of `SQLITE_IOERR_WRITE`. */
function primaryCode(code: string): string {
  return code.split('_', 2).join('_');
}

function isFailedRead(code: string): boolean {
  return [
    'SQLITE_IOERR_READ',
    'SQLITE_IOERR_SHORT_READ',
    'SQLITE_IOERR_CORRUPTFS',
    'SQLITE_IOERR_DATA',
  ].includes(code);
}

function isSystemError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error;
}
