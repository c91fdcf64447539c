import { gunzipSync, gzipSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import type { Approval, ApprovalMemory, HeldPlan, Pause } from '../../model/approval.ts';
import { type AuditEntry, personalEntry } from '../../model/audit.ts';
import { messageOf } from '../../model/errors.ts';
import { wholeMs } from '../rules.ts';
import { Damage } from './errors.ts';
import type { Meta } from './meta.ts';
import { checkSeal, sealOf } from './seal.ts';

/** The store's part, and what `settle` needs of it. */
export interface Approvals {
  readonly memory: ApprovalMemory;
  /** Takes an applied operation out of the approvals; returns the key of the one that had it. */
  useUp(digest: string): string | null;
}

type Append = (entry: AuditEntry, at: number) => void;

/** Held plans, approvals and the pause; `audit` writes to the chain inside the transaction of its caller. */
export function approvalsOf(db: Database, meta: Meta, audit: Append): Approvals {
  const { useUp, ...words } = wordsOf(db, audit);
  return { memory: { ...heldOf(db), ...words, ...pauseOf(db, meta, audit) }, useUp };
}

function heldOf(db: Database): Pick<ApprovalMemory, 'saveHeld' | 'heldPlans'> {
  const upsert = db.prepare<[string, number, number, Buffer]>(`
    INSERT INTO held (key, first_at, last_at, body) VALUES (?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET last_at = excluded.last_at, body = excluded.body`);
  const select = db.prepare<
    [],
    { readonly key: string; readonly firstAt: number; readonly lastAt: number; readonly body: Buffer }
  >('SELECT key, first_at AS "firstAt", last_at AS "lastAt", body FROM held ORDER BY last_at DESC, key');
  return {
    saveHeld({ key, plan, held }, at) {
      upsert.run(key, wholeMs(at), wholeMs(at), gzipSync(JSON.stringify({ plan, held: [...held] })));
    },
    heldPlans: () => select.all().map(({ body, ...row }) => ({ ...row, ...unpack(row.key, body) })),
  };
}

function unpack(key: string, body: Buffer): Pick<HeldPlan, 'plan' | 'held'> {
  try {
    const { plan, held } = JSON.parse(gunzipSync(body).toString('utf8'));
    return { plan, held: new Map(held) };
  } catch (error) {
    throw new Damage(`the held plan ${key} cannot be unpacked: ${messageOf(error)}`, { cause: error });
  }
}

interface ApprovalRow {
  readonly key: string;
  readonly at: number;
  readonly expiresAt: number;
  readonly by: string;
  readonly seal: number;
}

function wordsOf(
  db: Database,
  audit: Append,
): Pick<ApprovalMemory, 'approve' | 'approvals'> & Pick<Approvals, 'useUp'> {
  const upsert = db.prepare<[string, number, number, string, number]>(`
    INSERT INTO approvals (key, at, expires_at, by, seal) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (key) DO UPDATE SET at = excluded.at, expires_at = excluded.expires_at, by = excluded.by, seal = excluded.seal`);
  const clear = db.prepare<[string]>('DELETE FROM approved WHERE key = ?');
  const add = db.prepare<[string, string, number]>(
    'INSERT INTO approved (key, digest, seal) VALUES (?, ?, ?)',
  );
  const select = db.prepare<[number], ApprovalRow>(
    'SELECT key, at, expires_at AS "expiresAt", by, seal FROM approvals WHERE expires_at > ? ORDER BY at, key',
  );
  const digests = db
    .prepare<[string], [string, string, number]>('SELECT key, digest, seal FROM approved WHERE key = ?')
    .raw();
  const find = db.prepare<[string], { readonly key: string }>('SELECT key FROM approved WHERE digest = ?');
  const remove = db.prepare<[string]>('DELETE FROM approved WHERE digest = ?');

  function operationsOf(key: string): ReadonlySet<string> {
    const operations = new Set<string>();
    for (const [own, digest, seal] of digests.iterate(key)) {
      checkSeal('approved', seal, own, digest);
      operations.add(digest);
    }
    return operations;
  }

  const approve = db.transaction(({ key, operations, at, expiresAt, by }: Approval) => {
    upsert.run(key, wholeMs(at), wholeMs(expiresAt), by, sealOf(key, wholeMs(at), wholeMs(expiresAt), by));
    clear.run(key);
    for (const digest of operations) add.run(key, digest, sealOf(key, digest));
    audit(personalEntry('approval', { digest: key, by }), at);
  });

  return {
    approve: (approval) => approve.immediate(approval),
    approvals: (now) =>
      select
        .all(now)
        .map(({ key, at, expiresAt, by, seal }): Approval => {
          checkSeal('approvals', seal, key, at, expiresAt, by);
          return { key, operations: operationsOf(key), at, expiresAt, by };
        })
        .filter(({ operations }) => operations.size > 0),
    useUp(digest) {
      const key = find.get(digest)?.key ?? null;
      if (key !== null) remove.run(digest);
      return key;
    },
  };
}

function pauseOf(
  db: Database,
  meta: Meta,
  audit: Append,
): Pick<ApprovalMemory, 'pause' | 'resume' | 'paused'> {
  const pause = db.transaction((asked: Pause) => {
    meta.set('pause', JSON.stringify(asked));
    audit(personalEntry('pause', { by: asked.by, note: asked.reason }), asked.at);
  });
  const resume = db.transaction((at: number, by: string) => {
    meta.remove('pause');
    audit(personalEntry('resume', { by }), at);
  });
  return {
    pause: (asked) => pause.immediate(asked),
    resume: (at, by) => resume.immediate(at, by),
    paused() {
      const text = meta.get('pause');
      // The seal of `meta` says that this is the text that a pause was written as.
      return text === null ? null : (JSON.parse(text) as Pause);
    },
  };
}
