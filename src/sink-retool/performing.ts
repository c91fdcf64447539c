import type { PerformContext } from '../model/sink.ts';
import type { Answer } from './answer.ts';
import type { Call } from './call.ts';
import type { Client } from './client.ts';

/** One operation being carried out. */
export interface Performing {
  readonly client: Client;
  readonly context: PerformContext;
  /** How urgent its requests are among those that wait. */
  readonly priority: number;
  readonly signal: AbortSignal;
}

/** Sends one request that changes something, telling the journal before each sending. */
export function write(
  { client, context, priority, signal }: Performing,
  call: Pick<Call, 'method' | 'path' | 'body'> & { readonly repeats: 'idempotent' | 'never' },
): Promise<Answer> {
  return client.call({ ...call, priority, onSend: (at) => context.onSend(at) }, signal);
}
