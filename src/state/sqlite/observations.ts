import type { Database } from 'better-sqlite3';
import { keyText } from '../../model/desired-state.ts';
import type { Drift, Observations } from '../../model/store.ts';
import { wholeMs } from '../rules.ts';
import { checkSeal, sealOf } from './seal.ts';

/** The tables of grace and drift. */
export function observationsOf(db: Database): Observations {
  return { ...graceOf(db), ...driftsOf(db) };
}

function graceOf(db: Database): Pick<Observations, 'grace' | 'startGrace' | 'endGrace'> {
  const select = db
    .prepare<[], [string, string, number, number]>('SELECT source, external_id, since, seal FROM grace')
    .raw();
  const start = db.prepare<[string, string, number, number]>(
    'INSERT INTO grace (source, external_id, since, seal) VALUES (?, ?, ?, ?) ON CONFLICT (source, external_id) DO NOTHING',
  );
  const end = db.prepare<[string, string]>('DELETE FROM grace WHERE source = ? AND external_id = ?');
  return {
    grace() {
      const since = new Map<string, number>();
      for (const [source, externalId, at, seal] of select.iterate()) {
        checkSeal('grace', seal, source, externalId, at);
        since.set(keyText({ source, externalId }), at);
      }
      return since;
    },
    startGrace({ source, externalId }, since) {
      const at = wholeMs(since);
      start.run(source, externalId, at, sealOf(source, externalId, at));
    },
    endGrace: ({ source, externalId }) => void end.run(source, externalId),
  };
}

function driftsOf(db: Database): Pick<Observations, 'drifts' | 'addDrift' | 'forgetDrifts'> {
  const select = db
    .prepare<[number], [string, string, number, number]>(
      'SELECT subject, field, at, seal FROM drifts WHERE at >= ? ORDER BY at, subject, field',
    )
    .raw();
  const add = db.prepare<[string, string, number, number]>(
    'INSERT INTO drifts (subject, field, at, seal) VALUES (?, ?, ?, ?) ON CONFLICT (subject, field, at) DO NOTHING',
  );
  const forget = db.prepare<[string, string]>('DELETE FROM drifts WHERE subject = ? AND field = ?');
  return {
    drifts(sinceMs) {
      const drifts: Drift[] = [];
      for (const [subject, field, at, seal] of select.iterate(sinceMs)) {
        checkSeal('drifts', seal, subject, field, at);
        drifts.push({ subject, field, at });
      }
      return drifts;
    },
    addDrift({ subject, field, at }) {
      add.run(subject, field, wholeMs(at), sealOf(subject, field, wholeMs(at)));
    },
    forgetDrifts: (subject, field) => void forget.run(subject, field),
  };
}
