import { gunzipSync, gzipSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { messageOf } from '../../model/errors.ts';
import type { RunRecord } from '../../model/outcome.ts';
import type { RunRow } from '../../model/store.ts';
import { Damage } from './errors.ts';

/** The run history; records are kept as gzip, whose own checksum seals them. */
export interface Runs {
  save(record: RunRecord): void;
  /** The last ones saved, newest first. */
  list(limit: number): readonly RunRow[];
  find(id: string): RunRecord | null;
}

/** `ended` is told of each run whose record is saved, in the transaction that saves it. */
export function runsOf(db: Database, ended: (id: string) => void): Runs {
  const upsert = db.prepare<[string, string, string, string, string, string, number, Buffer]>(`
    INSERT INTO runs (id, kind, status, started_at, finished_at, fingerprint, operations, record) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET kind = excluded.kind, status = excluded.status, started_at = excluded.started_at,
      finished_at = excluded.finished_at, fingerprint = excluded.fingerprint, operations = excluded.operations, record = excluded.record`);
  const list = db.prepare<[number], RunRow>(`
    SELECT id, kind, status, started_at AS "startedAt", finished_at AS "finishedAt", fingerprint, operations
    FROM runs ORDER BY seq DESC LIMIT ?`);
  const find = db.prepare<[string], { record: Buffer }>('SELECT record FROM runs WHERE id = ?');
  const save = db.transaction((record: RunRecord, packed: Buffer) => {
    const { id, kind, status, startedAt, finishedAt, plan } = record;
    const { fingerprint, operations } = plan;
    upsert.run(id, kind, status, startedAt, finishedAt, fingerprint, operations.length, packed);
    ended(id);
  });
  return {
    save: (record) => save.immediate(record, gzipSync(JSON.stringify(record))),
    list: (limit) => list.all(limit),
    find(id) {
      const row = find.get(id);
      return row === undefined ? null : unpack(id, row.record);
    },
  };
}

function unpack(id: string, packed: Buffer): RunRecord {
  try {
    return JSON.parse(gunzipSync(packed).toString('utf8')) as RunRecord;
  } catch (error) {
    throw new Damage(`the record of run ${id} cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
}
