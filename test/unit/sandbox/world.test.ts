import { describe, expect, test } from 'vitest';
import { letters } from '../../../src/sandbox/world/names.ts';
import { generateWorld, standingOf, summariseWorld } from '../../../src/sandbox/world/generate.ts';
import type { Person, World } from '../../../src/sandbox/world/generate.ts';

const world = generateWorld();

function holdersOf(of: World, provider: 'okta' | 'entra'): readonly Person[] {
  return of.people.filter((person) => person[provider] !== null);
}

describe('a generated world', () => {
  test('is the same for the same seed and another for another', () => {
    expect(generateWorld({ seed: 1 })).toEqual(world);
    expect(generateWorld({ seed: 2 }).people[0]?.email).not.toBe(world.people[0]?.email);
  });

  test('keeps its shares at the default size', () => {
    const counts = summariseWorld(world);
    expect(counts).toMatchObject({ people: 200, okta: 150, entra: 67, both: 17 });
    expect(world.okta.groups.length + world.entra.groups.length).toBe(20);
    const byHand = world.retool.users.filter((user) =>
      world.people.some(({ email }) => email === user.email),
    );
    const share = byHand.length / (counts.active + counts.inactive);
    expect(share).toBeGreaterThan(0.18);
    expect(share).toBeLessThan(0.22);
  });

  test('gives everybody an address, an employee number and an id of their own', () => {
    const big = generateWorld({ users: 20_000, groups: 300, seed: 7 });
    const unique = (values: readonly (string | undefined)[]): number => new Set(values).size;
    expect(unique(big.people.map(({ email }) => email))).toBe(20_000);
    expect(unique(big.people.map(({ employeeNumber }) => employeeNumber))).toBe(20_000);
    expect(unique(holdersOf(big, 'okta').map(({ okta }) => okta?.id))).toBe(15_000);
    const entra = holdersOf(big, 'entra');
    expect(unique(entra.map((person) => person.entra?.id))).toBe(entra.length);
    expect(
      big.people.every(({ email }) => /^[a-z-]+\.[a-z-]+\d*@(acme\.com|partner\.example)$/.test(email)),
    ).toBe(true);
    expect(big.people.some(({ email }) => /[a-z]2@acme\.com$/.test(email))).toBe(true);
    const names = [...big.okta.groups, ...big.entra.groups].map(({ name }) => name);
    expect(unique(names)).toBe(300);
  });

  test('holds the odd cases that real directories hold', () => {
    const statuses = new Set(holdersOf(world, 'okta').map(({ okta }) => okta?.status));
    expect(statuses).toEqual(
      new Set([
        'ACTIVE',
        'DEPROVISIONED',
        'LOCKED_OUT',
        'PASSWORD_EXPIRED',
        'PROVISIONED',
        'RECOVERY',
        'STAGED',
        'SUSPENDED',
      ]),
    );
    const tenant = world.people.flatMap(({ entra }) => entra ?? []);
    const guest = tenant.find(({ userType }) => userType === 'Guest');
    expect(guest?.userPrincipalName).toMatch(/^[a-z.-]+\d*_partner\.example#EXT#@acme\.onmicrosoft\.com$/);
    expect(tenant.some(({ mail, userType }) => mail === null && userType === 'Member')).toBe(true);
    expect(tenant.some(({ enabled }) => !enabled)).toBe(true);
    expect(tenant.some(({ mail }) => mail !== null && mail !== mail.toLowerCase())).toBe(true);
    expect(world.people.some(({ given, family }) => /[^\u0020-\u007e]/.test(given + family))).toBe(true);
  });

  test('says of each person which groups for Retool hold them', () => {
    const held = new Map<string, string[]>();
    const note = (id: string, name: string): void => void held.set(id, [...(held.get(id) ?? []), name]);
    for (const group of world.okta.groups) {
      for (const id of group.members) if (group.name.startsWith('retool-')) note(id, group.name);
    }
    const inside = new Map(world.entra.groups.map((group) => [group.id, group]));
    for (const group of world.entra.groups) {
      if (!group.name.startsWith('Retool ')) continue;
      const nested = group.groups.flatMap((id) => inside.get(id)?.users ?? []);
      for (const id of new Set([...group.users, ...nested])) note(id, group.name);
    }
    for (const { okta, entra, retoolGroups } of world.people) {
      const expected = [...(held.get(okta?.id ?? '') ?? []), ...(held.get(entra?.id ?? '') ?? [])];
      expect(retoolGroups.toSorted()).toEqual(expected.toSorted());
    }
  });

  test('has one nested group and devices among the members at Entra', () => {
    const parents = world.entra.groups.filter(({ groups }) => groups.length > 0);
    expect(parents.map(({ name }) => name)).toEqual(['Retool Field Sales']);
    const child = world.entra.groups.find(({ id }) => id === parents[0]?.groups[0]);
    expect(child?.name).toBe('Field Sales North');
    expect(child?.users.length).toBeGreaterThan(0);
    expect(world.entra.groups.some(({ devices }) => devices.length > 0)).toBe(true);
  });

  test('names hundreds of groups so that one pattern each fits and no two differ in case only', () => {
    const { okta, entra } = generateWorld({ users: 100, groups: 900 });
    const teams = okta.groups.filter(({ name }) => name.startsWith('retool-'));
    expect(teams.length).toBe(450);
    expect(teams.every(({ name }) => /^retool-[a-z-]+$/.test(name))).toBe(true);
    const crews = entra.groups.filter(({ name }) => name.startsWith('Retool '));
    expect(crews.every(({ name }) => /^Retool (Finance|[A-Za-z]+ [A-Za-z ]+)$/.test(name))).toBe(true);
    const results = [...teams, ...crews].map(({ name }) => name.replace(/^retool[- ]/i, '').toLowerCase());
    const twice = results.filter((name, index) => results.indexOf(name) !== index);
    expect(twice).toEqual(['finance']);
  });
});

describe('the organisation the world starts with', () => {
  const { users, groups, userAttributes } = world.retool;
  const people = new Map(world.people.map((person) => [person.email, person]));

  test('has an owner nobody knows, a second admin from the staff and three attributes', () => {
    expect(users.filter(({ admin }) => admin).map(({ email }) => people.has(email))).toEqual([false, true]);
    expect(users[0]).toMatchObject({ email: 'owner@acme.com', admin: true, active: true });
    expect(userAttributes.map(({ name }) => name)).toEqual(['department', 'employee_id', 'title']);
  });

  test('is partly out of date, and partly a stranger to every provider', () => {
    const known = users.flatMap((user) => {
      const person = people.get(user.email);
      return person === undefined ? [] : [{ user, person }];
    });
    const outdated = known.filter(({ user, person }) => user.lastName !== person.family);
    const moved = known.filter(
      ({ user, person }) => (user.metadata['department'] ?? person.department) !== person.department,
    );
    expect(outdated.length).toBeGreaterThan(0);
    expect(moved.length).toBeGreaterThan(0);
    expect(known.filter(({ user }) => !user.active).length).toBe(1);
    expect(known.some(({ person }) => standingOf(person) === 'inactive')).toBe(true);
    expect(known.every(({ person }) => standingOf(person) !== 'outside')).toBe(true);
    expect(users.length - known.length).toBeGreaterThanOrEqual(4);
  });

  test('has two groups of its own making, one named as a rule would name it', () => {
    const emails = new Set(users.map(({ email }) => email));
    expect(groups.map(({ name }) => name)).toEqual(['finance', 'Executive Dashboards']);
    expect(world.okta.groups.some(({ name }) => name === 'retool-finance')).toBe(true);
    for (const { members } of groups) {
      expect(members.length).toBeGreaterThan(1);
      expect(members.every((email) => emails.has(email))).toBe(true);
    }
  });
});

describe('sizes', () => {
  test.each([
    [1, 1],
    [2, 2],
    [5, 3],
    [30, 5],
  ])('%i people in %i groups make a world', (users, groups) => {
    const small = generateWorld({ users, groups });
    expect(small.people.length).toBe(users);
    expect(small.okta.groups.length + small.entra.groups.length).toBe(groups);
    expect(small.okta.groups[0]?.name).toBe('retool-finance');
  });

  test.each([{ users: 0 }, { users: 1.5 }, { groups: 0 }])('%o is refused', (options) => {
    expect(() => generateWorld(options)).toThrow(RangeError);
  });

  test('letters count without end', () => {
    expect([0, 1, 26, 27, 52, 53, 702, 703].map(letters)).toEqual([
      '',
      'a',
      'z',
      'aa',
      'az',
      'ba',
      'zz',
      'aaa',
    ]);
  });
});
