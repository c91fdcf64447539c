import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BridgeError } from '../../../../src/model/errors.ts';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { FileOptions } from '../../../../src/sources/file/schema.ts';
import { folderSource, never } from './support.ts';

/** Reads `people.csv` of this text, with these options beside the usual ones. */
function read(text: string, options: object = {}, others: Readonly<Record<string, string>> = {}) {
  return source(text, options, others).read(never);
}

function source(text: string, options: object = {}, others: Readonly<Record<string, string>> = {}) {
  const columns = { id: 'EmpNo', userName: 'Mail' };
  const base = { type: 'file', path: './people.csv', format: 'csv', columns };
  return folderSource({ ...base, ...options }, { 'people.csv': text, ...others });
}

async function failureOf(reading: Promise<Snapshot>): Promise<BridgeError> {
  return reading.then(
    () => {
      throw new Error('it was read');
    },
    (error: unknown) => error as BridgeError,
  );
}

const complete = { state: 'complete' };

describe('a CSV file in order', () => {
  test('is read by its header, and what nobody asked for is in extra', async () => {
    const { users, groups, completeness, rejected } = await read(
      'EmpNo,Mail,Cost Kind,Blank\r\n7,ann@acme.com,"a, ""b""\r\nc",\r\n3,bob@acme.com,x,\r\n',
    );
    const [bob, ann] = users;
    expect(ann).toEqual({
      externalId: '7',
      active: true,
      userName: 'ann@acme.com',
      email: 'ann@acme.com',
      emails: [{ value: 'ann@acme.com', primary: true }],
      extra: { 'Cost Kind': 'a, "b"\r\nc' },
    });
    expect(bob?.externalId).toBe('3');
    expect([groups, completeness.users, completeness.groups, rejected]).toEqual([[], complete, complete, []]);
  });

  test('has every attribute that the model has a place for', async () => {
    const keys = [
      'displayName nickName title userType preferredLanguage locale timezone formattedName givenName familyName',
      'middleName honorificPrefix honorificSuffix employeeNumber costCenter organization division department',
      'manager managerName email',
    ]
      .join(' ')
      .split(' ');
    const columns = { id: 'id', ...Object.fromEntries(keys.map((key) => [key, `c ${key}`])) };
    const text = `id,${keys.map((key) => `c ${key}`).join(',')}\n1,${keys.map((key) => `the ${key}`).join(',')}\n`;
    const [user] = (await read(text, { columns })).users;
    const told = JSON.stringify(user);
    for (const key of keys) expect(told).toContain(`the ${key}`);
    expect(user).toMatchObject({
      name: { formatted: 'the formattedName', givenName: 'the givenName', familyName: 'the familyName' },
      enterprise: {
        department: 'the department',
        manager: { value: 'the manager', displayName: 'the managerName' },
      },
      extra: {},
    });
  });

  test('keeps blanks around values and takes a mark at its beginning for none of the header', async () => {
    const [user] = (await read('\ufeff EmpNo ;Mail\n1; ann \n', { delimiter: ';' })).users;
    expect(user).toMatchObject({ externalId: '1', userName: ' ann ' });
    expect(user?.email).toBeUndefined();
  });

  test.each([
    ['TRUE', true],
    [' yes ', true],
    ['1', true],
    ['Active', true],
    ['no', false],
    ['INACTIVE', false],
    ['0', false],
  ])('takes %j for its usual meaning', async (word, active) => {
    const columns = { id: 'id', active: 'status' };
    expect((await read(`id,status\n1,${word}\n`, { columns })).users[0]?.active).toBe(active);
  });

  test('may have words of its own for who is active', async () => {
    const active = { column: 'status', active: ['A', 'leave'], inactive: ['T'] };
    const { users } = await read('id,status\n1,a\n2,LEAVE\n3,t\n', { columns: { id: 'id', active } });
    expect(users.map((user) => user.active)).toEqual([true, true, false]);
  });
});

describe('groups', () => {
  const columns = { id: 'id', groups: 'teams' };

  test('come from a column that lists their names', async () => {
    const { groups, completeness } = await read('id,teams\n2,Ops; Sales ;\n1,Sales\n3,\n', { columns });
    expect(groups).toEqual([
      { externalId: 'Ops', displayName: 'Ops', members: ['2'], extra: {} },
      { externalId: 'Sales', displayName: 'Sales', members: ['1', '2'], extra: {} },
    ]);
    expect(completeness.groups).toEqual(complete);
  });

  test('are all partial when a row of people cannot be read, whose groups nobody knows', async () => {
    const { completeness } = await read('id,teams\n1,Sales\n2\n', { columns });
    expect(completeness.groups).toEqual({
      state: 'partial',
      because: '1 row of people could not be read, and whose groups they name',
    });
  });

  const memberships = { path: './teams.csv', columns: { group: 'team', member: 'who', name: 'called' } };
  const people = 'EmpNo,Mail\n1,a@acme.com\n2,b@acme.com\n';

  test('come from a file of memberships, nested ones too, each once', async () => {
    const teams = 'team,who,called\ng1,1,Sales\ng1,1,Sales\ng2,g1,All\ng2,2,All\n';
    const { groups, completeness } = await read(people, { memberships }, { 'teams.csv': teams });
    expect(groups.map(({ externalId, displayName, members }) => [externalId, displayName, members])).toEqual([
      ['g1', 'Sales', ['1']],
      ['g2', 'All', ['1', '2']],
    ]);
    expect(completeness).toEqual({ users: complete, groups: complete, partialGroups: new Map() });
  });

  test('of memberships are as partial as their rows', async () => {
    const teams = 'team,who,called\ng1,1,Sales\ng1,,Sales\ng2,1,Two\ng2,2,Too\n,1,\ng3,2\n';
    const { groups, completeness, rejected } = await read(people, { memberships }, { 'teams.csv': teams });
    expect(groups.map(({ externalId }) => externalId)).toEqual(['g1']);
    expect(completeness.groups).toEqual({
      state: 'partial',
      because: '2 rows of teams.csv could not be read',
    });
    expect([...completeness.partialGroups]).toEqual([
      ['g2', 'teams.csv: it has 2 names'],
      ['g1', 'teams.csv, line 3: it names no member'],
    ]);
    expect(rejected).toEqual([{ type: 'group', externalId: 'g2', text: 'teams.csv: it has 2 names' }]);
  });

  test('of memberships cannot be read without their file', async () => {
    expect(await failureOf(read(people, { memberships }))).toMatchObject({ code: 'sourceUnreadable' });
  });
});

describe('rows that cannot be used make the list of people partial', () => {
  test.each([
    ['too few cells', '2', null, 'people.csv, line 3: it has 1 cell where the header has 2'],
    ['too many cells', '2,b@acme.com,x', null, 'people.csv, line 3: it has 3 cells where the header has 2'],
    ['no id', ' ,b@acme.com', null, 'people.csv, line 3: it has no id'],
  ])('with %s', async (_, row, externalId, text) => {
    const { users, completeness, rejected } = await read(`EmpNo,Mail\n1,a@acme.com\n${row}\n`);
    expect(users.map((user) => user.externalId)).toEqual(['1']);
    expect(completeness.users).toEqual({
      state: 'partial',
      because: '1 row of people.csv could not be read',
    });
    expect(rejected).toEqual([{ type: 'user', externalId, text }]);
  });

  test.each(['', 'perhaps'])('with %j for active', async (word) => {
    const columns = { id: 'id', active: 'status' };
    const { completeness, rejected } = await read(`id,status\n1,yes\n2,${word}\n`, { columns });
    expect(completeness.users.state).toBe('partial');
    expect(rejected[0]).toMatchObject({
      externalId: '2',
      text: expect.stringContaining('active: none of the words'),
    });
    expect(JSON.stringify(rejected)).not.toContain('perhaps');
  });

  test('even when they are all there is', async () => {
    const { users, completeness } = await read('EmpNo,Mail\n1\n');
    expect([users, completeness.users.state]).toEqual([[], 'partial']);
  });
});

describe('a CSV file that is not what it claims fails', () => {
  test.each([
    ['that is empty', '', 'sourceEmpty', 'people.csv has no rows.'],
    ['of a header alone', 'EmpNo,Mail\n', 'sourceEmpty', 'people.csv has no rows below its header.'],
    ['with one id twice', 'EmpNo,Mail\n1,a\n1,b\n', 'sourceInvalid', 'people.csv has the id "1" twice.'],
    ['with one column twice', 'EmpNo,Mail,Mail\n1,a,b\n', 'sourceInvalid', 'the column "Mail" twice'],
    ['without a column', 'EmpNr,Mail\n1,a\n', 'sourceInvalid', 'no column "EmpNo" (did you mean "EmpNr"?)'],
    [
      'that was cut within quotes',
      'EmpNo,Mail\n1,a\n2,"b',
      'sourceInvalid',
      'quotes do not match, near line 3',
    ],
    ['with quotes in the middle', 'EmpNo,Mail\n1,"a"b\n', 'sourceInvalid', 'quotes do not match'],
  ])('%s', async (_, text, code, message) => {
    expect(await failureOf(read(text))).toMatchObject({ code, message: expect.stringContaining(message) });
  });

  test('and is not quoted when it does', async () => {
    const error = await failureOf(read('EmpNo,Mail\n1,"zoe@acme.com'));
    expect(`${error.message} ${error.remedy} ${String(error.cause)}`).not.toContain('zoe');
  });

  test('with a word about the delimiter where that is probably wrong', async () => {
    expect((await failureOf(read('EmpNo;Mail\n1;a\n'))).remedy).toContain('delimiter');
  });
});

test('every text comes back as it was written, with any delimiter', async () => {
  const cell = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((text) => text.isWellFormed());
  const row = fc.tuple(cell, cell);
  await fc.assert(
    fc.asyncProperty(
      fc.array(row, { minLength: 1 }),
      fc.constantFrom(',', ';', '\t', '|'),
      async (cells, delimiter) => {
        const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
        const lines = cells.map(([one, other], index) =>
          [`p${index}`, quoted(one), quoted(other)].join(delimiter),
        );
        const text = [['id', 'a', 'b'].join(delimiter), ...lines, ''].join('\r\n');
        const { users } = await read(text, { delimiter, columns: { id: 'id' } });
        const found = new Map(
          users.map(({ externalId, extra }) => [externalId, [extra['a'] ?? '', extra['b'] ?? '']]),
        );
        expect(cells.map((_, index) => found.get(`p${index}`))).toEqual(cells);
      },
    ),
  );
});

test('a check tells how many there are, and of rows that are left out', async () => {
  expect(await source('EmpNo,Mail\n1,a\n').check(never)).toEqual([
    { subject: 'staff: people.csv', verdict: 'ok', text: '1 person, 0 groups' },
  ]);
  const [result] = await source('EmpNo,Mail\n1,a\n2\n').check(never);
  expect(result).toMatchObject({
    verdict: 'warning',
    text: expect.stringContaining('line 3: it has 1 cell'),
    remedy: expect.any(String),
  });
});

test('somebody who is not in a complete file is absent, and in a partial one unknown', async () => {
  expect(await source('EmpNo,Mail\n1,a\n').find('2', never)).toEqual({ state: 'absent' });
  expect(await source('EmpNo,Mail\n1,a\n2\n').find('2', never)).toMatchObject({ state: 'unknown' });
});

describe('the options', () => {
  const base = { type: 'file', path: 'x.csv', format: 'csv', columns: { id: 'a' } };
  test.each([
    [
      'csv without columns',
      { ...base, columns: undefined },
      'columns: missing; which column holds what, at least id',
    ],
    ['columns without csv', { ...base, format: undefined }, 'columns: is for format: csv only'],
    [
      'groups from two places',
      {
        ...base,
        columns: { id: 'a', groups: 'g' },
        memberships: { path: 'y', columns: { group: 'g', member: 'm' } },
      },
      'memberships: must not be there beside columns.groups: groups come from one place',
    ],
    [
      'a separator of nothing',
      { ...base, separator: '|' },
      'separator: is for the cells of columns.groups, which is not there',
    ],
  ])('refuse %s', (_, options, problem) => {
    const issues = FileOptions.safeParse(options).error?.issues ?? [];
    expect(issues.map(({ path, message }) => `${path.join('.')}: ${message}`)).toEqual([problem]);
  });
});
