import { BridgeError } from '../model/errors.ts';
import { provedByAnswer, type Operation } from '../model/operation.ts';
import type { Outcome } from '../model/outcome.ts';
import { compare, createdId, isMember, viewOf, type Standing } from './compare.ts';
import { restoringFacts } from './restoring-facts.ts';
import { confirm, memberIds, settle, withoutMembers, type Progress } from './progress.ts';
import { send, settleReply } from './send.ts';
import { stopReason } from './stop-rules.ts';

/** How often an operation that was proved absent is repeated within one run. */
const repeatsAllowed = 2;

/**
 * Reads the target once more and compares every operation that was sent with it. What is there counts at
 * once; what is absent counts only in a read that began a settle time after its last send. What is proved
 * absent is repeated, twice at most. Then an operation whose answer was lost stays unknown for the next run,
 * and one that the target had accepted has failed. A target that cannot be read leaves outcomes as they are.
 */
export async function verify(progress: Progress, signal: AbortSignal): Promise<void> {
  if (toBeShown(progress).length === 0) return;
  for (let repeats = 0; ; repeats += 1) {
    const absent = await provedAbsent(progress, signal);
    if (absent === null) return;
    const repeatable = absent.filter((operation) => standingOf(progress, operation).state === 'asPlanned');
    if (repeatable.length === 0 || repeats === repeatsAllowed || stopReason(progress.tally) !== null) {
      for (const operation of absent) giveUp(progress, operation);
      return;
    }
    await repeat(progress, repeatable, signal);
  }
}

/**
 * The operations that were sent and by a sufficiently late read are not in effect. null when there was no
 * such read: the run was interrupted, or the target could not be read.
 */
async function provedAbsent(progress: Progress, signal: AbortSignal): Promise<Operation[] | null> {
  let waitFor = progress.operations.filter((operation) => stateOf(progress, operation) === 'unknown');
  for (;;) {
    if (!(await lookAgain(progress, waitFor, signal))) return null;
    settlePresent(progress);
    const absent = progress.operations.filter((operation) => isAbsent(progress, operation));
    waitFor = absent.filter((operation) => settledAt(progress, operation) > progress.viewedAt);
    if (waitFor.length === 0) return absent;
  }
}

/** Reads the target when the sends of `waitFor` have settled. False when that could not be done. */
async function lookAgain(
  progress: Progress,
  waitFor: readonly Operation[],
  signal: AbortSignal,
): Promise<boolean> {
  const { parts, request } = progress;
  const { clock, logger, sink } = parts;
  // The first verifying read was kept back from the budget; every further one has to be in it.
  const operations = toBeShown(progress);
  if (progress.looks > 0 && (request.budget?.claim(sink.costs.verify(operations)) ?? null) !== null)
    return false;
  progress.looks += 1;
  const readableAt = Math.max(0, ...waitFor.map((operation) => settledAt(progress, operation)));
  try {
    await clock.sleep(readableAt - clock.monotonic(), signal);
    progress.viewedAt = clock.monotonic();
    progress.view = viewOf(await sink.reread(request.current, operations, signal));
    return true;
  } catch (error) {
    if (signal.aborted) return false;
    if (!(error instanceof BridgeError)) throw error;
    logger.warn({ code: error.code }, 'the target could not be read again after the last operation');
    for (const operation of progress.operations) markUnverified(progress, operation, error.message);
    return false;
  }
}

/** What was sent and only a read can show: not what the answer has shown already. */
function toBeShown(progress: Progress): readonly Operation[] {
  return [...progress.sent.values()].flatMap(({ operation }) =>
    isProved(progress, operation) ? [] : [operation],
  );
}

function isProved(progress: Progress, operation: Operation): boolean {
  return provedByAnswer.has(operation.kind) && stateOf(progress, operation) !== 'unknown';
}

/** From when on a read may prove that an operation was not carried out, on the monotonic clock. */
function settledAt({ parts, sent }: Progress, { id }: Operation): number {
  return (sent.get(id)?.at ?? 0) + parts.settleMs;
}

/** What turns out to be there was done by the call whose answer was lost. */
function settlePresent(progress: Progress): void {
  for (const operation of progress.operations) {
    if (stateOf(progress, operation) !== 'unknown') continue;
    if (standingOf(progress, operation).state !== 'inEffect') continue;
    confirm(
      progress,
      asSent(progress, operation),
      createdId(operation, progress.view),
      itemsOf(progress, operation),
    );
  }
}

function isAbsent(progress: Progress, operation: Operation): boolean {
  const state = stateOf(progress, operation);
  if ((state !== 'unknown' && state !== 'applied') || isProved(progress, operation)) return false;
  return progress.sent.has(operation.id) && standingOf(progress, operation).state !== 'inEffect';
}

/** Sends each once more, one after the other: what did not work at first is not hurried. */
async function repeat(
  progress: Progress,
  operations: readonly Operation[],
  signal: AbortSignal,
): Promise<void> {
  for (const operation of operations) {
    if (signal.aborted || stopReason(progress.tally) !== null) return;
    const again = asSent(progress, operation);
    if (stateOf(progress, operation) === 'applied') takeBack(progress, operation, 'unknown');
    const sending = await send(progress, again, signal);
    // Refused because it is there: what was sent before took effect after all, which the next read shows.
    const isThere = sending.state === 'refused' && sending.code === 'conflict';
    if (sending.state === 'unsent' || sending.state === 'notAllowed' || isThere) continue;
    settleReply(progress, again, sending, itemsOf(progress, operation));
  }
}

/** An operation whose answer was lost stays unknown; one that was accepted and is not in effect has failed. */
function giveUp(progress: Progress, operation: Operation): void {
  if (stateOf(progress, operation) === 'applied') takeBack(progress, operation, 'failed');
}

/** Makes ownership as it was before an operation that was accepted and is not in effect. */
function takeBack(progress: Progress, operation: Operation, state: 'unknown' | 'failed'): void {
  const { parts, request, made } = progress;
  const sent = asSent(progress, operation);
  const id = made.get(operation.id) ?? sent.subject.id;
  const facts = restoringFacts(
    {
      operation: sent,
      id,
      memberIds: memberIds(sent).filter((user) => !isMember(progress.view, id, user)),
      at: parts.clock.now(),
    },
    request.memory,
  );
  settle(progress, sent, state, {
    id,
    code: 'notInEffect',
    text: 'the target accepted it, but a later read does not show it',
    items: itemsOf(progress, operation),
    facts,
  });
}

function markUnverified(progress: Progress, operation: Operation, why: string): void {
  const { outcomes, sent } = progress;
  const outcome = outcomes.get(operation.id);
  if (outcome?.state !== 'applied' || outcome.code !== null || !sent.has(operation.id)) return;
  outcomes.set(operation.id, { ...outcome, code: 'unverified', text: `accepted, but not verified: ${why}` });
}

function standingOf(progress: Progress, operation: Operation): Standing {
  return compare(asSent(progress, operation), progress.view);
}

/** The operation as it was sent, without the members that were refused. */
function asSent(progress: Progress, operation: Operation): Operation {
  const sent = progress.sent.get(operation.id)?.operation ?? operation;
  return withoutMembers(sent, itemsOf(progress, operation));
}

function stateOf(progress: Progress, { id }: Operation): Outcome['state'] | undefined {
  return progress.outcomes.get(id)?.state;
}

function itemsOf(progress: Progress, { id }: Operation): Outcome['items'] {
  return progress.outcomes.get(id)?.items ?? [];
}
