import { describe, expect, test } from 'vitest';
import { groupOf, idOf, userOf } from '../../../../src/sources/file/convert.ts';
import { enterprise } from './support.ts';

function identity(row: object) {
  const converted = userOf(row);
  if (converted.state === 'rejected') throw new Error(converted.text);
  return converted.value;
}

describe('a SCIM user', () => {
  test('is an identity with everything that RFC 7643 has a place for', () => {
    const row = {
      schemas: ['urn:ietf:params:scim:schemas:core:2.0:User', enterprise],
      id: 'u1',
      meta: { resourceType: 'User' },
      userName: 'zoe',
      active: false,
      displayName: 'Zoë 明',
      nickName: 'Z',
      title: 'Analyst',
      userType: 'Employee',
      preferredLanguage: 'de',
      locale: 'de-DE',
      timezone: 'Europe/Berlin',
      password: 'hunter2',
      name: { formatted: 'Zoë Müller', givenName: 'Zoë', familyName: 'Müller', honorificPrefix: 'Dr.' },
      emails: [
        { value: 'home@zoe.example', type: 'home' },
        { value: 'Zoe@acme.com', type: 'work', primary: true },
      ],
      [enterprise]: {
        employeeNumber: '007',
        costCenter: 'CC-1',
        organization: 'Acme',
        division: 'EMEA',
        department: 'Finance',
        manager: { value: 'u2', displayName: 'Boss' },
      },
      phoneNumbers: [{ value: '+49' }],
      badge: 7,
    };
    expect(identity(row)).toEqual({
      externalId: 'u1',
      active: false,
      userName: 'zoe',
      email: 'Zoe@acme.com',
      displayName: 'Zoë 明',
      nickName: 'Z',
      title: 'Analyst',
      userType: 'Employee',
      preferredLanguage: 'de',
      locale: 'de-DE',
      timezone: 'Europe/Berlin',
      name: { formatted: 'Zoë Müller', givenName: 'Zoë', familyName: 'Müller', honorificPrefix: 'Dr.' },
      emails: row.emails,
      enterprise: row[enterprise],
      extra: { phoneNumbers: [{ value: '+49' }], badge: 7 },
    });
  });

  test('who is not said to be active is', () => {
    expect(identity({ id: 'u1' }).active).toBe(true);
  });

  test.each<[string, object, string | undefined]>([
    ['the primary one', { emails: [{ value: 'a@x' }, { value: 'b@x', primary: true }] }, 'b@x'],
    [
      'the first, when none is primary',
      { emails: [{ value: 'a@x', primary: false }, { value: 'b@x' }] },
      'a@x',
    ],
    ['the first that is stated', { emails: [{ value: '' }, { value: null }, { value: 'b@x' }] }, 'b@x'],
    ['the user name, when there is none and it looks like one', { userName: 'c@x', emails: [] }, 'c@x'],
    ['not the user name when it does not', { userName: 'c' }, undefined],
    ['not the user name when there is another', { userName: 'c@x', emails: [{ value: 'a@x' }] }, 'a@x'],
  ])('has as e-mail %s', (_, facts, email) => {
    expect(identity({ id: 'u1', ...facts }).email).toBe(email);
  });

  test('has nothing for what is stated as null, as empty text or as an empty object', () => {
    const row = {
      id: 'u1',
      userName: '',
      title: null,
      name: { givenName: null },
      emails: [],
      [enterprise]: { manager: {} },
      custom: '',
      nothing: null,
    };
    expect(identity(row)).toEqual({ externalId: 'u1', active: true, extra: {} });
  });

  test('keeps a blank name, which is a fact that the mapping has a rule for', () => {
    expect(identity({ id: 'u1', name: { givenName: '', familyName: null } }).name).toEqual({ givenName: '' });
  });

  test('keeps numbers, booleans and text of its own attributes apart', () => {
    const extra = { a: '007', b: 7, c: '1e5', d: 'true', e: true };
    expect({ ...identity({ id: 'u1', ...extra }).extra }).toEqual(extra);
  });

  test('gets neither a prototype nor an attribute from what its own attributes are called', () => {
    const row: object = JSON.parse(
      '{"id":"u1","__proto__":{"isAdmin":true,"userName":"evil"},"constructor":"c","toString":"t","custom":{"__proto__":{"isAdmin":true}}}',
    );
    const user = identity(row);
    expect(Object.getPrototypeOf(user.extra)).toBeNull();
    expect(user.userName).toBeUndefined();
    expect([user.extra['constructor'], user.extra['toString']]).toEqual(['c', 't']);
    expect(Reflect.get(Object(user.extra['custom']), 'isAdmin')).toBeUndefined();
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false);
  });
});

describe('the key of a row', () => {
  test.each([
    [{ id: 'a', externalId: 'b' }, 'a'],
    [{ externalId: 'b' }, 'b'],
    [{ id: null, externalId: 'b' }, 'b'],
    [{ id: '' }, null],
    [{ id: 5, externalId: 'b' }, null],
    [{}, null],
    [null, null],
    ['a', null],
  ])('of %j is %j', (row, key) => {
    expect(idOf(row)).toBe(key);
  });

  test('leaves the other id among the attributes', () => {
    expect(identity({ id: 'a', externalId: 'b' }).extra['externalId']).toBe('b');
    expect(identity({ externalId: 'b' }).extra['externalId']).toBeUndefined();
  });
});

describe('a SCIM group', () => {
  test('has its name, its attributes and its members with their types', () => {
    const row = {
      id: 'g1',
      displayName: 'Finance',
      schemas: [],
      meta: {},
      owner: 'u1',
      members: [
        { value: 'u1', type: 'User', $ref: 'x', display: 'y' },
        { value: 'g2', type: 'Group' },
      ],
    };
    expect(groupOf(row)).toEqual({
      state: 'converted',
      value: {
        externalId: 'g1',
        displayName: 'Finance',
        extra: { owner: 'u1' },
        members: [
          { value: 'u1', type: 'User' },
          { value: 'g2', type: 'Group' },
        ],
        because: null,
      },
    });
  });
});
