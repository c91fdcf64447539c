import { spawnSync } from 'node:child_process';
import { chmod, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { config, createCutter, scim, serveRetool, stage, workplace, type Staff } from './support.ts';

const people: readonly Staff[] = ['ann', 'ben', 'cleo'].map((id): Staff => ({ id, groups: ['retool-data'] }));

/** An organisation that was synchronised once, and whose people have changed since. */
async function synchronised() {
  const place = await stage(people);
  expect((await place.run('sync', '--quiet')).code).toBe(0);
  await place.write('people.json', scim([...people, { id: 'dora' }]));
  place.retool.sandbox.log.clear();
  const state = join(place.folder, 'bridge.db');
  return { ...place, state, calls: () => place.retool.sandbox.log.calls.length };
}

type Place = Awaited<ReturnType<typeof synchronised>>;

async function expectRefusal(
  { json, calls }: Place,
  code: string,
  command: readonly string[] = ['sync'],
): Promise<void> {
  const refused = await json(...command, '--json');
  expect(refused).toMatchObject({ code: 1, body: { code, remedy: expect.stringMatching(/\w/) } });
  expect(calls()).toBe(0);
}

/** Everything that asks Retool for something. */
const asking: readonly (readonly string[])[] = [
  ['plan'],
  ['plan', '--only', 'ann@acme.com'],
  ['sync'],
  ['backfill'],
  ['apply', 'plan.json'],
  ['check'],
  ['rollback', 'last'],
  ['explain', 'ann@acme.com', '--live'],
  ['link', 'ann@acme.com', '--source', 'staff', '--id', 'ann'],
  ['unlink', 'ann@acme.com'],
];

/** Changes one bit of the state where this text stands. */
async function flip({ state }: Place, text: string): Promise<void> {
  const bytes = await readFile(state);
  const at = bytes.indexOf(text);
  expect(at).toBeGreaterThan(0);
  bytes.writeUInt8(bytes.readUInt8(at) ^ 1, at);
  await writeFile(state, bytes);
}

/** How permissions are made to count: for root they do once it has given up the right to pass them over. */
function bound(): string | null {
  if (process.getuid?.() !== 0) return '';
  const setpriv = 'setpriv --bounding-set=-dac_override,-dac_read_search,-fowner';
  return spawnSync('/bin/sh', ['-c', `${setpriv} true`]).status === 0 ? setpriv : null;
}

describe('before any call is sent, a run refuses a state', () => {
  test('with a flipped byte, whatever it was called for', async () => {
    const place = await synchronised();
    expect((await place.run('plan', '--out', 'plan.json')).code).toBe(0);
    place.retool.sandbox.log.clear();
    await flip(place, 'ben@acme.com');

    for (const command of asking) await expectRefusal(place, 'stateUnreadable', command);
    expect((await place.run('state', 'check')).code).toBe(1);
  }, 60_000);

  test('of a newer version', async () => {
    const place = await synchronised();
    const bytes = await readFile(place.state);
    // The format stands in the header as SQLite's `user_version`.
    bytes.writeUInt32BE(99, 60);
    await writeFile(place.state, bytes);

    await expectRefusal(place, 'stateTooNew');
  });

  test('on a disk that is full', async () => {
    const place = await synchronised();
    const refused = await place.runUnder('ulimit -f 0; exec', 'sync', '--json');

    expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([1, { code: 'stateUnwritable' }]);
    expect(place.calls()).toBe(0);
  });

  test.runIf(bound() !== null)('on a disk that is read-only', async () => {
    const place = await synchronised();
    await chmod(place.state, 0o400);
    await chmod(place.folder, 0o500);
    onTestFinished(() => chmod(place.folder, 0o700));
    const refused = await place.runUnder(`exec ${bound()}`, 'sync', '--json');

    expect([refused.code, JSON.parse(refused.stdout)]).toMatchObject([1, { code: 'stateUnwritable' }]);
    expect(place.calls()).toBe(0);
  });

  test('that another process uses', async () => {
    const cutter = createCutter(1);
    const retool = await serveRetool({}, {}, cutter.intercept);
    const { start, json, write } = await workplace();
    await write('people.json', scim(people));
    await write('bridge.yaml', config({ target: retool.url }));
    const first = start('sync', '--json');
    await cutter.reached;
    const before = retool.sandbox.log.calls.length;

    expect(await json('sync', '--json')).toMatchObject({ code: 5, body: { code: 'stateLocked' } });
    expect(retool.sandbox.log.calls).toHaveLength(before);
    cutter.goOn();
    expect((await first.ended).code).toBe(0);
  });
});

describe('a state', () => {
  test('is copied while it is in use, and the copy takes its place', async () => {
    const { run, json, folder, write, read, retool } = await synchronised();
    const copied = await json('state', 'backup', 'copy.db', '--json');
    expect(copied.body).toMatchObject({ format: 'retool-bridge/backup', path: join(folder, 'copy.db') });
    expect((await stat(join(folder, 'copy.db'))).mode & 0o777).toBe(0o600);
    expect((await run('state', 'backup', 'copy.db')).code).toBe(1);

    await write('bridge.yaml', (await read('bridge.yaml')).replace('./bridge.db', './copy.db'));
    const checked = await run('state', 'check');
    expect([checked.code, checked.stdout]).toEqual([
      0,
      expect.stringContaining('whole: 3 accounts, 1 group,'),
    ]);
    expect(checked.stdout).toContain(retool.url);
    expect((await run('plan', '--exit-code')).code).toBe(2);
  });

  test('that is new over an organisation in use says so in the first line', async () => {
    const { run, folder, write, read } = await synchronised();
    await write('bridge.yaml', (await read('bridge.yaml')).replace('./bridge.db', './new.db'));
    const planned = await run('plan');

    expect(planned.stdout.split('\n')[0]).toMatch(/^This state is new, while Retool already holds 3/);
    expect(folder).not.toBe('');
  });

  test('that another organisation belongs to fails its check', async () => {
    const { json, write, read, retool } = await synchronised();
    await write('bridge.yaml', (await read('bridge.yaml')).replace(retool.url, 'https://other.retool.com'));

    expect(await json('state', 'check', '--json')).toMatchObject({
      code: 1,
      body: {
        format: 'retool-bridge/state',
        results: expect.arrayContaining([expect.objectContaining({ verdict: 'failed' })]),
      },
    });
  });
});

describe('what is remembered about people', () => {
  test('is forgotten on demand', async () => {
    const { run, json, state } = await synchronised();
    expect(await json('forget', 'Ben@acme.com', '--json')).toMatchObject({
      code: 0,
      body: { format: 'retool-bridge/forget', stays: true },
    });
    const lines = (await run('audit', 'export')).stdout;
    expect(lines).not.toContain('ben@acme.com');
    expect(lines).toContain('ann@acme.com');
    expect((await run('audit', 'verify')).code).toBe(0);
    expect((await run('sync', '--quiet')).code).toBe(0);
    expect(state).toContain('bridge.db');
  });

  test('goes with its time, and reports with it', async () => {
    const { run, write, read, files } = await synchronised();
    await write('reports/20200101T000000-abcdef.html', 'old');
    await write('reports/notes-of-mine.html', 'mine');
    await write(
      'bridge.yaml',
      `${await read('bridge.yaml')}\nretention: { reports: 1ms, people: 1ms, audit: 1ms }\n`,
    );
    expect((await run('sync', '--quiet')).code).toBe(0);

    const left = await files();
    expect(left).not.toContain('reports/20200101T000000-abcdef.html');
    expect(left).toContain('reports/notes-of-mine.html');
    expect((await run('audit', 'export')).stdout).not.toContain('"seq":1,');
    expect((await run('audit', 'verify')).code).toBe(0);
  });
});

test('accounts that no source knows are in the report, and listed for a review', async () => {
  const { run, json } = await stage(people, {
    users: [{ email: 'stray@else.com', firstName: 'Stray', lastName: 'Cat' }],
  });
  const first = await run('accounts', '--unmanaged');
  expect([first.code, first.stderr]).toEqual([1, expect.stringContaining('sync')]);
  expect((await run('sync')).stdout).toMatch(/1 active account in Retool is known to no source: stray@/);

  const listed = await run('accounts', '--unmanaged', '--format', 'csv');
  expect(listed.stdout.split('\r\n')).toEqual([
    '"email","active","unmanaged","last_active","groups","admin"',
    expect.stringMatching(/^"owner@acme.com","yes","yes",.*"yes"$/),
    expect.stringMatching(/^"stray@else.com","yes","yes",.*"no"$/),
    '',
  ]);
  const all = await json('accounts', '--json');
  expect(all.body['accounts']).toHaveLength(5);
});
