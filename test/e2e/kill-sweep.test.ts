import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openSqliteStore } from '../../src/state/sqlite/index.ts';
import { config, openRetool, openWorkplace, scim, type ServedRetool, type Staff } from './support.ts';

/*
 * The real program, killed by the operating system at a write of a backfill of three hundred operations: when the
 * write has arrived and nothing was done yet, or when it was carried out and not answered. The program is then started
 * once more and must end where an undisturbed one ends, with nothing there twice and at most one more whole read.
 *
 * All six hundred deaths take minutes: `npm run kill-sweep`. The others are a sample of them;
 * test/unit/run/backfill-kill.test.ts dies at every boundary within one process.
 */

const people = 256;
const teams = 22;
const operations = 300;
const wholeRead = 4;
/** Started processes that are at work at once. */
const atOnce = 3;

const letters = 'abcdefghijklmnopqrstuvwxyz';
const crowd = Array.from({ length: people }, (_, index): Staff => ({
  id: `p${index}`,
  department: `Department ${index % 7}`,
  groups: [`retool-${letters[index % teams]}`],
}));

type Moment = 'before it is carried out' | 'between its being carried out and its answer';

interface Death {
  readonly at: number;
  readonly moment: Moment;
}

const isWhole = process.env['KILL_SWEEP'] === 'all';

/** The boundaries at which the program dies: all, or every fortieth and the last. */
function boundaries(): readonly number[] {
  const all = Array.from({ length: operations }, (_, index) => index + 1);
  return isWhole ? all : all.filter((at) => at % 40 === 1 || at === operations);
}

/** What a backfill led to, and what it cost. */
interface End {
  readonly holdings: object;
  readonly reads: number;
  /** How each process ended, the last of which plans once more and finds nothing to do. */
  readonly exits: readonly unknown[];
}

/** Runs `backfill` until it comes to its end: once, or twice with a death in between. */
async function backfill(death: Death | null): Promise<End> {
  let writes = 0;
  let kill = (): void => undefined;
  const retool = await openRetool({}, {}, async (request, carryOut) => {
    if (request.method === 'GET') return undefined;
    writes += 1;
    if (death === null || writes !== death.at) return undefined;
    if (death.moment !== 'before it is carried out') await carryOut(request);
    kill();
    return new Response(null, { status: 503 });
  });
  const place = await openWorkplace();
  try {
    await place.write('people.json', scim(crowd));
    await place.write('bridge.yaml', config({ target: retool.url }));
    const first = place.start('backfill', '--quiet');
    kill = () => void first.child.kill('SIGKILL');
    const { code, signal } = await first.ended;
    const next = death === null ? [] : [(await place.run('backfill', '--quiet')).code];
    const end = endOf(retool, join(place.folder, 'bridge.db'));
    const { code: second } = await place.run('plan', '--exit-code', '--quiet');
    return { exits: [signal ?? code, ...next, second], ...end };
  } finally {
    await place.close();
    await retool.close();
  }
}

/** What is there and what the state says is ours, without ids and times. */
function endOf({ sandbox }: ServedRetool, state: string): Pick<End, 'holdings' | 'reads'> {
  const { users, groups } = sandbox.state();
  const emailOf = new Map(users.map((user) => [user.id, user.email]));
  const store = openSqliteStore(state, { mode: 'read' });
  const memory = store.memory(0);
  const holdings = {
    users: users
      .map(({ email, first_name, active, metadata }) => ({ email, first_name, active, metadata }))
      .toSorted((a, b) => (a.email < b.email ? -1 : 1)),
    groups: groups
      .map(({ name, memberIds }) => ({ name, members: memberIds.map((id) => emailOf.get(id)).toSorted() }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    links: memory.links.map(({ type, externalId }) => `${type} ${externalId}`).toSorted(),
    accounts: [...memory.accounts.values()].map(({ email, origin }) => `${email} ${origin}`).toSorted(),
    ours: [...memory.groups.values()]
      .map(({ name, origin, members }) => ({
        name,
        origin,
        members: [...members].map((id) => emailOf.get(id)).toSorted(),
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1)),
    open: store.openIntents().length,
    unrecorded: store.unrecordedRun(),
  };
  store.close();
  return { holdings, reads: sandbox.log.count('GET', /^\/api\/v2\//) };
}

const undisturbed = await backfill(null);

test('an undisturbed backfill has three hundred operations', () => {
  expect(undisturbed.exits).toEqual([0, 0]);
  expect(undisturbed.holdings).toMatchObject({ accounts: { length: people }, ours: { length: teams } });
});

test.each<Moment>(['before it is carried out', 'between its being carried out and its answer'])(
  'kill -9 at a write, %s: the next backfill ends where an undisturbed one ends',
  async (moment) => {
    const deaths = boundaries().values();
    await Promise.all(
      Array.from({ length: atOnce }, async () => {
        for (const at of deaths) {
          const { holdings, exits, reads } = await backfill({ at, moment });
          expect({ at, exits, holdings }).toEqual({
            at,
            exits: ['SIGKILL', 0, 0],
            holdings: undisturbed.holdings,
          });
          expect(reads).toBeLessThanOrEqual(undisturbed.reads + wholeRead);
          if (isWhole && at % 20 === 0) process.stderr.write(`${at} of ${operations}, ${moment}\n`);
        }
      }),
    );
  },
  3_600_000,
);
