import type { Database } from 'better-sqlite3';
import type { Operation } from '../../model/operation.ts';
import type { Outcome } from '../../model/outcome.ts';
import type { OpenIntent } from '../../model/store.ts';
import { closesIntents, misuse, wholeMs } from '../rules.ts';
import { checkSeal, sealOf } from './seal.ts';

/** The journal's statements; the caller owns the transaction of `settle`. */
export interface Journal {
  intend(run: string, operation: Operation, at: number): void;
  sent(run: string, operationId: string, at: number): void;
  settle(run: string, outcome: Outcome, at: number): void;
  openIntents(): readonly OpenIntent[];
  cutShortAt(): number | null;
}

interface OpenRow {
  readonly run: string;
  readonly operation: string;
  readonly body: string;
  readonly seal: number | null;
  readonly sent_at: number | null;
}

/**
 * One row per run and operation. A row with a body (an intent) is open while `closed_by` is null. An
 * intent made again in the same run moves to the top and keeps the time of its last send, which may still
 * take effect; a send opens its row whatever was settled before it.
 */
export function journalOf(db: Database): Journal {
  const intend = db.prepare<[string, string, string, number, number]>(`
    INSERT INTO journal (run, operation, body, seal, intended_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (run, operation) DO UPDATE SET seq = (SELECT max(seq) + 1 FROM journal), body = excluded.body,
      seal = excluded.seal, intended_at = excluded.intended_at, state = NULL, code = NULL, settled_at = NULL, closed_by = NULL`);
  const sent = db.prepare<[number, string, string]>(`
    UPDATE journal SET sent_at = ?, state = NULL, code = NULL, settled_at = NULL, closed_by = NULL
    WHERE run = ? AND operation = ? AND body IS NOT NULL`);
  const settle = db.prepare<[string, string, string, string | null, number]>(`
    INSERT INTO journal (run, operation, state, code, settled_at) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (run, operation) DO UPDATE SET state = excluded.state, code = excluded.code, settled_at = excluded.settled_at,
      closed_by = NULL`);
  const close = db.prepare<[string, string]>(
    'UPDATE journal SET closed_by = ? WHERE operation = ? AND closed_by IS NULL',
  );
  const open = db.prepare<[], OpenRow>(`
    SELECT run, operation, body, seal, sent_at FROM journal WHERE closed_by IS NULL AND body IS NOT NULL ORDER BY seq DESC`);
  const cutShort = db.prepare<[], { readonly at: number | null }>(`
    SELECT max(sent_at) AS at FROM journal
    WHERE run = (SELECT run FROM journal WHERE body IS NOT NULL ORDER BY seq DESC LIMIT 1)
      AND NOT EXISTS (SELECT 1 FROM runs WHERE runs.id = journal.run)`);
  return {
    intend(run, operation, at) {
      const body = JSON.stringify(operation);
      // Written now, and on the disk with the note of the sending, which syncs the whole log before anything leaves: an
      // intent of which nothing was sent means nothing. It saves one of three syncs an operation.
      db.pragma('synchronous = NORMAL');
      try {
        intend.run(run, operation.id, body, sealOf(run, operation.id, body), wholeMs(at));
      } finally {
        db.pragma('synchronous = FULL');
      }
    },
    sent(run, operationId, at) {
      if (sent.run(wholeMs(at), run, operationId).changes > 0) return;
      throw misuse(`Operation ${operationId} of run ${run} is sent without an intent in the journal.`);
    },
    settle(run, outcome, at) {
      settle.run(run, outcome.operation, outcome.state, outcome.code, wholeMs(at));
      if (closesIntents(outcome.state)) close.run(run, outcome.operation);
    },
    openIntents() {
      return open.all().map(intentOf);
    },
    cutShortAt() {
      return cutShort.get()?.at ?? null;
    },
  };
}

function intentOf(row: OpenRow): OpenIntent {
  checkSeal('journal', row.seal, row.run, row.operation, row.body);
  // The seal says that these are the bytes that an operation was written as.
  return { run: row.run, operation: JSON.parse(row.body) as Operation, sentAt: row.sent_at };
}
