import { expect, test } from 'vitest';
import { config, createCutter, scim, serveRetool, workplace, type Staff } from './support.ts';

const crowd = (n: number): readonly Staff[] =>
  Array.from({ length: n }, (_, index): Staff => ({
    id: `p${index}`,
    groups: [index % 3 === 0 ? 'retool-sales' : 'retool-legal'],
  }));

const people = 60;
const operations = people + 2 + 2;
/** Users, groups, attributes, invites; then users and groups once more. */
const reads = 4 + 2;

/** A backfill whose process is killed while its write number `at` waits for its answer, and the one after it. */
async function killedAt(at: number) {
  const cutter = createCutter(at);
  const retool = await serveRetool({}, {}, cutter.intercept);
  const place = await workplace();
  await place.write('people.json', scim(crowd(people)));
  await place.write('bridge.yaml', config({ target: retool.url }));
  const first = place.start('backfill', '--json');
  await cutter.reached;
  first.child.kill('SIGKILL');
  expect((await first.ended).signal).toBe('SIGKILL');
  cutter.goOn();
  return { ...place, retool };
}

test.each([0, 1, 2, 9, 24, 33, 47, operations - 2, operations - 1])(
  'kill -9 while write %i is under way: the next backfill goes on from there, and nothing is there twice',
  async (at) => {
    const { json, run, retool } = await killedAt(at);
    const { code, body } = await json('backfill', '--json');

    expect([code, body['kind']]).toEqual([0, 'backfill']);
    const { users, groups } = retool.sandbox.state();
    const membersOf = (name: string): (number | undefined)[] =>
      groups.filter((group) => group.name === name).map((group) => group.memberIds.length);
    expect(new Set(users.map(({ email }) => email)).size).toBe(users.length);
    expect([users.length, membersOf('sales'), membersOf('legal')]).toEqual([people + 1, [20], [40]]);
    const read = retool.sandbox.log.count('GET', /^\/api\/v2\//);
    expect(read).toBeLessThanOrEqual(reads + 4);
    expect((await run('plan', '--exit-code')).code).toBe(0);
  },
  60_000,
);
