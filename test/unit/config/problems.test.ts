import { describe, expect, test } from 'vitest';
import { config, failure, load, mapping, problems, type World } from './support.ts';

/** Stands before the place that the problem should name, and is not part of the file. */
const mark = '▸';

interface Case {
  readonly name: string;
  /** With one mark. */
  readonly text: string;
  /** `path: text`. */
  readonly problem: string;
  readonly world?: World;
}

function expectedLine({ text, problem }: Case): string {
  const before = text.slice(0, text.indexOf(mark)).split('\n');
  return `bridge.yaml:${before.length}:${(before.at(-1)?.length ?? 0) + 1} ${problem}`;
}

function checkEach(cases: readonly Case[]): void {
  test.each(cases)('$name', async (one) => {
    expect(await problems(one.text.replace(mark, ''), one.world)).toEqual([expectedLine(one)]);
  });
}

/** A configuration with one more line or another value of a key. */
function line(key: string, value: string): string {
  return config({ [key]: value });
}

function rule(text: string): string {
  return config(mapping(`groups: [${text}]`));
}

const access = '{ apps: use, resources: use, workflows: none, queryLibrary: use }';
const otherAccess = '{ apps: own, resources: use, workflows: none, queryLibrary: use }';

describe('YAML', () => {
  checkEach([
    { name: 'an empty file is no map', text: '▸', problem: 'expected a map of keys' },
    { name: 'a list is no map', text: '▸- version: 1\n', problem: 'expected a map of keys' },
    {
      name: 'a key stands once',
      text: `${config()}▸policy: sync\n`,
      problem: 'policy: stands twice in this map',
    },
    {
      name: 'keys that only look different are the same',
      text: line('guard', '{ windows: { 24h: 10%, ▸"24h": 10% } }'),
      problem: 'guard.windows["24h"]: stands twice in this map',
    },
    {
      name: '__proto__ is no key',
      text: config(mapping('attributes: { ▸__proto__: user.title }')),
      problem: 'mapping.attributes.__proto__: is not allowed as a key',
    },
    {
      name: 'a tag is refused',
      text: line('policy', '▸!!str sync').replace('▸!!str ', '!!str ▸'),
      problem: 'policy: tags are not allowed',
    },
    { name: 'a custom tag is refused', text: line('policy', '▸!sync sync'), problem: 'tags are not allowed' },
    {
      name: 'a second document is refused',
      text: `${config()}▸---\nversion: 1\n`,
      problem: 'a second document begins here; expected one',
    },
    {
      name: 'a list that does not end is refused',
      text: 'version: 1\nprecedence: [a, b\n▸',
      problem: 'flow sequence in block collection must be sufficiently indented and end with a ]',
    },
    {
      name: 'a text with a colon needs quotes',
      text: 'version: 1\npolicy: ▸sync: 1\n',
      problem: 'a map cannot begin here; put a text with ": " in it in quotes',
    },
    {
      name: 'tabs do not indent',
      text: 'mapping:\n▸\tuser: 1\n',
      problem: 'a tab cannot indent; use spaces',
    },
    {
      name: 'an alias needs an anchor',
      text: line('protect', '{ groups: [▸*nobody] }'),
      problem: 'protect.groups[0]: no anchor of this name stands before it',
    },
    {
      name: 'an alias cannot repeat what it is part of',
      text: line('protect', '{ groups: &all [▸*all] }'),
      problem: 'protect.groups[0]: this alias repeats what it is a part of',
    },
    {
      name: 'another version of YAML is refused',
      text: `▸%YAML 1.1\n---\n${config()}`,
      problem: 'expected YAML 1.2, which needs no %YAML directive',
    },
    {
      name: 'a merge key is unknown',
      text: `${config()}▸<<: { policy: sync }\n`,
      problem: '["<<"]: unknown key',
    },
    {
      name: 'a file without end is not parsed',
      text: `▸${'#'.repeat(1_048_577)}`,
      problem: 'is longer than 1048576 characters',
    },
  ]);

  test('an alias bomb is refused before it goes off', async () => {
    const levels = ['a: &a [x, x, x, x, x, x, x, x, x]'];
    for (const [of, at] of ['ab', 'bc', 'cd', 'de', 'ef', 'fg', 'gh', 'hi'])
      levels.push(`${at}: &${at} [${`*${of}, `.repeat(9)}]`);
    const found = await problems(`${levels.join('\n')}\n`);
    expect(found.filter((one) => one.includes('comes to more than 50000 values'))).toHaveLength(1);
  });

  test('nesting without end is refused', async () => {
    const found = await problems(`a: ${'['.repeat(70)}${']'.repeat(70)}\n`);
    expect(found.filter((one) => one.includes('is nested deeper than 64 levels'))).toHaveLength(1);
    expect((await failure('['.repeat(20_000))).code).toBe('configInvalid');
  });
});

describe('keys and kinds of values', () => {
  checkEach([
    {
      name: 'a required key that is missing',
      text: `▸${config({ policy: null })}`,
      problem: 'policy: missing; expected "create-only", "upsert-only" or "sync"',
    },
    {
      name: 'a required key of an inner map that is missing',
      text: line('target', '▸{ baseUrl: https://acme.retool.com }'),
      problem: 'target.token: missing; expected a secret by reference: { env: NAME } or { file: PATH }',
    },
    { name: 'an unknown key', text: line('▸colour', 'red'), problem: 'colour: unknown key' },
    {
      name: 'a mistyped key',
      text: line('▸sheduler', '{}').replace('sheduler', 'shedule'),
      problem: 'shedule: unknown key (did you mean "schedule"?)',
    },
    {
      name: 'a mistyped key of a source',
      text: line('sources', '{ x: { type: file, path: y, ▸paht: y } }'),
      problem: 'sources.x.paht: unknown key (did you mean "path"?)',
    },
    { name: 'another version', text: line('version', '▸2'), problem: 'version: expected 1' },
    {
      name: 'a mistyped word',
      text: line('memberships', '▸autoritative'),
      problem: 'memberships: expected "owned", "authoritative" or "additive" (did you mean "authoritative"?)',
    },
    {
      name: 'text where a number stands',
      text: line('protect', '{ admins: ▸two }'),
      problem: 'protect.admins: expected a number, found text',
    },
    {
      name: 'a fraction where a whole number stands',
      text: line('protect', '{ admins: ▸1.5 }'),
      problem: 'protect.admins: expected a whole number',
    },
    {
      name: 'a number below the least',
      text: line('protect', '{ admins: ▸-1 }'),
      problem: 'protect.admins: expected a number of at least 0',
    },
    {
      name: 'a number where text stands',
      text: rule('{ id: ▸12, to: x }'),
      problem: 'mapping.groups[0].id: expected text, found a number (put it in quotes)',
    },
    {
      name: 'nothing where a map stands',
      text: line('guard', '▸'),
      problem: 'guard: expected a map, found nothing',
    },
    {
      name: 'a map where a list stands',
      text: line('precedence', '▸{}'),
      problem: 'precedence: expected a list, found a map',
    },
    {
      name: 'a word where one of two forms stands',
      text: line('leavers', '▸disabled'),
      problem: 'leavers: expected "disable" or "keep" (did you mean "disable"?)',
    },
    {
      name: 'a mistake within one of two forms',
      text: line('sources', '{ x: { type: madeUp, way: { metres: ▸far } } }'),
      problem: 'sources.x.way.metres: expected a number, found text',
    },
    {
      name: 'a leaver reason that is missing',
      text: line('leavers', '▸{ inactive: disable, gone: disable }'),
      problem: 'leavers.outOfScope: missing; expected "disable" or "keep"',
    },
  ]);
});

describe('sources, precedence and target', () => {
  checkEach([
    { name: 'no source', text: line('sources', '▸{}'), problem: 'sources: expected at least one source' },
    {
      name: 'a source id with a space',
      text: line('sources', '{ ▸a b: { type: file, path: x } }'),
      problem:
        'sources["a b"]: expected a source id: a letter, then letters, digits, "_" and "-", at most 63 characters',
    },
    {
      name: 'a source without a type',
      text: line('sources', '{ x: ▸{ path: y } }'),
      problem: 'sources.x.type: missing; expected "okta", "file" or "madeUp"',
    },
    {
      name: 'a mistyped type',
      text: line('sources', '{ x: { type: ▸octa } }'),
      problem: 'sources.x.type: expected "okta", "file" or "madeUp" (did you mean "okta"?)',
    },
    {
      name: 'a type that every object inherits',
      text: line('sources', '{ x: { type: ▸constructor } }'),
      problem: 'sources.x.type: expected "okta", "file" or "madeUp"',
    },
    {
      name: 'a rule of the source type over several options',
      text: line(
        'sources',
        '{ x: { type: okta, orgUrl: https://a.okta.com, auth: { token: { env: RETOOL_API_TOKEN } }, scope: ▸{} } }',
      ),
      problem: 'sources.x.scope: expected exactly one of app, groups, everything; found none',
    },
    {
      name: 'several sources without a precedence',
      text: `▸${config({ sources: '{ a: { type: file, path: x }, b: { type: file, path: y } }' })}`,
      problem: 'precedence: missing; with several sources, expected each once, the one that wins first: a, b',
    },
    {
      name: 'a precedence that leaves a source out',
      text: config({
        sources: '{ a: { type: file, path: x }, b: { type: file, path: y } }',
        precedence: '▸[b]',
      }),
      problem: 'precedence: does not name "a"',
    },
    {
      name: 'a precedence that names a source twice',
      text: line('precedence', '[staff, ▸staff]'),
      problem: 'precedence[1]: stands in the list already',
    },
    {
      name: 'a precedence that names no source',
      text: line('precedence', '[staff, ▸stafff]'),
      problem: 'precedence[1]: expected the id of a configured source: "staff" (did you mean "staff"?)',
    },
    ...(
      [
        ['http://acme.retool.com', 'expected https://; http:// is for loopback only'],
        ['http://127.0.0.1.example.com', 'expected https://; http:// is for loopback only'],
        ['https://me:pass@acme.retool.com', 'expected an address without a user or password'],
        ['https://acme.retool.com?x=1', 'expected an address without "?" and "#"'],
        ['acme.retool.com', 'expected an address such as https://acme.retool.com'],
        ['ftp://acme.retool.com', 'expected an address such as https://acme.retool.com'],
      ] as const
    ).map(([url, text]) => ({
      name: `the target ${url}`,
      text: line('target', `{ baseUrl: ▸${url}, token: { env: RETOOL_API_TOKEN } }`),
      problem: `target.baseUrl: ${text}`,
    })),
    ...['30', '0s', '30 s', '1.5h', '30S'].map((duration) => ({
      name: `the duration ${duration}`,
      text: line('schedule', `{ fullReadEvery: ▸${duration} }`),
      problem: 'schedule.fullReadEvery: expected a duration such as 500ms, 30s, 15m, 24h or 7d',
    })),
    {
      name: 'a duration beyond ten years',
      text: line('schedule', '{ fullReadEvery: ▸3651d }'),
      problem: 'schedule.fullReadEvery: expected a duration of at most 3650d',
    },
  ]);
});

describe('mapping', () => {
  checkEach([
    {
      name: 'an unknown field in a plain text',
      text: config(mapping('scope: user.▸userNam == "x"')),
      problem: 'mapping.scope: unknown field "userNam" (did you mean "userName"?)',
    },
    {
      name: 'an unknown field in single quotes',
      text: config(mapping(`scope: 'user.title == "it''s" && user.▸foo == "x"'`)),
      problem: `mapping.scope: unknown field "foo"; the provider's own attributes are under user.extra`,
    },
    {
      name: 'an unknown field in double quotes with escapes',
      text: config(mapping('scope: "user.title == \\"\\u0041\\" && user.▸foo == \\"x\\""')),
      problem: `mapping.scope: unknown field "foo"; the provider's own attributes are under user.extra`,
    },
    {
      name: 'an unknown field in a folded text',
      text: config({
        mapping:
          '\n  user: { email: user.email, first_name: user.name.givenName, last_name: user.name.familyName }\n  scope: >-\n    user.title == "x"\n    && user.▸foo == "x"',
      }),
      problem: `mapping.scope: unknown field "foo"; the provider's own attributes are under user.extra`,
    },
    {
      name: 'a scope that is no bool',
      text: config(mapping('scope: ▸user.title')),
      problem: 'mapping.scope: gives a value of type string where a bool (true or false) is needed',
    },
    {
      name: 'an attribute expression over an unknown source',
      text: config(mapping('attributes: { x: from.▸stuff.title }')),
      problem: 'mapping.attributes.x: unknown source "stuff" (did you mean "staff"?)',
    },
    {
      name: 'an attribute name that Retool does not allow',
      text: config(mapping('attributes: { ▸Department: user.title }')),
      problem:
        'mapping.attributes.Department: expected the name of a Retool user attribute: 1 to 255 of a-z, 0-9 and "_"',
    },
    {
      name: 'a rule that selects nobody',
      text: rule('▸{ to: x }'),
      problem: 'mapping.groups[0]: expected exactly one of match, id and when; found none',
    },
    {
      name: 'a rule that selects in two ways',
      text: rule('▸{ match: a, id: b, to: x }'),
      problem: 'mapping.groups[0]: expected exactly one of match, id and when; found match and id',
    },
    {
      name: 'a pattern that RE2 does not know',
      text: rule("{ match: 'a▸(?=b)', to: x }"),
      problem:
        'mapping.groups[0].match: invalid or unsupported Perl syntax at "(?="; RE2 has no look-around and no back-references',
    },
    {
      name: 'a name in to that the pattern lacks',
      text: rule("{ match: '(?P<team>.+)', to: 'x-▸${taem}' }"),
      problem: 'mapping.groups[0].to: the pattern has no group "taem" (did you mean "team"?)',
    },
    {
      name: 'a name in admins that the pattern lacks',
      text: rule("{ match: '(?P<team>.+)', to: x, admins: '▸${t}' }"),
      problem: 'mapping.groups[0].admins: the pattern has no group "t"',
    },
    {
      name: 'a name in to without a pattern',
      text: rule("{ id: a, to: '▸${team}' }"),
      problem: 'mapping.groups[0].to: "${team}" names no group: there is no (?P<team>…) in "match"',
    },
    {
      name: 'admins of a rule by expression',
      text: rule('{ when: user.active, to: x, ▸admins: y }'),
      problem:
        'mapping.groups[0].admins: needs match or id: people chosen by an expression come from no group',
    },
    {
      name: 'a rule of a source that is not configured',
      text: rule('{ id: a, source: ▸staf, to: x }'),
      problem:
        'mapping.groups[0].source: expected the id of a configured source: "staff" (did you mean "staff"?)',
    },
    {
      name: 'an id that could be of two sources',
      text: config({
        sources: '{ a: { type: file, path: x }, b: { type: file, path: y } }',
        precedence: '[a, b]',
        ...mapping('groups: [{ id: ▸x, to: y }]'),
      }),
      problem: 'mapping.groups[0].id: with several sources, id needs source: "a" or "b"',
    },
    {
      name: 'two rules that give one group different access',
      text: rule(
        `{ match: a, to: X, access: ${access} }, { match: b, to: X }, { match: c, to: X, ▸access: ${otherAccess} }`,
      ),
      problem:
        'mapping.groups[2].access: differs from the access that mapping.groups[0] gives the same group',
    },
    {
      name: 'two rules whose groups differ by case',
      text: rule('{ match: a, to: Ops }, { match: b, to: ▸OPS }'),
      problem:
        'mapping.groups[1].to: differs from what mapping.groups[0] names in upper and lower case alone',
    },
  ]);

  test('rules that agree may feed one group, whatever the order of their access keys', async () => {
    const turned = '{ queryLibrary: use, workflows: none, resources: use, apps: use }';
    const { mapping: rules } = await load(
      rule(`{ match: a, to: X, access: ${access} }, { match: b, to: X, access: ${turned} }`),
    );
    expect(rules.groups).toHaveLength(2);
  });
});

describe('rules, limits and what later versions know', () => {
  const approve = 'to let more through, approve the one plan that needs it (apply --approve)';
  checkEach([
    {
      name: 'a count of disables above 1,000',
      text: line('guard', '{ disables: { count: ▸1001 } }'),
      problem: `guard.disables.count: expected a count of at most 1000; ${approve}`,
    },
    {
      name: 'a percentage of disables above 50',
      text: line('guard', '{ disables: { percent: ▸51 } }'),
      problem: `guard.disables.percent: expected a percentage of at most 50; ${approve}`,
    },
    {
      name: 'a count of removals above 1,000',
      text: line('guard', '{ removals: { count: ▸1001 } }'),
      problem: `guard.removals.count: expected a count of at most 1000; ${approve}`,
    },
    {
      name: 'a percentage of removals above 50',
      text: line('guard', '{ removals: { percent: ▸50.5 } }'),
      problem: `guard.removals.percent: expected a percentage of at most 50; ${approve}`,
    },
    {
      name: 'a window in plain numbers',
      text: line('guard', '{ windows: { 24h: ▸10 } }'),
      problem: 'guard.windows["24h"]: expected a percentage from 0% to 100%, such as 10%',
    },
    {
      name: 'two windows of one length',
      text: line('guard', '{ windows: { 24h: 10%, ▸1d: 5% } }'),
      problem: 'guard.windows["1d"]: is as long as "24h"',
    },
    {
      name: 'a grace without a duration',
      text: line(
        'leavers',
        '{ inactive: disable, gone: disable, outOfScope: { after: ▸soon, then: disable } }',
      ),
      problem: 'leavers.outOfScope.after: expected a duration such as 500ms, 30s, 15m, 24h or 7d',
    },
    {
      name: 'a grace after which nothing happens',
      text: line('leavers', '{ inactive: disable, gone: { after: 7d, then: ▸keep }, outOfScope: keep }'),
      problem: 'leavers.gone.then: expected "disable"',
    },
    {
      name: 'a grace for the inactive',
      text: line('leavers', '{ inactive: ▸{ after: 7d, then: disable }, gone: disable, outOfScope: keep }'),
      problem: 'leavers.inactive: whoever is inactive gets no grace; expected "disable" or "keep" alone',
    },
    {
      name: 'four cron fields',
      text: line('schedule', '{ cron: ▸"* * * *" }'),
      problem:
        'schedule.cron: expected five fields (minute, hour, day of the month, month, day of the week), such as "*/15 * * * *"',
    },
    {
      name: 'a cron field out of range',
      text: line('schedule', '{ cron: ▸"0 24 * * *" }'),
      problem:
        'schedule.cron: expected another hour: "*" or values from 0 to 23, with "," and "-" and "/" between them',
    },
    {
      name: 'a time zone that does not exist',
      text: line('schedule', '{ timezone: ▸Europe/Berln }'),
      problem:
        'schedule.timezone: expected a time zone such as Etc/UTC or Europe/Berlin (did you mean "Europe/Berlin"?)',
    },
    {
      name: 'an offset for a time zone',
      text: line('schedule', '{ timezone: ▸"+01:00" }'),
      problem: 'schedule.timezone: expected a time zone such as Etc/UTC or Europe/Berlin',
    },
    ...['./bridge.db', 'sqlite:', 'sqlite://./x.db', 'mysql://db'].map((state) => ({
      name: `the state ${state}`,
      text: line('state', `▸"${state}"`),
      problem: 'state: expected sqlite:PATH, such as sqlite:./bridge.db, or postgres://…',
    })),
    {
      name: 'a report format twice',
      text: line('reports', '{ formats: ▸[html, html] }'),
      problem: 'reports.formats: expected each format once',
    },
    {
      name: 'a protected address that is none',
      text: line('protect', '{ users: [▸owner] }'),
      problem: 'protect.users[0]: expected an e-mail address of plain ASCII',
    },
    {
      name: 'an unknown answer to a changed address',
      text: line('onEmailChange', '▸rename'),
      problem: 'onEmailChange: expected "report" or "replace"',
    },
    {
      name: 'an unknown answer to drift',
      text: line('drift', '▸ignore'),
      problem: 'drift: expected "repair" or "report"',
    },
    ...[
      ['correlate', '▸{ attribute: okta_id }', 'correlate'],
      ['mergeBy', '▸employee_id', 'mergeBy'],
      ['ownerAttribute', '▸bridge_owner', 'ownerAttribute'],
      ['notify', '▸[]', 'notify'],
      ['service', '▸{ page: false }', 'service'],
      ['network', '▸{ noProxy: [] }', 'network'],
    ].map(([key = '', value = '', path = '']) => ({
      name: `the later key ${path}`,
      text: line(key, value),
      problem: `${path}: is not supported by this version yet`,
    })),
    {
      name: 'an unknown flag',
      text: rule('{ match: a, to: x, flags: { ▸userLst: true } }'),
      problem: 'mapping.groups[0].flags.userLst: unknown key (did you mean "userList"?)',
    },
    {
      name: 'an unknown way to provision',
      text: rule('{ match: a, to: x, provision: ▸mail }'),
      problem: 'mapping.groups[0].provision: expected "users" or "invites"',
    },
    {
      name: 'a grant of something unknown',
      text: rule('{ match: a, to: x, grants: [▸{ level: use }] }'),
      problem:
        'mapping.groups[0].grants[0]: expected exactly one of folder, app, resource, resourceConfiguration; found none',
    },
    {
      name: 'a grant whose template names no group of match',
      text: rule('{ match: a, to: x, grants: [{ folder: "▸${team}", level: use }] }'),
      problem:
        'mapping.groups[0].grants[0].folder: "${team}" names no group: there is no (?P<team>…) in "match"',
    },
  ]);
});

test('every problem is named at once, in the order of the file', async () => {
  const error = await failure(
    config({
      version: '2',
      sources: '{ staff: { type: file, paht: x }, okta: { type: octa } }',
      mapping:
        '{ user: { email: user.mail, first_name: user.name.givenNam }, groups: [{ match: "(", to: "" }] }',
      policy: 'synch',
      guard: '{ disable: {} }',
      state: 'bridge.db',
    }),
  );
  expect(error.code).toBe('configInvalid');
  expect(
    error.message
      .split('\n')
      .slice(1)
      .map((one) => one.replace(/^.*bridge\.yaml:/, '').replace(/: .*/, '')),
  ).toEqual([
    '1:1 precedence',
    '1:10 version',
    '2:19 sources.staff.path',
    '2:33 sources.staff.paht',
    '2:58 sources.okta.type',
    '4:18 mapping.user.last_name',
    '4:32 mapping.user.email',
    '4:60 mapping.user.first_name',
    '4:91 mapping.groups[0].match',
    '4:99 mapping.groups[0].to',
    '5:9 policy',
    '7:8 state',
    '8:10 guard.disable',
  ]);
});
