import type { BridgeError } from '../../../../src/model/errors.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import type { Source } from '../../../../src/model/source.ts';
import { createSource } from '../../../../src/sources/file/index.ts';
import { FileOptions } from '../../../../src/sources/file/schema.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';

export const never = new AbortController().signal;
export const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** A source over one file; what is given may be bytes, text, anything to be written as JSON, or an error to throw. */
export function sourceOf(content: unknown, paths: string[] = []): Source {
  return createSource(
    'staff',
    { type: 'file', path: './people.scim.json' },
    {
      clock: createVirtualClock(),
      directory: '/etc/bridge',
      listFolder: async () => {
        throw new Error('there is no folder');
      },
      async readFile(path) {
        paths.push(path);
        if (content instanceof Error) throw content;
        return bytesOf(content);
      },
    },
  );
}

function bytesOf(content: unknown): Uint8Array {
  if (content instanceof Uint8Array) return content;
  return new TextEncoder().encode(typeof content === 'string' ? content : JSON.stringify(content));
}

export function read(content: unknown): Promise<Snapshot> {
  return sourceOf(content).read(never);
}

/** What reading the file fails with. */
export async function failureOf(content: unknown): Promise<BridgeError> {
  try {
    await read(content);
  } catch (error) {
    return error as BridgeError;
  }
  throw new Error('the file was read');
}

/** A file of these people and groups. */
export function file(users: readonly unknown[], groups?: readonly unknown[]): object {
  return groups === undefined ? { Users: users } : { Users: users, Groups: groups };
}

/** A row of `Users` that is in order. */
export function person(id: string, more: object = {}): object {
  return { id, userName: `${id}@acme.com`, ...more };
}

/** A row of `Groups` with members of no stated type. */
export function group(id: string, ...members: readonly string[]): object {
  return { id, displayName: `The ${id}`, members: members.map((value) => ({ value })) };
}

/** A source over files below `/etc/bridge`, by their paths there; an error is what reading the file ends with. */
export function folderSource(options: object, files: Readonly<Record<string, string | Error>>): Source {
  const home = '/etc/bridge/';
  const failure = (code: string): Error => Object.assign(new Error(code), { code });
  return createSource('staff', FileOptions.parse(options), {
    clock: createVirtualClock(),
    directory: home,
    async readFile(path) {
      const content = files[path.slice(home.length)];
      if (content instanceof Error) throw content;
      if (content !== undefined) return bytesOf(content);
      throw failure(namesBelow(path).length > 0 ? 'EISDIR' : 'ENOENT');
    },
    listFolder: async (path) => namesBelow(path).toReversed(),
  });

  function namesBelow(path: string): readonly string[] {
    const folder = `${path.slice(home.length)}/`;
    return Object.keys(files).flatMap((name) => (name.startsWith(folder) ? [name.slice(folder.length)] : []));
  }
}
