import { randomBytes } from 'node:crypto';
import { chmod, constants, mkdir, open, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BridgeError, messageOf } from '../model/errors.ts';

/** Writes a file that only its owner can read, whole or not at all. */
export type WriteFile = (path: string, text: string) => Promise<void>;

/**
 * Writes beside the file and renames: a reader sees the old file or the new one, never half of it.
 * Plans and reports hold personal data, so the file has mode 0600 and folders made for it 0700.
 * Throws `reportUnwritable`.
 */
export async function writePrivately(path: string, text: string): Promise<void> {
  const beside = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const file = await open(beside, 'wx', 0o600);
    try {
      await file.writeFile(text, 'utf8');
      await file.sync();
    } finally {
      await file.close();
    }
    await chmod(beside, 0o600);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw new BridgeError('reportUnwritable', `cannot write ${path}: ${messageOf(error)}`, {
      remedy: 'Choose a folder that can be written, or free some space.',
      cause: error,
    });
  }
}

/** Removes the files of a folder whose names are so chosen. A folder that is not there has none. Throws `reportUnwritable`. */
export async function removeFiles(folder: string, isChosen: (name: string) => boolean): Promise<void> {
  try {
    for (const name of await readdir(folder))
      if (isChosen(name)) await rm(join(folder, name), { force: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return;
    throw new BridgeError('reportUnwritable', `cannot tidy ${folder}: ${messageOf(error)}`, {
      remedy:
        'Check that this user may write the folder, or take retention.reports out of the configuration.',
      cause: error,
    });
  }
}

/** The names of the files directly in a folder, links to files included. Rejects as the system does. */
export async function listFolder(folder: string): Promise<readonly string[]> {
  const entries = await readdir(folder, { withFileTypes: true });
  return entries.filter((entry) => !entry.isDirectory()).map(({ name }) => name);
}

/** Far more than the longest key or token, in bytes. */
const longestSecret = 64 * 1024;

/**
 * Reads a file that holds a secret. A pipe that nobody writes to would be waited for without end, and a device never
 * ends: whatever is no regular file is refused with `EFTYPE`, and what is too long with `EFBIG`; else rejects as the
 * system does. Links count as what they lead to, since Kubernetes mounts secrets as links.
 */
export async function readSecretFile(path: string): Promise<string> {
  const file = await open(path, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    if (!(await file.stat()).isFile())
      throw Object.assign(new Error('it is no regular file'), { code: 'EFTYPE' });
    const { buffer, bytesRead } = await file.read(Buffer.alloc(longestSecret + 1), 0, longestSecret + 1, 0);
    if (bytesRead > longestSecret) throw Object.assign(new Error('it is too long'), { code: 'EFBIG' });
    return new TextDecoder().decode(buffer.subarray(0, bytesRead));
  } finally {
    await file.close();
  }
}
