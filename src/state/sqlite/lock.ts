import Database from 'better-sqlite3';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { RunLock } from '../../model/store.ts';
import { asBridgeError, Damage, guarded, isBusy, type Place } from './errors.ts';
import type { Meta } from './meta.ts';
import { createPrivately } from './open.ts';

/** Who holds the lock, for people; nothing is decided by it. */
export interface Holder {
  readonly pid: number;
  /** ISO 8601, UTC. */
  readonly since: string;
}

/**
 * Takes the run lock of the state at `path`: the write lock of an empty database beside it. It is a lock
 * of the operating system, so it ends with its process, however that ends. BEGIN IMMEDIATE and not
 * EXCLUSIVE: of two that come at once, one then always gets it, while EXCLUSIVE can turn both away.
 *
 * Throws `stateLocked` at once when somebody has it; `holder` is asked only then.
 */
function takeLock(path: string, holder: () => Holder | null): RunLock {
  const lockPath = `${path}.lock`;
  try {
    createPrivately(lockPath);
    const db = new Database(lockPath, { fileMustExist: true, timeout: 0 });
    try {
      db.exec('BEGIN IMMEDIATE');
    } catch (error) {
      db.close();
      if (isBusy(error)) throw locked(path, holder());
      throw error;
    }
    return { release: () => void db.close() };
  } catch (error) {
    throw lockFailure(lockPath, error);
  }
}

function lockFailure(path: string, error: unknown): BridgeError {
  const failure = asBridgeError({ path, mode: 'write' }, error);
  if (failure.code !== 'stateUnreadable') return failure;
  return new BridgeError(
    'stateUnwritable',
    `The lock file ${path} was overwritten by something else: ${messageOf(error)}`,
    {
      remedy: 'Delete it while no run is going on: it holds no data.',
      cause: error,
    },
  );
}

function locked(path: string, holder: Holder | null): BridgeError {
  const who = holder === null ? 'Another run' : `Another run (process ${holder.pid}, since ${holder.since})`;
  return new BridgeError('stateLocked', `${who} holds the state ${path}.`, {
    remedy: 'Wait until it has ended. The lock goes with its process: there is no file to delete.',
    retryable: true,
  });
}

/** Hands out the run lock of one open state. */
export interface Locking {
  take(): RunLock;
  /** Gives the lock back when it is held. */
  release(): void;
}

/**
 * Keeps the lock as long as the state is open: a connection that nobody refers to is closed, and its lock
 * with it. Leaves a note on the holder in the state, for the message that others get.
 */
export function lockingOf(place: Place, path: string, meta: Meta, note: () => Holder): Locking {
  let held: RunLock | null = null;

  function take(): RunLock {
    const lock = takeLock(path, () => parseHolder(meta.get('holder')));
    try {
      meta.set('holder', holderText(note()));
    } catch (error) {
      lock.release();
      throw error;
    }
    const noted: RunLock = {
      release() {
        if (held !== noted) return;
        held = null;
        giveBack(lock);
      },
    };
    held = noted;
    return noted;
  }

  function giveBack(lock: RunLock): void {
    try {
      guarded(place, () => meta.remove('holder'));
    } finally {
      lock.release();
    }
  }

  return { take, release: () => held?.release() };
}

function parseHolder(text: string | null): Holder | null {
  if (text === null) return null;
  const [pid, since] = text.split(' ');
  if (pid === undefined || since === undefined)
    throw new Damage('the note on who holds the run lock cannot be read');
  return { pid: Number(pid), since };
}

function holderText(holder: Holder): string {
  return `${holder.pid} ${holder.since}`;
}
