import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { config, retoolToken, scim, stage, workplace, type Json, type Staff } from './support.ts';

const staff: readonly Staff[] = [
  { id: 'ann', given: 'Ann', department: 'Sales', groups: ['retool-sales'] },
  { id: 'ben', given: 'Ben', groups: ['retool-sales', 'retool-legal'] },
  { id: 'cat', given: 'Cat', active: false, groups: ['retool-legal'] },
];

const idsOf = (plan: Json): readonly string[] => plan['operations'].map((operation: Json) => operation['id']);

describe('plan', () => {
  test('shows what would change and writes nothing', async () => {
    const { run, json, retool } = await stage(staff);
    const shown = await run('plan');
    expect(shown.code).toBe(0);
    expect(shown.stdout).toContain('ann@acme.com');
    const { code, body } = await json('plan', '--format', 'json');
    expect([code, body['format'], body['version']]).toEqual([0, 'retool-bridge/plan', 1]);
    expect(idsOf(body)).toEqual([
      'createGroup:legal',
      'createGroup:sales',
      'createUser:ann@acme.com',
      'createUser:ben@acme.com',
      'addMembers:legal',
      'addMembers:sales',
    ]);
    expect(body['summary']).toEqual({ createUser: 2, createGroup: 2, addMembers: 2, total: 6 });
    expect(retool.writes()).toBe(0);
  });

  test('twice on one state prints the same bytes but for its times, and the same fingerprint', async () => {
    const { json } = await stage(staff);
    const timeless = ({ createdAt: _made, expiresAt: _until, forecast, ...rest }: Json): string =>
      JSON.stringify({ ...rest, forecast: { ...forecast, minutes: 0 } });
    const [first, second] = [await json('plan', '--json'), await json('plan', '--format', 'json')];
    expect(timeless(second.body)).toBe(timeless(first.body));
    expect(second.body['fingerprint']).toMatch(/^[0-9a-f]{64}$/);
  });

  test('--exit-code tells changes, holds and calm apart', async () => {
    const { run, write } = await stage(staff);
    expect((await run('plan', '--exit-code')).code).toBe(2);
    expect((await run('sync')).code).toBe(0);
    expect((await run('plan', '--exit-code')).code).toBe(0);
    const many = Array.from({ length: 60 }, (_, index): Staff => ({ id: `p${index}` }));
    await write('people.json', scim([...staff, ...many]));
    expect((await run('plan', '--exit-code')).code).toBe(3);
    expect((await run('plan')).code).toBe(0);
  });

  test.each([
    ['markdown', /^#+ /m],
    ['html', /^<!doctype html>/i],
    ['csv', /createUser/],
    ['text', /createUser|Create|create/i],
  ])('prints %s', async (format, pattern) => {
    const { run } = await stage(staff);
    const { code, stdout } = await run('plan', '--format', format);
    expect(code).toBe(0);
    expect(stdout).toMatch(pattern);
  });

  test('writes its plan and its report for their owner alone', async () => {
    const { run, folder } = await stage(staff);
    expect((await run('plan', '--out', 'plan.json', '--report', 'out/report.html')).code).toBe(0);
    for (const file of ['plan.json', 'out/report.html', 'bridge.db'])
      expect((await stat(join(folder, file))).mode & 0o777, file).toBe(0o600);
  });
});

describe('sync', () => {
  test('does it, writes a report, and then has nothing left to do', async () => {
    const { run, json, retool, files } = await stage(staff);
    const { code, body } = await json('sync', '--json');
    expect([code, body['format'], body['status']]).toEqual([0, 'retool-bridge/run', 'changed']);
    expect(body['outcomes']).toEqual({ applied: 6, failed: 0, skipped: 0, notAttempted: 0, unknown: 0 });
    expect(body['calls']).toEqual({ target: 4 + 1 + 6 + 2, source: 0 });
    const held = retool.sandbox.state();
    const sales = held.groups.find((group) => group.name === 'sales');
    expect(sales?.memberIds).toHaveLength(2);
    expect(held.users.find((user) => user.email === 'ann@acme.com')?.metadata).toMatchObject({
      department: 'Sales',
    });
    expect((await files()).filter((name) => /^reports\/.*\.(html|json)$/.test(name))).toHaveLength(2);
    retool.sandbox.log.clear();
    const again = await json('sync', '--json');
    expect([again.code, again.body['status'], retool.writes()]).toEqual([0, 'unchanged', 0]);
    expect(retool.sandbox.log.calls).toHaveLength(4);
    expect((await run('plan', '--exit-code')).code).toBe(0);
  });

  test('takes leavers and movers', async () => {
    const { json, run, write, retool } = await stage(staff);
    await run('sync');
    await write(
      'people.json',
      scim([{ id: 'ben', given: 'Ben', groups: ['retool-legal'] }], ['retool-sales']),
    );
    const { code, body } = await json('sync', '--json');
    expect([code, body['plan']['summary']]).toEqual([0, { deactivateUser: 1, removeMember: 1, total: 2 }]);
    expect(retool.sandbox.state().users.find((user) => user.email === 'ann@acme.com')?.active).toBe(false);
    expect((await run('plan', '--exit-code')).code).toBe(0);
  });

  test('holds what is too much, and still takes leavers', async () => {
    const { json, run, write, retool } = await stage(staff);
    await run('sync');
    const many = Array.from({ length: 60 }, (_, index): Staff => ({ id: `p${index}` }));
    await write('people.json', scim([...(staff[1] === undefined ? [] : [staff[1]]), ...many]));
    const { code, body } = await json('sync', '--json');
    expect([code, body['status']]).toEqual([3, 'held']);
    expect(body['outcomes']).toMatchObject({ applied: 1, notAttempted: 60 });
    expect(retool.sandbox.state().users.filter((user) => user.active)).toHaveLength(2);
  });
});

describe('apply', () => {
  test('carries out exactly the plan', async () => {
    const { run, json, write, retool } = await stage(staff);
    await run('plan', '--out', 'plan.json');
    await write('people.json', scim([...staff, { id: 'late' }]));
    const { code, body } = await json('apply', 'plan.json', '--json');
    expect([code, body['outcomes']['applied']]).toEqual([0, 6]);
    expect(retool.sandbox.state().users.map((user) => user.email)).not.toContain('late@acme.com');
    const next = await json('plan', '--json');
    expect(idsOf(next.body)).toEqual(['createUser:late@acme.com']);
  });

  test('waits for an approval of what the guard holds, and takes no other fingerprint', async () => {
    const many = Array.from({ length: 60 }, (_, index): Staff => ({ id: `p${index}` }));
    const { run, json, read, retool } = await stage(many);
    await run('plan', '--out', 'plan.json');
    const { fingerprint } = JSON.parse(await read('plan.json')) as Json;
    const waiting = await run('apply', 'plan.json');
    expect([waiting.code, retool.writes()]).toEqual([3, 0]);
    const wrong = await json('apply', 'plan.json', '--approve', 'f'.repeat(64), '--json');
    expect([wrong.code, wrong.body['code'], retool.writes()]).toEqual([1, 'badCommand', 0]);
    const approved = await json('apply', 'plan.json', '--approve', fingerprint, '--json');
    expect([approved.code, approved.body['status']]).toEqual([0, 'changed']);
    expect((await run('plan', '--exit-code')).code).toBe(0);
  });

  test('refuses what went stale under it, names it, and does the rest', async () => {
    const seed = {
      users: [
        { email: 'ann@acme.com', firstName: 'Anna', lastName: 'Byron' },
        { email: 'ben@acme.com', firstName: 'Benny', lastName: 'Byron' },
      ],
    };
    const { run, json, retool } = await stage(staff, seed);
    await run('plan', '--out', 'plan.json');
    const ann = retool.sandbox.state().users.find((user) => user.email === 'ann@acme.com');
    retool.sandbox.hand.updateUser(ann?.id ?? '', { firstName: 'Annabel' });
    const { code, body } = await json('apply', 'plan.json', '--json');
    expect([code, body['status'], body['outcomes']['skipped']]).toEqual([4, 'partial', 1]);
    expect(body['problems']).toMatchObject([{ operation: 'updateUser:ann@acme.com', code: 'stale' }]);
    const names = retool.sandbox.state().users.map((user) => user.first_name);
    expect(names).toEqual(['Annabel', 'Ben', 'Robin']);
  });

  test('refuses a plan that was edited, is not one, is too old, or was made for somebody else', async () => {
    const { run, json, read, write, retool } = await stage(staff);
    await run('plan', '--out', 'plan.json');
    const plan = JSON.parse(await read('plan.json')) as Json;
    const codeOf = async (content: string): Promise<unknown> => {
      await write('changed.json', content);
      const { code, body } = await json('apply', 'changed.json', '--json');
      return [code, body['code']];
    };
    const [first, ...others] = plan['operations'];
    expect(await codeOf(JSON.stringify({ ...plan, operations: others }))).toEqual([1, 'planEdited']);
    expect(await codeOf(JSON.stringify({ ...plan, operations: [{ ...first, kind: 'dropAll' }] }))).toEqual([
      1,
      'planUnreadable',
    ]);
    expect(await codeOf('not json')).toEqual([1, 'planUnreadable']);
    const expired = { expiresAt: '2020-01-01T00:00:00.000Z' };
    const prolonged = { createdAt: '2020-01-01T00:00:00.000Z', expiresAt: '2999-01-01T00:00:00.000Z' };
    for (const times of [expired, prolonged])
      expect(await codeOf(JSON.stringify({ ...plan, ...times }))).toEqual([1, 'planExpired']);
    const missing = await json('apply', 'nowhere.json', '--json');
    expect([missing.code, missing.body['code']]).toEqual([1, 'planUnreadable']);
    await write('bridge.yaml', `${config({ target: retool.url })}memberships: additive\n`);
    const foreign = await json('apply', 'plan.json', '--json');
    expect([foreign.code, foreign.body['code'], retool.writes()]).toEqual([1, 'planForeign', 0]);
  });
});

describe('one state, one target', () => {
  test('another target is refused without --moved', async () => {
    const { run, json, write, retool } = await stage(staff);
    await run('sync');
    await write('bridge.yaml', config({ target: retool.url.replace('127.0.0.1', 'localhost') }));
    const refused = await json('sync', '--json');
    expect([refused.code, refused.body['code']]).toEqual([1, 'targetMoved']);
    expect((await run('sync', '--moved')).code).toBe(0);
    expect((await run('sync')).code).toBe(0);
  });
});

describe('init, check, help', () => {
  test('--help and --version need no configuration', async () => {
    const { run } = await workplace();
    const manifest = JSON.parse(
      await readFile(join(import.meta.dirname, '../../package.json'), 'utf8'),
    ) as Json;
    expect((await run('--version')).stdout.trim()).toBe(manifest['version']);
    const help = await run('--help');
    expect(help.code).toBe(0);
    for (const command of ['demo', 'init', 'check', 'plan', 'apply', 'sync', 'serve', 'sandbox'])
      expect(help.stdout).toContain(command);
  });

  test('a mistyped command or option says what was meant', async () => {
    const { run } = await workplace();
    const command = await run('plna');
    expect([command.code, command.stderr.includes('plan')]).toEqual([1, true]);
    const option = await run('plan', '--exitcode');
    expect([option.code, option.stderr.includes('--exit-code')]).toEqual([1, true]);
  });

  test.each([[['okta']], [['entra']], [['file']], [['okta', 'entra', 'file']]])(
    'init writes a configuration for %j that only lacks its secrets',
    async (sources) => {
      const { run, json } = await workplace({ OKTA_API_TOKEN: 'x', ENTRA_CLIENT_SECRET: 'x' });
      expect((await run('init', '--source', ...sources)).code).toBe(0);
      const { code, body } = await json('plan', '--config', 'missing.yaml', '--json');
      expect([code, body['code']]).toEqual([1, 'configUnreadable']);
      const again = await run('init');
      expect([again.code, again.stderr.includes('--force')]).toEqual([1, true]);
    },
  );

  test('check looks at everything and changes nothing', async () => {
    const { run, json, retool } = await stage(staff);
    const shown = await run('check');
    expect([shown.code, shown.stdout.includes('✓')]).toEqual([0, true]);
    const { code, body } = await json('check', '--json');
    expect([code, body['verdict']]).toEqual([0, 'ok']);
    expect(retool.writes()).toBe(0);
  });

  test('check names what is missing, with a remedy', async () => {
    const { json } = await stage(staff, { userAttributes: [] });
    const { code, body } = await json('check', '--json');
    expect([code, body['verdict']]).toEqual([1, 'failed']);
    const failed = body['results'].find((result: Json) => result['verdict'] === 'failed');
    expect(failed).toMatchObject({
      subject: 'mapping: attributes',
      text: expect.stringContaining('department'),
      remedy: expect.stringContaining('User attributes'),
    });
  });
});

test('no command ever prints a secret or leaves one in a file', async () => {
  const { run, folder, files } = await stage(staff);
  const said = [
    await run('check'),
    await run('plan', '--out', 'plan.json', '--log-level', 'debug'),
    await run('sync', '--json', '--log-level', 'debug'),
  ];
  for (const { stdout, stderr } of said) expect(`${stdout}${stderr}`).not.toContain(retoolToken);
  const leaking: string[] = [];
  for (const name of await files()) {
    const path = join(folder, name);
    if ((await stat(path)).isFile() && (await readFile(path)).includes(retoolToken)) leaking.push(name);
  }
  expect(leaking).toEqual([]);
});
