import type { CurrentState } from '../model/current-state.ts';
import { messageOf } from '../model/errors.ts';
import type { NewMember, Operation, OperationOf } from '../model/operation.ts';
import type { Outcome, OutcomeState } from '../model/outcome.ts';
import type { Clock, Logger } from '../model/ports.ts';
import { freshForMs, type PerformContext, type Reply, type Sink } from '../model/sink.ts';
import type { Store } from '../model/store.ts';
import { compare, isMember, viewOf, type TargetView } from './compare.ts';
import { factsOf } from './facts.ts';
import { emptyTally, stopReason, tallied, type Tally } from './stop-rules.ts';

/** What carrying out operations needs. */
export interface ApplyParts {
  readonly sink: Sink;
  readonly store: Store;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long after a send its absence may be judged, milliseconds. */
  readonly settleMs: number;
  readonly onProgress: (progress: ApplyProgress) => void;
}

export interface ApplyProgress {
  readonly done: number;
  readonly total: number;
  readonly failed: number;
}

export interface ApplyRequest {
  /** The run's id, under which everything is journalled. */
  readonly run: string;
  /** The plan's operations by level; those of one level are independent. */
  readonly levels: readonly (readonly Operation[])[];
  /** Ids of operations that wait for an approval. */
  readonly held: ReadonlySet<string>;
  /** The target as read for this run. */
  readonly current: CurrentState;
}

/** The running state of one apply; outcomes by operation id. */
export interface Progress {
  readonly request: ApplyRequest;
  readonly parts: ApplyParts;
  readonly operations: readonly Operation[];
  readonly outcomes: Map<string, Outcome>;
  /** Target ids of created resources, by operation id. */
  readonly made: Map<string, string>;
  readonly sentAt: Map<string, number>;
  view: TargetView;
  /** When the view's read began, epoch milliseconds. */
  viewedAt: number;
  tally: Tally;
}

/** Operations in flight at once; the target's quota, not this, sets the pace. */
const concurrency = 8;

export function startProgress(request: ApplyRequest, parts: ApplyParts): Progress {
  return {
    request,
    parts,
    operations: request.levels.flat(),
    outcomes: new Map(),
    made: new Map(),
    sentAt: new Map(),
    view: viewOf(request.current),
    viewedAt: request.current.readAt.began,
    tally: emptyTally,
  };
}

/**
 * Carries out exactly these operations, level by level, each checked against the state it was planned
 * from, with its intent journalled before the call and its outcome after it. Every operation gets an
 * outcome. Unknown ones stay unknown here; `settleUnknown` judges them.
 */
export async function carryOut(progress: Progress, signal: AbortSignal): Promise<void> {
  for (const level of progress.request.levels) {
    const queue = level.values();
    const worker = async (): Promise<void> => {
      for (const operation of queue) await runOne(progress, operation, signal);
    };
    await Promise.all(Array.from({ length: Math.min(concurrency, level.length) }, worker));
  }
}

async function runOne(progress: Progress, operation: Operation, signal: AbortSignal): Promise<void> {
  const { held } = progress.request;
  const stopped = signal.aborted ? 'the run was interrupted' : stopReason(progress.tally);
  if (held.has(operation.id)) record(progress, operation, 'notAttempted', 'held', 'waits for an approval');
  else if (stopped !== null) record(progress, operation, 'notAttempted', 'stopped', stopped);
  else await attempt(progress, operation, signal);
  const { outcomes, operations, parts, tally } = progress;
  parts.onProgress({ done: outcomes.size, total: operations.length, failed: tally.failed + tally.unknown });
}

async function attempt(progress: Progress, operation: Operation, signal: AbortSignal): Promise<void> {
  const missing = operation.dependsOn.find((id) => !isDone(progress, id));
  if (missing !== undefined) {
    record(progress, operation, 'notAttempted', 'dependency', `${missing} was not applied`);
    return;
  }
  const standing = compare(operation, progress.view);
  if (standing.state === 'changed') record(progress, operation, 'skipped', 'stale', standing.text);
  else if (standing.state === 'inEffect') recordInEffect(progress, operation);
  else if (operation.kind === 'adopt' || operation.kind === 'release')
    settle(progress, operation, 'applied', { id: operation.subject.id });
  else if (operation.kind === 'addMembers') await addMembers(progress, operation, signal);
  else await send(progress, operation, [], signal);
}

/** Somebody else already did it. A new account or group is not ours for that: the next plan adopts it. */
function recordInEffect(progress: Progress, operation: Operation): void {
  if (operation.kind === 'createUser' || operation.kind === 'createGroup') {
    record(progress, operation, 'skipped', 'stale', `${operation.subject.key} exists by now`);
    return;
  }
  const ours =
    operation.kind === 'updateUser' ||
    operation.kind === 'setAttributes' ||
    operation.kind === 'clearAttributes' ||
    operation.kind === 'updateGroup';
  settle(progress, operation, 'skipped', {
    id: operation.subject.id,
    code: 'alreadySo',
    text: 'the target is already as planned',
    forget: !ours,
  });
}

/** Adds those whose account is there; the others are left out and named. */
async function addMembers(
  progress: Progress,
  operation: OperationOf<'addMembers'>,
  signal: AbortSignal,
): Promise<void> {
  const going: NewMember[] = [];
  const items: { key: string; code: string; text: string }[] = [];
  for (const member of operation.after.members) {
    const id = member.id ?? progress.made.get(member.waitsFor ?? '') ?? null;
    if (id === null || (member.waitsFor !== null && !isDone(progress, member.waitsFor))) {
      items.push({
        key: member.key,
        code: 'dependency',
        text: `${member.waitsFor ?? 'the account'} was not applied`,
      });
    } else if (operation.subject.id === null || !isMember(progress.view, operation.subject.id, id)) {
      going.push({ ...member, id });
    }
  }
  if (going.length === 0) {
    record(progress, operation, 'notAttempted', 'dependency', 'none of the accounts is there', items);
    return;
  }
  const narrowed = { ...operation, after: { members: going } };
  await send(progress, narrowed, items, signal);
}

async function send(
  progress: Progress,
  operation: Operation,
  items: Outcome['items'],
  signal: AbortSignal,
): Promise<void> {
  const { parts, request } = progress;
  parts.store.intend(request.run, operation, parts.clock.now());
  let reply: Reply;
  try {
    reply = await parts.sink.perform(operation, contextOf(progress, operation), signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    reply = progress.sentAt.has(operation.id)
      ? { state: 'unknown', text: `interrupted: ${messageOf(error)}` }
      : { state: 'refused', code: 'network', text: 'interrupted before it was sent', fatal: true };
  }
  settleReply(progress, operation, reply, items);
}

function settleReply(progress: Progress, operation: Operation, reply: Reply, items: Outcome['items']): void {
  if (reply.state === 'unknown') {
    settle(progress, operation, 'unknown', { id: null, code: 'answerLost', text: reply.text, items });
    progress.tally = tallied(progress.tally, 'unknown', null);
  } else if (reply.state === 'refused') {
    settle(progress, operation, 'failed', { id: null, code: reply.code, text: reply.text, items });
    progress.tally = tallied(progress.tally, 'failed', reply.fatal ? reply.text : null);
  } else {
    const refused = (reply.refused ?? []).map(({ key, text }) => ({ key, code: 'refused', text }));
    confirm(progress, operation, reply.id, [...items, ...refused]);
    progress.tally = tallied(progress.tally, 'applied', null);
  }
}

/** Records an operation as applied, with the links and ownership that follow. */
export function confirm(
  progress: Progress,
  operation: Operation,
  madeId: string | null,
  items: Outcome['items'],
): void {
  const id = madeId ?? operation.subject.id ?? progress.made.get(operation.dependsOn[0] ?? '') ?? null;
  if (id !== null) progress.made.set(operation.id, id);
  settle(progress, operation, 'applied', { id, code: items.length > 0 ? 'partly' : null, text: null, items });
}

interface Settlement {
  readonly id: string | null;
  readonly code?: string | null;
  readonly text?: string | null;
  readonly items?: Outcome['items'];
  /** Whether nothing becomes ours by it. */
  readonly forget?: boolean;
}

function settle(progress: Progress, operation: Operation, state: OutcomeState, settlement: Settlement): void {
  const { parts, request } = progress;
  const { id, code = null, text = null, items = [], forget = false } = settlement;
  const outcome = outcomeOf(operation, { state, code, text, items, id });
  const at = parts.clock.now();
  const known = state === 'applied' || (state === 'skipped' && !forget);
  const facts = known
    ? factsOf({ operation, id, memberIds: membersThatWent(progress, operation, items), at })
    : [];
  parts.store.settle(request.run, outcome, facts, at);
  progress.outcomes.set(operation.id, outcome);
}

function membersThatWent(progress: Progress, operation: Operation, items: Outcome['items']): string[] {
  if (operation.kind !== 'addMembers') return [];
  const left = new Set(items.map((item) => item.key));
  return operation.after.members.flatMap((member) => {
    const id = member.id ?? progress.made.get(member.waitsFor ?? '');
    return id === undefined || left.has(member.key) ? [] : [id];
  });
}

/** An outcome that needs no journal: nothing was sent and nothing became ours. */
function record(
  progress: Progress,
  operation: Operation,
  state: OutcomeState,
  code: string,
  text: string,
  items: Outcome['items'] = [],
): void {
  progress.outcomes.set(
    operation.id,
    outcomeOf(operation, { state, code, text, items, id: operation.subject.id }),
  );
}

function outcomeOf(
  operation: Operation,
  rest: Pick<Outcome, 'state' | 'code' | 'text' | 'items'> & { readonly id: string | null },
): Outcome {
  const { state, code, text, items, id } = rest;
  const { subject } = operation;
  return {
    operation: operation.id,
    kind: operation.kind,
    subject: subject.id === null && id !== null ? { ...subject, id } : subject,
    state,
    code,
    text,
    items,
  };
}

export function isDone(progress: Progress, id: string): boolean {
  const outcome = progress.outcomes.get(id);
  return outcome?.state === 'applied' || outcome?.code === 'alreadySo';
}

export function contextOf(progress: Progress, operation: Operation): PerformContext {
  const { parts, request } = progress;
  return {
    idOf: (id) => progress.made.get(id) ?? null,
    metadataOf: (id) => {
      const user = progress.view.userById.get(id);
      return user === undefined || parts.clock.now() - progress.viewedAt > freshForMs ? null : user.metadata;
    },
    onSend: (at) => {
      progress.sentAt.set(operation.id, at);
      parts.store.sent(request.run, operation.id, at);
    },
  };
}
