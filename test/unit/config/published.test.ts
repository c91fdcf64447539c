import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { configJsonSchema } from '../../../src/config/json-schema.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { sourceTypes } from '../../../src/sources/index.ts';

/* What is published beside the program: the annotated example and the JSON Schema. */

const root = path.join(import.meta.dirname, '../../..');
const examplePath = path.join(root, 'config/bridge.example.yaml');
const sourceOptions = Object.fromEntries(
  Object.entries(sourceTypes).map(([type, { options }]) => [type, options]),
);

interface Schema {
  readonly description?: string;
  readonly allOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly $ref?: string;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly properties?: Readonly<Record<string, Schema>>;
}

/** Every key below a schema, with its path. */
function keysIn(schema: Schema, at = ''): readonly { readonly path: string; readonly schema: Schema }[] {
  const { properties = {}, items, additionalProperties, anyOf = [], oneOf = [] } = schema;
  const own = Object.entries(properties).flatMap(([key, below]) => [
    { path: `${at}.${key}`, schema: below },
    ...keysIn(below, `${at}.${key}`),
  ]);
  const others = [
    ...anyOf,
    ...oneOf,
    ...(items === undefined ? [] : [items]),
    ...(typeof additionalProperties === 'object' ? [additionalProperties] : []),
  ];
  return [...own, ...others.flatMap((other) => keysIn(other, at))];
}

async function currentSchema(): Promise<Schema> {
  return JSON.parse(configJsonSchema(sourceOptions)) as Schema;
}

test('the example loads', async () => {
  const config = await loadConfig({
    path: examplePath,
    env: { OKTA_API_TOKEN: 'a', RETOOL_API_TOKEN: 'b' },
    sourceOptions,
    readFile: async (file) => (file.startsWith(path.resolve('/run/secrets')) ? 'c' : readFile(file, 'utf8')),
  });
  expect(config.sources.map(({ id }) => id)).toEqual(['okta', 'entra', 'staff', 'hr', 'corp', 'gws']);
});

test('the example explains every key', async () => {
  const example = await readFile(examplePath, 'utf8');
  const unexplained = keysIn(await currentSchema())
    .map((key) => key.path)
    .filter((key) => !new RegExp(`\\b${key.split('.').at(-1)}\\b`).test(example));
  expect(unexplained).toEqual([]);
});

test('every key has a description', async () => {
  const silent = keysIn(await currentSchema())
    .filter(({ schema }) => schema.description === undefined && schema.$ref === undefined)
    .map((key) => key.path);
  expect(silent).toEqual([]);
});

test('the JSON Schema that is checked in is up to date', async () => {
  expect(await readFile(path.join(root, 'config/bridge.schema.json'), 'utf8')).toBe(
    configJsonSchema(sourceOptions),
  );
});

test('the check of the JSON Schema passes when it is up to date', async () => {
  const script = path.join(root, 'scripts/config-schema.ts');
  const { stderr } = await promisify(execFile)(process.execPath, [script, '--check']);
  expect(stderr).toBe('');
});

test('editors are told that a scalar may be a variable, and a secret nothing but a reference', async () => {
  const { properties = {} } = await currentSchema();
  const { baseUrl, token, requestsPerMinute } = properties['target']?.properties ?? {};
  expect(baseUrl?.anyOf).toEqual([{ type: 'string' }, { $ref: '#/definitions/env' }]);
  expect(requestsPerMinute).toMatchObject({
    default: 45,
    anyOf: [{ type: 'integer', minimum: 1 }, { $ref: '#/definitions/env' }],
  });
  expect(token).toMatchObject({ allOf: [{ $ref: '#/definitions/secret' }] });
  expect(token).not.toHaveProperty('anyOf');
});

test('every source type is in the JSON Schema, with the keys it takes alone', async () => {
  const { properties = {} } = await currentSchema();
  const { additionalProperties } = properties['sources'] ?? {};
  const types = typeof additionalProperties === 'object' ? (additionalProperties.oneOf ?? []) : [];
  expect(types.map((type) => type.properties?.['type'])).toMatchObject([
    { const: 'okta' },
    { const: 'entra' },
    { const: 'file' },
    { const: 'google' },
    { const: 'ldap' },
  ]);
  expect(types.every((type) => type.additionalProperties === false)).toBe(true);
});
