import { BridgeError } from '../../model/errors.ts';
import { groupOf, userOf } from './convert.ts';
import type { Files, TextFile } from './files.ts';
import { jsonErrorPosition } from './json-position.ts';

const form = 'Write { "Users": [ SCIM users ], "Groups": [ SCIM groups ] }.';

/**
 * What files of SCIM resources say. Each lists people; beside others a file may list groups alone. Throws
 * `sourceInvalid` when a file is not that, and `sourceEmpty` when one lists nobody: in a folder too an empty list
 * is a mistake of whatever writes it, and never means that everybody in it left.
 */
export function scimFiles(files: readonly TextFile[]): Files {
  const documents = files.map((file) => documentOf(file, files.length > 1));
  return {
    people: documents.flatMap(({ name, users }) =>
      users === null ? [] : [{ name: `"Users" of ${name}`, rows: users.map(userOf) }],
    ),
    groups: documents.flatMap(({ name, groups }) =>
      groups === null ? [] : [{ name: `"Groups" of ${name}`, rows: groups.map(groupOf) }],
    ),
    called: { people: '"Users"', groups: '"Groups"' },
    unseenGroups: null,
  };
}

/** The two lists of a file, unjudged; null when the file has none. */
interface ScimDocument {
  readonly name: string;
  readonly users: readonly unknown[] | null;
  readonly groups: readonly unknown[] | null;
}

function documentOf({ name, text }: TextFile, besideOthers: boolean): ScimDocument {
  const document = parseJson(text, name);
  if (typeof document !== 'object' || document === null || Array.isArray(document))
    throw refusal(`${name} is not an object with "Users" and "Groups".`);
  const { Users: users, Groups: groups, ...others } = document as Readonly<Record<string, unknown>>;
  if (groups !== undefined && !Array.isArray(groups)) throw refusal(`"Groups" of ${name} is not a list.`);
  const holdsGroupsAlone = besideOthers && users === undefined && groups !== undefined && !hasList(others);
  if (holdsGroupsAlone) return { name, users: null, groups };
  if (!Array.isArray(users)) throw refusal(`${name} has no list "Users".`);
  if (users.length === 0)
    throw new BridgeError('sourceEmpty', `${name} lists no people.`, {
      remedy: 'Check what writes it: an empty list is never taken to mean that everybody left.',
    });
  return { name, users, groups: groups ?? null };
}

/** A list under another name may be a misspelt "Users". */
function hasList(keys: Readonly<Record<string, unknown>>): boolean {
  return Object.values(keys).some(Array.isArray);
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

function refusal(message: string): BridgeError {
  return new BridgeError('sourceInvalid', message, { remedy: form });
}
