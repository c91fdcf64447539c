import { describe, expect, test } from 'vitest';
import { failureOf, file, group, person, read } from './support.ts';

const nobody = { state: 'complete' };

describe('a file that is in order', () => {
  test('is a complete snapshot of what it says, in the order of ids', async () => {
    const { takenAt, ...rest } = await read(
      file([person('b'), person('a')], [group('y', 'b'), group('x', 'b', 'a')]),
    );
    expect(takenAt).toBe('2026-01-05T09:00:00.000Z');
    expect(rest).toEqual({
      source: 'staff',
      calls: 0,
      users: [
        { externalId: 'a', active: true, userName: 'a@acme.com', email: 'a@acme.com', extra: {} },
        { externalId: 'b', active: true, userName: 'b@acme.com', email: 'b@acme.com', extra: {} },
      ],
      groups: [
        { externalId: 'x', displayName: 'The x', members: ['a', 'b'], extra: {} },
        { externalId: 'y', displayName: 'The y', members: ['b'], extra: {} },
      ],
      completeness: { users: nobody, groups: nobody, partialGroups: new Map() },
      rejected: [],
    });
  });

  test('may have no groups at all, and says so with an empty list', async () => {
    const { completeness, groups } = await read(file([person('a')], []));
    expect([groups, completeness.groups]).toEqual([[], nobody]);
  });

  test('may hold a group of nobody', async () => {
    const { completeness, groups } = await read(file([person('a')], [group('x')]));
    expect(groups[0]?.members).toEqual([]);
    expect(completeness.partialGroups).toEqual(new Map());
  });
});

describe('a file that is not what it claims fails, since nothing in it can be believed', () => {
  test.each<[string, unknown, string, string]>([
    ['that lists nobody', file([]), 'sourceEmpty', 'lists no people'],
    ['without a list of users', { Groups: [] }, 'sourceInvalid', 'no list "Users"'],
    ['with users that are no list', { Users: { a: person('a') } }, 'sourceInvalid', 'no list "Users"'],
    ['with users that are null', { Users: null }, 'sourceInvalid', 'no list "Users"'],
    ['with users of another spelling', { users: [person('a')] }, 'sourceInvalid', 'no list "Users"'],
    [
      'with users behind a prototype',
      '{"__proto__":{"Users":[{"id":"a"}]}}',
      'sourceInvalid',
      'no list "Users"',
    ],
    ['with groups that are no list', { Users: [person('a')], Groups: {} }, 'sourceInvalid', 'not a list'],
    ['with groups that are null', { Users: [person('a')], Groups: null }, 'sourceInvalid', 'not a list'],
    ['that is a list', [person('a')], 'sourceInvalid', 'not an object'],
    ['that is null', 'null', 'sourceInvalid', 'not an object'],
    ['that is text', '"people"', 'sourceInvalid', 'not an object'],
    ['with a user id twice', file([person('a'), person('b'), person('a')]), 'sourceInvalid', '"a" twice'],
    ['with a group id twice', file([person('a')], [group('x'), group('x')]), 'sourceInvalid', '"x" twice'],
    [
      'with an id that stands twice, once as externalId',
      file([person('a'), { externalId: 'a' }]),
      'sourceInvalid',
      '"a" twice',
    ],
    [
      'with an id twice, once in a row that can’t be read',
      file([person('a'), { id: 'a', active: 'False' }]),
      'sourceInvalid',
      '"a" twice',
    ],
  ])('%s', async (_, content, code, told) => {
    const error = await failureOf(content);
    expect(error).toMatchObject({ code, message: expect.stringContaining(told) });
    expect(error.remedy).not.toBeNull();
  });
});

describe('a row that breaks its schema is left out, and what it belonged to is partial:', () => {
  test.each<[string, unknown, string | null, string]>([
    ['no id', { userName: 'x' }, null, 'no id'],
    ['an empty id', { id: '', userName: 'x' }, null, 'id'],
    ['a number for an id', { id: 5 }, null, 'id'],
    ['null', null, null, 'expected object'],
    ['a list', ['x'], null, 'expected object'],
    ['text for active', { id: 'x', active: 'False' }, 'x', 'active'],
    ['null for active', { id: 'x', active: null }, 'x', 'active'],
    ['a number for a name', { id: 'x', name: { givenName: 7 } }, 'x', 'name.givenName'],
    ['text for a name', { id: 'x', name: 'Zoë' }, 'x', 'name'],
    ['text for e-mails', { id: 'x', emails: 'x@acme.com' }, 'x', 'emails'],
    ['text for an e-mail', { id: 'x', emails: ['x@acme.com'] }, 'x', 'emails.0'],
    ['text for primary', { id: 'x', emails: [{ value: 'x', primary: 'true' }] }, 'x', 'emails.0.primary'],
    ['an object for a title', { id: 'x', title: {} }, 'x', 'title'],
  ])('%s', async (_, row, externalId, field) => {
    const { users, rejected, completeness } = await read(file([person('a'), row], [group('g', 'a')]));
    expect(users.map((user) => user.externalId)).toEqual(['a']);
    expect(rejected).toEqual([{ type: 'user', externalId, text: expect.stringContaining(field) }]);
    expect(completeness).toEqual({
      users: { state: 'partial', because: '1 row of "Users" could not be read' },
      groups: nobody,
      partialGroups: new Map(),
    });
  });

  test('every row of a file, which is still not an empty one', async () => {
    const { users, completeness } = await read(file([{ userName: 'x' }]));
    expect([users, completeness.users.state]).toEqual([[], 'partial']);
  });

  test('a group without a name, which any rule might have been about', async () => {
    const { groups, rejected, completeness } = await read(
      file([person('a')], [group('g', 'a'), { id: 'h', members: [] }]),
    );
    expect(groups.map((one) => one.externalId)).toEqual(['g']);
    expect(rejected).toEqual([
      { type: 'group', externalId: 'h', text: expect.stringContaining('displayName') },
    ]);
    expect(completeness.groups.state).toBe('partial');
    expect([...completeness.partialGroups.keys()]).toEqual(['h']);
  });

  test('no list of groups at all', async () => {
    const { completeness } = await read(file([person('a')]));
    expect(completeness.groups).toEqual({ state: 'partial', because: 'the file has no "Groups"' });
    expect(completeness.users).toEqual(nobody);
  });
});

describe('one group alone is partial', () => {
  test.each<[string, object]>([
    ['without members', {}],
    ['with members that are null', { members: null }],
    ['with members that are one member', { members: { value: 'a' } }],
  ])('%s', async (_, members) => {
    const { groups, rejected, completeness } = await read(
      file([person('a')], [{ id: 'g', displayName: 'G', ...members }, group('h', 'a')]),
    );
    expect(groups.map((one) => [one.externalId, one.members])).toEqual([
      ['g', []],
      ['h', ['a']],
    ]);
    expect(completeness.groups).toEqual(nobody);
    expect([...completeness.partialGroups.keys()]).toEqual(['g']);
    expect(rejected).toEqual([{ type: 'group', externalId: 'g', text: expect.stringContaining('members') }]);
  });

  test.each<[string, unknown]>([
    ['without a value', {}],
    ['of text', 'a'],
    ['of null', null],
    ['with an empty value', { value: '' }],
    ['with a number for a value', { value: 5 }],
    ['with half a character in its value', { value: 'a\ud800' }],
  ])('with a member %s, and the others are in it', async (_, member) => {
    const members = [{ value: 'a' }, member, { value: 'b' }];
    const { groups, completeness } = await read(
      file([person('a'), person('b')], [{ id: 'g', displayName: 'G', members }]),
    );
    expect(groups[0]?.members).toEqual(['a', 'b']);
    expect(completeness.partialGroups.get('g')).toContain('members.1');
    expect(completeness.groups).toEqual(nobody);
  });
});

describe('hostile content', () => {
  test.each([
    '..',
    '.',
    '../../groups/1',
    'a/b?x=1#c',
    '%2e%2e',
    '__proto__',
    'constructor',
    'a b',
    '\u202e',
  ])('the id %j is an id like any other', async (id) => {
    const { users, groups } = await read(file([person(id)], [group(id, id)]));
    expect(users[0]?.externalId).toBe(id);
    expect(groups[0]).toMatchObject({ externalId: id, members: [id] });
  });

  test('names are kept as they are, however they look', async () => {
    const names = [
      '<script>alert(1)</script>',
      '=HYPERLINK("x")',
      '\u001b[2J',
      'a\r\nb',
      '😀\u200d',
      '\u0000',
      'x'.repeat(1_000_000),
    ];
    const rows = names.map((givenName, index) => person(`p${index}`, { name: { givenName } }));
    const { users, completeness } = await read(file(rows, []));
    expect(users.map(({ name }) => name?.givenName)).toEqual(names);
    expect(completeness.users).toEqual(nobody);
  });

  test('half a character is no text', async () => {
    const rows = [
      '{"id":"a"}',
      '{"id":"b","title":"x\\ud800"}',
      '{"id":"c\\udfff"}',
      '{"id":"d","extra\\ud800":1}',
      '{"id":"e","custom":{"deep":["\\udc00"]}}',
    ];
    const { users, rejected } = await read(`{"Users":[${rows.join(',')}],"Groups":[]}`);
    expect(users.map(({ externalId }) => externalId)).toEqual(['a']);
    expect(rejected).toHaveLength(4);
    expect(rejected.every(({ text }) => text === 'it holds half a character')).toBe(true);
  });

  test('depth breaks the row and nothing else', async () => {
    const deep = `${'{"x":'.repeat(100_000)}1${'}'.repeat(100_000)}`;
    const content = `{"Users":[{"id":"a"},{"id":"b","custom":${deep}},${deep}],"Groups":[{"id":"g","displayName":"G","members":${deep}},{"id":"h","displayName":"H","members":[],"custom":${deep}}]}`;
    const { users, groups, rejected } = await read(content);
    expect(users.map(({ externalId }) => externalId)).toEqual(['a']);
    expect(groups.map(({ externalId }) => externalId)).toEqual(['g']);
    expect(rejected.map(({ externalId }) => externalId)).toEqual(['g', 'h', null, 'b']);
  });

  test('ten thousand attributes are kept', async () => {
    const attributes = Object.fromEntries(Array.from({ length: 10_000 }, (_, index) => [`a${index}`, index]));
    const { users } = await read(file([person('a', attributes)], []));
    expect(Object.keys(users[0]?.extra ?? {})).toHaveLength(10_000);
  });
});
