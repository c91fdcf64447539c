import { createAccessTokens } from '../../http/access-tokens.ts';
import { CallFailure } from '../../http/call-failure.ts';
import { isPathId } from '../../http/options.ts';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { Clock, Fetch, Logger, Random } from '../../model/ports.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Lookup, ReadProgress, Source } from '../../model/source.ts';
import { checkAccount } from './check.ts';
import type { CallUse } from './ask.ts';
import { createGoogleClient, type GoogleClient } from './client.ts';
import { personOf, userFields } from './convert.ts';
import { explained, provesAbsence } from './failures.ts';
import { readAccount } from './read.ts';
import { endpointsOf, type GoogleOptions } from './schema.ts';
import { issueByAssertion } from './sign-in.ts';

export interface GoogleSourceParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly logger: Logger;
}

/** A source whose system of record is a Google Workspace account, read through the Directory API. */
export function createSource(id: string, options: GoogleOptions, parts: GoogleSourceParts): Source {
  const { clock, random, fetch, logger } = parts;
  const { login, directory } = endpointsOf(options);
  const tokens = createAccessTokens(issueByAssertion({ ...options.auth, login }, { fetch, clock }), clock);
  const client = createGoogleClient(directory, { clock, random, fetch, tokens });

  async function read(signal: AbortSignal, onProgress?: (seen: ReadProgress) => void): Promise<Snapshot> {
    const takenAt = new Date(clock.now()).toISOString();
    let calls = 0;
    const use: CallUse = { signal, onCall: () => void (calls += 1) };
    const onPage = (seen: { readonly users: number; readonly groups: number }): void =>
      onProgress?.({ source: id, ...seen, calls });
    try {
      signal.throwIfAborted();
      const content = await readAccount({ source: id, options, client, logger, use, onPage });
      return { source: id, takenAt, calls, ...content };
    } catch (error) {
      throw explained(error);
    }
  }

  return {
    id,
    type: options.type,
    absence: 'needsLookup',
    covers: options.query === undefined ? 'everybody' : 'scope',
    read,
    find: (externalId, signal) => find(externalId, userFields(options.select ?? []), client, quietly(signal)),
    check: (signal) => checkAccount({ source: id, options, client, tokens, use: quietly(signal) }),
  };
}

function quietly(signal: AbortSignal): CallUse {
  return { signal, onCall: () => undefined };
}

/** Whoever is found counts: whether they are in scope is another question. Deleted people are absent. */
async function find(externalId: string, fields: string, client: GoogleClient, use: CallUse): Promise<Lookup> {
  use.signal.throwIfAborted();
  if (!isPathId(externalId)) return { state: 'unknown', because: 'it is no id of a Google user' };
  try {
    const row = personOf(await client.get(`/users/${externalId}`, { projection: 'full', fields }, use));
    if (row.state === 'rejected') return { state: 'unknown', because: row.text };
    // An address finds people too, and an id may one day be the address of somebody else.
    if (row.state === 'leftOut' || row.value.externalId !== externalId)
      return { state: 'unknown', because: 'Google answered with somebody else' };
    return { state: 'found', user: row.value };
  } catch (error) {
    if (use.signal.aborted) throw error;
    if (error instanceof CallFailure && provesAbsence(error)) return { state: 'absent' };
    if (error instanceof CallFailure || error instanceof BridgeError)
      return { state: 'unknown', because: messageOf(error) };
    throw error;
  }
}
