import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { config, failure, home, load, loadAll, mapping, problems } from './support.ts';

const env = { PROD_TOKEN: 'retool_01_prod', LAB_TOKEN: 'retool_01_lab' };

const prod = [
  '  prod:',
  '    baseUrl: https://acme.retool.com',
  '    token: { env: PROD_TOKEN }',
  '    state: sqlite:./prod.db',
];
const lab = [
  '  lab:',
  '    baseUrl: https://lab.retool.com',
  '    token: { env: LAB_TOKEN }',
  '    state: sqlite:./lab.db',
];

/** A configuration with these lines under `targets`, and further lines under the second of them. */
function withTargets(
  targets: readonly string[],
  changes: Readonly<Record<string, string | null>> = {},
): string {
  return `${config({ target: null, state: null, ...changes })}targets:\n${targets.join('\n')}\n`;
}

const both = withTargets([...prod, ...lab]);

describe('several targets', () => {
  test('each get a configuration of their own, in their order', async () => {
    const loaded = await loadAll(both, { env });
    expect(
      loaded.map(({ name, target, state, reports }) => [
        name,
        target.baseUrl,
        target.token.reveal(),
        state,
        reports.directory,
      ]),
    ).toEqual([
      [
        'prod',
        'https://acme.retool.com/api/v2',
        'retool_01_prod',
        { kind: 'sqlite', path: path.join(home, 'prod.db') },
        path.join(home, 'reports/prod'),
      ],
      [
        'lab',
        'https://lab.retool.com/api/v2',
        'retool_01_lab',
        { kind: 'sqlite', path: path.join(home, 'lab.db') },
        path.join(home, 'reports/lab'),
      ],
    ]);
  });

  test('lay their mapping over the shared one: maps merge, lists and single values replace', async () => {
    const text = withTargets(
      [
        ...prod,
        ...lab,
        '    mapping:',
        '      scope: user.active',
        '      user: { last_name: user.displayName }',
        '      attributes: { team: user.title }',
        '      groups: [{ match: lab-(?P<t>.+), to: "${t}" }]',
      ],
      mapping(
        'attributes: { department: user.enterprise.department }, groups: [{ match: a, to: a }, { match: b, to: b }]',
      ),
    );
    const [first, second] = await loadAll(text, { env });
    expect(first?.mapping.groups.map(({ to }) => to)).toEqual(['a', 'b']);
    expect(first?.mapping.scope).toBeNull();
    expect(second?.mapping).toMatchObject({
      scope: 'user.active',
      user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.displayName' },
      attributes: new Map([
        ['department', 'user.enterprise.department'],
        ['team', 'user.title'],
      ]),
    });
    expect(second?.mapping.groups.map(({ to }) => to)).toEqual(['${t}']);
  });

  test('may have the whole mapping to themselves, and a reports folder', async () => {
    const own = config().match(/mapping: .*/)?.[0] ?? '';
    const text = withTargets(
      [
        ...prod,
        `    ${own}`,
        ...lab,
        `    ${own}`,
        '    reports: { directory: ./elsewhere, formats: [csv] }',
      ],
      { mapping: null, reports: '{ formats: [text] }' },
    );
    const [first, second] = await loadAll(text, { env });
    expect(first?.reports).toEqual({ directory: path.join(home, 'reports/prod'), formats: ['text'] });
    expect(second?.reports).toEqual({ directory: path.join(home, 'elsewhere'), formats: ['csv'] });
  });

  test('are laid over those of the file that is extended', async () => {
    const base = withTargets([...prod, ...lab]);
    const text = 'extends: base.yaml\ntargets: { lab: { requestsPerMinute: 7 } }\n';
    const files = { [path.join(home, 'base.yaml')]: base };
    const loaded = await loadAll(text, { env, files });
    expect(loaded.map(({ name, target }) => [name, target.requestsPerMinute])).toEqual([
      ['prod', 45],
      ['lab', 7],
    ]);
  });
});

describe('one of several targets', () => {
  test('is chosen by its name, and then the secrets of the others may be missing', async () => {
    const loaded = await load(both, { env: { LAB_TOKEN: 'x' }, target: 'lab' });
    expect(loaded.target.token.reveal()).toBe('x');
    const refused = await failure(both, { env: { LAB_TOKEN: 'x' }, target: 'prod' });
    expect(refused.code).toBe('secretMissing');
    expect(refused.message).toContain('targets.prod.token: environment variable PROD_TOKEN is not set');
    expect(refused.message).not.toContain('LAB_TOKEN');
  });

  test.each([
    ['nobody said which', both, undefined, 'has 2 targets: prod, lab', '--target "prod" or "lab"'],
    ['the name is mistyped', both, 'prdo', 'no target "prdo" (did you mean "prod"?)', 'prod, lab'],
    ['there is only one, without a name', config(), 'prod', 'one target without a name', 'Leave out'],
  ])('is refused when %s', async (_, text, target, message, remedy) => {
    const world = { env: { ...env, RETOOL_API_TOKEN: 'x' } };
    const refused = await failure(text, target === undefined ? world : { ...world, target });
    expect(refused).toMatchObject({
      code: 'badCommand',
      message: expect.stringContaining(message),
      remedy: expect.stringContaining(remedy),
    });
  });
});

/** Where targets begin in `withTargets`: behind the shared lines. */
const start = config({ target: null, state: null }).split('\n').length;

describe('what is wrong with targets is told with its place and its name in the file', () => {
  test.each([
    {
      name: 'a key of a target',
      lines: [...prod, '    sets: 5'],
      found: [`${start + 5}:5 targets.prod.sets: unknown key (did you mean "seats"?)`],
    },
    {
      name: 'a value of a target',
      lines: [...prod, '    settle: soon'],
      found: [expect.stringContaining(`${start + 5}:13 targets.prod.settle: expected `)],
    },
    {
      name: 'a target without an address',
      lines: ['  prod: { token: { env: PROD_TOKEN }, state: "sqlite:./a.db" }'],
      found: [expect.stringContaining(`${start + 1}:9 targets.prod.baseUrl: missing; expected `)],
    },
    {
      name: 'a target without a state',
      lines: prod.slice(0, 3),
      found: [`${start + 1}:3 targets.prod.state: missing; each target has a state of its own`],
    },
    {
      name: 'an expression of one target',
      lines: [...prod, ...lab, '    mapping: { scope: user.naem }'],
      found: [`${start + 9}:28 targets.lab.mapping.scope: unknown field "naem" (did you mean "name"?)`],
    },
    {
      name: 'a rule of one target',
      lines: [...prod, ...lab, '    mapping: { groups: [{ to: a }] }'],
      found: [expect.stringContaining(`${start + 9}:25 targets.lab.mapping.groups[0]: expected exactly one`)],
    },
    {
      name: 'a rule of one target that lacks a key',
      lines: [...prod, ...lab, '    mapping: { groups: [{ match: a }] }'],
      found: [expect.stringContaining('targets.lab.mapping.groups[0].to: missing; expected text')],
    },
    {
      name: 'the state of one target',
      lines: [...prod.slice(0, 3), '    state: bridge.db'],
      found: [expect.stringContaining(`${start + 4}:12 targets.prod.state: expected sqlite:PATH`)],
    },
    {
      name: 'a state that two share',
      lines: [...prod, ...lab.slice(0, 3), '    state: sqlite:prod.db'],
      found: [
        `${start + 8}:12 targets.lab.state: is the state of targets.prod; each target has a state of its own`,
      ],
    },
    {
      name: 'an address that two share',
      lines: [
        ...prod,
        '  lab: { baseUrl: "https://acme.retool.com/api/v2/", token: { env: LAB_TOKEN }, state: "sqlite:./lab.db" }',
      ],
      found: [
        `${start + 5}:19 targets.lab.baseUrl: is the address of targets.prod; name each organisation and Space by its own`,
      ],
    },
    {
      name: 'a reports folder that two share',
      lines: [...prod, ...lab, '    reports: { directory: reports/prod }'],
      found: [
        `${start + 9}:14 targets.lab.reports: is the reports folder of targets.prod; each target has one of its own`,
      ],
    },
    {
      name: 'names that are none, or nearly the same',
      lines: [...prod, ...lab.map((line) => line.replace('lab:', 'PROD:')), '  "a b": 1'],
      found: [
        `${start + 1}:3 targets.prod: differs from "PROD" in upper and lower case alone`,
        `${start + 5}:3 targets.PROD: differs from "prod" in upper and lower case alone`,
        expect.stringContaining(`${start + 9}:3 targets["a b"]: expected a name`),
        `${start + 9}:10 targets["a b"]: expected a map`,
      ],
    },
  ])('$name', async ({ lines, found }) => {
    const told = await problems(withTargets(lines), { env });
    expect(told.map((line) => line.replace('bridge.yaml:', ''))).toEqual(found);
  });

  test('what all share is told once, under its own name', async () => {
    const told = await problems(withTargets([...prod, ...lab], { leavers: 'kep' }), { env });
    expect(told).toEqual([expect.stringContaining('leavers: expected "disable" or "keep"')]);
  });

  test('target and state do not stand beside targets', async () => {
    const text = withTargets([...prod], { state: 'sqlite:./a.db', target: '{}' });
    expect(await problems(text, { env })).toEqual([
      expect.stringContaining('target: expected target or targets, not both'),
      expect.stringContaining('state: stands under each of the targets'),
    ]);
  });

  test.each(['{}', '[]', 'prod', '{ env: PROD }'])('targets: %s is none', async (written) => {
    const text = `${config({ target: null, state: null })}targets: ${written}\n`;
    expect(await problems(text, { env })).toEqual([expect.stringContaining('expected a map')]);
  });
});
