import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { commandsPage } from './reference/commands.ts';
import { configurationPage } from './reference/configuration.ts';
import { errorCodesPage, exitCodesPage } from './reference/codes.ts';

/*
 * Writes the pages below docs/reference/ from the code that they are about. With --check it writes nothing and exits
 * 1 when a page is out of date.
 */

const root = path.join(import.meta.dirname, '..');
const pages: Readonly<Record<string, string>> = {
  'docs/reference/commands.md': commandsPage(),
  'docs/reference/configuration.md': configurationPage(
    await readFile(path.join(root, 'config/bridge.schema.json'), 'utf8'),
  ),
  'docs/reference/error-codes.md': errorCodesPage(),
  'docs/reference/exit-codes.md': exitCodesPage(),
};

async function written(file: string): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

for (const [name, text] of Object.entries(pages)) {
  const file = path.join(root, name);
  if (!process.argv.includes('--check')) await writeFile(file, text);
  else if ((await written(file)) !== text) {
    console.error(`${name} is out of date: run "npm run reference" and commit it`);
    process.exitCode = 1;
  }
}
