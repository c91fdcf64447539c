import { basename, resolve } from 'node:path';
import { BridgeError } from '../../model/errors.ts';
import { jsonErrorPosition } from './json-position.ts';

/** The two lists of a file, unjudged; `groups` is null when the file has none. */
export interface ScimDocument {
  readonly users: readonly unknown[];
  readonly groups: readonly unknown[] | null;
}

export interface FileClientParts {
  readFile(path: string): Promise<Uint8Array>;
  /** What relative paths are relative to. */
  readonly directory: string;
}

export interface FileClient {
  /** For messages: the file's name without its folders. */
  readonly name: string;
  /** Throws `sourceUnreadable` when there is no file to read and `sourceInvalid` when it is not what it should be. */
  read(): Promise<ScimDocument>;
}

/** Reads a file of SCIM resources; it judges the document, not the rows. */
export function createFileClient(path: string, parts: FileClientParts): FileClient {
  const name = basename(path);
  const place = resolve(parts.directory, path);
  return {
    name,
    async read() {
      const bytes = await readBytes(place, parts);
      return documentOf(parseJson(decode(bytes, name), name), name);
    },
  };
}

async function readBytes(path: string, parts: FileClientParts): Promise<Uint8Array> {
  try {
    return await parts.readFile(path);
  } catch (error) {
    const missing = codeOf(error) === 'ENOENT';
    const message = missing
      ? `There is no file ${path}.`
      : `The file ${path} can't be read (${codeOf(error)}).`;
    const remedy = missing
      ? 'Check "path"; it is relative to the configuration.'
      : 'Check what it is and who may read it.';
    throw new BridgeError('sourceUnreadable', message, { cause: error, remedy });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'no reason given';
}

/** UTF-8 with or without a byte order mark. Anything else is refused: read wrongly it would become other names. */
function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new BridgeError('sourceInvalid', `${name} is not written in UTF-8.`, {
      cause: error,
      remedy: 'Save it as UTF-8.',
    });
  }
}

function parseJson(text: string, name: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const { line, column } = jsonErrorPosition(text);
    const what = text.trim() === '' ? 'is empty' : `is not JSON: line ${line}, column ${column}`;
    throw new BridgeError('sourceInvalid', `${name} ${what}.`, {
      remedy: 'Write it again in full; a file that was cut off or is still being written looks like this.',
    });
  }
}

function documentOf(document: unknown, name: string): ScimDocument {
  if (typeof document !== 'object' || document === null || Array.isArray(document)) {
    throw refusal(`${name} is not an object with "Users" and "Groups".`);
  }
  const { Users: users, Groups: groups } = document as {
    readonly Users?: unknown;
    readonly Groups?: unknown;
  };
  if (!Array.isArray(users)) throw refusal(`${name} has no list "Users".`);
  if (groups !== undefined && !Array.isArray(groups)) throw refusal(`"Groups" of ${name} is not a list.`);
  return { users, groups: groups ?? null };
}

function refusal(message: string): BridgeError {
  return new BridgeError('sourceInvalid', message, {
    remedy: 'Write { "Users": [ SCIM users ], "Groups": [ SCIM groups ] }.',
  });
}
