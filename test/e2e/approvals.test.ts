import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scim, stage, type Staff } from './support.ts';

const people = ['ann', 'ben', 'cleo', 'dora', 'eve', 'finn'].map((id): Staff => ({ id }));

/** A run that would switch off four of six, and is held. */
async function held() {
  const place = await stage(people);
  expect((await place.run('sync', '--quiet')).code).toBe(0);
  await place.write('people.json', scim(people.slice(0, 2)));
  return place;
}

function activePeople({ retool }: Awaited<ReturnType<typeof held>>): number {
  return retool.sandbox.state().users.filter(({ active, email }) => active && email !== 'owner@acme.com')
    .length;
}

test('the report of a held run says how to approve it, and the next run then goes on', async () => {
  const place = await held();
  const waiting = await place.run('sync');
  expect(waiting.code).toBe(3);
  const [, key = ''] = /retool-bridge approve(?: \\\n\s+| )([0-9a-f]{64})/.exec(waiting.stdout) ?? [];
  expect(key).toHaveLength(64);

  const approved = await place.run('approve', key.slice(0, 10));
  expect([approved.code, approved.stdout]).toEqual([0, expect.stringContaining('4 operations')]);
  expect(approved.stdout).toContain('finn@acme.com');
  const released = await place.json('sync', '--json');
  expect(released).toMatchObject({ code: 0, body: { status: 'changed', approved: key } });
  expect(activePeople(place)).toBe(2);

  const evidence = await place.run('audit', 'export', '--format', 'csv');
  expect(evidence.stdout.split('\r\n').filter((line) => line.includes(key))).toHaveLength(5);
});

test('a fingerprint that nothing waits under is refused, with what waits', async () => {
  const place = await held();
  expect(await place.json('approve', 'f'.repeat(64), '--json')).toMatchObject({
    code: 1,
    body: { code: 'badCommand', remedy: expect.stringContaining('Nothing waits') },
  });
  const waiting = await place.json('sync', '--json');
  const refused = await place.json('approve', 'f'.repeat(64), '--json');
  expect(refused.body['remedy']).toContain(waiting.body['approvalKey']);
  expect(activePeople(place)).toBe(6);
});

test('a pause stops every command that writes, until it is ended', async () => {
  const { run, json, retool, write } = await stage(people);
  expect(await json('pause', 'audit week', '--json')).toMatchObject({ code: 0, body: { paused: true } });
  await run('plan', '--out', 'plan.json');
  retool.sandbox.log.clear();
  for (const command of [['sync'], ['backfill'], ['apply', 'plan.json']]) {
    expect(await json(...command, '--json')).toMatchObject({
      code: 1,
      body: { code: 'paused', message: expect.stringContaining('audit week') },
    });
  }
  expect(retool.sandbox.log.calls).toEqual([]);
  expect((await run('state', 'check')).stdout).toContain('audit week');
  expect((await run('resume')).stdout).toContain('audit week');
  expect((await run('resume')).stdout).toContain('Nothing was paused');
  await write('people.json', scim(people));
  expect((await run('sync', '--quiet')).code).toBe(0);
});

test('the audit chain shows what was changed in it, taken from it or cut off', async () => {
  const { run, json, folder } = await stage(people);
  const record = await json('sync', '--json');
  const head = String(record.body['auditHead']);
  expect((await run('audit', 'verify', '--head', head)).stdout).toContain(`6 records, head ${head}`);
  expect((await run('audit', 'verify', '--head', 'wrong')).code).toBe(1);

  const change = async (sql: string): Promise<unknown> => {
    const db = new Database(join(folder, 'bridge.db'));
    db.exec(`BEGIN; ${sql}`);
    db.exec('COMMIT');
    db.close();
    const { code, body } = await json('audit', 'verify', '--json');
    return [code, body['state'], body['seq']];
  };
  expect(
    await change(`UPDATE audit SET body = replace(body, 'createUser', 'updateUser') WHERE seq = 4`),
  ).toEqual([1, 'broken', 4]);
  expect(
    await change(`UPDATE audit SET body = replace(body, 'updateUser', 'createUser') WHERE seq = 4`),
  ).toEqual([0, 'whole', undefined]);
  expect(await change('DELETE FROM audit WHERE seq = 6')).toEqual([1, 'broken', 6]);
  expect(await change('DELETE FROM audit WHERE seq = 2')).toEqual([1, 'broken', 2]);
});

test('the evidence tells who has what, since when and by which rule', async () => {
  const { run } = await stage([{ id: 'ann', groups: ['retool-data'] }]);
  const began = new Date().toISOString().slice(0, 10);
  await run('sync', '--quiet');
  const { code, stdout } = await run('audit', 'evidence');

  expect(code).toBe(0);
  const [head, account, membership] = stdout.split('\r\n');
  expect(head).toContain('"since","rule"');
  expect(account).toMatch(new RegExp(`^"ann@acme.com","user_[^"]+","yes","no","account","","${began}`));
  expect(membership).toMatch(/"membership","data","[^"]+","groups\[0\]","staff"/);
});
