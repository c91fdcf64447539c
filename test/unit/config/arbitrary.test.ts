import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { BridgeError } from '../../../src/model/errors.ts';
import { config, load, mapping } from './support.ts';

const keys = [
  'version',
  'extends',
  'sources',
  'target',
  'targets',
  'mapping',
  'user',
  'groups',
  'attributes',
  'guard',
  'windows',
  'leavers',
  'precedence',
  'state',
  'env',
  'file',
  'type',
  '__proto__',
  'constructor',
  'toString',
  'match',
  'to',
];

/** Anything that YAML can hold, with the keys of a configuration and those that every object inherits. */
const value = fc.letrec((tie) => ({
  any: fc.oneof(
    { depthSize: 'small' },
    fc.constantFrom(null, true, 1, -0.5, '', 'okta', 'file', 'sync', '${x}', '((', 'user.email', '7d'),
    fc.string(),
    fc.array(tie('any'), { maxLength: 4 }),
    fc
      .array(fc.tuple(fc.oneof(fc.constantFrom(...keys), fc.string()), tie('any')), { maxLength: 5 })
      .map((entries) => new Map(entries)),
  ),
})).any;

/** Bits of YAML, put together without sense. */
const scraps = fc
  .array(
    fc.oneof(
      fc.constantFrom(...keys),
      fc.constantFrom(': ', '\n', '  ', '- ', '{', '}', '[', ']', ', ', '"', "'", '&a', '*a', '!!x', '|\n'),
      fc.constantFrom('---', '#', '%YAML 1.1', '<<', '\t', '\0', '\uFEFF', '? ', '@', '`', '\\'),
      fc.string({ maxLength: 4 }),
    ),
    { maxLength: 60 },
  )
  .map((parts) => parts.join(''));

/** Rejects with whatever is thrown that is no error of ours. */
async function outcome(text: string): Promise<string> {
  try {
    await load(text);
    return 'loaded';
  } catch (error) {
    if (error instanceof BridgeError) return error.code;
    throw error;
  }
}

const expected = ['loaded', 'configInvalid', 'secretMissing'];

test('no text makes loading fail in another way than with a configuration error', async () => {
  await fc.assert(
    fc.asyncProperty(scraps, async (text) => {
      expect(expected).toContain(await outcome(text));
      expect(expected).toContain(await outcome(config(mapping(`scope: ${text}`))));
    }),
    { numRuns: 300 },
  );
});

test('no value at any key makes loading fail in another way', async () => {
  await fc.assert(
    fc.asyncProperty(fc.constantFrom(...keys), value, async (key, anything) => {
      const flow = stringify(anything, { collectionStyle: 'flow', lineWidth: 0 }).trimEnd();
      expect(expected).toContain(await outcome(config({ [key]: flow })));
    }),
    { numRuns: 300 },
  );
});

test('no key that objects inherit is ever data, wherever it stands', async () => {
  const places = [
    (key: string) => `${config()}${key}: { polluted: yes }\n`,
    (key: string) => config({ sources: `{ ${key}: { type: file, path: x } }` }),
    (key: string) => config({ target: `{ ${key}: { polluted: yes } }` }),
    (key: string) => config(mapping(`attributes: { ${key}: user.title }`)),
    (key: string) => config({ guard: `{ windows: { ${key}: 5% } }` }),
  ];
  for (const place of places) {
    await expect(load(place('__proto__'))).rejects.toMatchObject({ code: 'configInvalid' });
    await expect(load(place('"\\u005f_proto__"'))).rejects.toMatchObject({ code: 'configInvalid' });
  }
  expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
});

test('an attribute may have a name that objects inherit', async () => {
  const { mapping: rules } = await load(config(mapping('attributes: { constructor: user.title }')));
  expect([...rules.attributes]).toEqual([['constructor', 'user.title']]);
});
