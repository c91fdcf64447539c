import { gunzipSync, gzipSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import type { BegunRun, BegunRunMemory } from '../../model/begun-run.ts';
import { messageOf } from '../../model/errors.ts';
import type { Outcome } from '../../model/outcome.ts';
import { wholeMs } from '../rules.ts';
import { Damage } from './errors.ts';
import { checkSeal, sealOf } from './seal.ts';

/** The run that goes on; `settle` and `end` work inside the transaction of their caller. */
export interface Begun {
  readonly memory: BegunRunMemory;
  /** Keeps an outcome when it is one of the run that goes on. */
  settle(run: string, outcome: Outcome): void;
  /** Forgets the run: its record is written. */
  end(run: string): void;
}

/** Fast rather than small: it is written before the first operation may be sent. */
const compression = { level: 1 };

interface Row {
  readonly run: string;
  readonly at: number;
  readonly body: Buffer;
}

/** The plan of the run that goes on, compressed, whose own checksum seals it; and its outcomes, one row each. */
export function begunOf(db: Database): Begun {
  const clear = db.prepare<[]>('DELETE FROM begun');
  const clearOutcomes = db.prepare<[]>('DELETE FROM outcomes');
  const insert = db.prepare<[string, number, Buffer]>('INSERT INTO begun (run, at, body) VALUES (?, ?, ?)');
  const select = db.prepare<[], Row>('SELECT run, at, body FROM begun');
  const settle = db.prepare<[string, string, string, number, string]>(`
    INSERT INTO outcomes (run, operation, body, seal) SELECT ?, ?, ?, ? WHERE EXISTS (SELECT 1 FROM begun WHERE run = ?)
    ON CONFLICT (run, operation) DO UPDATE SET body = excluded.body, seal = excluded.seal`);
  const outcomes = db.prepare<
    [string],
    { readonly operation: string; readonly body: string; readonly seal: number }
  >('SELECT operation, body, seal FROM outcomes WHERE run = ?');
  // Not when it was settled: that may have been much later, by reading.
  const trace = db.prepare<[string], { readonly sent: number; readonly lastAt: number | null }>(`
    SELECT count(sent_at) AS "sent", max(max(intended_at, coalesce(sent_at, 0))) AS "lastAt"
    FROM journal WHERE run = ? AND body IS NOT NULL`);
  const remove = db.prepare<[string]>('DELETE FROM begun WHERE run = ?');
  const removeOutcomes = db.prepare<[string]>('DELETE FROM outcomes WHERE run = ?');

  const begin = db.transaction((run: BegunRun, packed: Buffer) => {
    clear.run();
    clearOutcomes.run();
    insert.run(run.id, wholeMs(run.startedAt), packed);
  });

  function outcomesOf(run: string): Outcome[] {
    return outcomes.all(run).map(({ operation, body, seal }) => {
      checkSeal('outcomes', seal, run, operation, body);
      // The seal says that these are the bytes that an outcome was written as.
      return JSON.parse(body) as Outcome;
    });
  }

  return {
    memory: {
      beginRun: (run) => begin.immediate(run, gzipSync(JSON.stringify(run), compression)),
      unrecordedRun: db.transaction(() => {
        const row = select.get();
        if (row === undefined) return null;
        const { sent, lastAt } = trace.get(row.run) ?? { sent: 0, lastAt: null };
        const begun = unpack(row);
        return { ...begun, outcomes: outcomesOf(row.run), sent, lastAt: lastAt ?? row.at };
      }),
    },
    settle(run, outcome) {
      const body = JSON.stringify(outcome);
      settle.run(run, outcome.operation, body, sealOf(run, outcome.operation, body), run);
    },
    end(run) {
      remove.run(run);
      removeOutcomes.run(run);
    },
  };
}

function unpack({ run, body }: Row): BegunRun {
  try {
    return JSON.parse(gunzipSync(body).toString('utf8')) as BegunRun;
  } catch (error) {
    throw new Damage(`the plan of run ${run} cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
}
