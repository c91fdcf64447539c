import { expect, test } from 'vitest';
import { createRetoolSandbox, seedFromCopy, type OrganizationCopy } from '../../../src/sandbox/index.ts';

const copy: OrganizationCopy = {
  users: [
    {
      id: 'user_a1',
      email: 'Ann@acme.com',
      firstName: 'Ann',
      lastName: null,
      active: true,
      userType: 'mobile',
      metadata: { department: 'Sales', level: 7 },
      lastActive: null,
    },
    {
      id: 'user_b2',
      email: 'ben@acme.com',
      firstName: 'Ben',
      lastName: 'Lee',
      active: false,
      userType: null,
      metadata: {},
      lastActive: '2026-01-01T00:00:00.000Z',
    },
  ],
  groups: [
    { id: '801', name: 'admin', members: new Map([['user_a1', { groupAdmin: false }]]), access: null },
    { id: '804', name: 'All Users', members: new Map([['user_a1', { groupAdmin: false }]]), access: null },
    {
      id: '950',
      name: 'sales',
      members: new Map([
        ['user_a1', { groupAdmin: true }],
        ['user_b2', { groupAdmin: false }],
      ]),
      access: { apps: 'own', resources: 'use', workflows: 'none', queryLibrary: 'edit' },
    },
  ],
  invites: [
    { id: '8', email: 'new@acme.com', claimed: false, expiresAt: null, groups: new Set(), metadata: {} },
    { id: '9', email: 'ann@acme.com', claimed: true, expiresAt: null, groups: new Set(), metadata: {} },
  ],
  attributes: [{ name: 'department', dataType: 'date', defaultValue: 'None' }],
};

function copied() {
  return createRetoolSandbox({
    token: 't',
    now: () => 0,
    requestsPerMinute: 'unlimited',
    seed: seedFromCopy(copy),
  });
}

test('a copy holds accounts, groups, members, levels and invites under the ids that were read', () => {
  const { users, groups, invites, attributes } = copied().state();
  expect(
    users.map(({ id, email, active, is_admin, metadata }) => [id, email, active, is_admin, metadata]),
  ).toEqual([
    ['user_a1', 'Ann@acme.com', true, true, { department: 'Sales', level: 7 }],
    ['user_b2', 'ben@acme.com', false, false, { department: 'None' }],
  ]);
  const held = new Map(groups.map((group) => [group.name, group]));
  expect(held.get('admin')).toMatchObject({ id: 801, memberIds: ['user_a1'] });
  expect(held.get('All Users')?.id).toBe(804);
  expect(held.get('sales')).toMatchObject({
    id: 950,
    memberIds: ['user_b2', 'user_a1'],
    adminIds: ['user_a1'],
    universal_app_access: 'own',
    universal_query_library_access: 'edit',
  });
  expect(invites.map(({ invited_email }) => invited_email)).toEqual(['new@acme.com']);
  expect(attributes).toMatchObject([{ name: 'department', data_type: 'string', default_value: 'None' }]);
});

test('a new group gets an id that none of the copied ones has', () => {
  const retool = copied();
  const id = retool.hand.addGroup({ name: 'new' });
  expect(id).toBeGreaterThan(950);
  expect(() => retool.hand.deleteGroup(801)).toThrow('built in');
  expect(() => retool.hand.addMember(804, 'user_b2')).toThrow('automatic');
});

test('an id that is taken is a mistake of the seed', () => {
  const groups = [
    { name: 'a', id: 9 },
    { name: 'b', id: 9 },
  ];
  expect(() =>
    createRetoolSandbox({ token: 't', now: () => 0, requestsPerMinute: 'unlimited', seed: { groups } }),
  ).toThrow('There is a group 9 already');
});
