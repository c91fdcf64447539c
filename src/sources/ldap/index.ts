import { resolve } from 'node:path';
import { retryDelay, retrying } from '../../http/retry.ts';
import type { Content } from '../../model/collection.ts';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { Clock, Random } from '../../model/ports.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import type { Lookup, ReadProgress, Source } from '../../model/source.ts';
import { checkDirectory } from './check.ts';
import { openLdap, type CallUse, type LdapClient, type LdapSettings } from './client.ts';
import { idFilter, peopleAttributes, personOf, schemaOf } from './convert.ts';
import { explained, LdapFailure } from './failures.ts';
import { elsewhere, kindOf, readDirectory } from './read.ts';
import type { LdapOptions } from './schema.ts';

/** A list is read again from its beginning, so few times have to do. */
const retryRules = { attempts: 3, baseMs: 1_000, capMs: 20_000 };

export interface LdapSourceParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/** A source whose system of record is an LDAP directory, Active Directory included. */
export function createSource(id: string, options: LdapOptions, parts: LdapSourceParts): Source {
  const { clock, random } = parts;

  async function open(signal: AbortSignal): Promise<LdapClient> {
    return openLdap(await settingsOf(options, parts), clock, signal);
  }

  async function onceRead(use: CallUse, onPage: (seen: Counts) => void): Promise<Content | LdapFailure> {
    let client: LdapClient | null = null;
    try {
      client = await open(use.signal);
      return await readDirectory({ options, client, use, onPage });
    } catch (error) {
      if (use.signal.aborted || !(error instanceof LdapFailure)) throw error;
      return error;
    } finally {
      client?.close();
    }
  }

  async function read(signal: AbortSignal, onProgress?: (seen: ReadProgress) => void): Promise<Snapshot> {
    const takenAt = new Date(clock.now()).toISOString();
    let calls = 0;
    const use = { signal, onCall: () => void (calls += 1) };
    const tell = forwardOnly((seen) => onProgress?.({ source: id, ...seen, calls }));
    signal.throwIfAborted();
    const content = await retrying(
      () => onceRead(use, tell),
      (result, attempt) =>
        result instanceof LdapFailure && result.mayPass()
          ? retryDelay({ kind: 'network', cause: result }, attempt, retryRules, clock.now(), random)
          : null,
      clock,
      signal,
    );
    if (content instanceof LdapFailure) throw explained(content);
    return { source: id, takenAt, calls, ...content };
  }

  return {
    id,
    type: options.type,
    absence: 'needsLookup',
    covers: options.filter === undefined ? 'everybody' : 'scope',
    read,
    find: (externalId, signal) => find(externalId, options, open, quietly(signal)),
    check: (signal) => checkDirectory({ source: id, options, open, use: quietly(signal) }),
  };
}

function quietly(signal: AbortSignal): CallUse {
  return { signal, onCall: () => undefined };
}

interface Counts {
  readonly users: number;
  readonly groups: number;
}

/** A list that is read again is not told again. */
function forwardOnly(tell: (seen: Counts) => void): (seen: Counts) => void {
  let most: Counts = { users: 0, groups: 0 };
  return ({ users, groups }) => {
    most = { users: Math.max(users, most.users), groups: Math.max(groups, most.groups) };
    tell(most);
  };
}

async function settingsOf(
  { url, startTls = false, ca, bind }: LdapOptions,
  { readFile, directory }: LdapSourceParts,
): Promise<LdapSettings> {
  const settings = { url: new URL(url), startTls, bind, ca: undefined };
  if (ca === undefined) return settings;
  const path = resolve(directory, ca);
  try {
    return { ...settings, ca: new TextDecoder().decode(await readFile(path)) };
  } catch (error) {
    throw new BridgeError('sourceUnreadable', `The certificates in ${path} can't be read.`, {
      cause: error,
      remedy: 'Check "ca"; it is relative to the configuration.',
    });
  }
}

/**
 * Whoever is below the base counts, whatever the filter: whether they are in scope is another question. An entry that
 * the server does not find in a search that went well is absent.
 */
async function find(
  externalId: string,
  options: LdapOptions,
  open: (signal: AbortSignal) => Promise<LdapClient>,
  use: CallUse,
): Promise<Lookup> {
  use.signal.throwIfAborted();
  let client: LdapClient | null = null;
  try {
    client = await open(use.signal);
    const schema = schemaOf(options, options.kind ?? (await kindOf(client, use)));
    const filter = idFilter(externalId, schema);
    if (filter === null) return { state: 'unknown', because: `it is no ${schema.id}` };
    const search = {
      base: options.base,
      scope: 'sub',
      filter,
      attributes: peopleAttributes(schema),
    } as const;
    const { entries, references } = await client.look(search, use);
    const [entry, ...others] = entries;
    if (entry === undefined)
      return elsewhere(references, schema.kind).length === 0
        ? { state: 'absent' }
        : { state: 'unknown', because: 'the server refers to another one for a part of the directory' };
    if (others.length > 0) return { state: 'unknown', because: 'several entries have this id' };
    const row = personOf(entry, schema);
    if (row.state === 'read' && row.value.externalId === externalId)
      return { state: 'found', user: row.value };
    return { state: 'unknown', because: row.state === 'rejected' ? row.text : 'another entry was found' };
  } catch (error) {
    if (use.signal.aborted) throw error;
    if (error instanceof LdapFailure || error instanceof BridgeError)
      return { state: 'unknown', because: messageOf(error) };
    throw error;
  } finally {
    client?.close();
  }
}
