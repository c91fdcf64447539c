import type { CurrentState } from '../model/current-state.ts';
import { keyText, type SourceKey } from '../model/desired-state.ts';
import type { Operation } from '../model/operation.ts';
import type { Outcome, OutcomeState } from '../model/outcome.ts';
import type { Clock, Logger } from '../model/ports.ts';
import type { Sink } from '../model/sink.ts';
import { inviteHolder, type Fact, type Link, type Memory, type Store } from '../model/store.ts';
import { auditEntryOf } from './audit.ts';
import { viewOf, type TargetView } from './compare.ts';
import { factsOf } from './facts.ts';
import { emptyTally, type Tally } from './stop-rules.ts';

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
  /** Calls of the operations, as forecast. */
  readonly calls: { readonly done: number; readonly left: number };
}

/** How far a run may go. */
export interface ApplyBudget {
  /** Sets calls aside for what is about to be sent, or says why there are none. */
  claim(calls: number): { readonly code: string; readonly text: string } | null;
  /** Gives back what was claimed and not sent. */
  release(calls: number): void;
}

export interface ApplyRequest {
  /** The run's id, under which everything is journalled. */
  readonly run: string;
  /** The plan's operations by level; those of one level are independent. */
  readonly levels: readonly (readonly Operation[])[];
  /** Ids of operations that wait for an approval. */
  readonly held: ReadonlySet<string>;
  /** The approval under which an operation goes, by its id. Absent: none was needed. */
  readonly approvals?: ReadonlyMap<string, string>;
  /** The target as read for this run. */
  readonly current: CurrentState;
  /** What the store remembered before the first operation. */
  readonly memory: Memory;
  /** Absent: no limit but the quota. */
  readonly budget?: ApplyBudget;
}

/** An operation as it was sent: ids filled in, and without members that were left out. */
export interface Sent {
  readonly operation: Operation;
  /** When its last request left, on the monotonic clock. */
  readonly at: number;
}

/** The running state of one apply; outcomes, ids and sends by operation id. */
export interface Progress {
  readonly request: ApplyRequest;
  readonly parts: ApplyParts;
  readonly operations: readonly Operation[];
  /** The same by id: as planned, whatever was narrowed or filled in since. */
  readonly planned: ReadonlyMap<string, Operation>;
  readonly outcomes: Map<string, Outcome>;
  /** Target ids of created resources. */
  readonly made: Map<string, string>;
  readonly sent: Map<string, Sent>;
  /** Accounts that additions found in their group already. */
  readonly there: Map<string, readonly string[]>;
  /** Target ids by {@link linkKey}, as remembered before the first operation. */
  readonly linked: ReadonlyMap<string, string>;
  view: TargetView;
  /** When the view's read began, on the monotonic clock. */
  viewedAt: number;
  /** How often the target was read again. */
  looks: number;
  tally: Tally;
  /** Forecast calls of the operations that have an outcome, and of the others. */
  calls: ApplyProgress['calls'];
}

export function startProgress(request: ApplyRequest, parts: ApplyParts): Progress {
  const { current, memory } = request;
  const operations = request.levels.flat();
  const age = Math.max(0, parts.clock.now() - current.readAt.began);
  return {
    request,
    parts,
    operations,
    planned: new Map(operations.map((operation) => [operation.id, operation])),
    outcomes: new Map(),
    made: new Map(),
    sent: new Map(),
    there: new Map(),
    linked: new Map(memory.links.map((link) => [linkKey(link.type, link), link.targetId])),
    view: viewOf(current),
    viewedAt: parts.clock.monotonic() - age,
    looks: 0,
    tally: emptyTally,
    calls: { done: 0, left: operations.reduce((sum, one) => sum + parts.sink.costs.costOf(one), 0) },
  };
}

export function linkKey(type: Link['type'], key: SourceKey): string {
  return `${type} ${keyText(key)}`;
}

/** Whether the operations that depend on this one may be sent. */
export function isDone(progress: Progress, id: string): boolean {
  const outcome = progress.outcomes.get(id);
  return outcome?.state === 'applied' || outcome?.code === 'alreadySo';
}

/** What an outcome says beside its operation; nothing for a plain `applied`. */
export interface Settlement {
  /** The target's id of the operation's subject, when it is known by now. */
  readonly id: string | null;
  readonly code?: string;
  readonly text?: string;
  readonly items?: Outcome['items'];
  readonly facts?: readonly Fact[];
}

/** Gives an operation its outcome and writes it, with the facts that follow, to the journal. */
export function settle(
  progress: Progress,
  operation: Operation,
  state: OutcomeState,
  settlement: Settlement,
): void {
  const { parts, request, outcomes, planned } = progress;
  const outcome = outcomeOf(operation, state, settlement);
  const entry = auditEntryOf({
    run: request.run,
    planned: planned.get(operation.id) ?? operation,
    operation,
    outcome,
    approval: request.approvals?.get(operation.id) ?? null,
  });
  parts.store.settle(request.run, outcome, settlement.facts ?? [], parts.clock.now(), entry);
  outcomes.set(operation.id, outcome);
}

/**
 * Gives an operation its outcome; for those of which nothing was sent and nothing became ours. An addition that was
 * sent, and now would go out once more for who came late, keeps the outcome it has.
 */
export function record(
  progress: Progress,
  operation: Operation,
  state: OutcomeState,
  settlement: Omit<Settlement, 'id' | 'facts'>,
): void {
  if (progress.sent.has(operation.id)) return;
  progress.outcomes.set(operation.id, outcomeOf(operation, state, { ...settlement, id: null }));
}

/** Records an operation, as it was sent, as applied, with the links and ownership that follow. */
export function confirm(
  progress: Progress,
  operation: Operation,
  madeId: string | null,
  items: Outcome['items'],
): void {
  const id = madeId ?? operation.subject.id;
  if (id !== null) progress.made.set(operation.id, id);
  const facts = factsOf({
    operation,
    id,
    memberIds: [...(progress.there.get(operation.id) ?? []), ...memberIds(withoutMembers(operation, items))],
    at: progress.parts.clock.now(),
  });
  settle(progress, operation, 'applied', {
    id,
    items,
    facts,
    ...(items.length > 0 ? { code: 'partly', text: `${items.length} were left out` } : {}),
  });
}

/** An addition without the members or invites that `items` names; any other operation as it is. */
export function withoutMembers(operation: Operation, items: Outcome['items']): Operation {
  if (items.length === 0) return operation;
  const left = new Set(items.map((item) => item.key));
  if (operation.kind === 'addInvitesToGroup')
    return { ...operation, after: { invites: operation.after.invites.filter(({ key }) => !left.has(key)) } };
  if (operation.kind !== 'addMembers') return operation;
  return {
    ...operation,
    after: { members: operation.after.members.filter((member) => !left.has(member.key)) },
  };
}

/** The accounts an addition names, as far as they exist, or the holders of its invites. */
export function memberIds(operation: Operation): string[] {
  if (operation.kind === 'addInvitesToGroup')
    return operation.after.invites.map(({ id }) => inviteHolder(id));
  if (operation.kind !== 'addMembers') return [];
  return operation.after.members.flatMap((member) => member.id ?? []);
}

function outcomeOf(operation: Operation, state: OutcomeState, settlement: Settlement): Outcome {
  const { id, code = null, text = null, items = [] } = settlement;
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
