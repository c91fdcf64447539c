import { resolve } from 'node:path';
import type { Database } from 'better-sqlite3';
import type { SnapshotSummary } from '../../model/snapshot.ts';
import type { Clock } from '../../model/ports.ts';
import type { Store } from '../../model/store.ts';
import { systemClock } from '../../runtime/clock.ts';
import { misuse } from '../rules.ts';
import { through } from '../through.ts';
import { type Approvals, approvalsOf } from './approvals.ts';
import { type Audit, auditOf } from './audit.ts';
import { type Begun, begunOf } from './begun.ts';
import { guarded, type Mode, type Place } from './errors.ts';
import { factsOf } from './facts.ts';
import { forgetOf } from './forget.ts';
import { type Journal, journalOf } from './journal.ts';
import { keepMemory } from './kept.ts';
import { type Locking, lockingOf } from './lock.ts';
import { knownOf } from './known.ts';
import { type Meta, metaOf } from './meta.ts';
import { observationsOf } from './observations.ts';
import { type Opened, openForReading, openForWriting } from './open.ts';
import { readsOf } from './reads.ts';
import { recallOf } from './recall.ts';
import { runsOf } from './runs.ts';
import { sealOf } from './seal.ts';
import { upkeepOf } from './upkeep.ts';
import { windowOf } from './window.ts';

export interface SqliteStoreOptions {
  /**
   * `write`: makes what is missing and proves that a write can be committed; needs no run lock, since the
   * window is written by every command. `read`: changes nothing; a state that is not there is empty.
   */
  readonly mode: Mode;
  /** The program's version, told to an older one that meets a newer format. */
  readonly appVersion?: string;
  /** Dates the note on who holds the run lock, and nothing else. Default: the machine's. */
  readonly clock?: Pick<Clock, 'now'>;
}

/**
 * Opens the state in the SQLite file at `path`. Throws `stateUnreadable` (damaged, or no state),
 * `stateTooNew` and `stateUnwritable`, each before anything of the file was changed.
 */
export function openSqliteStore(path: string, options: SqliteStoreOptions): Store {
  const file = resolve(path);
  const opened =
    options.mode === 'read' ? openForReading(file) : openForWriting(file, options.appVersion ?? null);
  const place: Place = { path: file, mode: options.mode };
  try {
    return guarded(place, () => storeOver(opened, place, options.clock ?? systemClock()));
  } catch (error) {
    opened.db.close();
    throw error;
  }
}

function storeOver({ db, path }: Opened, place: Place, clock: Pick<Clock, 'now'>): Store {
  const meta = metaOf(db);
  const journal = journalOf(db);
  const writeFacts = factsOf(db);
  const kept = keepMemory(db, db.transaction(recallOf(db, meta)));
  const begun = begunOf(db);
  const runs = runsOf(db, begun.end);
  const window = windowOf(db, meta);
  const saveSnapshots = db.transaction(snapshotsSaverOf(db));
  const locks = locksOf(path, place, meta, clock);
  const audit = auditOf(db, meta);
  const approvals = approvalsOf(db, meta, audit.append);
  const settle = settleOf(db, { meta, journal, begun, writeFacts, audit, approvals });
  const release = (kind: 'accountReleased' | 'inviteReleased') => (id: string) =>
    writeFacts({ run: '', operation: '' }, [{ kind, id }]);
  const forget = forgetOf(db, audit, release('accountReleased'), release('inviteReleased'));

  function use<Result>(work: () => Result): Result {
    kept.drop();
    return look(work);
  }

  /** For what changes nothing that the memory is made of. */
  function look<Result>(work: () => Result): Result {
    if (!db.open) throw misuse(`The state ${place.path} is used after it was closed.`);
    return guarded(place, work);
  }

  return {
    ...through(use, { ...readsOf(db), ...observationsOf(db), ...approvals.memory, ...audit.chain }),
    ...through(use, { ...begun.memory, ...upkeepOf(db, audit), ...knownOf(meta), forget }),
    window: through(look, window),
    lock: () => use(() => locks.take()),
    target: () => use(() => meta.get('target')),
    bindTarget: (target) => use(() => meta.set('target', target)),
    memory: (sinceMs) => look(() => kept.recall(sinceMs)),
    intend: (run, operation, at) => use(() => journal.intend(run, operation, at)),
    sent: (run, operationId, at) => use(() => journal.sent(run, operationId, at)),
    settle: (...settled) => use(() => settle(...settled)),
    openIntents: () => use(() => journal.openIntents()),
    cutShortAt: () => use(() => journal.cutShortAt()),
    saveSnapshots: (summaries) => use(() => saveSnapshots.immediate(summaries)),
    saveAppliedConfig: (hash) => use(() => meta.set('appliedConfig', hash)),
    saveRun: (record) => use(() => runs.save(record)),
    runs: (limit) => use(() => runs.list(limit)),
    run: (id) => use(() => runs.find(id)),
    close() {
      if (!db.open) return;
      try {
        locks.release();
      } finally {
        guarded(place, () => db.close());
      }
    },
  };
}

interface SettleParts {
  readonly meta: Meta;
  readonly journal: Journal;
  readonly begun: Begun;
  readonly writeFacts: ReturnType<typeof factsOf>;
  readonly audit: Audit;
  readonly approvals: Approvals;
}

/** All that an outcome makes true, in one transaction. */
function settleOf(db: Database, parts: SettleParts): Store['settle'] {
  const { meta, journal, begun, writeFacts, audit, approvals } = parts;
  const settle = db.transaction((...[run, outcome, facts, at, entry]: Parameters<Store['settle']>) => {
    journal.settle(run, outcome, at);
    begun.settle(run, outcome);
    writeFacts({ run, operation: outcome.operation }, facts);
    const isApplied = outcome.state === 'applied';
    if (isApplied && meta.get('applied') === null) meta.set('applied', 'yes');
    if (entry === undefined) return;
    const used = isApplied && entry.digest !== null ? approvals.useUp(entry.digest) : null;
    audit.append({ ...entry, approval: entry.approval ?? used }, at);
  });
  return (...settled) => settle.immediate(...settled);
}

function locksOf(path: string, place: Place, meta: Meta, clock: Pick<Clock, 'now'>): Locking {
  const locks = lockingOf(place, path, meta, () => ({
    pid: process.pid,
    since: new Date(clock.now()).toISOString(),
  }));
  if (place.mode === 'write') return locks;
  return {
    ...locks,
    take() {
      throw misuse(`The state ${place.path} was opened for reading and is locked for a run.`);
    },
  };
}

function snapshotsSaverOf(db: Database): (summaries: readonly SnapshotSummary[]) => void {
  const upsert = db.prepare<[string, string, number, number, number]>(`
    INSERT INTO snapshots (source, taken_at, users, groups, seal) VALUES (?, ?, ?, ?, ?)
    ON CONFLICT (source) DO UPDATE SET taken_at = excluded.taken_at, users = excluded.users, groups = excluded.groups, seal = excluded.seal`);
  return (summaries) => {
    for (const { source, takenAt, users, groups } of summaries) {
      upsert.run(source, takenAt, users, groups, sealOf(source, takenAt, users, groups));
    }
  };
}
