import { BridgeError, messageOf } from '../../model/errors.ts';
import type { Clock } from '../../model/ports.ts';
import type { Snapshot } from '../../model/snapshot.ts';
import { count } from '../../model/text.ts';
import { failedCheck, type CheckResult, type Lookup, type Source } from '../../model/source.ts';
import { createFileClient, type FileClientParts } from './client.ts';
import { contentOf } from './content.ts';
import { csvFiles } from './csv-files.ts';
import type { Files } from './files.ts';
import { scimFiles } from './scim.ts';
import type { FileOptions } from './schema.ts';

export interface FileSourceParts extends FileClientParts {
  readonly clock: Clock;
}

/** The files of one source. */
interface FileReader {
  /** For messages: the name of the file or folder of people. */
  readonly name: string;
  /** Throws `sourceUnreadable`, `sourceInvalid` and `sourceEmpty`. */
  read(): Promise<Files>;
}

/** A source whose system of record is a file, or a folder of files, read anew by every read. */
export function createSource(id: string, options: FileOptions, parts: FileSourceParts): Source {
  const files = readerOf(options, parts);

  async function read(signal: AbortSignal): Promise<Snapshot> {
    const takenAt = new Date(parts.clock.now()).toISOString();
    signal.throwIfAborted();
    return { source: id, takenAt, calls: 0, ...contentOf(await files.read()) };
  }

  return {
    id,
    type: options.type,
    absence: 'provenByList',
    covers: 'everybody',
    async read(signal, onProgress) {
      const snapshot = await read(signal);
      onProgress?.({ source: id, users: snapshot.users.length, groups: snapshot.groups.length, calls: 0 });
      return snapshot;
    },
    async find(externalId, signal) {
      try {
        return lookUp(externalId, await read(signal));
      } catch (error) {
        if (signal.aborted || !(error instanceof BridgeError)) throw error;
        return { state: 'unknown', because: messageOf(error) };
      }
    },
    check: (signal) => check(id, files, signal),
  };
}

function readerOf(options: FileOptions, parts: FileClientParts): FileReader {
  const { path, files: required = [], columns, memberships } = options;
  if (columns === undefined) {
    const people = createFileClient(path, { ending: '.json', required }, parts);
    return { name: people.name, read: async () => scimFiles(await people.read()) };
  }
  const csv = { ending: '.csv', required };
  const people = createFileClient(path, csv, parts);
  const { delimiter = ',', separator = ';' } = options;
  return {
    name: people.name,
    async read() {
      const rules = { columns, delimiter, separator };
      if (memberships === undefined) return csvFiles(await people.read(), rules, null);
      const files = await createFileClient(memberships.path, { ...csv, required: [] }, parts).read();
      return csvFiles(await people.read(), rules, { files, columns: memberships.columns });
    },
  };
}

/** In a file, absence from a complete list is the proof; in an incomplete one it proves nothing. */
function lookUp(externalId: string, { users, completeness }: Snapshot): Lookup {
  const user = users.find((candidate) => candidate.externalId === externalId);
  if (user !== undefined) return { state: 'found', user };
  const { users: list } = completeness;
  return list.state === 'complete' ? { state: 'absent' } : { state: 'unknown', because: list.because };
}

async function check(id: string, files: FileReader, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const subject = `${id}: ${files.name}`;
  signal.throwIfAborted();
  try {
    const { users, groups, rejected } = contentOf(await files.read());
    const text = `${count(users.length, 'person', 'people')}, ${count(groups.length, 'group')}`;
    if (rejected.length === 0) return [{ subject, verdict: 'ok', text }];
    const [first] = rejected.map(
      ({ type, externalId, text: wrong }) => `${type} ${externalId ?? 'without id'}: ${wrong}`,
    );
    return [
      {
        subject,
        verdict: 'warning',
        text: `${text}; ${rejected.length} rows left out, the first ${first}`,
        remedy: 'Correct these rows in the file; until then nobody loses access because of it.',
      },
    ];
  } catch (error) {
    if (!(error instanceof BridgeError)) throw error;
    return [failedCheck(subject, error)];
  }
}
