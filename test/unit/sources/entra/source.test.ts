import { describe, expect, test } from 'vitest';
import { complete } from '../../../../src/model/snapshot.ts';
import { generateWorld, type World } from '../../../../src/sandbox/index.ts';
import { changed, where } from '../../../contract/source-faults.ts';
import { graphCalls, never, pagesOf, setUp, smallWorld, tokenCalls } from './support.ts';

const atEntra = smallWorld.people.flatMap((person) =>
  person.entra === null ? [] : [{ ...person, entra: person.entra }],
);
const guestIds = new Set(
  atEntra.filter(({ entra }) => entra.userType === 'Guest').map(({ entra }) => entra.id),
);

function groupNamed(name: string, world: World = smallWorld) {
  const group = world.entra.groups.find((candidate) => candidate.name === name);
  if (group === undefined) throw new Error(`The world has no group ${name}`);
  return group;
}

/** What the groups named `Retool …` hold, by name, themselves and with the groups inside them. */
function heldBy(nested: 'nested' | 'direct'): ReadonlyMap<string, readonly string[]> {
  const teams = smallWorld.entra.groups.filter(({ name }) => name.startsWith('Retool '));
  return new Map(
    teams.map(({ name, users, groups }) => {
      const inside = smallWorld.entra.groups
        .filter(({ id }) => groups.includes(id))
        .flatMap((group) => group.users);
      return [name, [...new Set([...users, ...(nested === 'nested' ? inside : [])])].sort()];
    }),
  );
}

describe('reading named groups', () => {
  test.each(['direct', 'nested'] as const)('gives the %s members and the groups', async (depth) => {
    const { source, clock } = setUp({
      options: { scope: { groups: ['Retool *'], nested: depth === 'nested' } },
    });
    const snapshot = await source.read(never);
    const held = heldBy(depth);
    expect(new Map(snapshot.groups.map(({ displayName, members }) => [displayName, members]))).toEqual(held);
    const people = [...new Set([...held.values()].flat())].filter((id) => !guestIds.has(id)).sort();
    expect(snapshot.users.map(({ externalId }) => externalId)).toEqual(people);
    expect(snapshot.completeness).toEqual({ users: complete, groups: complete, partialGroups: new Map() });
    expect(snapshot.rejected).toEqual([]);
    expect(snapshot.takenAt).toBe(new Date(clock.now()).toISOString());
  });

  test('tells of each person what the tenant says', async () => {
    const { source } = setUp({
      options: { scope: { groups: ['All Staff'] }, select: ['onPremisesExtensionAttributes'] },
    });
    const { users } = await source.read(never);
    const told = new Map(users.map((user) => [user.externalId, user]));
    for (const { entra, given, family, department, title, employeeNumber } of atEntra) {
      if (guestIds.has(entra.id)) continue;
      expect(told.get(entra.id)).toMatchObject({
        active: entra.enabled,
        email: entra.mail ?? entra.userPrincipalName,
        name: { givenName: given, familyName: family },
        title,
        enterprise: { department, employeeNumber, organization: 'Acme' },
        extra: { onPremisesExtensionAttributes: { extensionAttribute1: employeeNumber } },
      });
    }
    expect(users.filter(({ active }) => !active).length).toBeGreaterThan(0);
  });

  test('reads no more than the model has a place for, unless more is asked for', async () => {
    const bench = setUp();
    const { users, groups } = await bench.source.read(never);
    for (const { extra } of [...users, ...groups]) expect({ ...extra }).toEqual({});
    const selects = bench.seen.flatMap(({ url }) => new URL(url).searchParams.get('$select') ?? []);
    expect(new Set(selects)).toEqual(new Set(['id,displayName', expect.stringContaining('accountEnabled')]));
  });

  test('guests come along when they are included', async () => {
    const options = { scope: { groups: ['All Staff'] }, guests: 'include' };
    const { users } = await setUp({ options }).source.read(never);
    const guests = users.filter(({ externalId }) => guestIds.has(externalId));
    expect(guests).toHaveLength(guestIds.size);
    for (const guest of guests) expect(guest.email).toMatch(/^[^#]+@[^#]+$/);
  });

  test('properties that were asked for are read, in lists and one by one', async () => {
    const name = 'extension_0123456789abcdef0123456789abcdef_costCode';
    const { source, sandbox } = setUp({ options: { scope: { groups: ['All Staff'] }, select: [name] } });
    const { users: before } = await source.read(never);
    const id = before[0]?.externalId ?? '';
    sandbox.admin.updateUser(id, { [name]: 'C-7' });
    const { users } = await source.read(never);
    expect(users.filter(({ extra }) => name in extra)).toEqual([
      expect.objectContaining({ externalId: id, extra: expect.objectContaining({ [name]: 'C-7' }) }),
    ]);
    expect(await source.find(id, never)).toMatchObject({ user: { extra: { [name]: 'C-7' } } });
  });

  test('ids and exact names pick one group each', async () => {
    const scope = { groups: [`id:${groupNamed('Retool Finance').id}`, 'Field Sales North'] };
    const { groups, completeness } = await setUp({ options: { scope } }).source.read(never);
    expect(groups.map(({ displayName }) => displayName).sort()).toEqual([
      'Field Sales North',
      'Retool Finance',
    ]);
    expect(completeness.users).toEqual(complete);
  });

  test.each(['id:00000000-0000-0000-0000-00000000dead', 'Retool Legal'])(
    'the group %s, which is not there, makes people and groups partial',
    async (selector) => {
      const { completeness } = await setUp({
        options: { scope: { groups: ['Retool *', selector] } },
      }).source.read(never);
      const missing = { state: 'partial', because: expect.stringContaining(selector) };
      expect(completeness).toMatchObject({ users: missing, groups: missing });
      expect(completeness.partialGroups.has(selector.slice(3))).toBe(selector.startsWith('id:'));
    },
  );

  test('a pattern that matches nothing is warned of, and no more', async () => {
    const bench = setUp({ options: { scope: { groups: ['Retool *', 'Tableau *'] } } });
    const { completeness } = await bench.source.read(never);
    expect(completeness.users).toEqual(complete);
    expect(bench.warnings).toEqual([{ source: 'entra', pattern: 'Tableau *' }]);
  });

  test('people are read in member pages alone: one call per page of groups and of members', async () => {
    const world = generateWorld({ users: 6_000, groups: 30, seed: 2 });
    const bench = setUp({ world, options: { scope: { groups: ['*'] } } });
    const { calls, users } = await bench.source.read(never);
    const rows = world.entra.groups.map(
      ({ users, groups, devices }) => users.length + groups.length + devices.length,
    );
    expect(users.length).toBeGreaterThan(999);
    expect(calls).toBe(
      pagesOf(world.entra.groups.length) + rows.reduce((sum, count) => sum + pagesOf(count), 0),
    );
    expect(graphCalls(bench)).toBe(calls);
    expect(tokenCalls(bench)).toBe(1);
    const pageSizes = bench.sandbox.log.calls
      .filter(({ method }) => method === 'GET')
      .map(({ query }) => query);
    expect(pageSizes.every((query) => new URLSearchParams(query).get('$top') === '999')).toBe(true);
  });

  test('at most four groups are read at a time', async () => {
    let running = 0;
    let most = 0;
    const world = generateWorld({ users: 100, groups: 60, seed: 3 });
    const { source } = setUp({
      world,
      fault: where(
        ({ pathname }) => pathname.endsWith('/members'),
        async (_request, pass) => {
          running += 1;
          most = Math.max(most, running);
          await new Promise((resolve) => setImmediate(resolve));
          running -= 1;
          return pass();
        },
      ),
    });
    await source.read(never);
    expect(most).toBe(4);
  });

  test('progress is told after each page', async () => {
    const seen: object[] = [];
    const snapshot = await setUp().source.read(never, (progress) => void seen.push(progress));
    expect(seen.length).toBeGreaterThanOrEqual(snapshot.calls);
    expect(seen.at(-1)).toEqual({
      source: 'entra',
      users: snapshot.users.length,
      groups: snapshot.groups.length,
      calls: snapshot.calls,
    });
  });

  test('two reads of one tenant say the same', async () => {
    const { source } = setUp();
    const [one, other] = [await source.read(never), await source.read(never)];
    expect(JSON.stringify(other.users)).toBe(JSON.stringify(one.users));
    expect(JSON.stringify(other.groups)).toBe(JSON.stringify(one.groups));
  });
});

describe('reading the people assigned to an enterprise application', () => {
  const { id, assignments } = smallWorld.entra.app;
  const options = { scope: { enterpriseApp: id }, guests: 'include' };

  test('gives the direct members of assigned groups, and who is assigned directly', async () => {
    const bench = setUp({ options });
    const { users, groups, completeness, calls } = await bench.source.read(never);
    const assignedGroups = assignments
      .filter(({ kind }) => kind === 'Group')
      .map(({ principal }) => principal);
    const members = smallWorld.entra.groups.filter((group) => assignedGroups.includes(group.id));
    const direct = assignments.filter(({ kind }) => kind === 'User').map(({ principal }) => principal);
    expect(groups.map((group) => [group.externalId, group.displayName, group.members])).toEqual(
      members.map((group) => [group.id, group.name, group.users.toSorted()]).toSorted(),
    );
    const expected = new Set([...direct, ...members.flatMap((group) => group.users)]);
    expect(users.map(({ externalId }) => externalId)).toEqual([...expected].sort());
    expect(completeness.users).toEqual(complete);
    const others = direct.filter((person) => !members.some((group) => group.users.includes(person)));
    // One call more for the names of roles, since somebody is assigned one.
    expect(calls).toBe(1 + 1 + assignedGroups.length + Math.ceil(others.length / 15));
    expect(graphCalls(bench)).toBe(calls);
  });

  test('tells people and groups the roles they were assigned, people those of their groups as well', async () => {
    const { source, sandbox, seen } = setUp({ options });
    const [role] = smallWorld.entra.app.roles;
    const named = role?.name.toLowerCase();
    // A role that was deleted may still be assigned: its id is all that is left of it.
    const gone = '12345678-0000-4000-8000-000000000000';
    const group = groupNamed('Retool Finance');
    const [member = ''] = group.users;
    const outsider = atEntra.find(({ entra }) => !group.users.includes(entra.id))?.entra.id ?? '';
    for (const { principal } of assignments) sandbox.admin.unassign(principal);
    sandbox.admin.assign(group.id, role?.id);
    sandbox.admin.assign(member, gone);
    sandbox.admin.assign(outsider);
    const { users, groups } = await source.read(never);
    const rolesOf = (id: string) =>
      [...users, ...groups].find(({ externalId }) => externalId === id)?.extra['appRoles'];
    expect(rolesOf(group.id)).toEqual([named]);
    expect(rolesOf(member)).toEqual([gone, named]);
    expect(rolesOf(group.users[1] ?? '')).toEqual([named]);
    expect(rolesOf(outsider)).toBeUndefined();
    expect(seen.filter(({ url }) => url.includes('appRoles'))).toHaveLength(1);
  });

  test('asks for people by fifteen, and only for those who are in no assigned group', async () => {
    const bench = setUp({ options });
    const { sandbox, source } = bench;
    for (const { entra } of atEntra) sandbox.admin.assign(entra.id);
    const { users } = await source.read(never);
    expect(users).toHaveLength(atEntra.length);
    const inGroups = new Set(
      assignments
        .filter(({ kind }) => kind === 'Group')
        .flatMap(({ principal }) => smallWorld.entra.groups.find(({ id }) => id === principal)?.users ?? []),
    );
    const others = atEntra.filter(({ entra }) => !inGroups.has(entra.id));
    const asked = bench.seen.flatMap(({ url }) => new URL(url).searchParams.get('$filter') ?? []);
    const parts = asked.map((filter) => filter.match(/'[^']+'/g)?.length ?? 0);
    expect(parts).toHaveLength(Math.ceil(others.length / 15));
    expect(Math.max(...parts)).toBe(15);
    expect(parts.reduce((sum, count) => sum + count, 0)).toBe(others.length);
  });

  test('somebody whom the answer holds without being asked for stays out', async () => {
    const everybody = where(
      (url) => url.searchParams.has('$filter'),
      (request, pass) => {
        const url = new URL(request.url);
        url.searchParams.delete('$filter');
        return pass(new Request(url, request));
      },
    );
    const before = (await setUp({ options }).source.read(never)).users.map(({ externalId }) => externalId);
    const newcomer = atEntra.find(({ entra }) => !before.includes(entra.id))?.entra.id ?? '';
    const { sandbox, source } = setUp({ options, fault: everybody });
    sandbox.admin.assign(newcomer);
    const { users } = await source.read(never);
    expect(users.map(({ externalId }) => externalId)).toEqual([...before, newcomer].sort());
  });

  test('somebody who is assigned but deleted is not there', async () => {
    const { sandbox, source } = setUp({ options });
    const [direct] = assignments.filter(({ kind }) => kind === 'User');
    if (direct === undefined) throw new Error('nobody is assigned directly');
    sandbox.admin.deleteUser(direct.principal);
    const { users } = await source.read(never);
    expect(users.map(({ externalId }) => externalId)).not.toContain(direct.principal);
  });

  test('an application that is not there fails the read and says which id is meant', async () => {
    const { source } = setUp({ options: { scope: { enterpriseApp: 'ffffffff' } } });
    await expect(source.read(never)).rejects.toMatchObject({
      code: 'sourceUnreadable',
      remedy: expect.stringContaining('object id'),
    });
  });

  test('an assigned group without a name makes groups and people partial', async () => {
    const fault = where(
      ({ pathname }) => pathname.endsWith('/appRoleAssignedTo'),
      changed((body) => {
        const page = body as { value: { principalDisplayName: unknown; principalType: string }[] };
        for (const row of page.value) if (row.principalType === 'Group') row.principalDisplayName = null;
        return page;
      }),
    );
    const { completeness } = await setUp({ options, fault }).source.read(never);
    expect([completeness.users.state, completeness.groups.state]).toEqual(['partial', 'partial']);
  });
});

describe('reading everything', () => {
  test('takes pages of people, pages of groups and member ids', async () => {
    const world = generateWorld({ users: 6_000, groups: 30, seed: 2 });
    const bench = setUp({ world, options: { scope: { everything: true }, guests: 'include' } });
    const { calls, users, groups } = await bench.source.read(never);
    const people = world.people.filter(({ entra }) => entra !== null);
    expect([users.length, groups.length]).toEqual([people.length, world.entra.groups.length]);
    const rows = world.entra.groups.map(
      ({ users, groups, devices }) => users.length + groups.length + devices.length,
    );
    const memberPages = rows.reduce((sum, count) => sum + pagesOf(count), 0);
    expect(calls).toBe(pagesOf(people.length) + pagesOf(groups.length) + memberPages);
    const memberCalls = bench.seen.filter(({ url }) => url.includes('/members'));
    expect(memberCalls.every(({ url }) => new URL(url).searchParams.get('$select') === 'id')).toBe(true);
  });
});

describe('asking for one person', () => {
  const [first] = atEntra;
  const id = first?.entra.id ?? '';

  test('finds somebody with the properties that a read gives', async () => {
    const { source } = setUp({ options: { scope: { everything: true } } });
    const { users } = await source.read(never);
    expect(await source.find(id, never)).toEqual({
      state: 'found',
      user: users.find(({ externalId }) => externalId === id),
    });
  });

  test('finds a guest, who may be out of scope but is not gone', async () => {
    const [guest = ''] = guestIds;
    expect(await setUp().source.find(guest, never)).toMatchObject({ state: 'found' });
  });

  test('somebody disabled is found and not active', async () => {
    const { source, sandbox } = setUp();
    sandbox.admin.disableUser(id);
    expect(await source.find(id, never)).toMatchObject({ state: 'found', user: { active: false } });
  });

  test('somebody deleted is absent', async () => {
    const { source, sandbox } = setUp();
    sandbox.admin.deleteUser(id);
    expect(await source.find(id, never)).toEqual({ state: 'absent' });
  });

  test.each(['', 'ann@acme.com', '../groups', "x'", 'me?$select=id'])('%o is never sent', async (wrong) => {
    const bench = setUp();
    expect(await bench.source.find(wrong, never)).toMatchObject({ state: 'unknown' });
    expect(bench.seen).toEqual([]);
  });
});

describe('check', () => {
  const verdictsOf = async (bench: ReturnType<typeof setUp>) =>
    (await bench.source.check(never)).map(({ subject, verdict }) => `${subject} ${verdict}`);

  test('tries one row of everything that named groups need', async () => {
    const bench = setUp();
    expect(await verdictsOf(bench)).toEqual([
      'entra: token ok',
      'entra: groups ok',
      'entra: members ok',
      'entra: people ok',
    ]);
    expect(graphCalls(bench)).toBe(3);
  });

  test('says so when the token endpoint cannot be reached, and tries nothing else', async () => {
    const fault = where(
      ({ pathname }) => pathname.endsWith('/token'),
      () => Promise.reject(new TypeError('fetch failed')),
    );
    const bench = setUp({ fault });
    expect(await bench.source.check(never)).toEqual([
      expect.objectContaining({
        subject: 'entra: token',
        verdict: 'failed',
        text: expect.stringContaining('Entra gives no access token'),
        remedy: expect.stringContaining('network'),
      }),
    ]);
    expect(graphCalls(bench)).toBe(0);
  });

  test('tries the enterprise application', async () => {
    const options = { scope: { enterpriseApp: smallWorld.entra.app.id } };
    expect(await verdictsOf(setUp({ options }))).toEqual([
      'entra: token ok',
      'entra: assignments ok',
      'entra: members ok',
      'entra: people ok',
    ]);
  });

  test.each([
    [['GroupMember.Read.All'], 'entra: people', 'User.Read.All'],
    [['User.Read.All'], 'entra: groups', 'GroupMember.Read.All'],
  ])('with %o alone it says what is missing', async (permissions, subject, remedy) => {
    const results = await setUp({ sandbox: { permissions } }).source.check(never);
    const failed = results.filter(({ verdict }) => verdict === 'failed');
    expect(failed).toEqual([expect.objectContaining({ subject, remedy: expect.stringContaining(remedy) })]);
  });

  test('a missing permission for applications is named, too', async () => {
    const options = { scope: { enterpriseApp: smallWorld.entra.app.id } };
    const results = await setUp({ options, sandbox: { permissions: ['User.Read.All'] } }).source.check(never);
    expect(results[1]).toMatchObject({
      verdict: 'failed',
      remedy: expect.stringContaining('Application.Read.All'),
    });
  });

  test('credentials that are refused end it', async () => {
    const results = await setUp({ sandbox: { clientSecret: 'another' } }).source.check(never);
    expect(results).toEqual([
      expect.objectContaining({ subject: 'entra: token', verdict: 'failed', remedy: expect.any(String) }),
    ]);
  });
});
