import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { generateWorld } from '../../../../src/sandbox/index.ts';
import { answer, changed, hang, times, where, type Fault } from '../../../contract/source-faults.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { never, setUp, type Bench, type BenchOptions } from './support.ts';

const world = generateWorld({ users: 200, groups: 20 });
const { app, groups } = world.okta;
const staff = world.people.flatMap(({ okta }) => (okta === null ? [] : [okta]));
const nobody: readonly string[] = [];
const named = (name: string) => groups.find((group) => group.name === name) ?? { id: '', members: nobody };
const finance = named('retool-finance');
const hour = 3_600_000;
const scopes = {
  groups: { groups: ['retool-*'] },
  app: { app: app.id },
  everything: { everything: true },
} as const;

function open(scope: object, given: BenchOptions = {}): Bench {
  return setUp({ world, options: { scope }, sandbox: { limits: 'unlimited' }, ...given });
}

function contentOf({ users, groups: teams, completeness, rejected }: Snapshot) {
  return { users, groups: teams, completeness, rejected };
}

/** The paths, with their queries, that `work` sends requests to. */
async function pathsOf({ seen }: Bench, work: Promise<unknown>): Promise<readonly string[]> {
  const before = seen.length;
  await work;
  return seen.slice(before).map(({ url }) => decodeURIComponent(url.slice(new URL(url).origin.length)));
}

describe('a read that goes on from the last one, when nothing changed,', () => {
  test.each(['groups', 'everything'] as const)('costs two calls in the scope "%s"', async (scope) => {
    const bench = open(scopes[scope]);
    const first = await bench.source.read(never);
    await bench.clock.advance(hour);
    const calledFor = await pathsOf(bench, bench.source.read(never, undefined, first));
    const since = '"2026-01-05T08:55:00.000Z"';
    expect(calledFor).toEqual([
      `/api/v1/users?limit=200&filter=lastUpdated gt ${since}`,
      `/api/v1/groups?limit=200&filter=lastUpdated gt ${since} or lastMembershipUpdated gt ${since}`,
    ]);
  });

  test('costs c(N/500) + c(A/200) in the scope "app"', async () => {
    const big = generateWorld({ users: 2500, groups: 8 });
    const bench = open({ app: big.okta.app.id }, { world: big });
    const first = await bench.source.read(never);
    const second = await bench.source.read(never, undefined, first);
    expect(first.users.length).toBeGreaterThan(500);
    expect(second.calls).toBe(Math.ceil(first.users.length / 500) + 1);
    expect(contentOf(second)).toEqual(contentOf(first));
  });

  test.each(Object.entries(scopes))('says the same, and can be gone on from: "%s"', async (_, scope) => {
    const { source, clock } = open(scope);
    const first = await source.read(never);
    await clock.advance(hour);
    const second = await source.read(never, undefined, first);
    await clock.advance(hour);
    const third = await source.read(never, undefined, second);
    expect(contentOf(third)).toEqual(contentOf(first));
    expect(third.cursor?.fullReadAt).toBe(first.takenAt);
    expect(third.cursor?.position).toMatchObject({ since: '2026-01-05T11:00:00.000Z' });
  });
});

describe('a read that goes on from the last one', () => {
  test('reads the members of no other group than those that changed', async () => {
    const bench = open(scopes.groups);
    const first = await bench.source.read(never);
    await bench.clock.advance(hour);
    bench.sandbox.admin.addMember(finance.id, staff[0]?.id ?? '');
    const calledFor = await pathsOf(bench, bench.source.read(never, undefined, first));
    expect(calledFor.slice(2)).toEqual([`/api/v1/groups/${finance.id}/users?limit=1000`]);
  });

  test('does not read the members of a group that has another name only', async () => {
    const bench = open(scopes.groups);
    const first = await bench.source.read(never);
    await bench.clock.advance(hour);
    bench.sandbox.admin.renameGroup(finance.id, 'retool-money');
    const second = await bench.source.read(never, undefined, first);
    expect(second.calls).toBe(2);
    expect(second.groups.find(({ externalId }) => externalId === finance.id)).toEqual({
      externalId: finance.id,
      displayName: 'retool-money',
      members: finance.members.toSorted(),
      extra: expect.anything(),
    });
  });

  test('asks those who left a group for their groups, unless reading all groups again is cheaper', async () => {
    const [one = '', ...others] = finance.members;
    const few = open(scopes.groups);
    const before = await few.source.read(never);
    await few.clock.advance(hour);
    few.sandbox.admin.removeMember(finance.id, one);
    const calledFor = await pathsOf(few, few.source.read(never, undefined, before));
    expect(calledFor.slice(2)).toEqual([
      `/api/v1/groups/${finance.id}/users?limit=1000`,
      `/api/v1/users/${one}/groups`,
    ]);

    const some = { groups: ['retool-finance', 'retool-legal'] };
    const many = open(some);
    const first = await many.source.read(never);
    await many.clock.advance(hour);
    expect(others.length).toBeGreaterThan(1);
    for (const other of others) many.sandbox.admin.removeMember(finance.id, other);
    const read = await pathsOf(many, many.source.read(never, undefined, first));
    expect(read.slice(2).toSorted()).toEqual(
      [finance.id, named('retool-legal').id].map((id) => `/api/v1/groups/${id}/users?limit=1000`).toSorted(),
    );
  });

  test.each([
    ['forbids it', answer(403)],
    ['answers with something else', answer(404)],
    ['never answers', hang],
  ])('reads all groups again when Okta is asked for somebody’s groups and %s', async (_, refusal) => {
    const legal = named('retool-legal');
    const fault: Fault = (request, pass) => {
      const url = new URL(request.url);
      if (/^\/api\/v1\/users\/[^/]+\/groups$/.test(url.pathname)) return refusal(request, pass);
      if (!url.searchParams.has('filter')) return pass();
      // The stamp of the group that was joined comes late.
      const notLegal = changed((body) =>
        (body as readonly { readonly id: string }[]).filter(({ id }) => id !== legal.id),
      );
      return notLegal(request, pass);
    };
    const { source, sandbox, clock } = open(scopes.groups, { fault });
    const first = await source.read(never);
    await clock.advance(hour);
    const [mover = ''] = finance.members.filter((id) => !legal.members.includes(id));
    sandbox.admin.removeMember(finance.id, mover);
    sandbox.admin.addMember(legal.id, mover);
    const second = await source.read(never, undefined, first);
    expect(contentOf(second)).toEqual(contentOf(await source.read(never)));
  });

  test('finds a membership whose stamp came late and was dated back', async () => {
    const clock = createVirtualClock();
    let isLate = true;
    const late = where(
      (url) => url.pathname === '/api/v1/groups' && url.searchParams.has('filter'),
      changed((body) => (isLate ? [] : body)),
    );
    const { source, sandbox } = open(scopes.groups, { clock, fault: late });
    const first = await source.read(never);
    await clock.advance(hour);
    const newcomer = staff.find(({ id }) => !finance.members.includes(id))?.id ?? '';
    sandbox.admin.addMember(finance.id, newcomer);
    await clock.advance(2_000);
    const second = await source.read(never, undefined, first);
    isLate = false;
    await clock.advance(hour);
    const third = await source.read(never, undefined, second);
    const membersIn = (read: Snapshot) =>
      read.groups.find(({ externalId }) => externalId === finance.id)?.members;
    expect([membersIn(second)?.includes(newcomer), membersIn(third)?.includes(newcomer)]).toEqual([
      false,
      true,
    ]);
  });

  test('has everybody whom the list of assigned people missed while it was read', async () => {
    const assigned = groups.filter(({ id }) => app.groups.includes(id)).flatMap(({ members }) => members);
    const id = assigned.find((one) => !app.users.includes(one)) ?? '';
    let isMoving = false;
    const fault = where(
      (url) => url.pathname.endsWith(`/apps/${app.id}/users`),
      changed((body) =>
        isMoving ? (body as readonly { readonly id: string }[]).filter((row) => row.id !== id) : body,
      ),
    );
    const { source } = open(scopes.app, { fault });
    const first = await source.read(never);
    isMoving = true;
    const full = await source.read(never);
    const second = await source.read(never, undefined, first);
    expect(first.users.some(({ externalId }) => externalId === id)).toBe(true);
    expect(contentOf(full)).toEqual(contentOf(first));
    expect(contentOf(second)).toEqual(contentOf(first));
  });

  test('does not see that a group was deleted for good, and the next full read does', async () => {
    const { source, sandbox, clock } = open(scopes.groups);
    const first = await source.read(never);
    await clock.advance(hour);
    sandbox.admin.deleteGroup(finance.id);
    const holds = (read: Snapshot) => read.groups.some(({ externalId }) => externalId === finance.id);
    expect(holds(await source.read(never, undefined, first))).toBe(true);
    expect(holds(await source.read(never))).toBe(false);
  });
});

describe('everything is read', () => {
  /** How many calls a second read makes that was given what the first one said, changed. */
  async function callsAfter(
    change: (first: Snapshot, bench: Bench) => Snapshot | Promise<Snapshot>,
    given: BenchOptions = {},
    options: object = {},
  ): Promise<readonly number[]> {
    const bench = open(scopes.groups, given);
    const first = await bench.source.read(never);
    await bench.clock.advance(hour);
    const baseline = await change(first, bench);
    const other = setUp({ world, clock: bench.clock, options: { scope: scopes.groups, ...options } });
    const source = Object.keys(options).length === 0 ? bench.source : other.source;
    const second = await source.read(never, undefined, baseline);
    return [first.calls, second.calls];
  }
  const withPosition = (first: Snapshot, position: object): Snapshot => ({
    ...first,
    cursor: { fullReadAt: first.takenAt, position: { ...Object(first.cursor?.position), ...position } },
  });

  const withoutCursor = (first: Snapshot): Snapshot => {
    const { cursor, ...rest } = first;
    expect(cursor).toBeDefined();
    return rest;
  };

  test('is not what follows a read that was whole', async () => {
    const [full = 0, second = 0] = await callsAfter((first) => first);
    expect(full).toBeGreaterThan(2);
    expect(second).toBe(2);
  });

  test.each<[string, (first: Snapshot, bench: Bench) => Snapshot | Promise<Snapshot>]>([
    ['without a cursor', (first) => withoutCursor(first)],
    ['with a cursor of another version', (first) => withPosition(first, { version: 2 })],
    ['with a cursor that holds more than is known', (first) => withPosition(first, { more: 1 })],
    ['with a time that is none', (first) => withPosition(first, { since: 'yesterday' })],
    [
      'that was not whole',
      (first) => ({
        ...first,
        completeness: { ...first.completeness, partialGroups: new Map([['x', 'y']]) },
      }),
    ],
    [
      'by a clock that went back since',
      (first, { clock }) => {
        clock.stepWall(-3 * hour);
        return first;
      },
    ],
  ])('after a read %s', async (_, change) => {
    const [full, second] = await callsAfter(change);
    // What a clock that went back has to say is only known once it was asked.
    expect(second).toBe(_.startsWith('by a clock') ? (full ?? 0) + 2 : full);
  });

  test.each([
    ['scope', { scope: { groups: ['retool-*', 'retool-finance'] } }],
    ['standing of a status', { statuses: { STAGED: 'active' } }],
    ['org', { orgUrl: 'https://other.okta.example' }],
  ])('with another %s', async (_, options) => {
    const [full, second] = await callsAfter((first) => first, {}, options);
    expect(second).toBe(full);
  });

  test('when the org does not take the filters', async () => {
    const refused = where((url) => url.searchParams.has('filter'), answer(400, '{"errorCode":"E0000031"}'));
    const [full = 0, second] = await callsAfter((first) => first, { fault: refused });
    expect(second).toBe(full + 1);
  });

  test('by the next one, when an answer did not tell the time', async () => {
    const timeless = times(1, async (_request, pass) => {
      const response = await pass();
      const headers = new Headers(response.headers);
      headers.delete('date');
      return new Response(await response.text(), { status: response.status, headers });
    });
    const { source } = open(scopes.groups, { fault: timeless });
    const read = await source.read(never);
    expect(read.completeness.users.state).toBe('complete');
    expect(read.cursor).toBeUndefined();
  });

  test('by the next one, when a group could not be read', async () => {
    const forbidden = where((url) => url.pathname === `/api/v1/groups/${finance.id}/users`, answer(403));
    const { source } = open(scopes.everything, { fault: forbidden });
    expect((await source.read(never)).cursor).toBeUndefined();
  });
});
