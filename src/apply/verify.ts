import type { CurrentState } from '../model/current-state.ts';
import type { Operation } from '../model/operation.ts';
import type { Outcome } from '../model/outcome.ts';
import { confirm, contextOf, type Progress } from './apply.ts';
import { compare, viewOf, type Standing } from './compare.ts';
import { restoringFacts } from './facts.ts';

/** How often an operation that was proved absent is repeated within one run. */
const repeatsAllowed = 2;

/** What the verifying reads saw last; null when nothing was sent, so that nothing had to be verified. */
export type Verified = CurrentState | null;

/**
 * Reads the target once more and compares every operation that was sent with it. What is there counts
 * at once; what is absent counts only in a read that began a settle time after the send. Operations
 * proved absent are repeated, twice at most; those still undecided stay unknown for the next run.
 */
export async function verify(progress: Progress, signal: AbortSignal): Promise<Verified> {
  if (progress.sentAt.size === 0 || signal.aborted) return null;
  let seen = await lookAgain(progress, signal);
  settlePresent(progress);
  for (
    let repeat = 0;
    repeat < repeatsAllowed && unknownOf(progress).length > 0 && !signal.aborted;
    repeat += 1
  ) {
    await waitUntilSettled(progress, signal);
    seen = await lookAgain(progress, signal);
    settlePresent(progress);
    await repeatAbsent(progress, signal);
  }
  if (unknownOf(progress).length > 0 && !signal.aborted) {
    await waitUntilSettled(progress, signal);
    seen = await lookAgain(progress, signal);
    settlePresent(progress);
  }
  reportNotInEffect(progress);
  return seen;
}

async function lookAgain(progress: Progress, signal: AbortSignal): Promise<CurrentState> {
  const { parts, request } = progress;
  const seen = await parts.sink.reread(request.current, signal);
  progress.view = viewOf(seen);
  progress.viewedAt = seen.readAt.began;
  return seen;
}

async function waitUntilSettled(progress: Progress, signal: AbortSignal): Promise<void> {
  const { parts } = progress;
  const lastSent = Math.max(
    ...unknownOf(progress).map((operation) => progress.sentAt.get(operation.id) ?? 0),
  );
  const left = lastSent + parts.settleMs - parts.clock.now();
  if (left > 0) await parts.clock.sleep(left, signal);
}

function unknownOf(progress: Progress): Operation[] {
  return progress.operations.filter((operation) => progress.outcomes.get(operation.id)?.state === 'unknown');
}

/** What turns out to be there was done by the call whose answer was lost. */
function settlePresent(progress: Progress): void {
  for (const operation of unknownOf(progress)) {
    if (standingOf(progress, operation).state !== 'inEffect') continue;
    confirm(
      progress,
      operation,
      madeId(progress, operation),
      progress.outcomes.get(operation.id)?.items ?? [],
    );
  }
}

async function repeatAbsent(progress: Progress, signal: AbortSignal): Promise<void> {
  const { parts, request } = progress;
  for (const operation of unknownOf(progress)) {
    if (signal.aborted || standingOf(progress, operation).state !== 'asPlanned') continue;
    parts.store.intend(request.run, operation, parts.clock.now());
    const reply = await parts.sink.perform(operation, contextOf(progress, operation), signal);
    const earlier = progress.outcomes.get(operation.id);
    if (reply.state === 'done') confirm(progress, operation, reply.id, earlier?.items ?? []);
    else if (reply.state === 'refused') fail(progress, operation, reply.code, reply.text);
  }
}

/** An applied operation whose effect is not there fails, and what it had made ours or released is put back. */
function reportNotInEffect(progress: Progress): void {
  for (const operation of progress.operations) {
    if (progress.outcomes.get(operation.id)?.state !== 'applied' || !progress.sentAt.has(operation.id))
      continue;
    if (standingOf(progress, operation).state === 'inEffect') continue;
    fail(progress, operation, 'notInEffect', 'the target accepted it, but a later read does not show it');
  }
}

function fail(progress: Progress, operation: Operation, code: string, text: string): void {
  const { parts, request, outcomes } = progress;
  const earlier = outcomes.get(operation.id);
  if (earlier === undefined) return;
  const outcome: Outcome = { ...earlier, state: 'failed', code, text };
  parts.store.settle(request.run, outcome, restoringFacts(operation), parts.clock.now());
  outcomes.set(operation.id, outcome);
}

/** Compares with the target, for additions only the members that were sent. */
function standingOf(progress: Progress, operation: Operation): Standing {
  if (operation.kind !== 'addMembers') return compare(operation, progress.view);
  const left = new Set((progress.outcomes.get(operation.id)?.items ?? []).map((item) => item.key));
  const groupId = operation.subject.id ?? progress.made.get(operation.dependsOn[0] ?? '') ?? null;
  const members = operation.after.members
    .filter((member) => !left.has(member.key))
    .map((member) => ({ ...member, id: member.id ?? progress.made.get(member.waitsFor ?? '') ?? null }));
  return compare(
    { ...operation, subject: { ...operation.subject, id: groupId }, after: { members } },
    progress.view,
  );
}

function madeId(progress: Progress, operation: Operation): string | null {
  if (operation.kind === 'createUser')
    return progress.view.userByAddress.get(operation.after.email)?.id ?? null;
  if (operation.kind === 'createGroup')
    return progress.view.groupByName.get(operation.after.name)?.id ?? null;
  return null;
}
