import { describe, expect, test } from 'vitest';
import { file, folderSource, group, never, person } from './support.ts';

const scim = { type: 'file', path: './people' };
const json = (content: object): string => JSON.stringify(content);

describe('a folder of files is read as one', () => {
  test('with groups in a file of their own and members in any', async () => {
    const { users, groups, completeness } = await folderSource(scim, {
      'people/b.json': json(file([person('b')])),
      'people/a.json': json(file([person('a')], [group('x', 'a', 'b')])),
      'people/groups.json': json({ Groups: [group('y', 'x')] }),
      'people/.a.json.swp': 'half',
      'people/README.md': '# not of people',
    }).read(never);
    expect(users.map(({ externalId }) => externalId)).toEqual(['a', 'b']);
    expect(groups.map(({ externalId, members }) => [externalId, members])).toEqual([
      ['x', ['a', 'b']],
      ['y', ['a', 'b']],
    ]);
    expect(completeness.groups).toEqual({ state: 'complete' });
  });

  test('of CSV, whose groups of one name are one', async () => {
    const options = { ...scim, format: 'csv', columns: { id: 'id', groups: 'teams' } };
    const { groups } = await folderSource(options, {
      'people/a.csv': 'id,teams\n1,Sales\n',
      'people/b.csv': 'id,teams\n2,Sales\n',
    }).read(never);
    expect(groups.map(({ displayName, members }) => [displayName, members])).toEqual([['Sales', ['1', '2']]]);
  });
});

describe('and fails as one', () => {
  const one = { 'people/a.json': json(file([person('a')], [])) };

  test.each<[string, Readonly<Record<string, string | Error>>, string, string]>([
    [
      'an id is in two files',
      { 'people/b.json': json(file([person('a')])) },
      'sourceInvalid',
      '"Users" of a.json and "Users" of b.json both have the id "a".',
    ],
    [
      'a file cannot be read',
      { 'people/b.json': Object.assign(new Error('no'), { code: 'EACCES' }) },
      'sourceUnreadable',
      "b.json can't be read (EACCES)",
    ],
    ['a file was cut', { 'people/b.json': '{"Users":[' }, 'sourceInvalid', 'b.json is not JSON'],
    ['a file is no text', { 'people/b.json': '\ud800' }, 'sourceInvalid', 'b.json'],
    ['a file lists nobody', { 'people/b.json': json(file([])) }, 'sourceEmpty', 'b.json lists no people'],
    [
      'a list has another name',
      { 'people/b.json': json({ users: [person('b')], Groups: [] }) },
      'sourceInvalid',
      'b.json has no list "Users"',
    ],
    ['a file holds nothing', { 'people/b.json': '{}' }, 'sourceInvalid', 'b.json has no list "Users"'],
  ])('when %s', async (_, others, code, message) => {
    const reading = folderSource(scim, { ...one, ...others }).read(never);
    await expect(reading).rejects.toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('when it holds no file of the kind', async () => {
    const reading = folderSource(scim, { 'people/a.csv': 'id\n1\n' }).read(never);
    await expect(reading).rejects.toMatchObject({
      code: 'sourceUnreadable',
      message: expect.stringContaining('.json'),
    });
  });

  test('when a file that has to be there is not', async () => {
    const reading = folderSource(
      { ...scim, files: ['a.json', 'sales.json'] },
      { ...one, 'people/sale.json': one['people/a.json'] },
    ).read(never);
    await expect(reading).rejects.toMatchObject({
      code: 'sourceUnreadable',
      message: expect.stringContaining('lacks sales.json (did you mean "sale.json"?)'),
    });
  });
});
