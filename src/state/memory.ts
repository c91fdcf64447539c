import { personalEntry } from '../model/audit.ts';
import type { Operation } from '../model/operation.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Known, KnownMemory } from '../model/preflight.ts';
import type { SnapshotSummary } from '../model/snapshot.ts';
import type { Fact, Memory, Store, Upkeep } from '../model/store.ts';
import {
  createApprovals,
  createAudit,
  createBegun,
  createObservations,
  createReads,
  rewrite,
} from './memory-history.ts';
import { createLocking, createWindow } from './memory-locks.ts';
import { createOwnership, keyOf } from './memory-ownership.ts';
import { closesIntents, misuse, wholeMs } from './rules.ts';
import { through } from './through.ts';
import { mentions } from './without-person.ts';

/** What a store in memory begins with, for a rehearsal over what a real one remembers. */
export interface MemorySeed {
  readonly memory?: Memory;
  readonly target?: string | null;
}

/** A store that keeps everything in this process: for rehearsals and tests. It keeps every rule of the port but durability. */
export function createMemoryStore(seed: MemorySeed = {}): Store {
  const ownership = createOwnership(seed.memory);
  const journal = createJournal();
  const snapshots = new Map<string, SnapshotSummary>(seed.memory?.snapshots);
  const runs = new Map<string, RunRecord>();
  const window = createWindow();
  const reads = createReads();
  const observations = createObservations();
  const audit = createAudit();
  const approvals = createApprovals(audit.append);
  const begun = createBegun(journal.trace);
  const upkeep = createUpkeep({ ownership, journal, runs, reads, observations, audit, approvals, begun });
  let target = seed.target ?? null;
  let appliedConfig = seed.memory?.appliedConfig ?? null;
  let isNew = seed.memory?.isNew ?? true;
  const locking = createLocking();
  let closed = false;

  function use<Result>(work: () => Result): Result {
    if (closed) throw misuse('The state in memory is used after it was closed.');
    return work();
  }

  const settle: Store['settle'] = (run, outcome, facts, at, entry) => {
    journal.settle(run, outcome.operation, { closes: closesIntents(outcome.state), at });
    begun.settle(run, outcome);
    ownership.write(run, outcome.operation, facts);
    const isApplied = outcome.state === 'applied';
    if (isApplied) isNew = false;
    if (entry === undefined) return;
    const used = isApplied && entry.digest !== null ? approvals.useUp(entry.digest) : null;
    audit.append({ ...entry, approval: entry.approval ?? used }, at);
  };

  return {
    ...through(use, {
      ...reads.memory,
      ...observations.memory,
      ...approvals.memory,
      ...audit.chain,
      ...begun.memory,
      ...upkeep,
      ...createKnown(),
    }),
    window: through(use, window),
    lock: () => use(locking.take),
    target: () => use(() => target),
    bindTarget: (bound) => use(() => void (target = bound)),
    memory: (sinceMs) =>
      use(() => ({ ...ownership.read(sinceMs), isNew, appliedConfig, snapshots: new Map(snapshots) })),
    intend: (run, operation, at) => use(() => journal.intend(run, operation, wholeMs(at))),
    sent: (run, operationId, at) => use(() => journal.sent(run, operationId, wholeMs(at))),
    settle: (...settled) => use(() => settle(...settled)),
    openIntents: () => use(() => journal.open()),
    cutShortAt: () => use(() => journal.cutShortAt((run) => runs.has(run))),
    saveSnapshots: (summaries) =>
      use(() => summaries.forEach((summary) => snapshots.set(summary.source, summary))),
    saveAppliedConfig: (hash) => use(() => void (appliedConfig = hash)),
    saveRun: (record) => use(() => saveRun(record, runs, begun)),
    runs: (limit) => use(() => [...runs.values()].toReversed().slice(0, limit).map(rowOf)),
    run: (id) => use(() => runs.get(id) ?? null),
    close() {
      locking.release();
      closed = true;
    },
  };
}

function saveRun(record: RunRecord, runs: Map<string, RunRecord>, begun: UpkeepParts['begun']): void {
  runs.set(record.id, record);
  begun.end(record.id);
}

/** Of one token only, as the port says. */
function createKnown(): KnownMemory {
  let last: { readonly token: string; readonly known: Known } | null = null;
  return {
    known: (token) => (last?.token === token ? last.known : null),
    saveKnown: (token, known) => void (last = { token, known }),
  };
}

interface UpkeepParts {
  readonly ownership: ReturnType<typeof createOwnership>;
  readonly journal: ReturnType<typeof createJournal>;
  readonly runs: Map<string, RunRecord>;
  readonly reads: ReturnType<typeof createReads>;
  readonly observations: ReturnType<typeof createObservations>;
  readonly audit: ReturnType<typeof createAudit>;
  readonly approvals: ReturnType<typeof createApprovals>;
  readonly begun: ReturnType<typeof createBegun>;
}

function createUpkeep(parts: UpkeepParts): Upkeep {
  const { ownership, journal, runs, audit, approvals } = parts;
  return {
    backup: () => Promise.reject(misuse('A state in memory has no file that could be copied.')),
    prune(before) {
      const { people } = before;
      if (people !== null) {
        const { accounts, groups } = ownership.read(0);
        approvals.prune(people);
        audit.dropNames((token, { at }) => at < people && !accounts.has(token) && !groups.has(token));
      }
      const old = [...runs.values()].filter(
        ({ finishedAt }) => before.runs !== null && Date.parse(finishedAt) < before.runs,
      );
      for (const { id } of old) runs.delete(id);
      return {
        runs: old.length,
        journal: people === null ? 0 : journal.drop(({ settledAt }) => settledAt < people),
        audit: before.audit === null ? 0 : audit.prune(before.audit),
      };
    },
    forget(email, at, by) {
      const account = [...ownership.read(0).accounts.values()].find((one) => one.email === email);
      const stays = account !== undefined && !account.disabledByUs;
      if (account !== undefined && !stays)
        ownership.write('', '', [{ kind: 'accountReleased', id: account.id }]);
      const ended = [...ownership.read(0).invites.values()].filter(
        (one) => one.email === email && one.state === 'ended',
      );
      ownership.write(
        '',
        '',
        ended.map(({ id }): Fact => ({ kind: 'inviteReleased', id })),
      );
      const rows =
        audit.dropNames(
          (token, { text }) => text.toLowerCase() === email || (!stays && token === account?.id),
        ) +
        parts.observations.forget(email) +
        rewrite(
          runs,
          email,
          (record) => record,
          (_, record) => record,
        ) +
        approvals.forget(email) +
        parts.begun.forget(email) +
        journal.drop(({ operation }) => mentions(JSON.stringify(operation), email));
      parts.reads.clear();
      audit.append(personalEntry('forget', { by }), at);
      return { rows, stays };
    },
  };
}

function rowOf({ id, kind, status, startedAt, finishedAt, plan }: RunRecord) {
  return {
    id,
    kind,
    status,
    startedAt,
    finishedAt,
    fingerprint: plan.fingerprint,
    operations: plan.operations.length,
  };
}

interface Intent {
  readonly run: string;
  readonly operation: Operation;
  readonly intendedAt: number;
  readonly sentAt: number | null;
  readonly isOpen: boolean;
  /** When it was last settled, epoch milliseconds; 0 before. */
  readonly settledAt: number;
}

function createJournal() {
  /** Intents by run and operation, in the order they were last made. */
  const intents = new Map<string, Intent>();
  return {
    intend(run: string, operation: Operation, at: number): void {
      const key = keyOf(run, operation.id);
      const sentAt = intents.get(key)?.sentAt ?? null;
      intents.delete(key);
      intents.set(key, { run, operation, intendedAt: at, sentAt, isOpen: true, settledAt: 0 });
    },
    sent(run: string, operationId: string, at: number): void {
      const key = keyOf(run, operationId);
      const intent = intents.get(key);
      if (intent === undefined)
        throw misuse(`Operation ${operationId} of run ${run} is sent without an intent in the journal.`);
      intents.set(key, { ...intent, sentAt: at, isOpen: true });
    },
    settle(
      run: string,
      operationId: string,
      { closes, at }: { readonly closes: boolean; readonly at: number },
    ): void {
      const own = intents.get(keyOf(run, operationId));
      if (own !== undefined)
        intents.set(keyOf(run, operationId), { ...own, isOpen: !closes, settledAt: wholeMs(at) });
      if (!closes) return;
      for (const [key, intent] of intents) {
        if (intent.operation.id === operationId) intents.set(key, { ...intent, isOpen: false });
      }
    },
    /** How far a run got. */
    trace(run: string): { readonly sent: number; readonly lastAt: number | null } {
      const own = [...intents.values()].filter((intent) => intent.run === run);
      const times = own.map(({ intendedAt, sentAt }) => Math.max(intendedAt, sentAt ?? 0));
      const sent = own.filter(({ sentAt }) => sentAt !== null).length;
      return { sent, lastAt: times.length === 0 ? null : Math.max(...times) };
    },
    /** Removes settled intents; returns how many. */
    drop(isGone: (intent: Intent) => boolean): number {
      const gone = [...intents].filter(([, intent]) => !intent.isOpen && isGone(intent));
      for (const [key] of gone) intents.delete(key);
      return gone.length;
    },
    cutShortAt(isOver: (run: string) => boolean): number | null {
      const all = [...intents.values()];
      const last = all.at(-1)?.run;
      if (last === undefined || isOver(last)) return null;
      const sends = all.flatMap(({ run, sentAt }) => (run === last ? (sentAt ?? []) : []));
      return sends.length === 0 ? null : Math.max(...sends);
    },
    open() {
      const open = [...intents.values()].filter((intent) => intent.isOpen).toReversed();
      return open.map(({ run, operation, sentAt }) => ({ run, operation, sentAt }));
    },
  };
}
