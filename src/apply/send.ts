import { messageOf } from '../model/errors.ts';
import type { Operation } from '../model/operation.ts';
import type { Outcome } from '../model/outcome.ts';
import { freshForMs, type PerformContext, type Reply } from '../model/sink.ts';
import { confirm, settle, type Progress } from './progress.ts';
import { tallied } from './stop-rules.ts';

/** What came of an attempt; `unsent`: interrupted before anything left. */
export type Sending = Reply | { readonly state: 'unsent' };

/**
 * Journals the intent, then has the sink carry out the operation. An interruption while it was under way
 * is a lost answer. Throws what the store throws, and then nothing more was sent.
 */
export async function send(progress: Progress, operation: Operation, signal: AbortSignal): Promise<Sending> {
  const { parts, request } = progress;
  let left = false;
  const context: PerformContext = {
    idOf: (id) => progress.made.get(id) ?? null,
    metadataOf: (id) => freshMetadata(progress, id),
    onSend: (at) => {
      parts.store.sent(request.run, operation.id, at);
      left = true;
      progress.sent.set(operation.id, { operation, at: parts.clock.monotonic() });
    },
  };
  parts.store.intend(request.run, operation, parts.clock.now());
  try {
    return await parts.sink.perform(operation, context, signal);
  } catch (error) {
    if (!signal.aborted) throw error;
    return left ? { state: 'unknown', text: `interrupted: ${messageOf(error)}` } : { state: 'unsent' };
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
