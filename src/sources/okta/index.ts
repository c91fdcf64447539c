import { isPathId } from '../../http/options.ts';
import type { Content } from '../../model/collection.ts';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { Logger } from '../../model/ports.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Lookup, ReadProgress, Source } from '../../model/source.ts';
import { checkOrg } from './check.ts';
import { CallFailure, createOktaClient, type OktaClient, type OktaClientParts } from './client.ts';
import { personOf, standingsOf, type Standings } from './convert.ts';
import { readChanges } from './changes.ts';
import { baselineOf, cursorOf, serverClock, type ServerClock } from './cursor.ts';
import { StatusFailure } from './executor.ts';
import { explained } from './failure.ts';
import type { ReadParts } from './lists.ts';
import { readScope } from './read.ts';
import type { OktaOptions } from './schema.ts';

export interface OktaSourceParts extends OktaClientParts {
  readonly logger: Logger;
}

/**
 * An Okta org. Its lists are read page by page while the org goes on living, and leave deactivated people out,
 * so absence from a list proves nothing: each has to be asked for by id.
 */
export function createSource(id: string, options: OktaOptions, parts: OktaSourceParts): Source {
  const scopes = scopesFor(options.scope);
  const client = createOktaClient(options, scopes, parts);
  const standings = standingsOf(options.statuses);

  async function read(
    signal: AbortSignal,
    onProgress: (seen: ReadProgress) => void,
    last: Snapshot | null,
  ): Promise<Snapshot> {
    const takenAt = new Date(parts.clock.now()).toISOString();
    let calls = 0;
    const readingAt = (time: ServerClock): ReadParts => ({
      source: id,
      client,
      standings,
      logger: parts.logger,
      use: {
        signal,
        onCall: () => {
          calls += 1;
        },
        onAnswer: time.hear,
      },
      onPage: (counts) => onProgress({ source: id, ...counts, calls }),
    });
    const told = (content: Content, began: number | null, fullReadAt: string): Snapshot => {
      const cursor = cursorOf(content, options, { began, fullReadAt });
      return { source: id, takenAt, ...content, calls, ...(cursor === null ? {} : { cursor }) };
    };
    const baseline = baselineOf(last, options);
    if (baseline !== null) {
      const time = serverClock();
      const content = await readChanges(options.scope, baseline, readingAt(time));
      const began = time.earliest();
      // A clock that went back has stamped changes with times that the filters have passed.
      if (content !== null && began !== null && began >= baseline.since)
        return told(content, began, baseline.fullReadAt);
      parts.logger.info({ source: id }, 'Changes alone cannot be read: everything is read');
    }
    const time = serverClock();
    const content = await readScope(options.scope, readingAt(time));
    return told(content, time.earliest(), takenAt);
  }

  return {
    id,
    type: options.type,
    absence: 'needsLookup',
    covers: options.scope.everything === true ? 'everybody' : 'scope',
    async read(signal, onProgress = () => undefined, last = null) {
      try {
        return await read(signal, onProgress, last);
      } catch (error) {
        throw explained(error, options.auth);
      }
    },
    find: (externalId, signal) => lookUp(externalId, { client, standings }, signal),
    check: (signal) => checkOrg({ source: id, client, options, scopes, clock: parts.clock }, signal),
  };
}

/** What a service app asks for: people by id in any case, groups and their members, and the app when it is the scope. */
function scopesFor(scope: OktaOptions['scope']): readonly string[] {
  const always = ['okta.users.read', 'okta.groups.read'];
  return scope.app === undefined ? always : [...always, 'okta.apps.read'];
}

/**
 * Asks for one person. Okta takes a login, or `me`, where it takes an id, so only a user of the very id that was
 * asked for counts. Whoever is there with a status that keeps people out of snapshots is found, and not active.
 */
async function lookUp(
  externalId: string,
  { client, standings }: { readonly client: OktaClient; readonly standings: Standings },
  signal: AbortSignal,
): Promise<Lookup> {
  if (!isPathId(externalId)) return { state: 'unknown', because: 'what was asked for is no id of Okta' };
  try {
    const { body } = await client.get(`/api/v1/users/${externalId}`, { signal, onCall: () => undefined });
    const row = personOf(body, standings);
    if (row.state === 'rejected') return { state: 'unknown', because: row.text };
    if (row.user.externalId !== externalId)
      return { state: 'unknown', because: 'Okta answered with another user' };
    return { state: 'found', user: row.user };
  } catch (error) {
    if (signal.aborted || !(error instanceof CallFailure || error instanceof BridgeError)) throw error;
    return isNoSuchUser(error) ? { state: 'absent' } : { state: 'unknown', because: messageOf(error) };
  }
}

/** Only Okta's own word for it proves that there is nobody: a proxy or a wrong address answers 404 as well. */
function isNoSuchUser(error: CallFailure | BridgeError): boolean {
  if (!(error instanceof CallFailure) || !(error.reason instanceof StatusFailure)) return false;
  return error.reason.status === 404 && error.reason.errorCode() === 'E0000007';
}
