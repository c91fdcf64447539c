import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { configJsonSchema } from '../src/config/json-schema.ts';
import { sourceTypes } from '../src/sources/index.ts';

/*
 * Writes the JSON Schema of the configuration, which editors use, from the schemas that check it. With --check
 * it writes nothing and exits 1 when the file is out of date.
 */

const name = 'config/bridge.schema.json';
const file = path.join(import.meta.dirname, '..', name);

async function written(): Promise<string | null> {
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return null;
    throw error;
  }
}

const schema = configJsonSchema(
  Object.fromEntries(Object.entries(sourceTypes).map(([type, { options }]) => [type, options])),
);
if (!process.argv.includes('--check')) await writeFile(file, schema);
else if ((await written()) !== schema) {
  console.error(`${name} is out of date: run "npm run schema" and commit it`);
  process.exitCode = 1;
}
