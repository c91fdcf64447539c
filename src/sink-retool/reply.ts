import type { RefusalCode, Reply } from '../model/sink.ts';
import { describeAnswer, type Answer } from './answer.ts';
import { isPlanGate } from './listing.ts';

export type Refusal = Extract<Reply, { readonly state: 'refused' }>;

/** What an answer to a write means for its operation. Nothing but a creation has an id to tell. */
export function replyTo(answer: Answer): Reply {
  switch (answer.state) {
    case 'ok':
      return { state: 'done', id: null };
    case 'refused':
      // It says nothing of the sendings before it, one of which may have been carried out.
      if (answer.earlierUnclear)
        return {
          state: 'unknown',
          text: `${describeAnswer(answer)}, after a sending without a clear answer`,
        };
      return refusalFrom(answer);
    case 'unclear':
      // Nothing left, so nothing can have been done, and nothing else would leave either.
      if (answer.because === 'unsent')
        return { state: 'refused', code: 'network', text: answer.text, fatal: true };
      return { state: 'unknown', text: answer.text };
  }
}

/** The same for a request that changes nothing: without an answer nothing was done, for certain. */
export function replyToFailedRead(answer: Exclude<Answer, { readonly state: 'ok' }>): Reply {
  if (answer.state === 'refused') return refusalFrom(answer);
  return { state: 'refused', code: 'network', text: answer.text, fatal: false };
}

/**
 * Whether there was nothing to take away. Only the API can say so: a 404 without its error shape may come
 * from a proxy that knows no such route.
 */
export function isGone(answer: Answer): boolean {
  return answer.state === 'refused' && answer.status === 404 && answer.message !== null;
}

/** A refusal of our own: the operation cannot be sent as it is. */
export function invalid(text: string): Refusal {
  return { state: 'refused', code: 'invalid', text, fatal: false };
}

function refusalFrom(answer: Extract<Answer, { readonly state: 'refused' }>): Refusal {
  const code = isPlanGate(answer.message) ? 'forbidden' : (codes.get(answer.status) ?? 'refused');
  const fatal = code === 'unauthorized' || code === 'forbidden';
  return { state: 'refused', code, text: describeAnswer(answer), fatal };
}

const codes: ReadonlyMap<number, RefusalCode> = new Map([
  [400, 'invalid'],
  [401, 'unauthorized'],
  [403, 'forbidden'],
  [404, 'notFound'],
  [409, 'conflict'],
  [422, 'invalid'],
  [429, 'rateLimited'],
]);
