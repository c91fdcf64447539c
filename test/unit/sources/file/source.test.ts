import { describe, expect, test } from 'vitest';
import type { ReadProgress } from '../../../../src/model/source.ts';
import { createSource } from '../../../../src/sources/file/index.ts';
import { FileOptions } from '../../../../src/sources/file/schema.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { failureOf, file, group, never, person, read, sourceOf } from './support.ts';

const good = file(
  [person('a', { name: { givenName: 'Zoë 明' } }), person('b', { active: false })],
  [group('g', 'a')],
);

function utf16(text: string, order: 'little' | 'big', mark: string): Uint8Array {
  const bytes = Buffer.from(`${mark}${text}`, 'utf16le');
  return order === 'little' ? bytes : bytes.swap16();
}

const errorWith = (code: string): Error => Object.assign(new Error(`${code}: no`), { code });

describe('the bytes', () => {
  test('may begin with a byte order mark', async () => {
    const { users } = await read(`\ufeff${JSON.stringify(good)}`);
    expect(users[0]?.name?.givenName).toBe('Zoë 明');
  });

  test.each<[string, Uint8Array]>([
    ['UTF-16, little end first', utf16(JSON.stringify(good), 'little', '\ufeff')],
    ['UTF-16, big end first', utf16(JSON.stringify(good), 'big', '\ufeff')],
    ['UTF-16 without a mark', utf16(JSON.stringify(good), 'little', '')],
    ['Latin 1', Buffer.from(JSON.stringify(file([person('Zoë')])), 'latin1')],
  ])('in %s are refused, not guessed at', async (_, bytes) => {
    expect(await failureOf(bytes)).toMatchObject({ code: 'sourceInvalid' });
  });

  test.each([
    ['nothing', '', 'is empty'],
    ['blanks', ' \n ', 'is empty'],
    ['half a file', JSON.stringify(good, null, 2).slice(0, 60), 'line 5, column'],
    ['a login page', '<!doctype html>', 'line 1, column 1'],
  ])('that are %s are no file of people', async (_, text, told) => {
    const error = await failureOf(text);
    expect(error).toMatchObject({ code: 'sourceInvalid', message: expect.stringContaining(told) });
    expect(error.message).toMatch(/^people\.scim\.json is /);
  });

  test('are not quoted when they are wrong', async () => {
    const error = await failureOf('{"Users":[{"userName":"zoe@acme.com" oops');
    expect(`${error.message} ${String(error.cause)} ${error.remedy}`).not.toContain('zoe');
  });
});

describe('the file', () => {
  test.each([
    ['ENOENT', 'There is no file /etc/bridge/people.scim.json'],
    ['EACCES', "can't be read (EACCES)"],
  ])('that fails with %s is unreadable, never empty', async (code, told) => {
    const error = await failureOf(errorWith(code));
    expect(error).toMatchObject({ code: 'sourceUnreadable', message: expect.stringContaining(told) });
  });

  test('is looked for beside the configuration', async () => {
    const paths: string[] = [];
    await sourceOf(good, paths).read(never);
    expect(paths).toEqual(['/etc/bridge/people.scim.json']);
  });

  test('is read anew by every read', async () => {
    let people = [person('a'), person('b')];
    const source = createSource('staff', FileOptions.parse({ type: 'file', path: '/x.json' }), {
      clock: createVirtualClock(),
      directory: '/',
      readFile: async () => new TextEncoder().encode(JSON.stringify(file(people, []))),
      listFolder: async () => [],
    });
    expect((await source.read(never)).users).toHaveLength(2);
    people = [person('b')];
    expect((await source.read(never)).users).toHaveLength(1);
    expect(await source.find('a', never)).toEqual({ state: 'absent' });
  });

  test('is not read when the read is called off', async () => {
    const paths: string[] = [];
    await expect(sourceOf(good, paths).read(AbortSignal.abort('enough'))).rejects.toBe('enough');
    expect(paths).toEqual([]);
  });

  test('tells of itself as it is read', async () => {
    const heard: ReadProgress[] = [];
    await sourceOf(good).read(never, (progress) => heard.push(progress));
    expect(heard).toEqual([{ source: 'staff', users: 2, groups: 1, calls: 0 }]);
  });
});

describe('asking for one person', () => {
  test('finds whoever is in the list, and proves others gone when it is complete', async () => {
    const source = sourceOf(good);
    expect(source.absence).toBe('provenByList');
    expect(await source.find('b', never)).toMatchObject({ state: 'found', user: { active: false } });
    expect(await source.find('c', never)).toEqual({ state: 'absent' });
  });

  test('proves nothing when rows were left out', async () => {
    const source = sourceOf(file([person('a'), { id: 5 }], []));
    expect(await source.find('c', never)).toMatchObject({ state: 'unknown' });
    expect(await source.find('a', never)).toMatchObject({ state: 'found' });
  });

  test.each<[string, unknown]>([
    ['is not there', errorWith('ENOENT')],
    ['is cut off', '{"Users":['],
    ['lists nobody', file([])],
  ])('proves nothing when the file %s', async (_, content) => {
    expect(await sourceOf(content).find('a', never)).toMatchObject({ state: 'unknown' });
  });
});

describe('a check', () => {
  test('counts what is in the file', async () => {
    expect(await sourceOf(good).check(never)).toEqual([
      { subject: 'staff: people.scim.json', verdict: 'ok', text: '2 people, 1 group' },
    ]);
  });

  test('warns of rows that are left out', async () => {
    const [result] = await sourceOf(file([person('a'), { id: 'x', active: 'no' }], [])).check(never);
    expect(result).toMatchObject({ verdict: 'warning', text: expect.stringContaining('user x: active') });
  });

  test.each<[string, unknown]>([
    ['is not there', errorWith('ENOENT')],
    ['lists nobody', file([])],
    ['is no JSON', 'people'],
  ])('reports a file that %s, with a remedy', async (_, content) => {
    const [result] = await sourceOf(content).check(never);
    expect(result).toMatchObject({ verdict: 'failed', remedy: expect.any(String) });
  });
});

test.each([{ path: '' }, {}, { path: './x', format: 'csv' }])('the options %o are refused', (options) => {
  expect(FileOptions.safeParse({ type: 'file', ...options }).success).toBe(false);
});
