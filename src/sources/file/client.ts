import { basename, join, resolve } from 'node:path';
import { BridgeError } from '../../model/errors.ts';
import { didYouMean } from '../../model/closest.ts';
import type { TextFile } from './files.ts';

export interface FileClientParts {
  readFile(path: string): Promise<Uint8Array>;
  /** The names of the files directly in a folder. */
  listFolder(path: string): Promise<readonly string[]>;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/** What is wanted of a folder; of no meaning for a file. */
export interface FolderRules {
  /** The ending of files that count, such as `.csv`; all others lie there for other reasons. */
  readonly ending: string;
  /** Files that have to be there. */
  readonly required: readonly string[];
}

export interface FileClient {
  /** For messages: the name of the file or folder without the folders it lies in. */
  readonly name: string;
  /**
   * The file, or every file of the folder in the order of names; none is left out because it cannot be read. Throws
   * `sourceUnreadable` when there is nothing to read and `sourceInvalid` when it is not text.
   */
  read(): Promise<readonly TextFile[]>;
}

/** Reads a file, or a folder of files; what they mean is for others. */
export function createFileClient(path: string, rules: FolderRules, parts: FileClientParts): FileClient {
  const name = basename(path);
  const place = resolve(parts.directory, path);
  return {
    name,
    async read() {
      const bytes = await readBytes(place, parts);
      if (bytes !== 'folder') return [{ name, text: decode(bytes, name) }];
      return Promise.all(
        (await namesIn(place, rules, parts)).map(async (inner) => {
          const content = await readBytes(join(place, inner), parts);
          if (content === 'folder') throw unreadable(join(place, inner), 'EISDIR', undefined);
          return { name: inner, text: decode(content, inner) };
        }),
      );
    },
  };
}

/** Hidden files are those of editors and of programs that are still writing. */
async function namesIn(
  place: string,
  rules: FolderRules,
  parts: FileClientParts,
): Promise<readonly string[]> {
  const all = await listed(place, parts);
  const missing = rules.required.filter((name) => !all.includes(name));
  if (missing.length > 0) {
    const named = missing.map((name) => `${name}${didYouMean(name, all)}`).join(', ');
    throw new BridgeError('sourceUnreadable', `The folder ${place} lacks ${named}.`, {
      remedy: 'Check what writes the folder; "files" names what it must hold.',
    });
  }
  const names = all.filter((name) => name.endsWith(rules.ending) && !name.startsWith('.')).toSorted();
  if (names.length > 0) return names;
  throw new BridgeError(
    'sourceUnreadable',
    `The folder ${place} holds no file that ends in ${rules.ending}.`,
    {
      remedy: 'Check "path" and "format", and what writes the folder.',
    },
  );
}

async function listed(place: string, { listFolder }: FileClientParts): Promise<readonly string[]> {
  try {
    return await listFolder(place);
  } catch (error) {
    throw unreadable(place, codeOf(error), error);
  }
}

async function readBytes(path: string, { readFile }: FileClientParts): Promise<Uint8Array | 'folder'> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EISDIR') return 'folder';
    throw unreadable(path, code, error);
  }
}

function unreadable(path: string, code: string, cause: unknown): BridgeError {
  if (code === 'ENOENT')
    return new BridgeError('sourceUnreadable', `There is no file ${path}.`, {
      cause,
      remedy: 'Check "path"; it is relative to the configuration.',
    });
  return new BridgeError('sourceUnreadable', `The file ${path} can't be read (${code}).`, {
    cause,
    remedy: 'Check what it is and who may read it.',
  });
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
