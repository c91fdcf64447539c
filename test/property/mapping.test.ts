import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldAddress } from '../../src/mapping/address.ts';
import { mapSnapshots } from '../../src/mapping/map.ts';
import { keyText, type DesiredState, type Person } from '../../src/model/desired-state.ts';
import type { Group } from '../../src/model/group.ts';
import type { GroupRule, MappingRules } from '../../src/model/rules.ts';
import { complete, partial, type Snapshot } from '../../src/model/snapshot.ts';
import type { User } from '../../src/model/user.ts';
import { byId, byPattern, groupRules, rules, snapshot, when } from '../unit/mapping/world.ts';

const people = ['p1', 'p2', 'p3', 'p4', 'p5'];
const names = ['retool-a', 'retool-b', 'retool-a-owners', 'staff'];

/** Few addresses for several people, so that some share one, within a source and across. */
const address = fc.constantFrom('a@x.com', 'A@x.com', 'b@x.com', 'c@x.com', 'd@x.com', 'é@x.com', '');
const word = fc.constantFrom('Ada', '', ' ', 'x'.repeat(50), '👩‍👩‍👧‍👦'.repeat(4));

const userOf = (externalId: string): fc.Arbitrary<User> =>
  fc.record(
    {
      externalId: fc.constant(externalId),
      active: fc.boolean(),
      email: address,
      name: fc.record({ givenName: word, familyName: word }, { requiredKeys: [] }),
      title: fc.constantFrom('Boss', 'Clerk'),
      extra: fc.dictionary(fc.constantFrom('level', 'team'), fc.oneof(word, fc.integer({ min: 0, max: 9 }))),
    },
    { requiredKeys: ['externalId', 'active', 'extra'] },
  );

const groupOf = (displayName: string): fc.Arbitrary<Group> =>
  fc.record({
    externalId: fc.constant(`g-${displayName}`),
    displayName: fc.constant(displayName),
    members: fc.subarray(people),
    extra: fc.constant({}),
  });

const snapshotOf = (source: string): fc.Arbitrary<Snapshot> =>
  fc
    .tuple(
      fc.subarray(people).chain((ids) => fc.tuple(...ids.map(userOf))),
      fc.subarray(names).chain((some) => fc.tuple(...some.map(groupOf))),
    )
    .map(([users, groups]) => snapshot(source, users, groups));

const world = fc.tuple(snapshotOf('okta'), snapshotOf('entra'));

type Draft = Pick<GroupRule, 'select'> & Partial<GroupRule>;

const groupRule = fc.constantFrom<Draft>(
  { select: byPattern('retool-(?P<team>[a-z])'), to: 'team ${team}', admins: 'retool-${team}-owners' },
  { select: byPattern('retool-(?P<team>[a-z])'), to: 'team ${team}', source: 'entra' },
  { select: byPattern('staff'), to: 'team a' },
  { select: byPattern('.*'), to: 'Everybody' },
  { select: byId('g-staff'), to: 'Staff', source: 'okta' },
  { select: when('user.title == "Boss"'), to: 'Bosses' },
  { select: when('user.extra.level > 4.0'), to: 'team a' },
  { select: when('"staff" in groups'), to: 'Staff' },
);

const mapping: fc.Arbitrary<MappingRules> = fc
  .record({
    groups: fc.array(groupRule, { maxLength: 4 }),
    scope: fc.constantFrom(null, 'user.title == "Boss"', '"staff" in groups', 'user.extra.level > 3.0'),
    precedence: fc.constantFrom(['okta', 'entra'], ['entra', 'okta']),
    blank: fc.constantFrom('fromEmail' as const, 'skip' as const),
    attributes: fc.subarray([
      ['title', 'user.title'],
      ['level', 'user.extra.level + "!"'],
      ['groups', 'groups'],
    ] as const),
  })
  .map(({ groups, scope, precedence, blank, attributes }) =>
    rules({
      ...groupRules(...groups),
      scope,
      precedence,
      names: { tooLong: 'cut', blank },
      attributes: new Map(attributes),
    }),
  );

/** The whole desired state as text, the order of everything in it included. */
function bytesOf(desired: DesiredState): string {
  return JSON.stringify(desired, (_, value: unknown) =>
    value instanceof Map || value instanceof Set ? [...value] : value,
  );
}

const shuffled = <T>(items: readonly T[]): fc.Arbitrary<T[]> =>
  fc.shuffledSubarray([...items], { minLength: items.length, maxLength: items.length });

const shuffledSnapshot = (whole: Snapshot): fc.Arbitrary<Snapshot> =>
  fc
    .tuple(
      shuffled(whole.users),
      shuffled(whole.groups).chain((groups) =>
        fc.tuple(
          ...groups.map((group) => shuffled(group.members).map((members): Group => ({ ...group, members }))),
        ),
      ),
    )
    .map(([users, groups]) => ({ ...whole, users, groups }));

test('the order of snapshots, rows and members changes nothing, not even the order of the answer', () => {
  const worlds = world.chain((snapshots) =>
    fc.tuple(fc.constant(snapshots), fc.tuple(...snapshots.map(shuffledSnapshot)).chain(shuffled)),
  );
  fc.assert(
    fc.property(worlds, mapping, ([one, other], how) => {
      expect(bytesOf(mapSnapshots(other, how))).toBe(bytesOf(mapSnapshots(one, how)));
    }),
    { numRuns: 200 },
  );
});

describe('whatever the sources say', () => {
  test('every record stands for exactly one person, and everybody who is left alone is reported', () => {
    fc.assert(
      fc.property(world, mapping, (snapshots, how) => {
        const desired = mapSnapshots(snapshots, how);
        const told = desired.people.flatMap((person) => person.keys.map(keyText)).toSorted();
        expect(told).toEqual([...desired.seenPeople].toSorted());
        const frozen = desired.people.filter((person) => person.state === 'frozen');
        const codes = desired.skips.map(({ code }) => code);
        for (const { because } of frozen) expect(codes).toContain(because);
      }),
      { numRuns: 200 },
    );
  });

  test('whoever is wanted is active in the first source and has an address and names Retool takes', () => {
    fc.assert(
      fc.property(world, mapping, (snapshots, how) => {
        const desired = mapSnapshots(snapshots, how);
        const accounts = desired.people.filter((person) => person.state === 'wanted');
        expect(new Set(accounts.map(({ account }) => account.email)).size).toBe(accounts.length);
        for (const { keys, account } of accounts) {
          expect(foldAddress(account.email)).toBe(account.email);
          for (const name of [account.firstName, account.lastName]) {
            expect(name.trim()).not.toBe('');
            expect(name.length).toBeLessThanOrEqual(36);
          }
          const first = snapshots.find(({ source }) => source === keys[0]?.source);
          expect(first?.users.find(({ externalId }) => externalId === keys[0]?.externalId)?.active).toBe(
            true,
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  test('members are people who are wanted, each with where it was read', () => {
    fc.assert(
      fc.property(world, mapping, (snapshots, how) => {
        const desired = mapSnapshots(snapshots, how);
        const wanted = new Map(
          desired.people.flatMap((person) =>
            person.state === 'wanted' ? [[person.account.email, person.keys.map(keyText)] as const] : [],
          ),
        );
        for (const group of desired.groups)
          for (const [email, { provenance }] of group.members) {
            expect(wanted.get(email)).toContain(keyText(provenance));
            expect(how.groups.map(({ name }) => name)).toContain(provenance.rule);
          }
      }),
      { numRuns: 300 },
    );
  });

  test('any record at all is mapped without a throw', () => {
    const text = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('..', '\ud800', '__proto__', '\u0000'),
    );
    const wild: fc.Arbitrary<User> = fc.record(
      {
        externalId: text,
        active: fc.boolean(),
        userName: text,
        email: fc.oneof(text, fc.emailAddress(), address),
        emails: fc.array(fc.record({ value: text }), { maxLength: 2 }),
        name: fc.record({ givenName: text, familyName: text }, { requiredKeys: [] }),
        displayName: text,
        title: text,
        extra: fc.dictionary(
          fc.oneof(text, fc.constant('level')),
          fc.jsonValue() as fc.Arbitrary<User['extra'][string]>,
        ),
      },
      { requiredKeys: ['externalId', 'active', 'extra'] },
    );
    const wildGroup: fc.Arbitrary<Group> = fc.record({
      externalId: text,
      displayName: fc.oneof(
        text,
        text.map((name) => `retool-${name}`),
      ),
      members: fc.array(text, { maxLength: 3 }),
      extra: fc.constant({}),
    });
    const how = rules({
      scope: 'user.extra.level != 3.0',
      attributes: new Map([
        ['all', 'user.extra'],
        ['level', 'user.extra.level + 1.0'],
        ['__proto__', 'user.title.matches(user.userName)'],
      ]),
      ...groupRules(
        { select: byPattern('(?s)retool-(?P<team>.*)'), to: '${team}/${team}', admins: '${team}' },
        { select: when('user.extra.level > 1.0 || "x" in groups'), to: 'when' },
      ),
    });
    const many = fc.uniqueArray(wild, { selector: ({ externalId }) => externalId, maxLength: 6 });
    const groups = fc.uniqueArray(wildGroup, { selector: ({ externalId }) => externalId, maxLength: 4 });
    fc.assert(
      fc.property(many, many, groups, (okta, entra, some) => {
        const names = some.map(({ displayName }) => displayName.toLowerCase().trim());
        fc.pre(new Set(names).size === names.length);
        const desired = mapSnapshots([snapshot('okta', okta, some), snapshot('entra', entra)], how);
        expect(desired.people.flatMap(({ keys }) => keys)).toHaveLength(okta.length + entra.length);
      }),
      { numRuns: 150 },
    );
  });
});

describe('what could not be read', () => {
  /** A source of which some people or groups are known to be missing. */
  const lossy = (whole: Snapshot): fc.Arbitrary<Snapshot> =>
    fc.oneof(
      fc.subarray([...whole.users]).map((users): Snapshot => ({
        ...whole,
        users,
        completeness: { ...whole.completeness, users: partial('rows were refused') },
      })),
      fc.subarray([...whole.groups]).map((groups): Snapshot => ({
        ...whole,
        groups,
        completeness: { ...whole.completeness, groups: partial('page 2 failed') },
      })),
      fc.subarray([...whole.groups]).map((lost): Snapshot => ({
        ...whole,
        groups: whole.groups.filter((group) => !lost.includes(group)),
        completeness: {
          users: complete,
          groups: complete,
          partialGroups: new Map(lost.map(({ externalId }) => [externalId, 'the row was refused'])),
        },
      })),
      fc.subarray([...whole.groups]).map((cut): Snapshot => ({
        ...whole,
        groups: whole.groups.map((group) => (cut.includes(group) ? { ...group, members: [] } : group)),
        completeness: {
          users: complete,
          groups: complete,
          partialGroups: new Map(cut.map(({ externalId }) => [externalId, 'the members were refused'])),
        },
      })),
    );
  const worlds = world.chain(([okta, entra]) => fc.tuple(fc.constant([okta, entra] as const), lossy(entra)));
  const stateOf = (desired: DesiredState, key: string): Person['state'] | undefined =>
    desired.people.find(({ keys }) => keys.map(keyText).includes(key))?.state;

  test('proves nobody gone, makes nobody a leaver, and is said', () => {
    fc.assert(
      fc.property(worlds, mapping, ([[okta, entra], less], how) => {
        const whole = mapSnapshots([okta, entra], how);
        const seen = mapSnapshots([okta, less], how);
        for (const key of whole.seenPeople) {
          const isGoneable = !seen.seenPeople.has(key) && seen.completeSources.has(key.split(':')[0] ?? '');
          expect(isGoneable).toBe(false);
        }
        // Without the first source's record another source speaks for the person; the plan knows by its links.
        if (less.completeness.users.state === 'partial') return;
        for (const key of seen.seenPeople) {
          if (stateOf(whole, key) !== 'wanted') continue;
          expect(['wanted', 'frozen']).toContain(stateOf(seen, key));
        }
      }),
      { numRuns: 500 },
    );
  });

  test('takes no membership and no admin flag', () => {
    fc.assert(
      fc.property(worlds, mapping, ([[okta, entra], less], how) => {
        const whole = mapSnapshots([okta, entra], how);
        const seen = mapSnapshots([okta, less], how);
        const readPeople = new Set(
          seen.people.flatMap((person) => (person.state === 'wanted' ? [person.account.email] : [])),
        );
        for (const group of whole.groups) {
          const left = seen.groups.find(({ name }) => name === group.name);
          for (const [email, { groupAdmin }] of group.members) {
            if (!readPeople.has(email) || less.completeness.users.state === 'partial') continue;
            const isKept =
              left === undefined
                ? group.fedBy.some(({ source }) => !seen.completeGroupSources.has(source))
                : left.members.has(email) ||
                  left.undecided.has(email) ||
                  left.completeness.state === 'partial';
            expect(isKept).toBe(true);
            const isDemoted = groupAdmin === true && left?.members.get(email)?.groupAdmin === false;
            expect(isDemoted).toBe(false);
          }
        }
      }),
      { numRuns: 500 },
    );
  });
});
