import { readdir } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { sourceTypes } from '../../../src/sources/index.ts';

/* What docs/adding-a-source.md promises: a source is a folder with four files, and one line. */

const folder = path.join(import.meta.dirname, '../../../src/sources');

test('every folder of a source has its line, and every line its folder', async () => {
  const entries = await readdir(folder, { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
  expect(Object.keys(sourceTypes).toSorted()).toEqual(folders.toSorted());
});

test.each(Object.keys(sourceTypes))('the source %s has the four files, and loads', async (type) => {
  const files = await readdir(path.join(folder, type));
  expect(files).toEqual(expect.arrayContaining(['schema.ts', 'client.ts', 'convert.ts', 'index.ts']));
  expect(await sourceTypes[type]?.load()).toBeTypeOf('function');
});
