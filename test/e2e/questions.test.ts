import { cp, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { scim, stage, workplace } from './support.ts';

const people = [
  { id: 'ann', department: 'Law', groups: ['retool-sales'] },
  { id: 'ben', groups: ['retool-sales'] },
];

describe('explain', () => {
  test('reads both sides before the first run, and answers from the last run after it', async () => {
    const place = await stage(people);
    const before = await place.run('explain', 'ann@acme.com');
    expect([before.code, before.stdout]).toEqual([
      0,
      expect.stringContaining('the next run makes the account'),
    ]);
    expect(before.stdout).toContain('no run that writes has read anything yet');
    await place.run('sync');
    const calls = place.retool.sandbox.log.calls.length;
    const after = await place.run('explain', 'ann@acme.com');
    expect(after.stdout).toMatch(/^ann@acme\.com\n  inStep +ann@acme\.com has access with the account user_/);
    expect(place.retool.sandbox.log.calls.length).toBe(calls);
  });

  test('as JSON is one document, and --live asks in at most ten calls', async () => {
    const place = await stage(people);
    await place.run('sync');
    const calls = place.retool.sandbox.log.calls.length;
    const { code, body } = await place.json('explain', 'staff:ann', '--live', '--json');
    expect(code).toBe(0);
    expect(body).toMatchObject({ format: 'retool-bridge/explanation', version: 1, asked: 'staff:ann' });
    expect(body['answers'][0].code).toBe('inStep');
    const asked = place.retool.sandbox.log.calls.length - calls;
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThanOrEqual(10);
    expect(place.retool.writes()).toBe(4);
  });

  test('says of somebody unknown where it has looked', async () => {
    const place = await stage(people);
    const { code, stdout } = await place.run('explain', 'zoe@acme.com');
    expect(code).toBe(0);
    expect(stdout).toContain('zoe@acme.com is in no record of staff (2 people)');
  });
});

describe('links, link and unlink', () => {
  test('settle a conflict, and say what the next plan does', async () => {
    const place = await stage(people);
    await place.run('sync');
    await place.write(
      'people.json',
      scim([{ id: 'new', email: 'ann@acme.com', groups: ['retool-sales'] }, people[1] ?? { id: '' }]),
    );
    const plan = await place.run('plan');
    expect(plan.stdout.replaceAll(/\s+/g, ' ')).toContain(
      'retool-bridge link ann@acme.com --source staff --id new',
    );
    const linked = await place.run('link', 'ann@acme.com', '--source', 'staff', '--id', 'new');
    expect([linked.code, linked.stdout]).toEqual([0, expect.stringContaining('is linked to staff:new.')]);
    const { body } = await place.json('links', 'ann@acme.com', '--json');
    expect(body['links']).toMatchObject([{ name: 'ann@acme.com', source: 'staff', externalId: 'new' }]);
    expect((await place.json('plan', '--json')).body['conflicts']).toEqual([]);
  });

  test('refuse nonsense with a remedy', async () => {
    const place = await stage(people);
    await place.run('sync');
    const taken = await place.json('link', 'ann@acme.com', '--source', 'staff', '--id', 'ben', '--json');
    expect([taken.code, taken.body['code']]).toEqual([1, 'badCommand']);
    expect(taken.body['remedy']).toContain('retool-bridge unlink ben@acme.com --source staff');
    for (const args of [
      ['link', '--source', 'staff', '--id', 'ann'],
      ['unlink'],
      ['unlink', '--source', 'staff'],
    ])
      expect((await place.run(...args)).code, args.join(' ')).toBe(1);
    expect((await place.json('links', '--json')).body['links']).toHaveLength(3);
  });

  test('unlink makes an account ours no more', async () => {
    const place = await stage(people);
    await place.run('sync');
    const { code, body } = await place.json('unlink', 'ann@acme.com', '--json');
    expect(code).toBe(0);
    expect(body['done'][1]).toContain('is not managed any more');
    expect(body['next'].map(({ id }: { readonly id: string }) => id)).toContain('adopt:ann@acme.com');
  });
});

test('plan and sync take one person through everything', async () => {
  const place = await stage(people);
  const plan = await place.json('plan', '--only', 'ann@acme.com', '--json');
  expect(plan.body['operations'].map(({ id }: { readonly id: string }) => id)).toEqual([
    'createGroup:sales',
    'createUser:ann@acme.com',
    'addMembers:sales',
  ]);
  const sync = await place.run('sync', '--only', 'ann@acme.com');
  expect([sync.code, sync.stdout]).toEqual([0, expect.stringContaining('only    ann@acme.com')]);
  expect(
    place.retool.sandbox
      .state()
      .users.map(({ email }) => email)
      .toSorted(),
  ).toEqual(['ann@acme.com', 'owner@acme.com']);
  expect((await place.run('sync', '--only', 'zoe@acme.com')).code).toBe(1);
});

describe('bundle', () => {
  test('is planned again elsewhere, without network, state, secrets or configuration', async () => {
    const place = await stage(people);
    await place.run('sync');
    await place.write(
      'people.json',
      scim([...people, { id: 'zoe', given: 'Zuleika', groups: ['retool-ops'] }]),
    );
    await place.run('sync', '--only', 'ann@acme.com');
    const made = await place.run('bundle', '--out', 'support');
    expect([made.code, made.stdout]).toEqual([0, expect.stringContaining('readable by you alone')]);
    expect((await stat(join(place.folder, 'support', 'retool.json'))).mode & 0o777).toBe(0o600);

    const elsewhere = await workplace({ RETOOL_API_TOKEN: '' });
    await cp(join(place.folder, 'support'), join(elsewhere.folder, 'support'), { recursive: true });
    const calls = place.retool.sandbox.log.calls.length;
    const { code, body } = await elsewhere.json('plan', '--from-snapshot', 'support', '--json');
    expect(code).toBe(0);
    expect(body['operations'].map(({ kind }: { readonly kind: string }) => kind)).toEqual([
      'createGroup',
      'createUser',
      'addMembers',
    ]);
    expect(JSON.stringify(body)).not.toContain('Zuleika');
    expect(place.retool.sandbox.log.calls.length).toBe(calls);
    expect(await elsewhere.files()).not.toContain('bridge.db');
  });

  test('plain tells people by name, and is not written over another', async () => {
    const place = await stage(people);
    await place.run('sync');
    expect((await place.run('bundle', '--out', 'plain', '--plain')).code).toBe(0);
    expect(await place.read('plain/source-1.json')).toContain('ann@acme.com');
    expect((await place.run('bundle', '--out', 'plain')).code).toBe(1);
    expect((await place.run('plan', '--from-snapshot', 'reports')).code).toBe(1);
    expect((await place.run('plan', '--from-snapshot', 'plain', '--out', 'plan.json')).code).toBe(1);
  });
});
