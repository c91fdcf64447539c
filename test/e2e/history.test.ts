import { expect, test } from 'vitest';
import {
  config,
  createCutter,
  scim,
  serveRetool,
  stage,
  workplace,
  type Json,
  type Staff,
} from './support.ts';

const ann: Staff = { id: 'ann', given: 'Ann', department: 'Sales', groups: ['retool-sales'] };

test('runs lists what was run, runs show tells one, and rollback undoes it with apply', async () => {
  const { json, run, write, retool } = await stage([ann]);
  expect((await run('sync')).code).toBe(0);
  const { body: list } = await json('runs', '--json');
  const [first] = list['runs'] as readonly Json[];
  expect(list['format']).toBe('retool-bridge/runs');
  expect([first?.['kind'], first?.['status'], first?.['plan']['operations']]).toEqual(['sync', 'changed', 3]);

  const table = await run('runs', '--limit', '5');
  expect(table.stdout).toContain(first?.['id']);
  const text = await run('runs', 'show', 'last');
  expect(text.stdout).toMatch(/ann@acme.com  create account/);
  const { body: shown } = await json('runs', 'show', first?.['id'], '--json');
  expect([shown['id'], shown['outcomes']['applied']]).toEqual([first?.['id'], 3]);
  expect((await run('runs', 'show', 'last', '--format', 'csv')).stdout).toContain('createUser');

  const plan = await run('rollback', first?.['id'], '--out', 'undo.json');
  expect([plan.code, plan.stderr]).toEqual([0, '']);
  expect(plan.stdout).toContain('undoes createUser:ann@acme.com');
  const applied = await json('apply', 'undo.json', '--json');
  expect([applied.code, applied.body['status']]).toEqual([0, 'changed']);
  expect(retool.sandbox.state().users.find(({ email }) => email === 'ann@acme.com')?.active).toBe(false);
  await write('bridge.yaml', 'nonsense: 1\n');
  expect((await run('runs')).code).toBe(1);
}, 60_000);

test('a run that was killed is listed, shown and undone, without being carried on with', async () => {
  const cutter = createCutter(5);
  const retool = await serveRetool({}, {}, cutter.intercept);
  const { start, run, json, write } = await workplace();
  await write('people.json', scim(['ann', 'ben', 'cleo', 'dora', 'eli', 'fay', 'gus'].map((id) => ({ id }))));
  await write('bridge.yaml', config({ target: retool.url }));
  const first = start('sync', '--json');
  await cutter.reached;
  first.child.kill('SIGKILL');
  await first.ended;
  cutter.goOn();

  const { body: list } = await json('runs', '--json');
  expect([list['runs'], list['unrecorded']['kind']]).toEqual([[], 'sync']);
  expect((await run('runs')).stdout).toContain('it is going on, or was cut short');
  expect((await run('state', 'check')).stdout).toContain(list['unrecorded']['id']);
  const { body: shown } = await json('runs', 'show', 'last', '--json');
  const { applied, unknown } = shown['outcomes'];
  expect([shown['ending'], applied + unknown >= 5]).toEqual(['open', true]);

  const made = retool.sandbox.state().users.length - 1;
  const plan = await json('rollback', 'last', '--out', 'undo.json', '--json');
  expect([plan.code, plan.body['summary']]).toEqual([0, { deactivateUser: made, total: made }]);
  const undone = await json('apply', 'undo.json', '--approve', plan.body['fingerprint'], '--json');
  expect([undone.code, undone.body['outcomes']['applied']]).toEqual([0, made]);
  expect(retool.sandbox.state().users.filter(({ active }) => active)).toHaveLength(1);
  const { body: after } = await json('runs', '--json');
  expect(after['unrecorded']).toBeNull();
  expect(after['runs'].map(({ kind, status }: Json) => `${kind} ${status}`)).toEqual([
    'apply changed',
    'sync partial',
  ]);
  expect((await run('runs', 'show', list['unrecorded']['id'])).stdout).toContain('cut short');
}, 60_000);

test('a run that is not in the history is refused with a remedy', async () => {
  const { json } = await stage([ann]);
  const { code, body } = await json('rollback', 'nope', '--json');
  expect([code, body['code']]).toEqual([1, 'badCommand']);
  expect(body['remedy']).toContain('retool-bridge runs');
  expect((await json('runs', '--json')).body['runs']).toEqual([]);
});

test('backfill stops at --max-calls with exit 4 and says how to go on', async () => {
  const { run, retool } = await stage(Array.from({ length: 30 }, (_, index) => ({ id: `p${index}` })));
  const first = await run('backfill', '--max-calls', '16');
  expect(first.code).toBe(4);
  expect(first.stdout).toMatch(
    /Stopped after 9 operations with 21 to go.*--max-calls[\s\S]*retool-bridge backfill/,
  );
  expect(retool.sandbox.log.count(undefined, /^\/api\/v2\//)).toBe(16);
  const second = await run('backfill');
  expect([second.code, second.stdout.includes('Stopped')]).toEqual([0, false]);
  expect(retool.sandbox.state().users).toHaveLength(31);
}, 60_000);

test.each([
  [['--max-calls', '3'], 'at least'],
  [['--until', '25:00'], '--until 06:00'],
])('backfill %j is refused before anything is read', async (options, remedy) => {
  const { json, retool } = await stage([ann]);
  const { code, body } = await json('backfill', ...options, '--json');
  expect([code, body['code']]).toEqual([1, 'badCommand']);
  expect(body['remedy']).toContain(remedy);
  expect(retool.sandbox.log.calls).toEqual([]);
});
