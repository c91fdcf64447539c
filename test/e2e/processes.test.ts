import { setTimeout as pause } from 'node:timers/promises';
import { expect, test } from 'vitest';
import {
  createCutter,
  stage,
  serveRetool,
  workplace,
  config,
  scim,
  type Json,
  type Staff,
} from './support.ts';

const crowd = (n: number): readonly Staff[] =>
  Array.from({ length: n }, (_, index): Staff => ({ id: `p${index}`, groups: ['retool-sales'] }));

/** A workplace whose Retool does not answer writes from the nth on, until it is told to go on. */
async function stalling(people: readonly Staff[], from: number) {
  const cutter = createCutter(from);
  const retool = await serveRetool({}, {}, cutter.intercept);
  const place = await workplace();
  await place.write('people.json', scim(people));
  await place.write('bridge.yaml', config({ target: retool.url }));
  return { ...place, retool, cutter };
}

test('a second run over the same state is told that another holds it', async () => {
  const { start, json, cutter } = await stalling(crowd(5), 2);
  const first = start('sync', '--json');
  await cutter.reached;
  const second = await json('sync', '--json');
  expect([second.code, second.body['code']]).toEqual([5, 'stateLocked']);
  const reading = await json('plan', '--json');
  expect(reading.code).toBe(0);
  cutter.goOn();
  expect((await first.ended).code).toBe(0);
});

test.each([0, 1, 4, 9])('kill -9 after %i writes loses nothing and doubles nothing', async (writes) => {
  const { start, json, run, retool, cutter } = await stalling(crowd(8), writes);
  const first = start('sync', '--json');
  await cutter.reached;
  first.child.kill('SIGKILL');
  expect((await first.ended).signal).toBe('SIGKILL');
  cutter.goOn();
  const second = await json('sync', '--json');
  expect(second.code).toBe(0);
  const { users, groups } = retool.sandbox.state();
  expect(users).toHaveLength(9);
  expect(groups.find((group) => group.name === 'sales')?.memberIds).toHaveLength(8);
  expect(groups.filter((group) => group.name === 'sales')).toHaveLength(1);
  expect((await run('plan', '--exit-code')).code).toBe(0);
});

test('SIGTERM ends a sync after the calls in flight, and the next one goes on', async () => {
  const { start, json, run, cutter } = await stalling(crowd(20), 3);
  const first = start('sync', '--json');
  await cutter.reached;
  first.child.kill('SIGTERM');
  await first.says('stopping');
  cutter.goOn();
  const stopped = await first.ended;
  const body = JSON.parse(stopped.stdout) as Json;
  expect([stopped.code, body['status']]).toEqual([4, 'partial']);
  expect(body['outcomes']['notAttempted']).toBeGreaterThan(0);
  expect(stopped.stderr).toMatch(
    /interrupted with \d+ of 22 operations left: run the same command again to go on/,
  );
  expect((await json('sync', '--json')).code).toBe(0);
  expect((await run('plan', '--exit-code')).code).toBe(0);
});

test('serve runs on its schedule and stops cleanly', async () => {
  const { start, retool } = await stage(
    crowd(3),
    {},
    {
      more: 'schedule: { cron: "* * * * * *", timezone: Europe/Berlin }\n',
    },
  );
  const service = start('serve');
  await service.says('run finished');
  service.child.kill('SIGTERM');
  const { code, stderr } = await service.ended;
  expect([code, stderr.includes('schedule stopped')]).toEqual([0, true]);
  expect(retool.sandbox.state().users).toHaveLength(4);
});

test('serve without a schedule runs every quarter of an hour', async () => {
  const { start } = await stage(crowd(1));
  const service = start('serve');
  await service.says('schedule started');
  service.child.kill('SIGINT');
  const { code, stderr } = await service.ended;
  expect([code, stderr.includes('*/15 * * * *')]).toEqual([0, true]);
});

test('sandbox prints a configuration that works against it', async () => {
  const { start, write, run } = await workplace({
    OKTA_API_TOKEN: '00sandbox-okta-api-token',
    ENTRA_CLIENT_SECRET: 'sandbox-entra-client-secret',
    RETOOL_API_TOKEN: 'retool_01sandbox-api-token',
  });
  const sandbox = start('sandbox', '--users', '40', '--groups', '8', '--port', '0', '--json');
  await sandbox.says('listening');
  await pause(20);
  const document = JSON.parse(sandbox.stdoutSoFar()) as Json;
  await write('bridge.yaml', document['config']);
  const check = await run('check');
  expect([check.code, check.stderr]).toEqual([0, '']);
  const plan = await run('plan', '--exit-code');
  expect([2, 3]).toContain(plan.code);
  sandbox.child.kill('SIGINT');
  expect((await sandbox.ended).code).toBe(0);
});

test('demo does the main job on its own sandbox', async () => {
  const { json } = await workplace();
  const { code, body } = await json('demo', '--json');
  expect([code, body['applied'], body['secondPlan']]).toEqual([0, 'changed', 0]);
  expect(body['calls']['made'] / body['calls']['least']).toBeLessThanOrEqual(1.02);
});
