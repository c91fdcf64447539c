import { describe, expect, test } from 'vitest';
import { createCutter, scim, serveRetool, workplace, type Json, type Staff } from './support.ts';

const staff: readonly Staff[] = [
  { id: 'p1', groups: ['retool-sales'] },
  { id: 'p2', groups: ['retool-lab'] },
];

interface Urls {
  readonly prod: string;
  readonly lab: string;
}

/** Two targets over one file of people; what belongs to the lab goes there alone. */
function configOf({ prod, lab }: Urls, more = ''): string {
  return `version: 1
sources:
  staff: { type: file, path: ./people.json }
mapping:
  user: { email: user.email, first_name: user.name.givenName, last_name: user.name.familyName }
  groups:
    - { match: "retool-(?P<team>[a-z]+)", to: "\${team}", create: true }
policy: sync
leavers: disable
protect: { admins: 1 }
reports: { formats: [json] }
targets:
  prod:
    baseUrl: "${prod}"
    token: { env: RETOOL_API_TOKEN }
    requestsPerMinute: 100000
    settle: 50ms
    state: sqlite:./prod.db
  lab:
    baseUrl: "${lab}"
    token: { env: LAB_TOKEN }
    requestsPerMinute: 100000
    settle: 50ms
    state: sqlite:./lab.db
    mapping:
      scope: groups.exists(g, g == "retool-lab")
${more}`;
}

const labToken = 'retool_01lab-never-to-be-seen';

async function spaces(more = '') {
  const [prod, lab] = await Promise.all([serveRetool(), serveRetool({}, { token: labToken })]);
  const place = await workplace({ LAB_TOKEN: labToken });
  await place.write('people.json', scim(staff));
  await place.write('bridge.yaml', configOf({ prod: prod.url, lab: lab.url }, more));
  return { ...place, prod, lab };
}

function codesIn(body: Json): readonly unknown[] {
  return (body['targets'] as readonly Json[]).map((part) => [part['target'], part['exitCode']]);
}

describe('several targets', () => {
  test('are brought in step by one sync, each with its mapping, state and reports', async () => {
    const { json, files, prod, lab } = await spaces();
    const { code, body } = await json('sync', '--json');
    expect(code).toBe(0);
    expect(body).toMatchObject({
      format: 'retool-bridge/targets',
      version: 1,
      targets: [
        { target: 'prod', exitCode: 0, result: { format: 'retool-bridge/run', status: 'changed' } },
        { target: 'lab', exitCode: 0, result: { format: 'retool-bridge/run', status: 'changed' } },
      ],
    });
    expect(prod.sandbox.state().users).toHaveLength(3);
    expect(lab.sandbox.state().users).toHaveLength(2);
    const written = await files();
    expect(written.filter((name) => name.endsWith('.db'))).toEqual(['lab.db', 'prod.db']);
    for (const name of ['prod', 'lab'])
      expect(written).toContainEqual(expect.stringMatching(new RegExp(`^reports/${name}/.+\\.json$`)));
    const second = await json('plan', '--json', '--exit-code');
    expect(second.code).toBe(0);
    expect(second.body['targets']).toMatchObject([
      { result: { format: 'retool-bridge/plan', operations: [] } },
      { result: { format: 'retool-bridge/plan', operations: [] } },
    ]);
  });

  test('are printed one after the other, each under its name', async () => {
    const { run, prod, lab } = await spaces();
    const { code, stdout } = await run('plan', '--exit-code');
    expect(code).toBe(2);
    const [before, inProd, inLab] = stdout.split(/^══ .* ══\n/m);
    expect(before).toBe('');
    expect(stdout).toContain(`══ prod · ${prod.url}/api/v2 ══`);
    expect(stdout).toContain(`══ lab · ${lab.url}/api/v2 ══`);
    expect(inProd).toContain('p1@acme.com');
    expect(inLab).toContain('p2@acme.com');
    expect(inLab).not.toContain('p1@acme.com');
  });

  test('one of them alone gives what a single target gives', async () => {
    const { json, prod, lab } = await spaces();
    const { code, body } = await json('sync', '--target', 'lab', '--json');
    expect([code, body['format']]).toEqual([0, 'retool-bridge/run']);
    expect([prod.sandbox.log.calls.length, lab.writes() > 0]).toEqual([0, true]);
    expect((await json('plan', '--target', 'lab', '--json')).body['operations']).toEqual([]);
  });

  test('what fails for one is told, and the others have their turn', async () => {
    const { json, run, write, prod, lab } = await spaces();
    await write('bridge.yaml', configOf({ prod: 'http://127.0.0.1:9', lab: lab.url }));
    const { code, body } = await json('plan', '--json', '--exit-code');
    expect([code, codesIn(body)]).toEqual([
      1,
      [
        ['prod', 1],
        ['lab', 2],
      ],
    ]);
    expect(body['targets'][0]['result']).toMatchObject({
      format: 'retool-bridge/error',
      code: 'targetUnreadable',
    });
    const told = await run('plan');
    expect(told.code).toBe(1);
    expect(told.stderr).toContain('error: ');
    expect(told.stdout).toContain('══ lab');
    expect(prod.sandbox.log.calls).toEqual([]);
  });

  test('are looked at by check, and paused and resumed together', async () => {
    const { json } = await spaces();
    const checked = await json('check', '--json');
    expect(checked.code).toBe(0);
    expect(checked.body['targets']).toMatchObject([
      { target: 'prod', result: { format: 'retool-bridge/check' } },
      { target: 'lab', result: { format: 'retool-bridge/check' } },
    ]);
    expect((await json('pause', 'moving house', '--json')).code).toBe(0);
    const paused = await json('sync', '--json');
    expect([paused.code, paused.body['targets'][1]['result']['code']]).toEqual([1, 'paused']);
    expect((await json('resume', '--target', 'lab', '--json')).code).toBe(0);
    const half = await json('sync', '--json');
    expect([half.code, codesIn(half.body)]).toEqual([
      1,
      [
        ['prod', 1],
        ['lab', 0],
      ],
    ]);
    expect((await json('plan', '--target', 'lab', '--json')).body['operations']).toEqual([]);
  });

  test('are held each by its own guard, and fail each by itself', async () => {
    const { json, write, lab } = await spaces('guard: { creates: { count: 1, percent: 1 } }\n');
    const { code, body } = await json('sync', '--json');
    expect([code, codesIn(body)]).toEqual([
      3,
      [
        ['prod', 3],
        ['lab', 3],
      ],
    ]);
    await write('people.json', scim([]));
    expect((await json('sync', '--target', 'lab', '--json')).code).toBe(1);
    expect(lab.sandbox.state().users).toHaveLength(1);
  });

  test('SIGTERM ends the one whose turn it is, and the next is not begun', async () => {
    const cutter = createCutter(0);
    const [prod, lab] = await Promise.all([
      serveRetool({}, {}, cutter.intercept),
      serveRetool({}, { token: labToken }),
    ]);
    const place = await workplace({ LAB_TOKEN: labToken });
    await place.write('people.json', scim(staff));
    await place.write('bridge.yaml', configOf({ prod: prod.url, lab: lab.url }));
    const running = place.start('sync', '--json');
    await cutter.reached;
    running.child.kill('SIGTERM');
    await running.says('stopping');
    cutter.goOn();
    const { code, stdout } = await running.ended;
    const body = JSON.parse(stdout) as Json;
    expect([code, codesIn(body)]).toEqual([
      1,
      [
        ['prod', 4],
        ['lab', 1],
      ],
    ]);
    expect(body['targets'][1]['result']['code']).toBe('interrupted');
    expect(lab.sandbox.log.calls).toEqual([]);
    expect((await place.json('sync', '--json')).code).toBe(0);
    expect((await place.run('plan', '--exit-code')).code).toBe(0);
  });

  test('are all served at each slot, and the log says which', async () => {
    const { start, prod, lab } = await spaces('schedule: { cron: "* * * * * *" }\n');
    const service = start('serve');
    await service.says('"target":"lab"');
    await service.says('run finished');
    service.child.kill('SIGTERM');
    const { code, stderr } = await service.ended;
    expect(code).toBe(0);
    for (const name of ['prod', 'lab'])
      expect(stderr).toMatch(new RegExp(`"target":"${name}".*"run finished"`));
    expect([prod.writes() > 0, lab.writes() > 0]).toEqual([true, true]);
    expect(`${stderr}`).not.toContain('never-to-be-seen');
  });
});

describe('a command that is for one target', () => {
  test.each([
    ['rollback', 'last'],
    ['explain', 'p1@acme.com'],
    ['approve', 'abcdef12'],
    ['links'],
    ['link', 'p1@acme.com', '--source', 'staff', '--id', 'p1'],
    ['unlink', 'p1@acme.com'],
    ['runs'],
    ['accounts'],
    ['forget', 'p1@acme.com'],
    ['bundle', '--out', 'bundle'],
    ['state', 'backup', 'copy.db'],
    ['audit', 'verify'],
    ['plan', '--out', 'plan.json'],
    ['plan', '--format', 'html'],
    ['sync', '--moved'],
    ['backfill', '--max-calls', '20'],
  ])('%s names the targets and does nothing', async (...args) => {
    const place = await workplace({ LAB_TOKEN: labToken });
    await place.write('people.json', scim(staff));
    await place.write('bridge.yaml', configOf({ prod: 'http://127.0.0.1:9', lab: 'http://127.0.0.1:10' }));
    const { code, stderr } = await place.run(...args);
    expect(code).toBe(1);
    expect(stderr).toContain('bridge.yaml has 2 targets: prod, lab');
    expect(stderr).toContain('--target "prod" or "lab"');
    expect(await place.files()).toEqual(['bridge.yaml', 'people.json']);
  });

  test('works on the one that is named, and needs no other token', async () => {
    const { json, run, write, prod, lab } = await spaces();
    expect((await json('sync', '--target', 'lab', '--json')).code).toBe(0);
    const elsewhere = await workplace();
    await elsewhere.write('people.json', scim(staff));
    await elsewhere.write('bridge.yaml', configOf({ prod: prod.url, lab: lab.url }));
    const out = await elsewhere.run('plan', '--target', 'prod', '--out', 'prod.json');
    expect(out.code).toBe(0);
    const plan = await elsewhere.read('prod.json');
    expect((await elsewhere.json('apply', 'prod.json', '--target', 'prod', '--json')).code).toBe(0);
    const before = prod.writes();
    await write('prod.json', plan);
    const undecided = await run('apply', 'prod.json');
    expect([undecided.code, prod.writes()]).toEqual([1, before]);
    expect(undecided.stderr).toContain('--target "prod" or "lab"');
    const foreign = await json('apply', 'prod.json', '--target', 'lab', '--json');
    expect([foreign.code, foreign.body['code']]).toEqual([1, 'planForeign']);
    const explained = await run('explain', 'p2@acme.com', '--target', 'lab');
    expect(explained.code).toBe(0);
    expect((await run('plan', '--target', 'nobody')).stderr).toContain('has no target "nobody"');
  });
});
