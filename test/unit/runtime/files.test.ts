import { mkdtemp, readFile, lstat, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { writePrivately } from '../../../src/runtime/files.ts';

test('a link in the place of a report is replaced, and what it leads to stays as it is', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'retool-bridge-files-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const [elsewhere, report] = [join(folder, 'elsewhere'), join(folder, 'report.html')];
  await writeFile(elsewhere, 'precious');
  await symlink(elsewhere, report);
  await writePrivately(report, 'report');
  expect([await readFile(elsewhere, 'utf8'), await readFile(report, 'utf8')]).toEqual(['precious', 'report']);
  const found = await lstat(report);
  expect([found.isFile(), found.mode & 0o777]).toEqual([true, 0o600]);
});
