import { describe, expect, test } from 'vitest';
import { BridgeError } from '../../../../src/model/errors.ts';
import type { ReadProgress } from '../../../../src/model/source.ts';
import { generateWorld, type World } from '../../../../src/sandbox/index.ts';
import { answer, changed, hang, times, where } from '../../../contract/source-faults.ts';
import { errorOf, never, setUp } from './support.ts';

const world = generateWorld({ users: 200, groups: 20 });
const staff = world.people.flatMap(({ okta, email }) => (okta === null ? [] : [{ ...okta, email }]));
const idWith = (status: string): string => staff.find((person) => person.status === status)?.id ?? '';
const groupNamed = (name: string) =>
  world.okta.groups.find((group) => group.name === name) ?? { id: '', members: [] };
const finance = groupNamed('retool-finance');
const app = world.okta.app;
const membersOf = (groupId: string): RegExp => new RegExp(`^/api/v1/groups/${groupId}/users$`);
const pages = (count: number, size: number): number => Math.max(1, Math.ceil(count / size));

describe('the scope "everything"', () => {
  test('is everybody but the deactivated and the staged, with every group', async () => {
    const { source } = setUp({ world });
    const { users, groups, completeness, rejected } = await source.read(never);
    const listed = staff.filter(({ status }) => status !== 'DEPROVISIONED' && status !== 'STAGED');
    expect(users.map(({ externalId }) => externalId)).toEqual(listed.map(({ id }) => id).toSorted());
    expect(groups.map(({ displayName }) => displayName).toSorted()).toEqual(
      ['Everyone', ...world.okta.groups.map(({ name }) => name)].toSorted(),
    );
    expect(completeness).toEqual({
      users: { state: 'complete' },
      groups: { state: 'complete' },
      partialGroups: new Map(),
    });
    expect(rejected).toEqual([]);
  });

  test('costs a call for each page of people, of groups, and of the members of each group', async () => {
    const big = generateWorld({ users: 1500, groups: 12 });
    const { source, sandbox } = setUp({ world: big });
    const { calls } = await source.read(never);
    const people = big.people.filter(({ okta }) => okta !== null);
    const listed = people.filter(({ okta }) => okta?.status !== 'DEPROVISIONED');
    const members = big.okta.groups.map((group) => pages(group.members.length, 1000));
    const least =
      pages(listed.length, 200) +
      1 +
      pages(people.length, 1000) +
      members.reduce((sum, count) => sum + count, 0);
    expect([calls, sandbox.log.calls.length]).toEqual([least, least]);
    expect(pages(people.length, 1000)).toBe(2);
  });
});

describe('the scope "app"', () => {
  test('is who is assigned, directly or through a group, and the assigned groups with all their members', async () => {
    const { source } = setUp({ world, options: { scope: { app: app.id } } });
    const { users, groups } = await source.read(never);
    const assigned = new Set([
      ...app.users,
      ...world.okta.groups.filter(({ id }) => app.groups.includes(id)).flatMap(({ members }) => members),
    ]);
    const present = staff.filter(
      ({ id, status }) => assigned.has(id) && status !== 'DEPROVISIONED' && status !== 'STAGED',
    );
    expect(users.map(({ externalId }) => externalId)).toEqual(present.map(({ id }) => id).toSorted());
    expect(groups.map(({ externalId }) => externalId)).toEqual(app.groups.toSorted());
    expect(groups.find(({ externalId }) => externalId === finance.id)?.members).toEqual(
      finance.members.toSorted(),
    );
  });

  test.each([
    { users: 200, groups: 20 },
    { users: 3000, groups: 6 },
  ])('costs c(N/500) + c(A/200) and the members of the assigned groups: %o', async (size) => {
    const org = generateWorld(size);
    const { source, sandbox } = setUp({ world: org, options: { scope: { app: org.okta.app.id } } });
    const { calls } = await source.read(never);
    const groups = org.okta.groups.filter(({ id }) => org.okta.app.groups.includes(id));
    const gone = new Set(
      org.people.flatMap(({ okta }) => (okta?.status === 'DEPROVISIONED' ? [okta.id] : [])),
    );
    const assigned = new Set([...org.okta.app.users, ...groups.flatMap(({ members }) => members)]);
    const present = [...assigned].filter((id) => !gone.has(id)).length;
    const members = groups.reduce((sum, group) => sum + pages(group.members.length, 1000), 0);
    const least = pages(present, 500) + pages(groups.length, 200) + members;
    expect([calls, sandbox.log.calls.length]).toEqual([least, least]);
  });

  test('takes status and profile from the person, never from the assignment', async () => {
    const { source } = setUp({
      world,
      options: { scope: { app: app.id } },
      fault: where(
        (url) => url.pathname.endsWith(`/apps/${app.id}/users`),
        changed((body) =>
          (body as readonly object[]).map((row) => ({
            ...row,
            status: 'ACTIVE',
            profile: { firstName: 'Wrong' },
          })),
        ),
      ),
    });
    const { users } = await source.read(never);
    const suspended = users.filter(({ extra }) => extra['status'] === 'SUSPENDED');
    expect(suspended.length).toBeGreaterThan(0);
    expect(suspended.every(({ active }) => !active)).toBe(true);
    expect(users.some(({ name }) => name?.givenName === 'Wrong')).toBe(false);
  });

  test('fails when there is no such app, and says where to look', async () => {
    const { source } = setUp({ world, options: { scope: { app: '0oaNoSuchApp' } } });
    expect(await errorOf(source.read(never))).toMatchObject({
      code: 'sourceUnreadable',
      retryable: false,
      remedy: expect.stringContaining('scope'),
    });
  });
});

describe('the scope "groups"', () => {
  const scoped = (groups: readonly string[]) => ({ scope: { groups } });

  test('is the named groups and the people in them, each once, the deactivated too', async () => {
    const overlapping: World = {
      ...world,
      okta: {
        ...world.okta,
        groups: world.okta.groups.map((group) =>
          group.name === 'retool-legal'
            ? { ...group, members: [...finance.members, idWith('DEPROVISIONED'), idWith('STAGED')] }
            : group,
        ),
      },
    };
    const { source } = setUp({ world: overlapping, options: scoped(['retool-finance', 'retool-l*']) });
    const { users, groups } = await source.read(never);
    const deactivated = idWith('DEPROVISIONED');
    const expected = new Set([...finance.members, deactivated]);
    const staged = new Set(staff.filter(({ status }) => status === 'STAGED').map(({ id }) => id));
    expect(users.map(({ externalId }) => externalId)).toEqual(
      [...expected].filter((id) => !staged.has(id)).toSorted(),
    );
    expect(users.find(({ externalId }) => externalId === deactivated)?.active).toBe(false);
    expect(groups.map(({ displayName }) => displayName).toSorted()).toEqual([
      'retool-finance',
      'retool-legal',
    ]);
  });

  test('costs c(G/200) and the pages of the members of the named groups', async () => {
    const { source, sandbox } = setUp({ world, options: scoped(['retool-*']) });
    const { calls, groups } = await source.read(never);
    expect([calls, sandbox.log.calls.length]).toEqual([1 + groups.length, 1 + groups.length]);
  });

  test('finds a group by id whatever its name', async () => {
    const { source, sandbox } = setUp({ world, options: scoped([`id:${finance.id}`]) });
    sandbox.admin.renameGroup(finance.id, 'Geld & Zahlen');
    const { groups } = await source.read(never);
    expect(groups.map(({ displayName }) => displayName)).toEqual(['Geld & Zahlen']);
  });

  test('is partial when a group named exactly is not there', async () => {
    const { source } = setUp({ world, options: scoped(['retool-finance', 'retool-fiance', 'id:00gGone']) });
    const { completeness, groups } = await source.read(never);
    expect(groups).toHaveLength(1);
    const because = expect.stringContaining('"retool-fiance" was not found');
    expect(completeness.users).toEqual({ state: 'partial', because });
    expect(completeness.groups).toEqual({ state: 'partial', because });
    expect([...completeness.partialGroups.keys()]).toEqual(['00gGone']);
  });

  test('warns of a pattern that matches nothing and stays complete', async () => {
    const { source, warnings } = setUp({ world, options: scoped(['retool-finance', 'rotool-*']) });
    const { completeness } = await source.read(never);
    expect(completeness.users.state).toBe('complete');
    expect(warnings).toEqual([{ source: 'okta', pattern: 'rotool-*' }]);
  });

  test('that holds nobody is an empty source', async () => {
    const { source } = setUp({ world, options: scoped(['rotool-*']) });
    expect(await errorOf(source.read(never))).toMatchObject({ code: 'sourceEmpty' });
  });
});

describe('access', () => {
  test.each([
    ['ACTIVE', true],
    ['PASSWORD_EXPIRED', true],
    ['RECOVERY', true],
    ['LOCKED_OUT', true],
    ['PROVISIONED', true],
    ['SUSPENDED', false],
  ])('of %s people is %s', async (status, active) => {
    const { users } = await setUp({ world }).source.read(never);
    expect(users.find(({ externalId }) => externalId === idWith(status))?.active).toBe(active);
  });

  test('follows the statuses of the configuration', async () => {
    const options = { statuses: { PROVISIONED: 'absent', STAGED: 'active', LOCKED_OUT: 'inactive' } };
    const { users } = await setUp({ world, options }).source.read(never);
    const activeOf = (status: string) =>
      users.find(({ externalId }) => externalId === idWith(status))?.active;
    expect([activeOf('PROVISIONED'), activeOf('STAGED'), activeOf('LOCKED_OUT')]).toEqual([
      undefined,
      true,
      false,
    ]);
  });

  test('of a status that is not known stays undecided, and of everybody else it is as it was', async () => {
    const id = idWith('RECOVERY');
    const { source } = setUp({
      world,
      fault: where(
        (url) => url.pathname.endsWith('/users'),
        changed((body) =>
          (body as readonly { readonly id: string }[]).map((row) =>
            row.id === id ? { ...row, status: 'ASCENDED' } : row,
          ),
        ),
      ),
    });
    const { users, rejected, completeness } = await source.read(never);
    const clean = await setUp({ world }).source.read(never);
    const [person] = users.filter(({ externalId }) => externalId === id);
    expect(person).toMatchObject({ active: true, unjudged: expect.stringContaining('"ASCENDED"') });
    expect(users.filter((user) => user !== person)).toEqual(
      clean.users.filter(({ externalId }) => externalId !== id),
    );
    expect([rejected, completeness]).toEqual([[], clean.completeness]);
  });
});

describe('a group that can’t be read', () => {
  const bodyless = answer(403);
  test.each([
    ['forbidden', bodyless],
    ['gone since it was listed', answer(404, '{"errorCode":"E0000007"}')],
    ['too slow', hang],
  ])('because it is %s is partial, alone', async (_, fault) => {
    const { source } = setUp({
      world,
      fault: where((url) => membersOf(finance.id).test(url.pathname), fault),
    });
    const { completeness, groups } = await source.read(never);
    expect([...completeness.partialGroups.keys()]).toEqual([finance.id]);
    expect([completeness.users.state, completeness.groups.state]).toEqual(['complete', 'complete']);
    expect(groups.find(({ externalId }) => externalId === finance.id)?.displayName).toBe('retool-finance');
  });

  test('makes the people partial where they are known from groups alone', async () => {
    const { source } = setUp({
      world,
      options: { scope: { groups: ['retool-*'] } },
      fault: where((url) => membersOf(finance.id).test(url.pathname), bodyless),
    });
    const { completeness } = await source.read(never);
    expect(completeness.users).toEqual({ state: 'partial', because: expect.stringContaining(finance.id) });
  });

  test('because the token lacks the scope fails the read, and the error names the scope', async () => {
    const challenge = 'Bearer realm="x", scope="okta.groups.read", error="insufficient_scope"';
    const { source } = setUp({
      world,
      fault: where(
        (url) => membersOf(finance.id).test(url.pathname),
        answer(403, '', { 'WWW-Authenticate': challenge }),
      ),
    });
    const error = await errorOf(source.read(never));
    expect(error).toMatchObject({
      code: 'sourceUnauthorized',
      remedy: expect.stringContaining('okta.groups.read'),
    });
  });

  test('because Okta fails fails the read', async () => {
    const { source } = setUp({
      world,
      fault: where((url) => membersOf(finance.id).test(url.pathname), answer(503)),
    });
    expect(await errorOf(source.read(never))).toMatchObject({ code: 'sourceUnreadable', retryable: true });
  });
});

describe('a read', () => {
  test('fails as a whole when page 3 fails', async () => {
    const org = generateWorld({ users: 1000, groups: 4 });
    let page = 0;
    const { source } = setUp({
      world: org,
      fault: (request, pass) => {
        if (new URL(request.url).pathname === '/api/v1/users') page += 1;
        return page >= 3 ? answer(500)(request, pass) : pass();
      },
    });
    expect(await errorOf(source.read(never))).toMatchObject({ code: 'sourceUnreadable', retryable: true });
  });

  test.each([
    [400, false],
    [405, false],
    [408, true],
    [429, true],
    [500, true],
  ])('that fails with %i may succeed later with nothing changed: %s', async (status, retryable) => {
    const { source } = setUp({ world, fault: answer(status) });
    expect(await errorOf(source.read(never))).toMatchObject({ code: 'sourceUnreadable', retryable });
  });

  test('fails when a page has one id twice', async () => {
    const fault = where(
      (url) => url.pathname === '/api/v1/users',
      changed((body) => [...(body as readonly unknown[]), (body as readonly unknown[])[0]]),
    );
    expect(await errorOf(setUp({ world, fault }).source.read(never))).toMatchObject({
      code: 'sourceInvalid',
    });
  });

  test('rejects rows that are no users, and says so', async () => {
    const fault = where(
      (url) => url.pathname === '/api/v1/users',
      changed((body) => [
        ...(body as readonly unknown[]),
        null,
        { id: '', status: 'ACTIVE', profile: {} },
        { id: '00uNoProfile', status: 'ACTIVE' },
        { id: '00uWrong', status: 'ACTIVE', profile: { login: 5 } },
      ]),
    );
    const { completeness, rejected } = await setUp({ world, fault }).source.read(never);
    expect(completeness.users.state).toBe('partial');
    expect(rejected.map(({ externalId }) => externalId)).toEqual([null, null, '00uNoProfile', '00uWrong']);
  });

  test.each([
    [{ everything: true }, 'complete'],
    [{ groups: ['retool-*'] }, 'partial'],
  ])(
    'rejects groups without a name: any rule, and the scope %o, might be about them',
    async (scope, people) => {
      const fault = where(
        (url) => url.pathname === '/api/v1/groups',
        changed((body) => [...(body as readonly unknown[]), { id: '00gNameless', profile: {} }]),
      );
      const { completeness } = await setUp({ world, fault, options: { scope } }).source.read(never);
      expect([completeness.groups.state, completeness.users.state]).toEqual(['partial', people]);
      expect([...completeness.partialGroups.keys()]).toEqual(['00gNameless']);
    },
  );

  test('has people who got an earlier status while their list was read', async () => {
    const org = generateWorld({ users: 700, groups: 4 });
    const clean = await setUp({ world: org }).source.read(never);
    // The list comes by status, ACTIVE before SUSPENDED: only groups tell of whoever returns meanwhile.
    const late = clean.users.find(({ extra }) => extra['status'] === 'SUSPENDED')?.externalId ?? '';
    const bench = setUp({
      world: org,
      fault: async (_request, pass) => {
        const response = await pass();
        if (bench.seen.length === 2) bench.sandbox.admin.unsuspendUser(late);
        return response;
      },
    });
    const { users, completeness } = await bench.source.read(never);
    expect(users.map(({ externalId }) => externalId)).toEqual(
      clean.users.map(({ externalId }) => externalId),
    );
    expect(users.find(({ externalId }) => externalId === late)?.active).toBe(true);
    expect(completeness.users.state).toBe('complete');
  });

  test('makes a group partial when a member has no id', async () => {
    const fault = where(
      (url) => membersOf(finance.id).test(url.pathname),
      changed((body) => [...(body as readonly unknown[]), null]),
    );
    const { completeness } = await setUp({ world, fault }).source.read(never);
    expect([...completeness.partialGroups.keys()]).toEqual([finance.id]);
  });

  test('tells after each page how far it is', async () => {
    const heard: ReadProgress[] = [];
    const { source } = setUp({ world });
    const { users, groups, calls } = await source.read(never, (progress) => heard.push(progress));
    expect(heard).toHaveLength(calls);
    expect(heard.at(-1)).toMatchObject({ source: 'okta', users: users.length, calls });
    expect(heard.at(-1)?.groups).toBeGreaterThanOrEqual(groups.length - 4);
  });

  test('counts repeated requests among its calls', async () => {
    const { source, seen } = setUp({ world, fault: times(2, answer(503)) });
    const { calls } = await source.read(never);
    expect(calls).toBe(seen.length);
  });

  test('stops at once when it is called off, with the reason it was given', async () => {
    const stop = new AbortController();
    const reason = new BridgeError('interrupted', 'SIGTERM');
    const { source } = setUp({
      world,
      fault: (request, pass) => {
        if (new URL(request.url).pathname.endsWith('/users')) stop.abort(reason);
        return hang(request, pass);
      },
    });
    expect(await errorOf(source.read(stop.signal))).toBe(reason);
  });

  test('reads a few member lists at a time, never more', async () => {
    let open = 0;
    let most = 0;
    const { source } = setUp({
      world,
      fault: async (_request, pass) => {
        open += 1;
        most = Math.max(most, open);
        await new Promise((resolve) => setImmediate(resolve));
        open -= 1;
        return pass();
      },
    });
    await source.read(never);
    expect(most).toBe(6);
  });
});

describe('asking for one person', () => {
  const find = (id: string, given: Parameters<typeof setUp>[0] = {}) =>
    setUp({ world, ...given }).source.find(id, never);

  test('finds who is there', async () => {
    const id = idWith('ACTIVE');
    expect(await find(id)).toMatchObject({ state: 'found', user: { externalId: id, active: true } });
  });

  test.each(['DEPROVISIONED', 'SUSPENDED', 'STAGED'])('finds %s people, not active', async (status) => {
    expect(await find(idWith(status))).toMatchObject({ state: 'found', user: { active: false } });
  });

  test('knows who is gone by Okta’s own word for it', async () => {
    expect(await find('00uNobodyHere0000000')).toEqual({ state: 'absent' });
  });

  test.each([
    ['404 of something else', answer(404, '<h1>Not Found</h1>')],
    ['404 with another code', answer(404, '{"errorCode":"E0000008"}')],
    ['401', answer(401, '{"errorCode":"E0000011"}')],
    ['403', answer(403)],
    ['a server error', answer(500)],
    ['silence', hang],
    ['a list', answer(200, '[]', { 'content-type': 'application/json' })],
    ['nothing', answer(200, '', { 'content-type': 'application/json' })],
    ['a login page', answer(200, '<html>', { 'content-type': 'text/html' })],
  ])('does not take %s for an absence', async (_, fault) => {
    expect(await find(idWith('ACTIVE'), { fault })).toMatchObject({ state: 'unknown' });
  });

  test('does not take somebody else for who was asked for', async () => {
    const { source, sandbox } = setUp({ world });
    sandbox.admin.updateProfile(idWith('ACTIVE'), { login: 'me' });
    expect(await source.find('me', never)).toEqual({
      state: 'unknown',
      because: expect.stringContaining('another user'),
    });
  });

  test.each(['', '.', '..', '../groups/1', 'a/b', 'a?x=1', 'a#b', '%2e%2e', '..\\..', 'ä', '0'.repeat(129)])(
    'sends nothing for %j, which is no id',
    async (id) => {
      const { source, seen } = setUp({ world });
      expect(await source.find(id, never)).toMatchObject({ state: 'unknown' });
      expect(seen).toEqual([]);
    },
  );

  test('rejects when it is called off', async () => {
    const { source } = setUp({ world, fault: hang });
    await expect(source.find(idWith('ACTIVE'), AbortSignal.abort('enough'))).rejects.toBe('enough');
  });
});
