import type { Database } from 'better-sqlite3';
import {
  type AuditChain,
  type AuditEntry,
  type AuditHead,
  type AuditRecord,
  headText,
  parseHead,
} from '../../model/audit.ts';
import { emptyHead, linkOf, verifyChain } from '../chain.ts';
import { wholeMs } from '../rules.ts';
import { Damage } from './errors.ts';
import type { Meta } from './meta.ts';
import { checkSeal, sealOf } from './seal.ts';

/** The chain's statements; `append` works inside the transaction of its caller. */
export interface Audit {
  readonly chain: AuditChain;
  append(entry: AuditEntry, at: number): void;
  /** Removes the records before a time, and remembers where the chain begins since. Returns how many. */
  prune(before: number): number;
}

/** The audit chain: one row a record, its body as JSON, and the names in a table of their own. */
export function auditOf(db: Database, meta: Meta): Audit {
  const insert = db.prepare<[number, number, string]>('INSERT INTO audit (seq, at, body) VALUES (?, ?, ?)');
  const select = db.prepare<[], { readonly seq: number; readonly body: string }>(
    'SELECT seq, body FROM audit ORDER BY seq',
  );
  const last = db.prepare<[number], { readonly body: string }>(
    'SELECT body FROM audit WHERE at < ? ORDER BY seq DESC LIMIT 1',
  );
  const remove = db.prepare<[number]>('DELETE FROM audit WHERE seq <= ?');
  const name = db.prepare<[string, string, number, number]>(`
    INSERT INTO names (token, text, at, seal) VALUES (?, ?, ?, ?)
    ON CONFLICT (token) DO UPDATE SET text = excluded.text, at = excluded.at, seal = excluded.seal`);
  const names = db
    .prepare<[], [string, string, number, number]>('SELECT token, text, at, seal FROM names')
    .raw();

  function append(entry: AuditEntry, at: number): void {
    const link = linkOf(headIn(meta, 'auditHead'), entry, wholeMs(at));
    insert.run(link.record.seq, link.record.at, JSON.stringify(link.record));
    meta.set('auditHead', headText(link.record));
    for (const [token, text] of link.names)
      name.run(token, text, wholeMs(at), sealOf(token, text, wholeMs(at)));
  }

  function* records(): Generator<AuditRecord> {
    for (const { seq, body } of select.iterate()) yield recordOf(seq, body);
  }

  const appendAlone = db.transaction(append);
  const chain: AuditChain = {
    audit: (entry, at) => appendAlone.immediate(entry, at),
    auditHead: () => headIn(meta, 'auditHead'),
    // Read at once: an iteration that is left open would keep the connection busy.
    auditRecords: () => select.all().map(({ seq, body }) => recordOf(seq, body)),
    auditNames() {
      const known = new Map<string, string>();
      for (const [token, text, at, seal] of names.iterate()) {
        checkSeal('names', seal, token, text, at);
        known.set(token, text);
      }
      return known;
    },
    verifyAudit: (noted) => {
      const ends = { start: headIn(meta, 'auditStart'), end: headIn(meta, 'auditHead'), noted };
      return verifyChain(records(), ends);
    },
  };

  function prune(before: number): number {
    const row = last.get(before);
    if (row === undefined) return 0;
    const { seq, hash } = recordOf(0, row.body);
    meta.set('auditStart', headText({ seq, hash }));
    return remove.run(seq).changes;
  }

  return { chain, append, prune };
}

function recordOf(seq: number, body: string): AuditRecord {
  try {
    // What was changed in it shows in its hash.
    return JSON.parse(body) as AuditRecord;
  } catch (error) {
    throw new Damage(`record ${seq} of the audit chain is not as it was written`, { cause: error });
  }
}

function headIn(meta: Meta, key: 'auditHead' | 'auditStart'): AuditHead {
  const text = meta.get(key);
  if (text === null) return emptyHead;
  const head = parseHead(text);
  if (head === null) throw new Damage('the note on the audit chain cannot be read');
  return head;
}
