import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { lookAtFolder } from '../../../src/runtime/disk.ts';

async function folder(): Promise<string> {
  const made = await mkdtemp(join(tmpdir(), 'retool-bridge-disk-'));
  onTestFinished(() => rm(made, { recursive: true }));
  return made;
}

test('a folder that is there is writable, and so is one that can be made', async () => {
  const there = await folder();
  for (const path of [there, join(there, 'reports', 'of', 'runs')]) {
    const found = await lookAtFolder(path);
    expect(found).toMatchObject({ state: 'writable' });
    expect('freeBytes' in found && found.freeBytes).toBeGreaterThan(0);
  }
});

test('a file in the place of a folder is told', async () => {
  const file = join(await folder(), 'reports');
  await writeFile(file, '');
  expect(await lookAtFolder(file)).toEqual({ state: 'unwritable', because: `${file} is no folder` });
  expect(await lookAtFolder(join(file, 'below'))).toMatchObject({ state: 'unwritable' });
});
