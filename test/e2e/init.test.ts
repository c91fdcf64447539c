import { expect, test } from 'vitest';
import { serveRetool, scim, workplace, type Staff } from './support.ts';

const staff: readonly Staff[] = [
  { id: 'ann', department: 'Sales', groups: ['retool-sales', 'Everyone'] },
  { id: 'ben', groups: ['retool-legal'] },
];

test('init --read reads both sides and writes what check accepts', async () => {
  const retool = await serveRetool({ groups: [{ name: 'Sales' }] });
  const { write, run, read, json, files } = await workplace();
  await write('people.json', scim(staff));
  const made = await run(
    'init',
    '--source',
    'file',
    '--file',
    './people.json',
    '--retool-url',
    retool.url,
    '--read',
  );
  expect([made.code, made.stderr]).toEqual([0, '']);
  expect(made.stdout).toContain('wrote bridge.yaml, and bridge.schema.json for your editor');
  expect(await files()).toEqual(['bridge.schema.json', 'bridge.yaml', 'people.json']);
  const text = await read('bridge.yaml');
  expect(text).toContain('- match: retool-sales\n      to: Sales\n');
  expect(text).toContain('- match: retool-legal\n      to: legal\n      create: true\n');
  expect(text).toContain('# no rule yet for staff: Everyone');
  expect(text).toContain('department: user.enterprise.department');
  expect(text).toContain('users: ["owner@acme.com"]');
  const { code, body } = await json('check', '--json');
  expect([code, body['verdict']]).toEqual([0, 'ok']);
  expect(retool.writes()).toBe(0);
  expect((await run('plan')).code).toBe(0);
});

test('init --read that cannot read says why and writes nothing', async () => {
  const { json, files } = await workplace();
  const { code, body } = await json(
    'init',
    '--source',
    'file',
    '--retool-url',
    'http://127.0.0.1:9',
    '--read',
    '--json',
  );
  expect([code, body['code']]).toEqual([1, 'targetUnreadable']);
  expect(await files()).toEqual([]);
});

test('init refuses what no configuration could hold', async () => {
  const { json, files } = await workplace();
  const { code, body } = await json('init', '--okta-url', 'acme', '--json');
  expect([code, body['code']]).toEqual([1, 'configInvalid']);
  expect(body['message']).toContain('sources.okta.orgUrl');
  expect(await files()).toEqual([]);
});

test('a mistyped source or report ending says what was meant', async () => {
  const { json } = await workplace();
  const source = await json('init', '--source', 'otka', '--json');
  expect([source.code, source.body['code']]).toEqual([1, 'badCommand']);
  expect(source.body['message']).toContain('did you mean "okta"?');
  const report = await json('plan', '--report', 'plan.htm', '--json');
  expect([report.code, report.body['code']]).toEqual([1, 'badCommand']);
  expect(report.body['message']).toContain('did you mean ".html"?');
});
