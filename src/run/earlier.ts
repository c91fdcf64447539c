import { recover, settleWait, type Recovered } from '../apply/recover.ts';
import type { AuditHead } from '../model/audit.ts';
import type { UnrecordedRun } from '../model/begun-run.ts';
import type { CurrentState } from '../model/current-state.ts';
import type { Operation } from '../model/operation.ts';
import type { Ending, Outcome, RunRecord } from '../model/outcome.ts';
import type { OpenIntent, Store } from '../model/store.ts';
import type { ReconcileParts } from './parts.ts';
import { recordOf } from './record.ts';
import { readWholeTarget } from './whole-target.ts';

/** What earlier runs left behind them that did not come to their end. */
export interface Unsettled {
  readonly intents: readonly OpenIntent[];
  /** See `Store.cutShortAt`. */
  readonly cutShortAt: number | null;
  readonly run: UnrecordedRun | null;
}

export const nothingUnsettled: Unsettled = { intents: [], cutShortAt: null, run: null };

/** Throws when the state is damaged there: so it is asked before anything is sent. */
export function unsettledIn(store: Store): Unsettled {
  return { intents: store.openIntents(), cutShortAt: store.cutShortAt(), run: store.unrecordedRun() };
}

type SettlingParts = Pick<ReconcileParts, 'store' | 'sink' | 'clock' | 'settleMs' | 'progress' | 'logger'>;

/**
 * Reads the target, late enough to see everything that earlier runs sent; settles by it what they left open, and
 * writes the record of the one that was cut short. The caller holds the run lock when anything is unsettled.
 */
export async function readSettled(
  parts: SettlingParts,
  { intents, cutShortAt, run }: Unsettled,
  signal: AbortSignal,
): Promise<CurrentState> {
  const { store, sink, clock, settleMs, progress, logger } = parts;
  const wait = settleWait(intents, cutShortAt, settleMs, clock.now());
  if (wait > 0) {
    progress.waiting(
      'an earlier run was interrupted; its last call must settle before the target is read',
      wait,
    );
    await clock.sleep(wait, signal);
  }
  const current = await readWholeTarget(sink, signal);
  const recovered = recover(store, intents, current, clock);
  if (recovered.length > 0) {
    const found = recovered.filter(({ outcome }) => outcome.state === 'applied').length;
    logger.info({ open: recovered.length, found }, 'settled what an earlier run left open');
    amendRecords(store, recovered);
  }
  if (run !== null) recordCutShort(parts, run);
  return current;
}

/** A run that ended with lost answers is told what became of them: a rollback undoes what its record says it did. */
function amendRecords(store: Store, recovered: readonly Recovered[]): void {
  for (const id of new Set(recovered.map(({ run }) => run))) {
    const record = store.run(id);
    if (record === null) continue;
    const known = new Map(
      recovered.filter(({ run }) => run === id).map(({ outcome }) => [outcome.operation, outcome]),
    );
    store.saveRun({
      ...record,
      outcomes: record.outcomes.map((outcome) =>
        outcome.state === 'unknown' ? (known.get(outcome.operation) ?? outcome) : outcome,
      ),
    });
  }
}

function recordCutShort({ store, logger }: SettlingParts, { id }: UnrecordedRun): void {
  // Read once more: what was open has an outcome by now.
  const run = store.unrecordedRun();
  if (run === null) return;
  store.saveRun(recordFrom(run, [], { ending: 'cutShort', auditHead: store.auditHead() }));
  logger.info({ run: id }, 'recorded a run that was cut short');
}

/** The run of this id, or the newest for `last`, when it left no record: as far as the journal knows it. */
export function unrecordedAs(store: Store, id: string): RunRecord | null {
  const run = store.unrecordedRun();
  if (run === null || (id !== 'last' && id !== run.id)) return null;
  const open = store.openIntents().flatMap((intent) => (intent.run === run.id ? [intent.operation] : []));
  return recordFrom(run, open, { ending: 'open', auditHead: null });
}

/**
 * The record of a run that left none, from its plan and the outcomes that the journal knows. `open`: its operations
 * whose outcome nobody knows yet.
 */
function recordFrom(
  run: UnrecordedRun,
  open: readonly Operation[],
  { ending, auditHead }: { readonly ending: Ending; readonly auditHead: AuditHead | null },
): RunRecord {
  const outcomes = new Map(run.outcomes.map((outcome) => [outcome.operation, outcome]));
  const held = new Set(run.held);
  const unknown = new Set(open.map(({ id }) => id));
  return recordOf({
    ...run,
    outcomes: run.plan.operations.map(
      (operation) => outcomes.get(operation.id) ?? outcomeOfLeft(operation, held, unknown),
    ),
    calls: { target: run.calls.target + run.sent, source: run.calls.source },
    finishedAt: run.lastAt,
    auditHead,
    ending,
  });
}

/** What is to be said of an operation that was never settled. */
function outcomeOfLeft(
  { id, kind, subject }: Operation,
  held: ReadonlySet<string>,
  unknown: ReadonlySet<string>,
): Outcome {
  const left = { operation: id, kind, subject, items: [] } as const;
  if (unknown.has(id))
    return { ...left, state: 'unknown', code: 'open', text: 'sent, and nobody looked yet what became of it' };
  if (held.has(id)) return { ...left, state: 'notAttempted', code: 'held', text: 'waits for an approval' };
  return { ...left, state: 'notAttempted', code: 'cutShort', text: 'the run did not come to it' };
}
