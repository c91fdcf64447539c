import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { silentLogger } from '../../../../src/runtime/logger.ts';
import { generateWorld } from '../../../../src/sandbox/index.ts';
import { createSource } from '../../../../src/sources/entra/index.ts';
import {
  answer,
  changed,
  hang,
  healthy,
  through,
  where,
  type Fault,
} from '../../../contract/source-faults.ts';
import { never, optionsOf, pagesOf, setUp, smallWorld, type BenchOptions } from './support.ts';

const day = 24 * 60 * 60_000;
const finance = groupNamed('Retool Finance');
const warehouse = groupNamed('Retool Warehouse Floor');

function groupNamed(name: string) {
  const group = smallWorld.entra.groups.find((candidate) => candidate.name === name);
  if (group === undefined) throw new Error(`The world has no group ${name}`);
  return group;
}

/** A source that has got to reading changes, on a wire that a fault may be put on afterwards. */
async function goingOn(options: BenchOptions = {}) {
  const wire = { fault: healthy };
  const bench = setUp({ ...options, fault: (request, pass) => wire.fault(request, pass) });
  const listed = await bench.source.read(never);
  await bench.clock.advance(60_000);
  const baseline = await bench.source.read(never, undefined, listed);
  await bench.clock.advance(60_000);
  const before = bench.seen.length;
  /** The paths that were asked for since. */
  const asked = (): readonly string[] =>
    bench.seen.slice(before).map(({ url }) => new URL(url).pathname.replace('/v1.0', ''));
  return {
    ...bench,
    listed,
    baseline,
    asked,
    putFault: (fault: Fault) => void (wire.fault = fault),
    readOn: (from: Snapshot = baseline) => bench.source.read(never, undefined, from),
  };
}

function contentOf({ users, groups, completeness, rejected }: Snapshot) {
  return { users, groups, completeness, rejected };
}

function stageOf(snapshot: Snapshot): unknown {
  return Object(snapshot.cursor?.position).stage;
}

const users = /^\/v1\.0\/users\/delta$/;
const groups = /^\/v1\.0\/groups\/delta$/;

/** Puts rows in front of what a round says. */
function alsoSaying(path: RegExp, ...rows: readonly object[]): Fault {
  return where(
    ({ pathname }) => path.test(pathname),
    changed((body) => ({ ...Object(body), value: [...rows, ...Object(body).value] })),
  );
}

const memberOut = (id: string) => ({
  '@odata.type': '#microsoft.graph.user',
  id,
  '@removed': { reason: 'deleted' },
});

describe('the way to reading changes', () => {
  test('goes by all lists, then the first rounds of the whole tenant, then what has changed', async () => {
    const { listed, baseline, readOn } = await goingOn();
    const third = await readOn();
    expect([listed, baseline, third].map(stageOf)).toEqual(['listed', 'delta', 'delta']);
    expect(contentOf(baseline)).toEqual(contentOf(listed));
    expect(contentOf(third)).toEqual(contentOf(listed));
  });

  test('counts the first rounds as a full read, and no later one', async () => {
    const { listed, baseline, readOn } = await goingOn();
    expect(listed.cursor?.fullReadAt).toBe(listed.takenAt);
    expect(baseline.cursor?.fullReadAt).toBe(baseline.takenAt);
    expect((await readOn()).cursor?.fullReadAt).toBe(baseline.takenAt);
  });

  test('costs what the lists do, then one call to count and a round each, then two', async () => {
    const { listed, baseline, readOn, asked } = await goingOn();
    expect(listed.calls).toBe(1 + listed.groups.length);
    expect(baseline.calls).toBe(1 + 1 + 1);
    expect((await readOn()).calls).toBe(2);
    expect(asked()).toEqual(['/users/delta', '/groups/delta']);
  });

  test.each([
    ['named groups with nesting', { groups: ['Retool *'], nested: true }, 2],
    ['everything', { everything: true }, 2],
    ['everything with nesting', { everything: true, nested: true }, 2],
    ['an enterprise app', { enterpriseApp: smallWorld.entra.app.id }, 3],
  ])('costs the same of %s', async (_, scope, calls) => {
    const { readOn, listed } = await goingOn({ options: { scope } });
    const third = await readOn();
    expect(third.calls).toBe(calls);
    expect(contentOf(third)).toEqual(contentOf(listed));
  });

  test('costs a call for each 999 assignments of an enterprise app', async () => {
    const world = generateWorld({ users: 4_000, groups: 10, seed: 2 });
    const people = world.people.flatMap(({ entra }) => (entra === null ? [] : [entra.id]));
    const bench = setUp({ world, options: { scope: { enterpriseApp: world.entra.app.id } } });
    const assigned = new Set(world.entra.app.assignments.map(({ principal }) => principal));
    for (const person of people) if (!assigned.has(person)) bench.sandbox.admin.assign(person);
    const listed = await bench.source.read(never);
    const baseline = await bench.source.read(never, undefined, listed);
    expect((await bench.source.read(never, undefined, baseline)).calls).toBe(
      2 + pagesOf(new Set([...people, ...assigned]).size),
    );
    expect(pagesOf(people.length)).toBeGreaterThan(1);
  });

  test('is not taken where fewer than a tenth of the people are in scope', async () => {
    const world = generateWorld({ users: 3_000, groups: 20, seed: 4 });
    const small = world.entra.groups
      .filter(({ users }) => users.length > 3)
      .toSorted((one, other) => one.users.length - other.users.length)[0];
    const options = { scope: { groups: [`id:${small?.id}`] } };
    const { baseline, readOn, clock, asked } = await goingOn({ world, options });
    expect([stageOf(baseline), baseline.calls]).toEqual(['lists', 1 + 2]);
    const third = await readOn();
    expect([stageOf(third), third.calls]).toEqual(['lists', 2]);
    await clock.advance(day);
    expect((await readOn(third)).calls).toBe(1 + 2);
    expect(asked().filter((path) => path.endsWith('/delta'))).toEqual([]);
  });

  test.each([{ guests: 'include' }, { select: ['postalCode'] }, { scope: { groups: ['*'] } }])(
    'starts anew under the other options %o',
    async (options) => {
      const { baseline, sandbox, clock } = await goingOn();
      const other = createSource('entra', optionsOf(options), {
        clock,
        random: () => 0.5,
        fetch: through(sandbox.fetch, healthy),
        logger: silentLogger,
        env: {},
        directory: '.',
      });
      const before = sandbox.log.count(undefined, /delta$/);
      expect(stageOf(await other.read(never, undefined, baseline))).toBe('listed');
      expect(sandbox.log.count(undefined, /delta$/)).toBe(before);
    },
  );

  test('is left by a partial read, which nobody can go on from', async () => {
    const bench = setUp({ options: { scope: { groups: ['Retool *', 'Nowhere'] } } });
    expect((await bench.source.read(never)).cursor).toBeUndefined();
  });
});

describe('a round that is late, or tells something twice, takes nothing', () => {
  const [member = '', other = ''] = warehouse.users;

  test.each<readonly [string, Fault]>([
    [
      'somebody left a group',
      alsoSaying(groups, {
        id: warehouse.id,
        displayName: warehouse.name,
        'members@delta': [memberOut(member)],
      }),
    ],
    ['a group is gone', alsoSaying(groups, { id: warehouse.id, '@removed': { reason: 'deleted' } })],
    ['a group has another name', alsoSaying(groups, { id: warehouse.id, displayName: 'Somewhere else' })],
    ['somebody is gone', alsoSaying(users, { id: member, '@removed': { reason: 'changed' } })],
    [
      'somebody is disabled',
      alsoSaying(users, { id: member, accountEnabled: false, userPrincipalName: 'x@acme.com' }),
    ],
    ['somebody has nothing but an id', alsoSaying(users, { id: other })],
  ])('when %s and that is no longer so', async (_, fault) => {
    const { baseline, readOn, putFault, asked } = await goingOn();
    putFault(fault);
    const again = await readOn();
    expect(contentOf(again)).toEqual(contentOf(baseline));
    expect(stageOf(again)).toBe('delta');
    expect(asked().length).toBeGreaterThan(2);
    expect(asked().length).toBeLessThan(5);
  });

  test('nor does a list that lacks somebody of whom no round said that they left', async () => {
    const { baseline, readOn, putFault, sandbox } = await goingOn();
    sandbox.admin.removeMember(warehouse.id, other);
    putFault(
      where(
        ({ pathname }) => pathname.endsWith('/members'),
        changed((body) => ({ ...Object(body), value: [] })),
      ),
    );
    const members = (snapshot: Snapshot) =>
      snapshot.groups.find(({ externalId }) => externalId === warehouse.id)?.members;
    expect(members(await readOn())).toEqual(members(baseline)?.filter((id) => id !== other));
  });
});

describe('what a round tells', () => {
  test('of somebody new in a group is read with fifteen of them in a call', async () => {
    const { readOn, sandbox, asked } = await goingOn();
    for (let index = 0; index < 16; index += 1)
      sandbox.admin.addMember(
        finance.id,
        sandbox.admin.createUser({ userPrincipalName: `n${index}@acme.com` }),
      );
    const { users: after, calls } = await readOn();
    expect(after.filter(({ userName = '' }) => /^n\d/.test(userName))).toHaveLength(16);
    expect(calls).toBe(2 + 2);
    expect(asked().slice(2)).toEqual(['/users', '/users']);
  });

  test('of people who are in no group that counts is not looked into', async () => {
    const { readOn, sandbox } = await goingOn();
    sandbox.admin.createUser({ userPrincipalName: 'else@acme.com' });
    expect((await readOn()).calls).toBe(2);
  });

  test('of somebody who was deleted and is back restores their memberships', async () => {
    const { baseline, readOn, sandbox, clock } = await goingOn();
    const [person = ''] = warehouse.users;
    sandbox.admin.deleteUser(person);
    const without = await readOn();
    expect(without.users.map(({ externalId }) => externalId)).not.toContain(person);
    await clock.advance(1_000);
    sandbox.admin.restoreUser(person);
    expect(contentOf(await readOn(without))).toEqual(contentOf(baseline));
  });

  test('of an app role that is new is named', async () => {
    const { id, roles } = smallWorld.entra.app;
    const { readOn, sandbox, source } = await goingOn({ options: { scope: { enterpriseApp: id } } });
    const [role] = roles;
    sandbox.admin.assign(finance.id, role?.id);
    const after = await readOn();
    expect(contentOf(after)).toEqual(contentOf(await source.read(never)));
    const roleNames = after.groups.find(({ externalId }) => externalId === finance.id)?.extra['appRoles'];
    expect(roleNames).toEqual([role?.name.toLowerCase()]);
  });
});

describe('everything is read again', () => {
  test.each<readonly [string, (bench: Awaited<ReturnType<typeof goingOn>>) => unknown]>([
    ['after a reset of the tenant', ({ sandbox }) => sandbox.admin.resetDelta()],
    ['when a state token is older than a week', ({ clock }) => clock.advance(8 * day)],
    [
      'when Graph does not know the token',
      ({ putFault }) => putFault(where(({ pathname }) => users.test(pathname), answer(404))),
    ],
    ['when a changed row has no id', ({ putFault }) => putFault(alsoSaying(users, { displayName: 'x' }))],
    [
      'when a changed member has no type',
      ({ putFault }) => putFault(alsoSaying(groups, { id: warehouse.id, 'members@delta': [{ id: 'x' }] })),
    ],
    [
      'when an id could mean something in a path',
      ({ putFault }) => putFault(alsoSaying(groups, { id: '../users', displayName: 'Retool x' })),
    ],
    [
      'when more has changed than is worth asking for one by one',
      ({ sandbox }) => {
        for (let index = 0; index < 200; index += 1)
          sandbox.admin.addMember(
            finance.id,
            sandbox.admin.createUser({ userPrincipalName: `n${index}@acme.com` }),
          );
      },
    ],
  ])('%s', async (_, happens) => {
    const bench = await goingOn();
    await happens(bench);
    const after = await bench.readOn();
    bench.putFault(healthy);
    expect(stageOf(after)).toBe('listed');
    expect(after.cursor?.fullReadAt).toBe(after.takenAt);
    expect(contentOf(after)).toEqual(contentOf(await bench.source.read(never)));
  });

  test('for a day when the first rounds are refused', async () => {
    const bench = setUp({ fault: where(({ pathname }) => users.test(pathname), answer(501)) });
    const listed = await bench.source.read(never);
    const second = await bench.source.read(never, undefined, listed);
    expect(stageOf(second)).toBe('lists');
    expect(contentOf(second)).toEqual(contentOf(listed));
  });
});

describe('a round that fails', () => {
  test.each<readonly [string, string, Fault]>([
    ['with server errors', 'sourceUnreadable', answer(503)],
    ['with silence', 'sourceUnreadable', hang],
    ['for want of credentials', 'sourceUnauthorized', answer(401)],
    [
      'with a link to another host',
      'sourceInvalid',
      linking('https://evil.example/v1.0/users/delta?$deltatoken=x'),
    ],
    ['without a link', 'sourceInvalid', linking(undefined)],
    ['with a link in a circle', 'sourceInvalid', circling],
  ])('%s fails the read', async (_, code, fault) => {
    const { readOn, putFault } = await goingOn();
    putFault(where(({ pathname }) => users.test(pathname), fault));
    await expect(readOn()).rejects.toMatchObject({ code });
  });
});

function linking(link: string | undefined): Fault {
  return changed((body) => ({ ...Object(body), '@odata.deltaLink': link }));
}

const circling: Fault = changed((_body, _headers, url) => ({ value: [], '@odata.nextLink': url.href }));
