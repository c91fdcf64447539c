import { access, constants, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import { messageOf } from '../model/errors.ts';

/** What a folder, or the nearest one above it that is there, allows. */
export type FolderState =
  | { readonly state: 'writable'; readonly freeBytes: number }
  | { readonly state: 'unwritable'; readonly because: string };

/** Whether files can be written into a folder that may still have to be made, and how much room there is. Writes nothing. */
export async function lookAtFolder(folder: string): Promise<FolderState> {
  try {
    const nearest = await nearestThatExists(folder);
    await access(nearest, constants.W_OK | constants.X_OK);
    const { bavail, bsize } = await statfs(nearest);
    return { state: 'writable', freeBytes: bavail * bsize };
  } catch (error) {
    return { state: 'unwritable', because: messageOf(error) };
  }
}

async function nearestThatExists(folder: string): Promise<string> {
  try {
    const found = await stat(folder);
    if (!found.isDirectory()) throw new Error(`${folder} is no folder`);
    return folder;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!isMissing || dirname(folder) === folder) throw error;
    return nearestThatExists(dirname(folder));
  }
}
