import { gunzipSync, gzipSync } from 'node:zlib';
import type { Database } from 'better-sqlite3';
import { personalEntry } from '../../model/audit.ts';
import type { Forgotten } from '../../model/store.ts';
import { mentions, withoutPerson } from '../without-person.ts';
import type { Audit } from './audit.ts';

interface Account {
  readonly id: string;
  readonly isDisabled: number;
}

/** Takes one person out of the state, in one transaction; see `Upkeep.forget`. */
export function forgetOf(
  db: Database,
  audit: Audit,
  release: (account: string) => void,
  releaseInvite: (invite: string) => void,
): (email: string, at: number, by: string) => Forgotten {
  const account = db.prepare<[string], Account>(`
    SELECT a.id, d.id IS NOT NULL AS "isDisabled" FROM accounts a LEFT JOIN disabled_accounts d ON d.id = a.id WHERE a.email = ?`);
  const releaseInvites = inviteForgetterOf(db, releaseInvite);
  const names = db.prepare<[string, string]>('DELETE FROM names WHERE lower(text) = ? OR token = ?');
  const reads = db.prepare<[]>('DELETE FROM reads');
  const fromDrifts = driftForgetterOf(db);
  const fromRecords = rewriterOf(db, 'runs', 'record');
  const fromHeld = rewriterOf(db, 'held', 'body');
  const fromJournal = journalForgetterOf(db);

  const forget = db.transaction((email: string, at: number, by: string): Forgotten => {
    const found = account.get(email);
    const stays = found !== undefined && found.isDisabled === 0;
    if (found !== undefined && !stays) release(found.id);
    releaseInvites(email);
    const rows =
      names.run(email, stays ? '' : (found?.id ?? '')).changes +
      fromDrifts(email) +
      fromRecords(email) +
      fromHeld(email) +
      fromJournal(email);
    reads.run();
    audit.append(personalEntry('forget', { by }), at);
    return { rows, stays };
  });
  return (email, at, by) => forget.immediate(email, at, by);
}

/** Rewrites the compressed JSON of those rows that name an address; returns how many. */
function rewriterOf(
  db: Database,
  table: 'runs' | 'held',
  column: 'record' | 'body',
): (email: string) => number {
  const rowids = db.prepare<[], { readonly rowid: number }>(`SELECT rowid AS "rowid" FROM ${table}`);
  const read = db.prepare<[number], { readonly body: Buffer }>(
    `SELECT ${column} AS "body" FROM ${table} WHERE rowid = ?`,
  );
  const write = db.prepare<[Buffer, number]>(`UPDATE ${table} SET ${column} = ? WHERE rowid = ?`);
  return (email) => {
    let count = 0;
    for (const { rowid } of rowids.all()) {
      const row = read.get(rowid);
      const text = row === undefined ? '' : gunzipSync(row.body).toString('utf8');
      if (!mentions(text, email)) continue;
      write.run(gzipSync(JSON.stringify(withoutPerson(JSON.parse(text), email))), rowid);
      count += 1;
    }
    return count;
  };
}

/** Forgets invites that have ended; one that is open is still ours to revoke. */
function inviteForgetterOf(db: Database, release: (invite: string) => void): (email: string) => void {
  const ended = db.prepare<[string], { readonly id: string }>(
    "SELECT id FROM invites WHERE email = ? AND state = 'ended'",
  );
  return (email) => ended.all(email).forEach(({ id }) => release(id));
}

function driftForgetterOf(db: Database): (email: string) => number {
  const subjects = db.prepare<[], { readonly subject: string }>('SELECT DISTINCT subject FROM drifts');
  const remove = db.prepare<[string]>('DELETE FROM drifts WHERE subject = ?');
  return (email) =>
    subjects
      .all()
      .filter(({ subject }) => mentions(subject, email))
      .reduce((rows, { subject }) => rows + remove.run(subject).changes, 0);
}

/** Deletes the settled intents that name an address: an open one is still needed to find out what became of it. */
function journalForgetterOf(db: Database): (email: string) => number {
  const select = db.prepare<[], { readonly seq: number; readonly text: string }>(
    `SELECT seq, operation || ' ' || coalesce(body, '') AS "text" FROM journal WHERE closed_by IS NOT NULL`,
  );
  const remove = db.prepare<[number]>('DELETE FROM journal WHERE seq = ?');
  return (email) => {
    const named = select.all().filter(({ text }) => mentions(text, email));
    for (const { seq } of named) remove.run(seq);
    return named.length;
  };
}
