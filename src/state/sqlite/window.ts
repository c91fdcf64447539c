import type { Database } from 'better-sqlite3';
import type { Admission, Slowdown, Window } from '../../model/ports.ts';
import { checkLimit, wholeMs } from '../rules.ts';
import type { Meta } from './meta.ts';

interface Send {
  readonly seq: number;
  readonly at: number;
}

/**
 * The window over the table `sends`. Its rows are numbered without gaps and their times never decrease,
 * since only the oldest are deleted and a new one is never earlier than the last. So the send that has
 * to leave first is found by its number: an admission costs the same whatever the limit.
 */
export function windowOf(db: Database, meta: Meta): Window {
  const expire = db.prepare<[number]>('DELETE FROM sends WHERE at <= ?');
  const newest = db.prepare<[], Send>('SELECT seq, at FROM sends ORDER BY seq DESC LIMIT 1');
  const numbered = db.prepare<[number], Send>('SELECT seq, at FROM sends WHERE seq = ?');
  const bringBack = db.prepare<[number, number]>('UPDATE sends SET at = ? WHERE at > ?');
  const insert = db.prepare<[number, number]>('INSERT INTO sends (seq, at) VALUES (?, ?)');

  function admit(now: number, limit: number, windowMs: number): Admission {
    expire.run(now - windowMs);
    // The clock was set back: when these were sent is not known, only that it was before now.
    // Taken as sent now they leave within one window, and none is forgotten while it may still count.
    if ((newest.get()?.at ?? 0) > now + windowMs) bringBack.run(now, now);
    const last = newest.get() ?? { seq: 0, at: now };
    const blocking = numbered.get(last.seq - limit + 1);
    if (blocking !== undefined) return { admitted: false, waitMs: Math.max(1, blocking.at + windowMs - now) };
    insert.run(last.seq + 1, Math.max(now, last.at));
    return { admitted: true };
  }

  const transaction = db.transaction(admit);
  return {
    admit(request) {
      checkLimit(request.limit);
      return transaction.immediate(wholeMs(request.now), request.limit, wholeMs(request.windowMs));
    },
    slowdown() {
      const text = meta.get('slowdown');
      // The seal of `meta` says that this is the text that a slowdown was written as.
      return text === null ? null : (JSON.parse(text) as Slowdown);
    },
    slowDown(slowdown) {
      checkLimit(slowdown.limit);
      meta.set('slowdown', JSON.stringify(slowdown));
    },
  };
}
