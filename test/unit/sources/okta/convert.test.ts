import { describe, expect, test } from 'vitest';
import { groupOf, idOf, personOf, standingsOf } from '../../../../src/sources/okta/convert.ts';
import { oktaStatuses } from '../../../../src/sources/okta/schema.ts';

const standings = standingsOf();
const row = (profile: object, changes: object = {}) => ({
  id: '00u1',
  status: 'ACTIVE',
  profile,
  ...changes,
});

function userOf(profile: object, changes: object = {}) {
  const converted = personOf(row(profile, changes), standings);
  if (converted.state === 'rejected') throw new Error(converted.text);
  return converted.user;
}

describe('a person', () => {
  test('has each attribute where SCIM has a place for it, and all others under Okta’s names', () => {
    const profile = {
      login: 'zoe@acme.com',
      email: 'Zoe.Müller@acme.com',
      firstName: 'Zoë',
      lastName: 'Müller',
      middleName: 'B.',
      honorificPrefix: 'Dr.',
      honorificSuffix: 'PhD',
      displayName: 'Zoë Müller 明',
      nickName: 'Z',
      title: 'Analyst',
      userType: 'Employee',
      preferredLanguage: 'de',
      locale: 'de_DE',
      timezone: 'Europe/Berlin',
      employeeNumber: '007',
      costCenter: 'CC-1',
      organization: 'Acme',
      division: 'EMEA',
      department: 'Finance',
      managerId: 'boss@acme.com',
      manager: 'The Boss',
      secondEmail: null,
      mobilePhone: '',
      badgeNumber: 7,
      onCall: false,
      teams: ['a', 'b'],
    };
    expect(personOf(row(profile), standings)).toEqual({
      state: 'person',
      standing: 'active',
      user: {
        externalId: '00u1',
        active: true,
        userName: 'zoe@acme.com',
        email: 'Zoe.Müller@acme.com',
        emails: [{ value: 'Zoe.Müller@acme.com', primary: true }],
        name: {
          givenName: 'Zoë',
          familyName: 'Müller',
          middleName: 'B.',
          honorificPrefix: 'Dr.',
          honorificSuffix: 'PhD',
        },
        displayName: 'Zoë Müller 明',
        nickName: 'Z',
        title: 'Analyst',
        userType: 'Employee',
        preferredLanguage: 'de',
        locale: 'de_DE',
        timezone: 'Europe/Berlin',
        enterprise: {
          employeeNumber: '007',
          costCenter: 'CC-1',
          organization: 'Acme',
          division: 'EMEA',
          department: 'Finance',
          manager: { value: 'boss@acme.com', displayName: 'The Boss' },
        },
        extra: { status: 'ACTIVE', badgeNumber: 7, onCall: false, teams: ['a', 'b'] },
      },
    });
  });

  test('has nothing for what Okta states as null, as empty text or not at all', () => {
    expect(userOf({ login: null, email: '', firstName: null })).toEqual({
      externalId: '00u1',
      active: true,
      extra: { status: 'ACTIVE' },
    });
  });

  test('has no prototype under its own attributes, whatever they are called', () => {
    const profile: object = JSON.parse('{"constructor":"x","toString":"y","hasOwnProperty":"z","":"e"}');
    const { extra } = userOf(profile);
    expect(Object.getPrototypeOf(extra)).toBeNull();
    expect({ ...extra }).toEqual({
      constructor: 'x',
      toString: 'y',
      hasOwnProperty: 'z',
      '': 'e',
      status: 'ACTIVE',
    });
  });

  test('gets nothing from an attribute called __proto__', () => {
    const profile: object = JSON.parse('{"login":"a","__proto__":{"email":"evil@x.com","isAdmin":true}}');
    const converted = personOf(row(profile), standings);
    expect(JSON.stringify(converted)).not.toContain('evil');
    expect(Object.hasOwn(Object.prototype, 'isAdmin')).toBe(false);
  });

  test('keeps the status of the row, not one from the profile', () => {
    expect(userOf({ status: 'fake' }).extra['status']).toBe('ACTIVE');
  });

  test('has a standing for every status that Okta documents', () => {
    const known = oktaStatuses.map((status) => personOf(row({}, { status }), standings));
    expect(known.map((one) => one.state === 'person' && one.standing)).not.toContain('unknown');
    expect(known.map((one) => one.state === 'person' && one.user.unjudged)).toEqual(
      oktaStatuses.map(() => undefined),
    );
  });

  test.each(['ASCENDED', 'constructor', '', 'active'])(
    'is not judged by a status that is not known: %j',
    (status) => {
      const unjudged = `Okta gives the status ${JSON.stringify(status)}, which this version does not know`;
      expect(personOf(row({}, { status }), standings)).toMatchObject({
        state: 'person',
        standing: 'unknown',
        user: { externalId: '00u1', active: true, unjudged },
      });
    },
  );
});

test.each(['..', 'a/b', '%2e%2e', '../groups/1'])(
  'a person with the id %j is a person like any other',
  (id) => {
    expect(personOf({ id, status: 'ACTIVE', profile: {} }, standings)).toMatchObject({
      state: 'person',
      user: { externalId: id },
    });
  },
);

describe('a row of people is rejected, without its values,', () => {
  test.each<[string, unknown, string | null, string]>([
    ['that is null', null, null, 'expected object'],
    ['that is text', 'secret', null, 'expected object'],
    ['that is a list', ['secret'], null, 'expected object'],
    ['without an id', { status: 'ACTIVE', profile: {} }, null, 'id'],
    ['with a number for an id', { id: 5, status: 'ACTIVE', profile: {} }, null, 'id'],
    ['with an empty id', { id: '', status: 'ACTIVE', profile: {} }, null, 'id'],
    ['without a status', { id: '00u1', profile: {} }, '00u1', 'status'],
    ['with half a character in its status', row({}, { status: 'secret\ud800' }), '00u1', 'status'],
    ['without a profile', { id: '00u1', status: 'ACTIVE' }, '00u1', 'profile'],
    ['with a number for a name', row({ firstName: 5 }), '00u1', 'profile.firstName'],
    ['with an object for a name', row({ lastName: { secret: 1 } }), '00u1', 'profile.lastName'],
    ['with an object for an attribute', row({ custom: { secret: 1 } }), '00u1', 'profile.custom'],
    ['with half a character in a name', row({ firstName: 'secret\ud800' }), '00u1', 'profile.firstName'],
    ['with half a character in an attribute', row({ custom: ['\udc00'] }), '00u1', 'profile.custom'],
  ])('%s', (_, raw, externalId, field) => {
    const converted = personOf(raw, standings);
    expect(converted).toEqual({ state: 'rejected', externalId, text: expect.stringContaining(field) });
    expect(JSON.stringify(converted)).not.toContain('secret');
  });
});

describe('a group', () => {
  test('keeps what its organisation added to it', () => {
    const raw = {
      id: '00g1',
      type: 'OKTA_GROUP',
      profile: { name: 'Fiñance', description: null, owningTeam: 'IT' },
    };
    expect(groupOf(raw)).toEqual({
      state: 'read',
      value: { externalId: '00g1', displayName: 'Fiñance', extra: { type: 'OKTA_GROUP', owningTeam: 'IT' } },
    });
  });

  test.each([
    [{ id: '00g1', profile: { name: '' } }, '00g1'],
    [{ id: '00g1', profile: {} }, '00g1'],
    [{ id: '00g1' }, '00g1'],
    [{ id: '../x', profile: { name: 'n' } }, '../x'],
    [null, null],
  ])('%j is rejected', (raw, externalId) => {
    expect(groupOf(raw)).toMatchObject({ state: 'rejected', externalId });
  });
});

test('an id is known of a row whatever else is wrong with it', () => {
  expect([idOf({ id: '00u1', profile: 5 }), idOf({ id: 'a b' }), idOf({ id: '' }), idOf(undefined)]).toEqual([
    '00u1',
    'a b',
    null,
    null,
  ]);
});

test('the configuration’s standings are laid over the defaults', () => {
  const changed = standingsOf({ STAGED: 'active', ACTIVE: undefined });
  expect([changed.get('STAGED'), changed.get('ACTIVE'), changed.get('SUSPENDED')]).toEqual([
    'active',
    'active',
    'inactive',
  ]);
});
