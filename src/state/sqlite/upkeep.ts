import { existsSync, renameSync, rmSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Database } from 'better-sqlite3';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { Upkeep } from '../../model/store.ts';
import type { Audit } from './audit.ts';
import { createPrivately } from './open.ts';

/** Backup and retention; `forget` is in forget.ts. */
export function upkeepOf(db: Database, audit: Audit): Pick<Upkeep, 'backup' | 'prune'> {
  const settled = db.prepare<[number]>('DELETE FROM journal WHERE closed_by IS NOT NULL AND settled_at < ?');
  const held = db.prepare<[number]>('DELETE FROM held WHERE last_at < ?');
  const names = db.prepare<[number]>(`
    DELETE FROM names WHERE at < ? AND token NOT IN (SELECT id FROM accounts) AND token NOT IN (SELECT id FROM groups)`);
  const runs = db.prepare<[string]>('DELETE FROM runs WHERE finished_at < ?');

  const prune = db.transaction((before: Parameters<Upkeep['prune']>[0]) => {
    const { people } = before;
    const journal = people === null ? 0 : settled.run(people).changes;
    if (people !== null) {
      held.run(people);
      names.run(people);
    }
    return {
      runs: before.runs === null ? 0 : runs.run(new Date(before.runs).toISOString()).changes,
      journal,
      audit: before.audit === null ? 0 : audit.prune(before.audit),
    };
  });

  return { backup: (path) => backUp(db, resolve(path)), prune: (before) => prune.immediate(before) };
}

/** Copies page by page to a file beside, which takes its name when it is whole; what is there already is left alone. */
async function backUp(db: Database, path: string): Promise<void> {
  if (db.memory) throw cannotBackUp(path, 'there is no state yet');
  const beside = `${path}.part`;
  if (existsSync(path)) throw cannotBackUp(path, 'a file of this name exists already');
  try {
    createPrivately(beside);
    await db.backup(beside);
    renameSync(beside, path);
  } catch (error) {
    rmSync(beside, { force: true });
    throw cannotBackUp(path, messageOf(error), error);
  }
}

function cannotBackUp(path: string, why: string, cause?: unknown): BridgeError {
  return new BridgeError('stateUnwritable', `The state cannot be copied to ${path}: ${why}`, {
    remedy: 'Name a new file in a folder that can be written, on a disk with room for a copy of the state.',
    cause,
  });
}
