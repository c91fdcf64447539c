import { createAccessTokens, type IssueToken } from '../../http/access-tokens.ts';
import { CallFailure } from '../../http/call-failure.ts';
import { isPathId } from '../../http/options.ts';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { Clock, Fetch, Logger, Random } from '../../model/ports.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Lookup, ReadProgress, Source } from '../../model/source.ts';
import { issueByIdentity, type IdentityParts } from './azure-identity.ts';
import { checkTenant } from './check.ts';
import { createEntraClient, type CallUse, type EntraClient } from './client.ts';
import { issueBySecret } from './client-secret.ts';
import { personOf, userSelect } from './convert.ts';
import { optionsDigest } from './cursor.ts';
import { explained, provesAbsence } from './failures.ts';
import { createPace } from './pace.ts';
import { readOn } from './read-on.ts';
import { endpointsFor, type EntraOptions } from './schema.ts';

export interface EntraSourceParts extends IdentityParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly logger: Logger;
}

/** A source whose system of record is a Microsoft Entra ID tenant, read through Microsoft Graph. */
export function createSource(id: string, options: EntraOptions, parts: EntraSourceParts): Source {
  const { clock, random, fetch, logger } = parts;
  const { scope, guests = 'exclude', select = [] } = options;
  const tokens = createAccessTokens(issueFor(options, parts), clock);
  const pace = createPace({ clock, share: options.rateShare ?? 1 });
  const client = createEntraClient(endpointsFor(options).graph, { clock, random, fetch, tokens, pace });

  async function read(
    signal: AbortSignal,
    onProgress?: (seen: ReadProgress) => void,
    baseline: Snapshot | null = null,
  ): Promise<Snapshot> {
    const takenAt = new Date(clock.now()).toISOString();
    let calls = 0;
    const use: CallUse = { signal, onCall: () => void (calls += 1) };
    const onPage = (seen: { readonly users: number; readonly groups: number }): void =>
      onProgress?.({ source: id, ...seen, calls });
    const parts = { source: id, scope, client, guests, select, logger, use, onPage, takenAt };
    try {
      const told = await readOn(baseline, { ...parts, options: optionsDigest(options), calls: () => calls });
      return { source: id, takenAt, calls, ...told };
    } catch (error) {
      throw explained(error);
    }
  }

  return {
    id,
    type: options.type,
    absence: 'needsLookup',
    covers: options.scope.everything === true ? 'everybody' : 'scope',
    read,
    find: (externalId, signal) => find(externalId, userSelect(select), client, quietly(signal)),
    check: (signal) => checkTenant({ source: id, scope, client, tokens, use: quietly(signal) }),
  };
}

function quietly(signal: AbortSignal): CallUse {
  return { signal, onCall: () => undefined };
}

function issueFor(options: EntraOptions, parts: EntraSourceParts): IssueToken {
  const { auth, tenantId } = options;
  const audience = { tenantId, ...endpointsFor(options) };
  return auth.clientSecret === undefined
    ? issueByIdentity(auth, audience, parts)
    : issueBySecret(auth.clientSecret, audience, parts);
}

/** Whoever is found counts, guests too: whether they are in scope is another question. Deleted people are absent. */
async function find(externalId: string, select: string, client: EntraClient, use: CallUse): Promise<Lookup> {
  if (!isPathId(externalId)) return { state: 'unknown', because: 'it is no id of a Graph object' };
  try {
    const row = personOf(await client.get(`/users/${externalId}?$select=${select}`, use), 'include');
    if (row.state === 'rejected') return { state: 'unknown', because: row.text };
    if (row.state === 'leftOut' || row.value.externalId !== externalId)
      return { state: 'unknown', because: 'Graph answered with somebody else' };
    return { state: 'found', user: row.value };
  } catch (error) {
    if (use.signal.aborted) throw error;
    if (error instanceof CallFailure && provesAbsence(error)) return { state: 'absent' };
    if (error instanceof CallFailure || error instanceof BridgeError)
      return { state: 'unknown', because: messageOf(error) };
    throw error;
  }
}
