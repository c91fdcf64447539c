import path from 'node:path';
import { expect, test } from 'vitest';
import { config, home, load, problems, token } from './support.ts';

function files(text: string, name = 'base.yaml'): { readonly files: Readonly<Record<string, string>> } {
  return { files: { [path.join(home, name)]: text } };
}

test('maps merge, lists and scalars replace, and the file itself wins', async () => {
  const base = config({
    policy: 'create-only',
    protect: '{ users: [a@x.com, b@x.com], admins: 5 }',
    guard: '{ creates: { count: 7, percent: 9 } }',
  });
  const own =
    'extends: base.yaml\npolicy: sync\nprotect: { users: [c@x.com] }\nguard: { creates: { count: 8 } }\n';
  const { policy, guard } = await load(own, files(base));
  expect(policy.policy).toBe('sync');
  expect(policy.protect).toMatchObject({ users: ['c@x.com'], admins: 5 });
  expect(guard.creates).toEqual({ count: 8, percent: 9 });
});

test('a reference is replaced as a whole', async () => {
  const own = 'extends: base.yaml\ntarget: { baseUrl: https://acme.retool.com, token: { file: ./token } }\n';
  const world = {
    files: { [path.join(home, 'base.yaml')]: config(), [path.join(home, 'token')]: 'from the file' },
  };
  const { target } = await load(own, world);
  expect(target.token.reveal()).toBe('from the file');
});

test('relative paths are relative to the file they stand in', async () => {
  const base = config({
    target: '{ baseUrl: https://acme.retool.com, token: { file: token } }',
    reports: '{ formats: [json] }',
  });
  const world = {
    files: {
      [path.join(home, 'shared', 'base.yaml')]: base,
      [path.join(home, 'shared', 'token')]: token,
    },
  };
  const loaded = await load('extends: ./shared/base.yaml\nreports: { directory: out }\n', world);
  expect(loaded.directory).toBe(home);
  expect(loaded.sources[0]?.directory).toBe(path.join(home, 'shared'));
  expect(loaded.state).toEqual({ kind: 'sqlite', path: path.join(home, 'shared', 'bridge.db') });
  expect(loaded.reports).toEqual({ directory: path.join(home, 'out'), formats: ['json'] });
  expect(loaded.target.token.reveal()).toBe(token);
});

test('problems name the file in which they stand', async () => {
  const base = config({ policy: 'synch', adopt: 'mail' });
  const own = 'extends: shared/base.yaml\nleavers: nobody\nguard: { disables: { cuont: 1 } }\n';
  expect(await problems(own, files(base, 'shared/base.yaml'))).toEqual([
    'bridge.yaml:2:10 leavers: expected "disable" or "keep"',
    'bridge.yaml:3:22 guard.disables.cuont: unknown key (did you mean "count"?)',
    'shared/base.yaml:5:9 policy: expected "create-only", "upsert-only" or "sync" (did you mean "sync"?)',
    'shared/base.yaml:8:8 adopt: expected "email" or "none" (did you mean "email"?)',
  ]);
});

test('the name of the base may come from the environment', async () => {
  const env = { BASE: 'base.yaml', RETOOL_API_TOKEN: token };
  const { policy } = await load('extends: { env: BASE }\npolicy: create-only\n', { ...files(config()), env });
  expect(policy.policy).toBe('create-only');
});

test.each([
  ['../base.yaml', 'must lie below the folder of the file it stands in'],
  ['shared/../../base.yaml', 'must lie below the folder of the file it stands in'],
  ['/etc/base.yaml', 'must lie below the folder of the file it stands in'],
  ['.', 'must lie below the folder of the file it stands in'],
  ['gone.yaml', 'this file cannot be read'],
  ['5', 'expected the path of a file below the same folder'],
])('%s cannot be extended', async (name, text) => {
  const world = {
    files: { [path.resolve('/etc/base.yaml')]: config(), [path.resolve('/srv/base.yaml')]: '' },
  };
  expect(await problems(`extends: ${name}\n`, world)).toEqual([`bridge.yaml:1:10 extends: ${text}`]);
});

test('a base extends nothing itself', async () => {
  const found = await problems('extends: base.yaml\n', files(`extends: other.yaml\n${config()}`));
  expect(found).toEqual([
    'base.yaml:1:1 extends: goes one level deep: a file that another one extends cannot extend a third',
  ]);
});

test('a source whose relative paths could mean two things is refused', async () => {
  const own = 'extends: shared/base.yaml\nsources: { staff: { path: ./other.json } }\n';
  expect(await problems(own, files(config(), 'shared/base.yaml'))).toEqual([
    'bridge.yaml:2:19 sources.staff: stands in files of two folders, so that its relative paths could mean two things; write it in one of them',
  ]);
});
