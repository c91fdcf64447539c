import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  groupOf,
  groupSelect,
  memberOf,
  personOf,
  userSelect,
} from '../../../../src/sources/entra/convert.ts';
import { GraphUser } from '../../../../src/sources/entra/schema.ts';

const ann = {
  id: '0a1b',
  accountEnabled: true,
  userPrincipalName: 'ann@acme.com',
  mail: 'Ann.Lee@acme.com',
  userType: 'Member',
};
const external = {
  ...ann,
  mail: null,
  userType: 'Guest',
  userPrincipalName: 'bo_partner.com#EXT#@acme.onmicrosoft.com',
};

test('people are taken as they come just when the schema would take them', () => {
  const odd = fc.oneof(
    fc.constant(undefined),
    fc.constant(null),
    fc.string(),
    fc.integer(),
    fc.constant('\ud800'),
    fc.constant([]),
  );
  const rows = fc.record({
    id: fc.oneof({ weight: 5, arbitrary: fc.constant('a1') }, odd),
    accountEnabled: fc.oneof({ weight: 5, arbitrary: fc.boolean() }, odd),
    userType: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('Member', 'Guest', null) }, odd),
    mail: fc.oneof({ weight: 5, arbitrary: fc.constantFrom('a@acme.com', '', null) }, odd),
    otherMails: fc.oneof(
      { weight: 5, arbitrary: fc.array(fc.string(), { maxLength: 2 }) },
      odd,
      fc.array(odd, { maxLength: 2 }),
    ),
    extra: fc.oneof({ weight: 5, arbitrary: fc.constant({ a: 'b' }) }, odd, fc.record({ a: odd })),
  });
  fc.assert(
    fc.property(rows, (row) => {
      const parsed = GraphUser.safeParse(row);
      const person = personOf(row, 'include');
      expect(person.state).toBe(parsed.success ? 'read' : 'rejected');
      // What the schema made of it is a row like any other, and comes to the same.
      expect(person).toEqual(personOf(parsed.success ? parsed.data : row, 'include'));
    }),
    { numRuns: 2_000 },
  );
});

describe('personOf', () => {
  test('puts everything in its place', () => {
    const row = {
      ...ann,
      '@odata.type': '#microsoft.graph.user',
      givenName: 'Ann',
      surname: 'Lee',
      displayName: 'Ann Lee',
      jobTitle: 'Engineer',
      department: 'Platform',
      employeeId: 'E7',
      companyName: 'Acme',
      preferredLanguage: 'en-GB',
      otherMails: ['ann@home.example'],
      proxyAddresses: [],
      onPremisesSyncEnabled: true,
      onPremisesExtensionAttributes: { extensionAttribute1: 'X', extensionAttribute2: null },
      extension_0123456789abcdef0123456789abcdef_costCode: 12,
    };
    const extra = {
      otherMails: ['ann@home.example'],
      onPremisesSyncEnabled: true,
      onPremisesExtensionAttributes: { extensionAttribute1: 'X' },
      extension_0123456789abcdef0123456789abcdef_costCode: 12,
    };
    expect(personOf(row, 'exclude')).toEqual({
      state: 'read',
      value: {
        externalId: '0a1b',
        active: true,
        userName: 'ann@acme.com',
        email: 'Ann.Lee@acme.com',
        emails: [{ value: 'Ann.Lee@acme.com', primary: true }],
        name: { givenName: 'Ann', familyName: 'Lee' },
        displayName: 'Ann Lee',
        title: 'Engineer',
        userType: 'Member',
        preferredLanguage: 'en-GB',
        enterprise: { employeeNumber: 'E7', department: 'Platform', organization: 'Acme' },
        extra,
      },
    });
  });

  test('leaves out what is null, empty or missing', () => {
    const row = {
      id: '0a1b',
      accountEnabled: false,
      userPrincipalName: '',
      mail: null,
      givenName: null,
      department: '',
      onPremisesExtensionAttributes: { extensionAttribute1: null },
      otherMails: [''],
    };
    expect(personOf(row, 'exclude')).toEqual({
      state: 'read',
      value: { externalId: '0a1b', active: false, extra: {} },
    });
  });

  test.each([
    ['mail', ann, 'Ann.Lee@acme.com'],
    ['the sign-in name when there is no mail', { ...ann, mail: null }, 'ann@acme.com'],
    ['the sign-in name when mail is empty', { ...ann, mail: '' }, 'ann@acme.com'],
    [
      "a guest's mail",
      { ...external, mail: 'bo@partner.com', otherMails: ['old@partner.com'] },
      'bo@partner.com',
    ],
    [
      "a guest's first other mail",
      { ...external, otherMails: ['bo@partner.com', 'b@x.com'] },
      'bo@partner.com',
    ],
    ['never a mangled name', { ...external, otherMails: [] }, undefined],
    ['never a mangled name, not of a member either', { ...external, userType: 'Member' }, undefined],
  ])('takes as e-mail %s', (_what, row, email) => {
    const person = personOf(row, 'include');
    expect(person).toMatchObject({ state: 'read', value: { userType: row.userType } });
    expect(person.state === 'read' ? person.value.email : null).toBe(email);
  });

  test.each([
    [external, 'leftOut'],
    [{ ...external, userType: null }, 'leftOut'],
    [{ ...external, userType: 'Member' }, 'read'],
    [{ ...ann, userType: 'Guest' }, 'leftOut'],
    [{ ...ann, userType: undefined }, 'read'],
  ])('%o is %s while guests are excluded, and read while they are included', (row, state) => {
    expect(personOf(row, 'exclude').state).toBe(state);
    expect(personOf(row, 'include').state).toBe('read');
  });

  test.each([
    ['no id', { ...ann, id: undefined }, null, 'id: '],
    ['an empty id', { ...ann, id: '' }, null, 'id: '],
    [
      'no accountEnabled: absent is not false',
      { ...ann, accountEnabled: undefined },
      '0a1b',
      'accountEnabled: ',
    ],
    ['accountEnabled null', { ...ann, accountEnabled: null }, '0a1b', 'accountEnabled: '],
    ['accountEnabled as text', { ...ann, accountEnabled: 'True' }, '0a1b', 'accountEnabled: '],
    ['mail as a list', { ...ann, mail: ['a@b.c'] }, '0a1b', 'mail: '],
    ['half a character', { ...ann, jobTitle: 'x\ud83d' }, '0a1b', 'half a character'],
    ['half a character deep inside', { ...ann, own: { list: ['\udc00'] } }, '0a1b', 'half a character'],
    ['a name as a number', { ...ann, surname: 7 }, '0a1b', 'surname: '],
  ])('rejects a row with %s, naming the field and not the value', (_what, row, externalId, text) => {
    expect(personOf(row, 'exclude')).toEqual({
      state: 'rejected',
      externalId,
      text: expect.stringContaining(text),
    });
    expect(JSON.stringify(personOf(row, 'exclude'))).not.toMatch(/True|a@b\.c|7|groups/);
  });

  test.each([null, 'ann', 7, []])('rejects %o', (row) => {
    expect(personOf(row, 'exclude')).toMatchObject({ state: 'rejected', externalId: null });
  });

  test('keeps what is named like a part of every object apart', () => {
    const row: unknown = JSON.parse('{"id":"a","accountEnabled":true,"__proto__":{"polluted":true}}');
    const person = personOf(row, 'exclude');
    expect(person.state === 'read' && Object.getPrototypeOf(person.value.extra)).toBeNull();
    expect(JSON.stringify(person)).not.toContain('polluted":false');
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });
});

describe('userSelect', () => {
  test('names what Graph leaves out by default, and what was asked for, each once', () => {
    const names = userSelect(['extension_x_y', 'department']).split(',');
    expect(names).toEqual(
      expect.arrayContaining(['id', 'accountEnabled', 'userType', 'employeeId', 'extension_x_y']),
    );
    expect(new Set(names).size).toBe(names.length);
  });
});

describe('groupOf', () => {
  test('keeps the name and, under their own names, what else is stated', () => {
    const row = {
      id: 'g',
      displayName: 'Retool Finance',
      description: null,
      groupTypes: [],
      securityEnabled: true,
    };
    expect(groupOf(row)).toEqual({
      state: 'read',
      value: { externalId: 'g', displayName: 'Retool Finance', extra: { securityEnabled: true } },
    });
    expect(groupSelect.split(',')).toContain('displayName');
  });

  test.each([{ id: 'g' }, { id: 'g', displayName: '' }, { id: 'g', displayName: null }])(
    'rejects %o',
    (row) => {
      expect(groupOf(row)).toEqual({
        state: 'rejected',
        externalId: 'g',
        text: expect.stringContaining('displayName: '),
      });
    },
  );
});

describe('memberOf', () => {
  const type = '#microsoft.graph.user';
  test.each([
    [
      { ...ann, '@odata.type': type },
      { state: 'person', id: '0a1b' },
    ],
    [
      { id: 'a', accountEnabled: null, mail: null, otherMails: [], '@odata.type': type },
      { state: 'veiled', id: 'a' },
    ],
    [
      { id: 'a', '@odata.type': type },
      { state: 'veiled', id: 'a' },
    ],
    [
      { id: 'a', '@odata.type': '#microsoft.graph.group' },
      { state: 'group', id: 'a' },
    ],
    [{ id: 'a', '@odata.type': '#microsoft.graph.device' }, { state: 'other' }],
  ])('%o is %o', (row, member) => {
    expect(memberOf(row)).toEqual(member);
  });

  test.each([{ id: 'a' }, { '@odata.type': type }, null, 'a'])('rejects %o', (row) => {
    expect(memberOf(row).state).toBe('rejected');
  });
});
