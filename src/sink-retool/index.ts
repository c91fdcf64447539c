import { BridgeError } from '../model/errors.ts';
import type { Clock, Fetch, Logger, Random, Window } from '../model/ports.ts';
import type { TargetKnowledge } from '../model/preflight.ts';
import type { Secret } from '../model/secret.ts';
import type { Sink } from '../model/sink.ts';
import { parseBaseUrl } from './address.ts';
import { callCosts } from './capabilities.ts';
import { createClient } from './client.ts';
import { readExtras } from './extras.ts';
import { perform } from './perform.ts';
import { preflight } from './preflight.ts';
import { readState, rereadState } from './read.ts';

export interface RetoolSinkParts {
  /** With or without `/api/v2`. */
  readonly baseUrl: string;
  readonly token: Secret;
  /** Sends allowed in any minute, by every command over one state together. */
  readonly requestsPerMinute: number;
  readonly window: Window;
  readonly clock: Clock;
  /** For jitter. */
  readonly random: Random;
  readonly fetch: Fetch;
  readonly logger: Logger;
  /** Says whose token this is, and keeps it when the sink found out. Absent: nobody asks. */
  readonly knowledge?: TargetKnowledge;
}

/**
 * The sink for one Retool organisation, over Retool REST API v2. Throws `configInvalid` for a base URL that is
 * none, and `secretMissing` for a token that cannot stand in a header.
 */
export function createRetoolSink({ baseUrl, ...parts }: RetoolSinkParts): Sink {
  const { token, clock, knowledge } = parts;
  refuseUnusable(token);
  const base = parseBaseUrl(baseUrl);
  const client = createClient({ ...parts, base });
  const reading = {
    client,
    clock,
    token,
    tokenOrigin: token.origin,
    ...(knowledge === undefined ? {} : { knowledge }),
  };
  return {
    target: base.href,
    costs: callCosts,
    read: (signal) => readState(reading, signal),
    readExtras: (current, extras, signal) => readExtras(reading, current, extras, signal),
    reread: (earlier, operations, signal) => rereadState(reading, earlier, operations, signal),
    perform: (operation, context, signal) => perform(client, operation, context, signal),
    preflight: (signal) => preflight(reading, signal),
    callsMade: () => client.callsMade(),
  };
}

function refuseUnusable(token: Secret): void {
  if (/^[\x21-\x7e]+$/.test(token.reveal())) return;
  throw new BridgeError(
    'secretMissing',
    `The token from ${token.origin} is empty or holds blanks or characters that no token has.`,
    {
      remedy: 'Store the token alone, without quotes, blanks or line breaks.',
    },
  );
}
