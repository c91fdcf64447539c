import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';

const root = join(import.meta.dirname, '../..');

/** As npm writes it; the entry without a name is the checkout itself. */
const LockFile = z.object({
  packages: z.record(
    z.string(),
    z.looseObject({
      resolved: z.string().optional(),
      integrity: z.string().optional(),
      hasInstallScript: z.boolean().optional(),
    }),
  ),
});

const { packages } = LockFile.parse(JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')));
const locked = Object.entries(packages).filter(([name]) => name !== '');

test('every package comes from the registry, as its checksum says', () => {
  expect(locked.length).toBeGreaterThan(50);
  const strange = locked.filter(
    ([, { resolved = 'https://registry.npmjs.org/', integrity = '' }]) =>
      !resolved.startsWith('https://registry.npmjs.org/') || !/^sha512-[\w+/]{86}==$/.test(integrity),
  );
  expect(strange).toEqual([]);
});

test('no package runs anything when it is installed', () => {
  expect(locked.filter(([, { hasInstallScript }]) => hasInstallScript === true)).toEqual([]);
  expect(readFileSync(join(root, '.npmrc'), 'utf8')).toMatch(/^ignore-scripts=true$/m);
});
