import { BridgeError, messageOf } from '../model/errors.ts';
import type { Operation } from '../model/operation.ts';
import type { Outcome } from '../model/outcome.ts';
import { freshForMs, type PerformContext, type Reply } from '../model/sink.ts';
import { refuseWhilePaused } from './pause.ts';
import { confirm, settle, type Progress } from './progress.ts';
import { tallied } from './stop-rules.ts';

/** What came of an attempt; `unsent`: interrupted or paused before anything left; `notAllowed`: beyond the run's budget. */
export type Sending =
  | Reply
  | { readonly state: 'unsent'; readonly code: string; readonly text: string }
  | { readonly state: 'notAllowed'; readonly code: string; readonly text: string };

/**
 * Journals the intent, then has the sink carry out the operation. An interruption or a pause while it was under
 * way is a lost answer. Throws what the store throws, and then nothing more was sent.
 */
export async function send(progress: Progress, operation: Operation, signal: AbortSignal): Promise<Sending> {
  const { parts, request } = progress;
  const { budget } = request;
  const cost = parts.sink.costs.costOf(operation);
  const refusal = budget?.claim(cost) ?? null;
  if (refusal !== null) return { state: 'notAllowed', ...refusal };
  let left = false;
  const context: PerformContext = {
    idOf: (id) => progress.made.get(id) ?? null,
    metadataOf: (id) => freshMetadata(progress, id),
    onSend: (at) => {
      refuseWhilePaused(parts.store);
      parts.store.sent(request.run, operation.id, at);
      left = true;
      progress.sent.set(operation.id, { operation, at: parts.clock.monotonic() });
    },
  };
  parts.store.intend(request.run, operation, parts.clock.now());
  try {
    return await parts.sink.perform(operation, context, signal);
  } catch (error) {
    const isPaused = error instanceof BridgeError && error.code === 'paused';
    if (!signal.aborted && !isPaused) throw error;
    if (left) return { state: 'unknown', text: `interrupted: ${messageOf(error)}` };
    budget?.release(cost);
    return isPaused
      ? { state: 'unsent', code: 'paused', text: error.message }
      : { state: 'unsent', code: 'interrupted', text: 'the run was interrupted before it was sent' };
  }
}

function freshMetadata(progress: Progress, userId: string): { readonly [key: string]: unknown } | null {
  if (progress.parts.clock.monotonic() - progress.viewedAt > freshForMs) return null;
  return progress.view.userById.get(userId)?.metadata ?? null;
}

/** Records what the target answered. `items` are members that were left out before. */
export function settleReply(
  progress: Progress,
  operation: Operation,
  reply: Reply,
  items: Outcome['items'],
): void {
  const { id } = operation.subject;
  switch (reply.state) {
    case 'done': {
      const refused = (reply.refused ?? []).map(({ key, text }) => ({ key, code: 'refused', text }));
      confirm(progress, operation, reply.id, [...items, ...refused]);
      progress.tally = tallied(progress.tally, 'applied', null);
      return;
    }
    case 'refused':
      settle(progress, operation, 'failed', { id, code: reply.code, text: reply.text, items });
      progress.tally = tallied(progress.tally, 'failed', reply.fatal ? reply.text : null);
      return;
    case 'unknown':
      settle(progress, operation, 'unknown', { id, code: 'answerLost', text: reply.text, items });
      progress.tally = tallied(progress.tally, 'unknown', null);
  }
}
