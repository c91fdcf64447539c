import { describe, expect, test } from 'vitest';
import { config, serveRetool, scim, stage, workplace, type Json, type Staff } from './support.ts';

const staff: readonly Staff[] = [
  { id: 'ann', given: 'Ann', department: 'Sales', groups: ['retool-sales'] },
  { id: 'ben', given: 'Ben', groups: ['retool-sales', 'retool-legal'] },
];

describe('plan --rehearse', () => {
  test('proves the plan on a copy, sends nothing, and keeps the saved plan as it is', async () => {
    const { run, json, read, retool } = await stage(staff);
    const { code, body } = await json('plan', '--rehearse', '--json', '--out', 'plan.json');
    expect([code, body['rehearsal']['verdict'], body['rehearsal']['left']]).toEqual([0, 'proved', 0]);
    expect(body['rehearsal']['calls']['made']).toBe(body['forecast']['calls'] + body['forecast']['reads']);
    expect(retool.writes()).toBe(0);
    expect(JSON.parse(await read('plan.json')) as Json).not.toHaveProperty('rehearsal');
    const shown = await run('plan', '--rehearse', '--report', 'plan.xml');
    expect(shown.stdout).toMatch(/as planned and\s+forecast, and a second plan is empty/);
    expect(await read('plan.xml')).toContain('the plan went as forecast on a copy');
    expect((await run('apply', 'plan.json')).code).toBe(0);
  });
});

describe('plan --against', () => {
  test('shows what another configuration would change, by rule, and changes nothing', async () => {
    const { run, json, read, write, retool } = await stage(staff);
    await run('sync');
    const writes = retool.writes();
    await write(
      'other.yaml',
      (await read('bridge.yaml'))
        .replace('leavers: disable', 'leavers: keep')
        .replace('to: "${team}"', 'to: "team ${team}"')
        .replace('RETOOL_API_TOKEN', 'NOT_SET'),
    );
    const { code, body } = await json('plan', '--against', 'other.yaml', '--json');
    expect([code, body['format']]).toEqual([0, 'retool-bridge/against']);
    const differing = body['rules'].filter((rule: Json) => rule['differs']).map((rule: Json) => rule['rule']);
    expect(differing).toEqual(['groups[0]', 'leavers']);
    const shown = await run('plan', '--against', 'other.yaml', '--exit-code');
    expect(shown.code).toBe(2);
    expect(shown.stdout).toContain('more    update group team sales: name sales → team sales');
    expect((await run('plan', '--against', 'bridge.yaml', '--exit-code')).code).toBe(0);
    expect(retool.writes()).toBe(writes);
  });

  test('goes with no option that makes a plan', async () => {
    const { json } = await stage(staff);
    const { code, body } = await json('plan', '--against', 'bridge.yaml', '--out', 'x.json', '--json');
    expect([code, body['code']]).toEqual([1, 'badCommand']);
    expect(body['message']).toContain('--out');
  });
});

test('plan --format junit fails its guard case when something is held', async () => {
  const { run } = await stage(Array.from({ length: 60 }, (_, index): Staff => ({ id: `p${index}` })));
  const { code, stdout } = await run('plan', '--format', 'junit');
  expect(code).toBe(0);
  expect(stdout).toMatch(/^<\?xml/);
  expect(stdout).toContain('<failure type="creates"');
});

test('seats in the configuration are in the forecast', async () => {
  const retool = await serveRetool();
  const { write, json } = await workplace();
  await write('people.json', scim(staff));
  await write(
    'bridge.yaml',
    config({ target: retool.url }).replace('settle: 50ms', 'settle: 50ms, seats: 2'),
  );
  const { body } = await json('plan', '--json');
  expect(body['forecast']).toMatchObject({ seats: { before: 1, after: 3, limit: 2 }, mails: 2 });
  expect(body['notices'].map((notice: Json) => notice['code'])).toContain('overSeats');
});

describe('colour', () => {
  test('is for terminals, unless it is forced; --no-color is the last word', async () => {
    const plain = await stage(staff);
    expect((await plain.run('plan')).stdout).not.toContain('\u001b[');
    const forced = await workplace({ FORCE_COLOR: '1' });
    await forced.write('people.json', scim(staff));
    await forced.write('bridge.yaml', await plain.read('bridge.yaml'));
    expect((await forced.run('plan')).stdout).toContain('\u001b[');
    expect((await forced.run('plan', '--no-color')).stdout).not.toContain('\u001b[');
  });
});

describe('check', () => {
  test('looks at the machine too, and says where to read on', async () => {
    const { json } = await stage(staff);
    const { code, body } = await json('check', '--json');
    expect(code).toBe(0);
    const subjects = body['results'].map((result: Json) => result['subject']);
    expect(subjects).toEqual(
      expect.arrayContaining(['machine: state', 'machine: reports', 'machine: proxy', 'machine: clock']),
    );
  });

  test('sends nothing when certificates are not checked, and neither does any command', async () => {
    const { retool, read } = await stage(staff);
    const open = await workplace({ NODE_TLS_REJECT_UNAUTHORIZED: '0' });
    await open.write('people.json', scim(staff));
    await open.write('bridge.yaml', await read('bridge.yaml'));
    for (const command of ['check', 'plan', 'sync']) {
      const { code, body } = await open.json(command, '--json');
      expect([code, body['code']], command).toEqual([1, 'insecureTls']);
    }
    expect(retool.sandbox.log.calls).toEqual([]);
  });
});
