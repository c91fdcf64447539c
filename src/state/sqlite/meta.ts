import type { Database } from 'better-sqlite3';
import { checkSeal, sealOf } from './seal.ts';

/** Single values: what this state belongs to and what was last applied. */
export type MetaKey =
  | 'target'
  | 'appliedConfig'
  | 'applied'
  | 'holder'
  | 'appVersion'
  | 'openings'
  | 'pause'
  | 'known'
  | 'slowdown'
  | 'auditHead'
  | 'auditStart';

/** Reads and writes single values; the caller owns the transaction. */
export interface Meta {
  get(key: MetaKey): string | null;
  set(key: MetaKey, value: string): void;
  remove(key: MetaKey): void;
}

export function metaOf(db: Database): Meta {
  const select = db.prepare<[string], { value: string; seal: number }>(
    'SELECT value, seal FROM meta WHERE key = ?',
  );
  const upsert = db.prepare<[string, string, number]>(
    'INSERT INTO meta (key, value, seal) VALUES (?, ?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value, seal = excluded.seal',
  );
  const remove = db.prepare<[string]>('DELETE FROM meta WHERE key = ?');
  return {
    get(key) {
      const row = select.get(key);
      if (row === undefined) return null;
      checkSeal('meta', row.seal, key, row.value);
      return row.value;
    },
    set(key, value) {
      upsert.run(key, value, sealOf(key, value));
    },
    remove(key) {
      remove.run(key);
    },
  };
}
