import { describe, expect, test } from 'vitest';
import { mapSnapshots } from '../../../src/mapping/map.ts';
import type { DesiredState } from '../../../src/model/desired-state.ts';
import { partial, type Snapshot } from '../../../src/model/snapshot.ts';
import { group, personOf, rules, snapshot, user, wanted } from './world.ts';

const ada = 'ada@acme.com';
const codesOf = (desired: DesiredState): readonly string[] => desired.skips.map(({ code }) => code);

describe('who is wanted', () => {
  test('somebody active, in scope and with every required field', () => {
    const desired = mapSnapshots([snapshot('okta', [user('ada', { email: 'Ada@ACME.com' })])], rules());
    expect(desired.people).toEqual([
      {
        state: 'wanted',
        keys: [{ source: 'okta', externalId: 'ada' }],
        account: {
          email: ada,
          firstName: 'Ada',
          lastName: 'Lovelace',
          userType: null,
          attributes: new Map(),
          provenance: { rule: 'user', source: 'okta', externalId: 'ada', text: 'in scope in okta' },
        },
      },
    ]);
    expect(desired).toMatchObject({ skips: [], conflicts: [], notices: [], incomplete: [] });
  });

  test('an inactive person is a leaver whatever the scope says', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { active: false })])],
      rules({ scope: 'user.title == "never asked"' }),
    );
    expect(desired.people).toMatchObject([{ state: 'inactive', email: ada, provenance: { rule: 'active' } }]);
    expect(desired.skips).toEqual([]);
  });

  test('nobody can judge a person whose own source cannot, whatever the others say', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { unjudged: 'a new status' })]), snapshot('entra', [user('ada')])],
      rules(),
    );
    expect(desired.people).toMatchObject([
      { state: 'frozen', email: ada, because: 'unjudged', keys: [{ source: 'okta' }, { source: 'entra' }] },
    ]);
    expect(desired.skips).toMatchObject([{ code: 'unjudged', text: `${ada}: a new status` }]);
    expect(desired.completeSources).toEqual(new Set(['okta', 'entra']));
  });

  test('a source that comes later and cannot judge a person does not stand in the way', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada')]), snapshot('entra', [user('ada', { unjudged: 'a new status' })])],
      rules(),
    );
    expect(desired.people).toMatchObject([{ state: 'wanted', account: { email: ada } }]);
    expect(desired.skips).toEqual([]);
  });

  test('an inactive person needs no address', () => {
    const desired = mapSnapshots([snapshot('okta', [user('ada', { active: false, email: '' })])], rules());
    expect(desired.people).toMatchObject([{ state: 'inactive', email: null }]);
    expect(desired.skips).toEqual([]);
  });

  test('a person whom the scope excludes is out of scope', () => {
    const desired = mapSnapshots([snapshot('okta', [user('ada')])], rules({ scope: 'user.active == false' }));
    expect(desired.people).toMatchObject([
      { state: 'outOfScope', email: ada, provenance: { rule: 'scope' } },
    ]);
    expect(desired.skips).toEqual([]);
  });

  test('a mistyped address freezes, even where the scope judges by the address', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { email: 'ada@acme.com ' })])],
      rules({ scope: 'user.email.endsWith("@acme.com")' }),
    );
    expect(desired.people).toMatchObject([{ state: 'frozen', because: 'noUsableAddress' }]);
  });

  test.each([
    ['user.title == "CEO"', 'scopeUndecided'],
    ['user.extra.contractor', 'scopeUndecided'],
    ['user.extra.level + 1 > 2', 'scopeUndecided'],
  ])('a scope that cannot be answered, %s, neither lets in nor puts out', (scope, code) => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { extra: { contractor: 'no', level: 7 } })])],
      rules({ scope }),
    );
    expect(desired.people).toMatchObject([{ state: 'frozen', email: ada, because: code }]);
    expect(codesOf(desired)).toEqual([code]);
  });

  test.each([
    [undefined, 'user.email'],
    ['Ada Lovelace', 'user.email'],
    ['jos\u00e9@acme.com', 'user.email'],
    [ada, 'user.extra.mail'],
  ])('without a usable address (%s) the person is skipped and keeps its account', (email, expression) => {
    const { email: _, ...rest } = user('ada');
    const desired = mapSnapshots(
      [
        snapshot('okta', [
          email === undefined ? rest : { ...rest, email },
          user('bob', { extra: { mail: 'b@acme.com' } }),
        ]),
      ],
      rules({ user: { ...rules().user, email: expression } }),
    );
    expect(personOf(desired, 'okta', 'ada')).toMatchObject({
      state: 'frozen',
      because: 'noUsableAddress',
      email: null,
    });
    expect(personOf(desired, 'okta', 'bob').state).toBe('wanted');
    expect(desired.skips).toMatchObject([{ subject: { key: 'okta:ada' }, code: 'noUsableAddress' }]);
  });

  test.each(['default', 'mobile', 'embed'] as const)('user_type may be %s', (type) => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { extra: { type } })])],
      rules({ user: { ...rules().user, user_type: 'user.extra.type' } }),
    );
    expect(wanted(personOf(desired, 'okta', 'ada')).account.userType).toBe(type);
  });

  test('any other user_type skips the person; none at all leaves it unmanaged', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { extra: { type: 'Default' } }), user('bob')])],
      rules({ user: { ...rules().user, user_type: 'user.extra.type' } }),
    );
    expect(personOf(desired, 'okta', 'ada')).toMatchObject({ state: 'frozen', because: 'invalidUserType' });
    expect(wanted(personOf(desired, 'okta', 'bob')).account.userType).toBeNull();
  });
});

describe('an expression that fails on one record', () => {
  const failing = 'user.extra.level + ""';
  test.each([
    ['user.email', { user: { ...rules().user, email: 'user.extra.level + "@acme.com"' } }],
    ['user.first_name', { user: { ...rules().user, first_name: failing } }],
    ['user.last_name', { user: { ...rules().user, last_name: failing } }],
    ['user.user_type', { user: { ...rules().user, user_type: failing } }],
    ['attributes.level', { attributes: new Map([['level', failing]]) }],
  ])('freezes that person only: %s', (field, more) => {
    const usable = user('bob', { extra: { level: 'default' } });
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { extra: { level: 7 } }), usable])],
      rules(more),
    );
    expect(personOf(desired, 'okta', 'ada')).toMatchObject({ state: 'frozen', because: 'expressionFailed' });
    expect(personOf(desired, 'okta', 'bob').state).toBe('wanted');
    expect(desired.skips).toMatchObject([{ code: 'expressionFailed', text: expect.stringContaining(field) }]);
  });

  test('is reported without what the record holds', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { title: 'secret' })])],
      rules({ attributes: new Map([['level', 'int(user.title)']]) }),
    );
    expect(codesOf(desired)).toEqual(['expressionFailed']);
    expect(JSON.stringify(desired.skips)).not.toContain('secret');
  });
});

describe('people of several sources', () => {
  test('are one when their folded addresses are equal', () => {
    const desired = mapSnapshots(
      [
        snapshot('entra', [user('e1', { email: 'ADA@acme.com' })]),
        snapshot('okta', [user('o1', { email: ada })]),
      ],
      rules(),
    );
    expect(desired.people).toMatchObject([
      {
        state: 'wanted',
        keys: [
          { source: 'okta', externalId: 'o1' },
          { source: 'entra', externalId: 'e1' },
        ],
      },
    ]);
  });

  test('plus tags and dots make other people', () => {
    const desired = mapSnapshots(
      [
        snapshot('okta', [user('o1', { email: ada }), user('o2', { email: 'ada+x@acme.com' })]),
        snapshot('entra', [user('e1', { email: 'a.da@acme.com' })]),
      ],
      rules(),
    );
    expect(desired.people).toHaveLength(3);
  });

  test.each([
    [['okta', 'entra'], 'inactive'],
    [['entra', 'okta'], 'wanted'],
  ] as const)('with precedence %j the first source says whether they are active', (precedence, state) => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { active: false })]), snapshot('entra', [user('ada')])],
      rules({ precedence }),
    );
    expect(desired.people.map((person) => person.state)).toEqual([state]);
  });

  test('take each field from the first source that has a value', () => {
    const desired = mapSnapshots(
      [
        snapshot('okta', [user('ada', { name: { familyName: 'King' } })]),
        snapshot('entra', [user('ada', { name: { givenName: 'Augusta', familyName: 'Byron' } })]),
      ],
      rules(),
    );
    expect(wanted(personOf(desired, 'okta', 'ada')).account).toMatchObject({
      firstName: 'Augusta',
      lastName: 'King',
    });
  });

  test('keep what each source says of an attribute, in precedence order and with its provenance', () => {
    const desired = mapSnapshots(
      [
        snapshot('entra', [user('e1', { email: ada, enterprise: { department: 'Maths' } })]),
        snapshot('okta', [
          user('o1', { email: ada, enterprise: { department: 'Engines' }, extra: { n: null } }),
        ]),
      ],
      rules({
        attributes: new Map([
          ['department', 'user.enterprise.department'],
          ['n', 'user.extra.n'],
        ]),
      }),
    );
    expect(wanted(personOf(desired, 'okta', 'o1')).account.attributes).toEqual(
      new Map([
        [
          'department',
          [
            {
              value: 'Engines',
              provenance: {
                rule: 'attributes.department',
                source: 'okta',
                externalId: 'o1',
                text: 'okta says so',
              },
            },
            {
              value: 'Maths',
              provenance: {
                rule: 'attributes.department',
                source: 'entra',
                externalId: 'e1',
                text: 'entra says so',
              },
            },
          ],
        ],
      ]),
    );
  });

  test('see each other through from, and their groups as a union without repeats', () => {
    const desired = mapSnapshots(
      [
        snapshot('okta', [user('ada')], [group('b', ['ada']), group('a', ['ada'])]),
        snapshot('entra', [user('ada', { title: 'Countess' })], [group('a', ['ada']), group('c', ['ada'])]),
      ],
      rules({
        attributes: new Map([
          ['title', 'from.entra.title'],
          ['groups', 'groups'],
          ['source', 'source'],
        ]),
      }),
    );
    const { attributes } = wanted(personOf(desired, 'okta', 'ada')).account;
    const first = (name: string): string | undefined => attributes.get(name)?.[0]?.value;
    expect([first('title'), first('groups'), first('source')]).toEqual(['Countess', '["a","b","c"]', 'okta']);
  });
});

describe('one address, several records of one source', () => {
  const twice = [user('o1', { email: ada }), user('o2', { email: 'ADA@acme.com' })];

  test('active ones are all left alone, with those of other sources, and the rest goes on', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [...twice, user('bob')]), snapshot('entra', [user('e1', { email: ada })])],
      rules(),
    );
    for (const [source, id] of [
      ['okta', 'o1'],
      ['okta', 'o2'],
      ['entra', 'e1'],
    ] as const)
      expect(personOf(desired, source, id)).toMatchObject({ state: 'frozen', because: 'sharedAddress' });
    expect(personOf(desired, 'okta', 'bob').state).toBe('wanted');
    expect(desired.skips.map(({ subject, text }) => [subject.key, text])).toEqual([
      ['okta:o1', `okta:o1: the address ${ada} is used by more than one active person of okta`],
      ['okta:o2', `okta:o2: the address ${ada} is used by more than one active person of okta`],
      ['entra:e1', `entra:e1: the address ${ada} is used by more than one active person of okta`],
    ]);
  });

  test('an inactive one beside an active one is a person of its own', () => {
    const desired = mapSnapshots(
      [
        snapshot('okta', [user('o1', { email: ada, active: false }), user('o2', { email: ada })]),
        snapshot('entra', [user('e1', { email: ada })]),
      ],
      rules(),
    );
    expect(personOf(desired, 'okta', 'o1')).toMatchObject({
      state: 'inactive',
      keys: [{ externalId: 'o1' }],
    });
    expect(personOf(desired, 'okta', 'o2')).toMatchObject({
      state: 'wanted',
      keys: [{}, { externalId: 'e1' }],
    });
  });

  test('one that the scope excludes does not stand in the way of the other', () => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('adm-ada', { email: ada }), user('ada')])],
      rules({ scope: '!user.externalId.startsWith("adm-")' }),
    );
    expect(personOf(desired, 'okta', 'adm-ada').state).toBe('outOfScope');
    expect(personOf(desired, 'okta', 'ada').state).toBe('wanted');
    expect(desired.skips).toEqual([]);
  });
});

describe('attributes', () => {
  test.each([
    ['user.extra.v', 7, '7'],
    ['user.extra.v', 7.5, '7.5'],
    ['user.extra.v', 1e21, '1e+21'],
    ['user.extra.v', -0, '0'],
    ['user.extra.v', '007', '007'],
    ['user.extra.v', '', ''],
    ['user.extra.v', false, 'false'],
    ['user.extra.v', ['b', null, 1], '["b",1]'],
    ['user.extra.v', { z: 1, a: { c: [true], b: null } }, '{"a":{"c":[true]},"z":1}'],
    ['size(user.extra.v)', ['x', 'y'], '2'],
  ])('%s of %j is written as %s', (expression, v, text) => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { extra: { v } })])],
      rules({ attributes: new Map([['v', expression]]) }),
    );
    expect(
      wanted(personOf(desired, 'okta', 'ada'))
        .account.attributes.get('v')
        ?.map(({ value }) => value),
    ).toEqual([text]);
  });

  test.each([{}, { v: null }])('a field that is absent or null gives no value: %j', (extra) => {
    const desired = mapSnapshots(
      [snapshot('okta', [user('ada', { extra })])],
      rules({ attributes: new Map([['v', 'user.extra.v']]) }),
    );
    expect(wanted(personOf(desired, 'okta', 'ada')).account.attributes.size).toBe(0);
    expect(desired.attributeNames).toEqual(['v']);
  });

  test.each(['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty'])(
    'called %s are attributes like any other, and none when nobody set them',
    (name) => {
      const extra = Object.fromEntries([[name, 'x']]);
      const desired = mapSnapshots(
        [snapshot('okta', [user('ada', { extra }), user('bob')])],
        rules({ attributes: new Map([[name, `user.extra[${JSON.stringify(name)}]`]]) }),
      );
      expect(wanted(personOf(desired, 'okta', 'ada')).account.attributes.get(name)?.[0]?.value).toBe('x');
      expect(wanted(personOf(desired, 'okta', 'bob')).account.attributes.size).toBe(0);
    },
  );

  test('nested too deeply freeze the person who has them, and nobody who has them unread', () => {
    let deep: Record<string, unknown> = {};
    for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
    const extra = Object.assign(Object.create(null), { deep, v: 'x' });
    const people = [snapshot('okta', [user('ada', { extra }), user('bob')])];
    const reading = (expression: string): DesiredState =>
      mapSnapshots(people, rules({ attributes: new Map([['v', expression]]) }));
    expect(personOf(reading('user.extra.v'), 'okta', 'ada').state).toBe('wanted');
    expect(personOf(reading('user.extra.deep'), 'okta', 'ada')).toMatchObject({
      because: 'expressionFailed',
    });
    expect(personOf(reading('user.extra'), 'okta', 'bob').state).toBe('wanted');
  });
});

describe('what a source could not read', () => {
  test('takes it out of the complete sources and says so', () => {
    const desired = mapSnapshots(
      [
        snapshot('okta', [user('ada')], [group('x', [])], { users: partial('2 rows were refused') }),
        snapshot('entra', [user('bob')]),
      ],
      rules(),
    );
    expect(desired.completeSources).toEqual(new Set(['entra']));
    expect(desired.completeGroupSources).toEqual(new Set(['okta', 'entra']));
    expect(desired.seenPeople).toEqual(new Set(['okta:ada', 'entra:bob']));
    expect(desired.seenGroups).toEqual(new Set(['okta:g-x']));
    expect(desired.incomplete).toEqual(['okta: people are incomplete: 2 rows were refused']);
  });

  test('names each row that was refused, once, and counts those beyond the tenth', () => {
    const rows = (type: 'user' | 'group', ids: readonly (string | null)[]): Snapshot['rejected'] =>
      ids.map((externalId) => ({ type, externalId, text: 'status: not one that is known' }));
    const read: Snapshot = {
      ...snapshot('okta', [user('ada')], [], {
        users: partial('rows were refused'),
        partialGroups: new Map([['7', 'profile: missing']]),
      }),
      rejected: [
        ...rows('user', [null, ...Array.from({ length: 11 }, (_, index) => `${index}`)]),
        ...rows('group', ['7', null]),
      ],
    };
    const { incomplete } = mapSnapshots([read], rules({ scope: 'size(groups) >= 0' }));
    expect(incomplete).toContain('okta: a person without an id was left out: status: not one that is known');
    expect(incomplete).toContain('okta: person 7 was left out: status: not one that is known');
    expect(incomplete).toContain('okta: 2 more were left out, each a person');
    expect(incomplete.filter((text) => text.includes('group'))).toEqual([
      'okta: group 7 is incomplete: profile: missing',
      'okta: a group without an id was left out: status: not one that is known',
    ]);
  });

  test('of groups is no matter while nothing depends on groups', () => {
    const people = [snapshot('okta', [user('ada')], [], { groups: partial('page 3 failed') })];
    expect(mapSnapshots(people, rules()).incomplete).toEqual([]);
    expect(mapSnapshots(people, rules({ scope: 'size(groups) >= 0' })).incomplete).toEqual([
      'okta: groups are incomplete: page 3 failed',
    ]);
  });

  test.each([
    ['the list of groups', { groups: partial('page 3 failed') }],
    ['the members of some group', { partialGroups: new Map([['g-x', 'members: 403']]) }],
  ])('of %s freezes whoever an expression would judge by groups', (_, completeness) => {
    const people = [
      snapshot('okta', [user('ada')], [group('x', ['ada'])], completeness),
      snapshot('entra', [user('bob')], [group('x', ['bob'])]),
    ];
    const desired = mapSnapshots(people, rules({ scope: '"x" in groups' }));
    expect(personOf(desired, 'okta', 'ada')).toMatchObject({ state: 'frozen', because: 'scopeUndecided' });
    expect(personOf(desired, 'entra', 'bob').state).toBe('wanted');
    const attribute = mapSnapshots(people, rules({ attributes: new Map([['n', 'size(groups)']]) }));
    expect(personOf(attribute, 'okta', 'ada')).toMatchObject({
      state: 'frozen',
      because: 'groupsIncomplete',
    });
  });
});

test('an id may be anything', () => {
  const ids = ['..', '../../groups/1', 'a/b?x=1#y', '%2e%2e', ' ', '\ud800', 'a:b'];
  const desired = mapSnapshots(
    [
      snapshot(
        'okta',
        ids.map((id, index) => user(id, { email: `u${index}@acme.com` })),
        [group('x', ids)],
      ),
    ],
    rules(),
  );
  expect(desired.people.map(({ state }) => state)).toEqual(ids.map(() => 'wanted'));
});
