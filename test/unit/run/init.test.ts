import { describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import type { BridgeConfig } from '../../../src/config/types.ts';
import { allVisible, type CurrentState } from '../../../src/model/current-state.ts';
import { complete, type Snapshot } from '../../../src/model/snapshot.ts';
import type { User } from '../../../src/model/user.ts';
import { initialConfig, initSources, usualAnswers, variablesOf } from '../../../src/run/init.ts';
import { propose, type Proposal } from '../../../src/run/propose.ts';
import { sourceTypes } from '../../../src/sources/index.ts';
import { wordsOf } from './words.ts';

const sourceOptions = Object.fromEntries(
  Object.entries(sourceTypes).map(([type, { options }]) => [type, options]),
);

function load(text: string): Promise<BridgeConfig> {
  return loadConfig({
    path: '/etc/bridge.yaml',
    env: {},
    sourceOptions,
    readFile: async () => text,
    secrets: 'ignore',
  });
}

const person = (id: string, more: Partial<User> = {}): User => ({
  externalId: id,
  active: true,
  email: `${id}@acme.com`,
  extra: Object.create(null),
  ...more,
});

function snapshot(
  source: string,
  names: readonly string[],
  users: readonly User[] = [person('ann')],
): Snapshot {
  return {
    source,
    takenAt: '2026-01-05T09:00:00.000Z',
    users,
    groups: names.map((displayName, index) => ({
      externalId: `g${index}`,
      displayName,
      members: [],
      extra: Object.create(null),
    })),
    completeness: { users: complete, groups: complete, partialGroups: new Map() },
    rejected: [],
    calls: 1,
  };
}

function retool(groups: readonly string[], more: Partial<CurrentState> = {}): CurrentState {
  return {
    visible: allVisible,
    users: [],
    groups: groups.map((name, index) => ({ id: String(index), name, members: new Map(), access: null })),
    invites: [],
    attributes: [],
    readAt: { began: 0, ended: 0 },
    ...more,
  };
}

const rulesOf = ({ rules }: Proposal): readonly (readonly [string, string, boolean])[] =>
  rules.map(({ match, to, create }) => [match, to, create]);

describe('rules are proposed by name', () => {
  test('as one pattern where what follows the common beginning is the name in Retool, or new', () => {
    const proposal = propose(
      [snapshot('okta', ['retool-sales', 'retool-legal'])],
      retool(['sales', 'admin']),
    );
    expect(rulesOf(proposal)).toEqual([['retool-(?P<team>.+)', '${team}', true]]);
    expect(proposal.rules[0]?.why).toBe('2 groups: 1 in Retool already, 1 would be created');
  });

  test('one by one where a name is written otherwise in Retool', () => {
    const proposal = propose(
      [snapshot('okta', ['retool-field-sales', 'retool-legal (EU)'])],
      retool(['Field Sales']),
    );
    expect(rulesOf(proposal)).toEqual([
      ['retool-field-sales', 'Field Sales', false],
      ['retool-legal \\(EU\\)', 'legal (EU)', true],
    ]);
  });

  test('for groups outside the common beginning only where Retool has one of that name', () => {
    const proposal = propose(
      [snapshot('okta', ['retool-a', 'retool-b', 'retool-c', 'Everyone', 'Finance', '${x}'])],
      retool(['finance', '${x}']),
    );
    expect(rulesOf(proposal).at(-1)).toEqual(['Finance', 'finance', false]);
    expect(proposal.unmatched).toEqual(['okta: ${x}', 'okta: Everyone']);
  });

  test('naming the source where there are several, and never a built-in group', () => {
    const proposal = propose(
      [snapshot('okta', ['admin', 'retool-a', 'retool-b']), snapshot('entra', ['Retool X', 'Retool Y'])],
      retool(['admin', 'viewer']),
    );
    expect(proposal.rules.map(({ source, match }) => [source, match])).toEqual([
      ['okta', 'retool-(?P<team>.+)'],
      ['entra', 'Retool (?P<team>.+)'],
    ]);
    expect(proposal.unmatched).toEqual(['okta: admin']);
  });

  test('up to a number that can be read', () => {
    const names = Array.from({ length: 60 }, (_, index) => `team ${wordsOf(index)}`);
    const proposal = propose([snapshot('okta', names)], retool(names.map((name) => name.toUpperCase())));
    expect(proposal.rules).toHaveLength(40);
    expect(proposal.unmatched).toHaveLength(20);
  });
});

test.each([
  ['retool-finance', [{ match: 'retool-(?P<team>.+)', to: '${team}', create: true }]],
  ['Retool Finance', [{ match: 'Retool (?P<team>.+)', to: '${team}', create: true }]],
  ['staff-finance', []],
])('of a single group, %s, only a name that says what it is for makes a pattern', (name, rules) => {
  const proposal = propose([snapshot('okta', [name])], retool([]));
  expect(proposal.rules).toMatchObject(rules);
  expect(proposal.unmatched).toEqual(rules.length === 0 ? [`okta: ${name}`] : []);
});

test('attributes are proposed by name where somebody has a value', () => {
  const users = [person('ann', { title: 'Clerk', enterprise: { employeeNumber: '7' } })];
  const attributes = ['Job_Title', 'employee_id', 'department', 'shoe_size'].map((name) => ({
    name,
    dataType: 'string',
    defaultValue: null,
  }));
  expect(propose([snapshot('okta', [], users)], retool([], { attributes })).attributes).toEqual([
    { name: 'Job_Title', expression: 'user.title' },
    { name: 'employee_id', expression: 'user.enterprise.employeeNumber' },
    { name: 'department', expression: null },
    { name: 'shoe_size', expression: null },
  ]);
});

test('active admins whom no source knows are protected', () => {
  const admin = {
    firstName: 'A',
    lastName: 'B',
    active: true,
    isAdmin: true,
    userType: null,
    metadata: {},
    lastActive: null,
  };
  const users = [
    { ...admin, id: 'u1', email: 'Ann@acme.com' },
    { ...admin, id: 'u2', email: 'glass@acme.com' },
    { ...admin, id: 'u3', email: 'gone@acme.com', active: false },
    { ...admin, id: 'u4', email: 'user@acme.com', isAdmin: false },
  ];
  expect(propose([snapshot('okta', [])], retool([], { users })).protect).toEqual(['glass@acme.com']);
});

describe('the file that is written', () => {
  test.each([
    [['okta']],
    [['entra']],
    [['google']],
    [['ldap']],
    [['file']],
    [['file', 'okta', 'entra', 'google', 'ldap']],
  ] as const)('loads for %j without anything added', async (sources) => {
    const config = await load(initialConfig({ ...usualAnswers, sources }, null));
    expect(config.sources.map(({ type }) => type)).toEqual(
      initSources.filter((type) => sources.some((one) => one === type)),
    );
    expect(config.mapping.groups).toHaveLength(1);
  });

  test('holds answers and proposals as they are, whatever they hold', async () => {
    const odd = '"quoted": #1 \\ {x}';
    const proposal: Proposal = {
      rules: [{ source: 'okta', match: 'a\\.b: #', to: odd, create: true, why: 'line\nbreak: - match: x' }],
      attributes: [
        { name: 'department', expression: 'user.enterprise.department' },
        { name: 'other\n  evil: 1', expression: null },
      ],
      protect: ['glass@acme.com'],
      unmatched: ['okta: x\n- y'],
    };
    const answers = {
      ...usualAnswers,
      okta: { orgUrl: 'https://odd.okta.com', token: 'T', groups: ['a, "b"*', 'id:00g1'] },
      retool: { baseUrl: 'https://odd.retool.com', token: 'R' },
    };
    const config = await load(initialConfig(answers, proposal));
    expect(config.mapping.groups).toMatchObject([
      { select: { by: 'pattern', pattern: 'a\\.b: #' }, source: 'okta', to: odd, create: true },
    ]);
    expect([...config.mapping.attributes]).toEqual([['department', 'user.enterprise.department']]);
    expect(config.policy.protect.users).toEqual(['glass@acme.com']);
    expect(config.sources[0]?.options).toMatchObject({ scope: { groups: ['a, "b"*', 'id:00g1'] } });
    expect(config.target.baseUrl).toBe('https://odd.retool.com/api/v2');
  });

  test('names columns where the file is one of CSV', async () => {
    const config = await load(
      initialConfig({ ...usualAnswers, sources: ['file'], file: { path: './hr.csv' } }, null),
    );
    expect(config.sources[0]?.options).toMatchObject({
      format: 'csv',
      columns: { id: 'EmpNo', userName: 'Mail' },
    });
  });

  test('tells editors where its schema is, and names the variables it needs', () => {
    expect(initialConfig(usualAnswers, null)).toMatch(
      /^# yaml-language-server: \$schema=\.\/bridge\.schema\.json\n/,
    );
    expect(variablesOf({ ...usualAnswers, sources: ['entra', 'ldap', 'google', 'file'] })).toEqual([
      'ENTRA_CLIENT_SECRET',
      'LDAP_PASSWORD',
      'RETOOL_API_TOKEN',
    ]);
  });
});
