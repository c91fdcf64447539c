import type { GroupRef, NewMember, Operation, OperationKind, OperationOf } from '../model/operation.ts';
import type { SourceKey } from '../model/desired-state.ts';
import type { Outcome } from '../model/outcome.ts';
import type { Fact } from '../model/store.ts';
import { compare, createdId, isMember } from './compare.ts';
import { factsInEffect } from './facts.ts';
import { pauseText } from './pause.ts';
import { isDone, linkKey, memberIds, record, settle, type Progress } from './progress.ts';
import { send, settleReply } from './send.ts';
import { stopReason } from './stop-rules.ts';

/** Operations in flight at once; the target's quota, not this, sets the pace. */
const concurrency = 8;

/**
 * Carries out exactly these operations, level by level, each checked against the state it was planned
 * from, with its intent journalled before the call and its outcome after it. Every operation gets an
 * outcome. When something fails that is no answer of the target, as when the state cannot be written,
 * nothing more is started, what is under way is given up, and it is thrown once nothing runs any more.
 */
export async function carryOut(progress: Progress, signal: AbortSignal): Promise<void> {
  await inLevels(progress.request.levels, signal, async (operation, either) => {
    await runOne(progress, operation, either);
    tellProgress(progress, operation);
  });
}

/**
 * Carries out what only waited for an operation whose answer was lost and that turned out to be done: without
 * it somebody whose account was made would get their groups in the next run. Returns whether there was any.
 */
export async function catchUp(progress: Progress, signal: AbortSignal): Promise<boolean> {
  const waiting = progress.request.levels.map((level) =>
    level.filter((operation) => waitsNoMore(progress, operation)),
  );
  await inLevels(waiting, signal, (operation, either) => runOne(progress, operation, either));
  return waiting.some((level) => level.length > 0);
}

function waitsNoMore(progress: Progress, operation: Operation): boolean {
  const outcome = progress.outcomes.get(operation.id);
  if (outcome === undefined || !operation.dependsOn.every((id) => isDone(progress, id))) return false;
  if (outcome.items.length === 0) return outcome.code === 'dependency';
  const left = new Set(outcome.items.filter(({ code }) => code === 'dependency').map(({ key }) => key));
  return (
    operation.kind === 'addMembers' &&
    operation.after.members.some(
      ({ key, waitsFor }) => left.has(key) && waitsFor !== null && isDone(progress, waitsFor),
    )
  );
}

/** Works through level after level, a few operations of one at a time. */
async function inLevels(
  levels: readonly (readonly Operation[])[],
  signal: AbortSignal,
  work: (operation: Operation, signal: AbortSignal) => Promise<void>,
): Promise<void> {
  const broken = new AbortController();
  const either = AbortSignal.any([signal, broken.signal]);
  for (const level of levels) {
    const queue = level.values();
    const worker = async (): Promise<void> => {
      for (const operation of queue) await work(operation, either);
    };
    const workers = Array.from({ length: Math.min(concurrency, level.length) }, () =>
      worker().catch((error: unknown) => {
        broken.abort(error);
        throw error;
      }),
    );
    for (const ended of await Promise.allSettled(workers))
      if (ended.status === 'rejected') throw ended.reason;
  }
}

async function runOne(progress: Progress, operation: Operation, signal: AbortSignal): Promise<void> {
  const stopped = stopReason(progress.tally);
  const paused = pauseText(progress.parts.store);
  if (progress.request.held.has(operation.id))
    record(progress, operation, 'notAttempted', { code: 'held', text: 'waits for an approval' });
  else if (signal.aborted)
    record(progress, operation, 'notAttempted', { code: 'interrupted', text: 'the run was interrupted' });
  else if (paused !== null) record(progress, operation, 'notAttempted', { code: 'paused', text: paused });
  else if (stopped !== null) record(progress, operation, 'notAttempted', { code: 'stopped', text: stopped });
  else await attempt(progress, operation, signal);
}

function tellProgress(progress: Progress, operation: Operation): void {
  const { outcomes, operations, parts, tally } = progress;
  const cost = parts.sink.costs.costOf(operation);
  const calls = { done: progress.calls.done + cost, left: progress.calls.left - cost };
  progress.calls = calls;
  const failed = tally.failed + tally.unknown;
  parts.onProgress({ done: outcomes.size, total: operations.length, failed, calls });
}

async function attempt(progress: Progress, operation: Operation, signal: AbortSignal): Promise<void> {
  const missing = operation.dependsOn.find((id) => !isDone(progress, id));
  if (missing !== undefined) {
    record(progress, operation, 'notAttempted', dependency(missing));
    return;
  }
  const standing = compare(operation, progress.view);
  if (standing.state === 'changed')
    record(progress, operation, 'skipped', { code: 'stale', text: standing.text });
  else if (standing.state === 'inEffect') settleInEffect(progress, operation);
  else if (operation.kind === 'adopt' || operation.kind === 'release') settleAtHome(progress, operation);
  else if (operation.kind === 'addMembers') await addMembers(progress, operation, signal);
  else await sendAndSettle(progress, withIds(progress, operation), [], signal);
}

function dependency(id: string): { readonly code: string; readonly text: string } {
  return { code: 'dependency', text: `${id} was not applied before it` };
}

/** Adoptions and releases change only what we remember. */
function settleAtHome(progress: Progress, operation: OperationOf<'adopt' | 'release'>): void {
  const { id } = operation.subject;
  settle(progress, operation, 'applied', { id, facts: factsNow(progress, operation, id) });
}

function factsNow(progress: Progress, operation: Operation, id: string | null): readonly Fact[] {
  return factsInEffect({ operation, id, memberIds: memberIds(operation), at: progress.parts.clock.now() });
}

/** Kinds whose subject has no id before they are carried out. */
const makes: ReadonlySet<OperationKind> = new Set([
  'createUser',
  'createGroup',
  'inviteUser',
  'reissueInvite',
]);

/**
 * Nothing is left to do: an earlier run did it, or somebody else. What becomes ours by it, does so. But a
 * new account or group that nobody linked to this identity yet is not ours for that: the next plan adopts it.
 */
function settleInEffect(progress: Progress, operation: Operation, items: Outcome['items'] = []): void {
  const id = operation.subject.id ?? ownId(progress, operation);
  if (id === null && makes.has(operation.kind)) {
    record(progress, operation, 'skipped', { code: 'stale', text: `${operation.subject.key} exists by now` });
    return;
  }
  if (id !== null) progress.made.set(operation.id, id);
  settle(progress, operation, 'skipped', {
    id,
    code: 'alreadySo',
    text: 'the target is already as planned',
    items,
    facts: factsNow(progress, operation, id),
  });
}

/** The account, invite or group that an earlier run made for this operation; null when what is there is not ours. */
function ownId({ view, linked, request }: Progress, operation: Operation): string | null {
  const id = createdId(operation, view);
  if (id === null) return null;
  const isLinked = (type: 'user' | 'invite', links: readonly SourceKey[]): boolean =>
    links.some((key) => linked.get(linkKey(type, key)) === id);
  switch (operation.kind) {
    case 'createUser':
      return isLinked('user', operation.after.links) ? id : null;
    case 'inviteUser':
    case 'reissueInvite':
      return isLinked('invite', operation.after.links) ? id : null;
    default:
      return request.memory.groups.get(id)?.origin === 'created' ? id : null;
  }
}

/**
 * Adds those whose account is there; the others are left out and named. Who is a member by now is not sent
 * again, since that would set the admin flag, but becomes ours with the others.
 */
async function addMembers(
  progress: Progress,
  operation: OperationOf<'addMembers'>,
  signal: AbortSignal,
): Promise<void> {
  const groupId = operation.subject.id ?? madeBefore(progress, operation);
  const there: NewMember[] = [];
  const going: NewMember[] = [];
  const items: Outcome['items'][number][] = [];
  for (const member of operation.after.members) {
    const { waitsFor } = member;
    const id = member.id ?? progress.made.get(waitsFor ?? '') ?? null;
    if (id === null || (waitsFor !== null && !isDone(progress, waitsFor)))
      items.push({ key: member.key, ...dependency(waitsFor ?? 'the account') });
    else if (isMember(progress.view, groupId, id)) there.push({ ...member, id });
    else going.push({ ...member, id });
  }
  const narrowedTo = (members: readonly NewMember[]): Operation => ({
    ...operation,
    subject: { ...operation.subject, id: groupId },
    after: { members },
  });
  if (going.length > 0) {
    progress.there.set(operation.id, memberIds(narrowedTo(there)));
    await sendAndSettle(progress, narrowedTo(going), items, signal);
  } else if (there.length > 0) settleInEffect(progress, narrowedTo(there), items);
  else
    record(progress, operation, 'notAttempted', {
      code: 'dependency',
      text: 'none of the accounts is there',
      items,
    });
}

/** With the ids of groups that this run made: what is journalled can be settled by whoever reads it. */
function withIds(progress: Progress, operation: Operation): Operation {
  const known = <Ref extends GroupRef>(group: Ref): Ref =>
    group.id === null ? { ...group, id: progress.made.get(`createGroup:${group.key}`) ?? null } : group;
  switch (operation.kind) {
    case 'inviteUser':
    case 'reissueInvite':
      return {
        ...operation,
        after: { ...operation.after, groups: operation.after.groups.map(known) },
      } as Operation;
    case 'addInvitesToGroup':
      return {
        ...operation,
        subject: { ...operation.subject, id: operation.subject.id ?? madeBefore(progress, operation) },
      };
    case 'grantAccess':
      return { ...operation, after: { ...operation.after, group: known(operation.after.group) } };
    default:
      return operation;
  }
}

/** The id of the group that an operation waited for. */
function madeBefore(progress: Progress, { dependsOn }: Operation): string | null {
  const creation = dependsOn.find((id) => id.startsWith('createGroup:'));
  return creation === undefined ? null : (progress.made.get(creation) ?? null);
}

async function sendAndSettle(
  progress: Progress,
  operation: Operation,
  items: Outcome['items'],
  signal: AbortSignal,
): Promise<void> {
  const sending = await send(progress, operation, signal);
  if (sending.state === 'notAllowed')
    record(progress, operation, 'notAttempted', { code: sending.code, text: sending.text, items });
  else if (sending.state !== 'unsent') settleReply(progress, operation, sending, items);
  else settleUnsent(progress, operation, { ...sending, items });
}

/** Nothing has left. What was sent of it before stands: as unknown it stays open in the journal. */
function settleUnsent(
  progress: Progress,
  operation: Operation,
  { code, text, items }: Pick<Outcome, 'items'> & { readonly code: string; readonly text: string },
): void {
  const { sent, outcomes, parts, request } = progress;
  const before = sent.has(operation.id) ? outcomes.get(operation.id) : undefined;
  if (before === undefined)
    settle(progress, operation, 'notAttempted', { id: operation.subject.id, code, text, items });
  else parts.store.settle(request.run, before, [], parts.clock.now());
}
