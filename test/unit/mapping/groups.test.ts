import { describe, expect, test } from 'vitest';
import { mapSnapshots } from '../../../src/mapping/map.ts';
import type { AccessLevels, MappingRules } from '../../../src/model/rules.ts';
import { complete, partial, type Snapshot } from '../../../src/model/snapshot.ts';
import {
  byId,
  byPattern,
  group,
  groupOf,
  groupRules,
  membersOf,
  rules,
  snapshot,
  user,
  when,
  type Rule,
} from './world.ts';

const [ada, bob, cy] = [user('ada'), user('bob'), user('cy')];
const teams = 'retool-(?P<team>[a-z]+)';
const access: AccessLevels = { apps: 'use', resources: 'use', workflows: 'none', queryLibrary: 'use' };

describe('a rule by pattern', () => {
  test('matches the whole display name and names the Retool group by what it captured', () => {
    const desired = mapSnapshots(
      [
        snapshot(
          'okta',
          [ada, bob],
          [
            group('retool-sales', ['ada']),
            group('retool-finance', ['bob', 'ada']),
            group('my-retool-sales', ['bob']),
            group('retool-sales2', ['bob']),
          ],
        ),
      ],
      rules(groupRules({ select: byPattern(teams), to: '${team}', create: true, access })),
    );
    expect(desired.groups).toEqual([
      {
        name: 'finance',
        create: true,
        access,
        fedBy: [{ source: 'okta', externalId: 'g-retool-finance' }],
        provenance: {
          rule: 'groups[0]',
          source: 'okta',
          externalId: 'g-retool-finance',
          text: 'called for by groups[0]',
        },
        members: new Map(
          ['ada', 'bob'].map((id) => [
            `${id}@acme.com`,
            {
              groupAdmin: null,
              provenance: {
                rule: 'groups[0]',
                source: 'okta',
                externalId: id,
                text: 'member of "retool-finance" in okta',
              },
            },
          ]),
        ),
        undecided: new Set(),
        completeness: complete,
      },
      expect.objectContaining({ name: 'sales' }),
    ]);
    expect(desired.notices).toEqual([]);
  });

  test('that matches nothing is a notice', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [ada])],
      rules(groupRules({ select: byPattern(teams), to: '${team}' })),
    );
    expect(desired.notices).toEqual([{ code: 'noMatch', text: 'groups[0] matches no source group' }]);
    expect(desired).toMatchObject({ groups: [], incomplete: [] });
  });

  test('that makes a blank name skips that source group only', () => {
    const desired = mapSnapshots(
      [
        snapshot(
          'okta',
          [ada],
          [group('retool-', ['ada']), group('retool-\u00a0', ['ada']), group('retool-x ', ['ada'])],
        ),
      ],
      rules(groupRules({ select: byPattern('retool-(?P<team>.*)'), to: '${team}' })),
    );
    expect(desired.groups.map(({ name }) => name)).toEqual(['x']);
    expect(desired.skips.map(({ code, subject }) => [code, subject.key])).toEqual([
      ['blankGroupName', 'okta:g-retool-'],
      ['blankGroupName', 'okta:g-retool-\u00a0'],
    ]);
  });

  test('applies to its own source only', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [ada], [group('x', ['ada'])]), snapshot('entra', [bob], [group('x', ['bob'])])],
      rules(groupRules({ select: byPattern('x'), source: 'entra' })),
    );
    expect(membersOf(desired, 'Finance')).toEqual(['bob']);
  });

  test('takes linear time', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [ada], [group(`${'a'.repeat(5000)}!`, ['ada'])])],
      rules(groupRules({ select: byPattern('(a+)+$') })),
    );
    expect(desired.groups).toEqual([]);
  });
});

describe('a group that is named', () => {
  test.each([
    ['by its exact name', byPattern('Finance \\(EU\\)')],
    ['by its exact name between anchors', byPattern('^Finance$')],
    ['by id', byId('00g1')],
  ])('%s but not found leaves the rule unknown: nothing is taken, and the run is incomplete', (_, select) => {
    const desired = mapSnapshots([snapshot('okta', [ada])], rules(groupRules({ select })));
    expect(groupOf(desired, 'Finance')).toMatchObject({ completeness: { state: 'partial' }, fedBy: [] });
    expect(desired.incomplete).toEqual([
      expect.stringMatching(/^groups\[0\]: the source group .* was not found/),
    ]);
    expect(desired.notices).toEqual([]);
  });

  test('by id is found whatever it is called, and in its own source only', () => {
    const okta = snapshot('okta', [ada], [group('any', ['ada'], { externalId: '1' })]);
    const entra = snapshot('entra', [bob], [group('any', ['bob'], { externalId: '1' })]);
    const desired = mapSnapshots([okta, entra], rules(groupRules({ select: byId('1'), source: 'entra' })));
    expect(membersOf(desired, 'Finance')).toEqual(['bob']);
  });
});

describe('several rules', () => {
  test('that feed one Retool group unite their members, and a person of two sources is one member', () => {
    const desired = mapSnapshots(
      [
        snapshot('okta', [ada, bob], [group('a', ['ada', 'bob'])]),
        snapshot('entra', [user('e-ada', { email: 'ADA@acme.com' }), cy], [group('b', ['e-ada', 'cy'])]),
      ],
      rules(groupRules({ select: byPattern('b') }, { select: byPattern('[ab]'), create: true })),
    );
    expect(membersOf(desired, 'Finance')).toEqual(['ada', 'bob', 'cy']);
    expect(groupOf(desired, 'Finance')).toMatchObject({
      create: true,
      fedBy: [
        { source: 'entra', externalId: 'g-b' },
        { source: 'okta', externalId: 'g-a' },
      ],
    });
  });

  test('all apply to one source group', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [ada], [group('x', ['ada'])])],
      rules(groupRules({ select: byPattern('x') }, { select: byPattern('.*'), to: 'Everybody' })),
    );
    expect([membersOf(desired, 'Finance'), membersOf(desired, 'Everybody')]).toEqual([['ada'], ['ada']]);
  });

  test('one of which sets access share it', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [ada], [group('x', ['ada'])])],
      rules(
        groupRules(
          { select: byPattern('x') },
          { select: byPattern('.'), access },
          { select: byPattern('.+'), access },
        ),
      ),
    );
    expect(groupOf(desired, 'Finance').access).toEqual(access);
  });

  test('that differ on access are a configuration error that names the two', () => {
    const mapping = rules(
      groupRules(
        { select: byPattern('x') },
        { select: byPattern('.'), access },
        { select: byPattern('.+'), access: { ...access, apps: 'own' } },
      ),
    );
    const mapped = () => mapSnapshots([snapshot('okta', [ada], [group('x', ['ada'])])], mapping);
    expect(mapped).toThrow(
      expect.objectContaining({
        code: 'mappingConflict',
        message: expect.stringContaining('groups[1] and groups[2]'),
      }),
    );
  });

  test.each([
    ['Sales', 'sales'],
    ['École', 'école'],
  ])('that name %s and %s are a configuration error', (one, other) => {
    const mapping = rules(groupRules({ select: when('true'), to: one }, { select: when('true'), to: other }));
    expect(() => mapSnapshots([snapshot('okta', [ada])], mapping)).toThrow(
      expect.objectContaining({ code: 'mappingConflict' }),
    );
  });
});

describe('who belongs into a group', () => {
  test('only people who are wanted', () => {
    const members = ['ada', 'gone', 'blocked', 'nameless', 'unknown', 'out'];
    const { name: _, ...nameless } = user('nameless');
    const desired = mapSnapshots(
      [
        snapshot(
          'okta',
          [ada, user('blocked', { active: false }), nameless, user('out')],
          [group('x', members)],
        ),
      ],
      rules({ scope: 'user.externalId != "out"', ...groupRules({ select: byPattern('x') }) }),
    );
    expect(membersOf(desired, 'Finance')).toEqual(['ada']);
    expect(groupOf(desired, 'Finance').completeness).toEqual(complete);
  });
});

describe('group admins', () => {
  const admins = { select: byPattern(teams), to: '${team}', admins: 'retool-${team}-owners' };
  const flagsOf = (...parameters: [readonly Snapshot[], MappingRules]): Record<string, boolean | null> =>
    Object.fromEntries(
      [...groupOf(mapSnapshots(...parameters), 'x').members].map(([email, { groupAdmin }]) => [
        email.replace(/@.*/, ''),
        groupAdmin,
      ]),
    );

  test('are the members of the owners group, who thereby are members too', () => {
    const okta = snapshot(
      'okta',
      [ada, bob, cy],
      [group('retool-x', ['ada', 'bob']), group('retool-x-owners', ['bob', 'cy'])],
    );
    expect(flagsOf([okta], rules(groupRules(admins)))).toEqual({ ada: false, bob: true, cy: true });
  });

  test('are looked for in every source the rule is about', () => {
    const okta = snapshot('okta', [ada, bob], [group('retool-x', ['ada', 'bob'])]);
    const entra = snapshot('entra', [bob], [group('retool-x-owners', ['bob'])]);
    expect(flagsOf([okta, entra], rules(groupRules(admins)))).toEqual({ ada: false, bob: true });
  });

  test('stay as they are where there is no owners group, with a notice', () => {
    const okta = snapshot('okta', [ada], [group('retool-x', ['ada'])]);
    const desired = mapSnapshots([okta], rules(groupRules(admins)));
    expect(groupOf(desired, 'x')).toMatchObject({ completeness: complete });
    expect(desired.notices).toMatchObject([{ code: 'noAdminGroup' }]);
    expect(flagsOf([okta], rules(groupRules(admins)))).toEqual({ ada: null });
  });

  test('stay as they are, and nothing is taken, where the owners group is named outright and not found', () => {
    const okta = snapshot('okta', [ada], [group('retool-x', ['ada'])]);
    const desired = mapSnapshots([okta], rules(groupRules({ ...admins, admins: 'owners' })));
    expect(groupOf(desired, 'x').completeness.state).toBe('partial');
    expect(desired.incomplete).toEqual([expect.stringContaining('"owners"')]);
  });

  test('are only added to while the owners group is not whole', () => {
    const okta = snapshot(
      'okta',
      [ada, bob],
      [group('retool-x', ['ada', 'bob']), group('retool-x-owners', ['bob'])],
      { partialGroups: new Map([['g-retool-x-owners', 'page 2 failed']]) },
    );
    expect(flagsOf([okta], rules(groupRules(admins)))).toEqual({ ada: null, bob: true });
    expect(groupOf(mapSnapshots([okta], rules(groupRules(admins))), 'x').completeness).toEqual(
      partial('page 2 failed'),
    );
  });

  test('by one of several rules are admins, and one rule that cannot say outweighs another that says no', () => {
    const okta = snapshot(
      'okta',
      [ada, bob, cy],
      [
        group('a', ['ada', 'bob', 'cy']),
        group('b', ['ada', 'bob']),
        group('c', ['ada', 'bob', 'cy']),
        group('a-owners', ['ada']),
        group('c-owners', []),
      ],
    );
    const to = 'x';
    const mapping = rules(
      groupRules(
        { select: byPattern('a'), to, admins: 'a-owners' },
        { select: byPattern('(?P<n>b)'), to, admins: '${n}-owners' },
        { select: byPattern('c'), to, admins: 'c-owners' },
      ),
    );
    expect(flagsOf([okta], mapping)).toEqual({ ada: true, bob: null, cy: false });
  });

  test('are not managed by rules that do not speak of them', () => {
    const okta = snapshot('okta', [ada], [group('retool-x', ['ada'])]);
    expect(flagsOf([okta], rules(groupRules({ ...admins, admins: null })))).toEqual({ ada: null });
  });
});

describe('a rule by expression', () => {
  const people = [
    user('ada', { enterprise: { department: 'Finance' } }),
    user('bob', { enterprise: { department: 'Sales' } }),
    user('cy'),
  ];
  const finance = { select: when('user.enterprise.department == "Finance"') };

  test('takes nobody out while a list lacks people: whom it lacks it was not asked about', () => {
    const lacking = snapshot('entra', [], [], { users: partial('page 2 failed') });
    const groupBy = (source: string | null) =>
      groupOf(
        mapSnapshots([snapshot('okta', people), lacking], rules(groupRules({ ...finance, source }))),
        'Finance',
      ).completeness;
    expect(groupBy(null)).toEqual(partial('page 2 failed'));
    expect(groupBy('entra')).toEqual(partial('page 2 failed'));
    expect(groupBy('okta')).toEqual(complete);
  });

  test('selects people, and leaves those it cannot decide on what they have', () => {
    const desired = mapSnapshots([snapshot('okta', people)], rules(groupRules(finance)));
    expect(groupOf(desired, 'Finance')).toMatchObject({
      fedBy: [],
      completeness: complete,
      members: new Map([
        [
          'ada@acme.com',
          {
            groupAdmin: null,
            provenance: {
              rule: 'groups[0]',
              source: 'okta',
              externalId: 'ada',
              text: "the rule's expression is true",
            },
          },
        ],
      ]),
      undecided: new Set(['cy@acme.com']),
    });
    expect(desired.skips).toEqual([]);
  });

  test.each(['user.extra.flag', 'user.extra.flag + 1 > 2', 'user.extra.flag + "x"'])(
    'that fails on a person, %s, is undecided about that person and says so',
    (expression) => {
      const desired = mapSnapshots(
        [snapshot('okta', [user('ada', { extra: { flag: 7 } })])],
        rules(groupRules({ select: when(expression) })),
      );
      expect(groupOf(desired, 'Finance').undecided).toEqual(new Set(['ada@acme.com']));
      expect(desired.skips).toMatchObject([{ code: 'expressionFailed', subject: { key: 'ada@acme.com' } }]);
      expect(desired.people).toMatchObject([{ state: 'wanted' }]);
    },
  );

  test('about one source asks that source alone', () => {
    const desired = mapSnapshots(
      [snapshot('okta', people), snapshot('entra', [user('bob', { enterprise: { department: 'Finance' } })])],
      rules(groupRules({ ...finance, source: 'entra' })),
    );
    expect(membersOf(desired, 'Finance')).toEqual(['bob']);
    expect(groupOf(desired, 'Finance').undecided.size).toBe(0);
  });

  test('by groups is undecided while groups are incomplete', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [ada], [group('x', [])], { partialGroups: new Map([['g-x', 'members: 403']]) })],
      rules(groupRules({ select: when('"x" in groups') })),
    );
    expect(groupOf(desired, 'Finance').undecided).toEqual(new Set(['ada@acme.com']));
    expect(desired.skips).toMatchObject([{ code: 'groupsIncomplete' }]);
  });
});

describe('while groups of a source could not be read', () => {
  const okta = snapshot('okta', [ada], [group('retool-x', ['ada']), group('other', ['ada'])]);
  const entraWithGaps = [
    ['whose list is partial', snapshot('entra', [bob], [], { groups: partial('page 3 failed') })],
    [
      'of which one is known by id alone',
      snapshot('entra', [bob], [], { partialGroups: new Map([['g9', 'page 3 failed']]) }),
    ],
  ] as const;
  const byTeam = { select: byPattern(teams), to: '${team}' };

  test.each(entraWithGaps)('%s, what its groups might feed is partial, and nothing else is', (_, entra) => {
    const stateOf = (...some: readonly Rule[]): string =>
      groupOf(mapSnapshots([okta, entra], rules(groupRules(...some))), 'x').completeness.state;
    expect(stateOf(byTeam)).toBe('partial');
    expect(stateOf({ ...byTeam, source: 'okta' })).toBe('complete');
    expect(
      stateOf({ ...byTeam, source: 'okta' }, { select: byPattern('.*y'), to: 'x', source: 'entra' }),
    ).toBe('partial');
    expect(
      stateOf({ ...byTeam, source: 'okta' }, { select: byPattern('.*y'), to: 'y', source: 'entra' }),
    ).toBe('complete');
    expect(stateOf({ select: byId('g-retool-x'), to: 'x', source: 'okta' })).toBe('complete');
  });

  test.each(entraWithGaps)('%s, the source is no proof that a group is gone', (_, entra) => {
    const desired = mapSnapshots([okta, entra], rules(groupRules(byTeam)));
    expect(desired.completeGroupSources).toEqual(new Set(['okta']));
    expect(desired.incomplete).toEqual([expect.stringContaining('page 3 failed')]);
  });

  test('a group whose members are partial gives what it has and takes nothing', () => {
    const desired = mapSnapshots(
      [
        snapshot('okta', [ada], [group('retool-x', ['ada']), group('retool-y', ['ada'])], {
          partialGroups: new Map([['g-retool-x', 'members: 403']]),
        }),
      ],
      rules(groupRules(byTeam)),
    );
    expect(groupOf(desired, 'x')).toMatchObject({ completeness: partial('members: 403') });
    expect(membersOf(desired, 'x')).toEqual(['ada']);
    expect(groupOf(desired, 'y').completeness).toEqual(complete);
    expect(desired.completeGroupSources).toEqual(new Set(['okta']));
  });
});
