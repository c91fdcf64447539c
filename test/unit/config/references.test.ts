import path from 'node:path';
import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import type { BridgeConfig } from '../../../src/config/types.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { config, failure, home, load, mapping, problems, token } from './support.ts';

/** Options of the only source. */
function optionsOf({ sources }: BridgeConfig): unknown {
  return sources[0]?.options;
}

function withToken(reference: string): string {
  return config({ target: `{ baseUrl: https://acme.retool.com, token: ${reference} }` });
}

test('numbers, truth values and text come from the environment as what they are', async () => {
  const loaded = await load(
    config({
      version: '{ env: VERSION }',
      sources:
        '{ x: { type: { env: TYPE }, size: { env: SIZE }, loud: { env: LOUD }, level: { env: LEVEL }, way: { env: WAY } } }',
      target: '{ baseUrl: { env: URL }, token: { env: TOKEN }, requestsPerMinute: { env: RATE } }',
      ...mapping('groups: [{ match: { env: MATCH }, to: { env: TO }, create: { env: LOUD } }]'),
      state: '{ env: STATE }',
    }),
    {
      env: new Map(
        Object.entries({
          VERSION: '1',
          TYPE: 'madeUp',
          SIZE: '-2.5',
          LOUD: 'true',
          LEVEL: '2',
          WAY: 'long',
          URL: 'https://acme.retool.com',
          TOKEN: token,
          RATE: '600',
          MATCH: 'a(?P<x>.)',
          TO: '${x}',
          STATE: 'sqlite:/var/lib/bridge.db',
        }),
      ),
    },
  );
  expect(optionsOf(loaded)).toEqual({ type: 'madeUp', size: -2.5, loud: true, level: 2, way: 'long' });
  expect(loaded.target.requestsPerMinute).toBe(600);
  expect(loaded.mapping.groups[0]).toMatchObject({
    select: { by: 'pattern', pattern: 'a(?P<x>.)' },
    to: '${x}',
    create: true,
  });
  expect(loaded.state).toEqual({ kind: 'sqlite', path: path.resolve('/var/lib/bridge.db') });
});

test('a value of the environment that does not fit is named by its variable and not quoted', async () => {
  const env = { RETOOL_API_TOKEN: token, OOPS: token };
  const target =
    '{ baseUrl: { env: OOPS }, token: { env: RETOOL_API_TOKEN }, requestsPerMinute: { env: OOPS } }';
  const text = config({
    target,
    policy: '{ env: OOPS }',
    ...mapping('scope: { env: OOPS }, groups: [{ match: "(", to: { env: OOPS } }]'),
  });
  const found = await problems(text, { env });
  expect(found).toEqual([
    'bridge.yaml:3:20 target.baseUrl: expected an address such as https://acme.retool.com (in environment variable OOPS)',
    'bridge.yaml:3:88 target.requestsPerMinute: expected a number, found text (in environment variable OOPS)',
    'bridge.yaml:4:114 mapping.scope: what environment variable OOPS holds is wrong at character 1',
    'bridge.yaml:4:148 mapping.groups[0].match: missing closing ) at "("',
    'bridge.yaml:5:9 policy: expected "create-only", "upsert-only" or "sync" (in environment variable OOPS)',
  ]);
});

test('a map with the single key env or file is a map where a map stands', async () => {
  const loaded = await load(config(mapping('attributes: { env: user.title }')));
  expect([...loaded.mapping.attributes]).toEqual([['env', 'user.title']]);
  const source = await load(config({ sources: '{ x: { type: madeUp, tags: { file: y } } }' }));
  expect(optionsOf(source)).toEqual({ type: 'madeUp', tags: { file: 'y' } });
});

test('a secret in a file is found relative to the file that names it, and loses the newline at its end', async () => {
  const files = { [path.join(home, 'keys', 'token')]: `${token}\r\n` };
  const { target } = await load(withToken('{ file: keys/token }'), { files });
  expect(target.token.reveal()).toBe(token);
  const fromEnv = await load(config(), { env: { RETOOL_API_TOKEN: `${token}\n` } });
  expect(fromEnv.target.token.reveal()).toBe(token);
});

test.each([
  ['{ env: RETOOL_API_TOKEN }', {}, 'environment variable RETOOL_API_TOKEN is not set'],
  ['{ env: toString }', {}, 'environment variable toString is not set'],
  ['{ env: RETOOL_API_TOKEN }', { RETOOL_API_TOKEN: '' }, 'environment variable RETOOL_API_TOKEN is empty'],
  [
    '{ env: RETOOL_API_TOKEN }',
    { RETOOL_API_TOKEN: ' \n' },
    'environment variable RETOOL_API_TOKEN is empty',
  ],
  ['{ file: ./gone }', {}, 'file "./gone" cannot be read'],
])('the secret %s that is not there is missing: %s', async (reference, env, text) => {
  const error = await failure(withToken(reference), { env });
  expect(error.code).toBe('secretMissing');
  expect(error.message.split('\n')[1]).toBe(`${path.join(home, 'bridge.yaml')}:3:52 target.token: ${text}`);
  expect(error.remedy).toContain('Set what is missing');
});

test('a secret that is missing does not hide what else is wrong', async () => {
  const error = await failure(config({ policy: 'synch', leavers: '{ env: NOPE }' }), { env: {} });
  expect(error.code).toBe('secretMissing');
  expect(error.message.split('\n').slice(1)).toHaveLength(3);
  expect(error.message).toContain('policy: expected "create-only", "upsert-only" or "sync"');
  expect(error.message).toContain('leavers: environment variable NOPE is not set');
});

test('a choice is not called wrong because the secret of what was chosen is missing', async () => {
  const source =
    '{ type: okta, orgUrl: "https://acme.okta.com", auth: { token: { env: GONE } }, scope: { app: 0oa1 } }';
  const error = await failure(config({ sources: `{ okta: ${source} }` }));
  expect(error.code).toBe('secretMissing');
  expect(error.message.split('\n').slice(1)).toEqual([
    expect.stringMatching(/sources\.okta\.auth\.token: environment variable GONE is not set$/),
  ]);
});

test('commands that send nothing do without secrets', async () => {
  const { target } = await load(config(), { env: {}, secrets: 'ignore' });
  expect(target.token.reveal()).toBe('');
});

const literal = 'hunter2-hunter2';

test.each([
  ['a literal', literal],
  ['a quoted literal', `"${literal}"`],
  ['a list', `[${literal}]`],
  ['a map of it', `{ ${literal} }`],
  ['a map with another key', `{ secret: ${literal} }`],
  ['the name of a variable', `{ env: "${literal}" }`],
  ['a quote that does not end', `"${literal}`],
  ['an escape', `"\\${literal}"`],
  ['a tag', `!${literal} x`],
  ['an alias', `*${literal}`],
  ['a reserved character', `@${literal}`],
  ['something after it', `"x" ${literal}`],
])('a secret written as %s is refused and never quoted', async (_, written) => {
  const error = await failure(withToken(written));
  expect(error.code).toBe('configInvalid');
  expect(`${error.message}${error.stack}${inspect(error, { depth: 9 })}`).not.toContain('unter2');
});

test('a literal secret is answered with what to write instead', async () => {
  expect(await problems(withToken(literal))).toEqual([
    'bridge.yaml:3:52 target.token: expected a secret by reference: { env: NAME } or { file: PATH }',
  ]);
  const sources = `{ okta: { type: okta, orgUrl: https://a.okta.com, auth: { token: ${literal} }, scope: { app: x } } }`;
  expect(await problems(config({ sources }))).toEqual([
    'bridge.yaml:2:75 sources.okta.auth.token: expected a secret by reference: { env: NAME } or { file: PATH }',
  ]);
});

test('no way of printing a configuration shows its secrets', async () => {
  const loaded = await load(
    config({
      sources: '{ x: { type: madeUp, secret: { env: OTHER } } }',
      state: '{ env: DATABASE }',
    }),
    {
      env: {
        RETOOL_API_TOKEN: token,
        OTHER: 'other-secret',
        DATABASE: 'postgres://bridge:database-secret@db/bridge',
      },
    },
  );
  const { state } = loaded;
  expect(state.kind === 'postgres' && state.url.reveal()).toBe('postgres://bridge:database-secret@db/bridge');
  expect(optionsOf(loaded)).toMatchObject({ secret: expect.any(Secret) });
  const shown = [
    JSON.stringify(loaded),
    inspect(loaded, { depth: 20, showHidden: true }),
    `${loaded.target.token}`,
  ].join('\n');
  for (const secret of [token, 'other-secret', 'database-secret']) expect(shown).not.toContain(secret);
});

test('a password may not stand in the address of the state', async () => {
  const found = await problems(config({ state: 'postgres://bridge:hunter2@db/bridge' }));
  expect(found).toEqual([
    'bridge.yaml:7:8 state: must not carry a password; expected { env: NAME } for the whole address',
  ]);
});

test('only a secret is read from a file', async () => {
  expect(await problems(config({ policy: '{ file: ./policy }' }))).toEqual([
    'bridge.yaml:5:9 policy: only a secret can stand in a file; expected { env: NAME }',
  ]);
});

test('a configuration that is not there says how to get one', async () => {
  const { loadConfig } = await import('../../../src/config/load.ts');
  const loading = loadConfig({
    path: 'bridge.yaml',
    env: {},
    sourceOptions: {},
    readFile: () => Promise.reject(Object.assign(new Error('gone'), { code: 'ENOENT' })),
  });
  await expect(loading).rejects.toBeInstanceOf(BridgeError);
  await expect(loading).rejects.toMatchObject({
    code: 'configUnreadable',
    message: 'the configuration bridge.yaml cannot be read: there is no such file',
    remedy: expect.stringContaining('retool-bridge init'),
  });
});
