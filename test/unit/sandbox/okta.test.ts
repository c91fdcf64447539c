import { describe, expect, test } from 'vitest';
import { createOktaSandbox } from '../../../src/sandbox/okta/index.ts';
import type { OktaSandboxOptions } from '../../../src/sandbox/okta/index.ts';
import { generateWorld } from '../../../src/sandbox/world/generate.ts';

const ORIGIN = 'https://acme.okta.example';
const START = Date.parse('2026-11-02T08:00:00.500Z');
const world = generateWorld();
const atOkta = world.people.flatMap((person) =>
  person.okta === null ? [] : [{ ...person, okta: person.okta }],
);
const idsWith = (status: string): readonly string[] =>
  atOkta.filter(({ okta }) => okta.status === status).map(({ okta }) => okta.id);
const finance = world.okta.groups.find(({ name }) => name === 'retool-finance') ?? { id: '', members: [] };

type Item = Record<string, unknown> & { readonly id: string };

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: unknown;
}

function setUp(options: Partial<OktaSandboxOptions> = {}) {
  const clock = { now: START };
  const sandbox = createOktaSandbox({ world, token: 'secret', now: () => clock.now, ...options });
  const get = async (path: string, headers: Record<string, string> = {}): Promise<Answer> => {
    const url = new URL(path, ORIGIN);
    const response = await sandbox.fetch(
      new Request(url, { headers: { Authorization: 'SSWS secret', ...headers } }),
    );
    const text = await response.text();
    return {
      status: response.status,
      headers: response.headers,
      body: text === '' ? null : JSON.parse(text),
    };
  };
  const list = async (path: string, query: Record<string, string> = {}): Promise<readonly Item[]> =>
    itemsOf(await get(`${path}?${new URLSearchParams(query)}`));
  return { ...sandbox, clock, get, list };
}

function itemsOf({ status, body }: Answer): readonly Item[] {
  expect(status).toBe(200);
  return body as readonly Item[];
}

function ids(items: readonly Item[]): readonly string[] {
  return items.map(({ id }) => id);
}

function nextOf({ headers }: Answer): string | undefined {
  return /<([^>]+)>; rel="next"/.exec(headers.get('Link') ?? '')?.[1];
}

/** Follows every link to the end; gives the pages. */
async function readAll(get: (path: string) => Promise<Answer>, first: string): Promise<(readonly Item[])[]> {
  const pages: (readonly Item[])[] = [];
  for (let next: string | undefined = first; next !== undefined;) {
    const answer: Answer = await get(next);
    pages.push(itemsOf(answer));
    next = nextOf(answer);
  }
  return pages;
}

describe('signing in', () => {
  test.each([{ Authorization: 'SSWS wrong' }, { Authorization: 'Bearer secret' }, { Authorization: '' }])(
    '%o is refused with E0000011',
    async (headers) => {
      const { status, body } = await setUp().get('/api/v1/users', headers);
      expect(status).toBe(401);
      expect(body).toMatchObject({ errorCode: 'E0000011', errorLink: 'E0000011', errorCauses: [] });
    },
  );
});

describe('users', () => {
  test('come by status and id, page by page, without the deactivated', async () => {
    const { get } = setUp();
    const pages = await readAll(get, '/api/v1/users?limit=60');
    expect(pages.map(({ length }) => length)).toEqual([60, 60, 150 - 120 - idsWith('DEPROVISIONED').length]);
    const all = pages.flat();
    expect(new Set(ids(all)).size).toBe(all.length);
    expect(all.some(({ status }) => status === 'DEPROVISIONED')).toBe(false);
    const runs = all.map(({ status }) => status).filter((status, index, row) => status !== row[index - 1]);
    expect(runs.length).toBe(new Set(runs).size);
    const active = ids(all.filter(({ status }) => status === 'ACTIVE'));
    expect(active).toEqual(active.toSorted((a, b) => (a < b ? -1 : 1)));
  });

  test('are linked absolutely, on the origin of the request, query kept', async () => {
    const answer = await setUp().get('/api/v1/users?limit=1&filter=status+eq+%22ACTIVE%22');
    const links = answer.headers.get('Link') ?? '';
    expect(links).toContain(`<${ORIGIN}/api/v1/users?limit=1&filter=status+eq+%22ACTIVE%22>; rel="self"`);
    const next = new URL(nextOf(answer) ?? '');
    expect(next.origin).toBe(ORIGIN);
    expect(next.searchParams.get('filter')).toBe('status eq "ACTIVE"');
    expect(next.searchParams.has('after')).toBe(true);
  });

  test('carry what a person is', async () => {
    const { get } = setUp();
    const person = atOkta.find(({ okta, manager }) => okta.status === 'ACTIVE' && manager !== null);
    const { status, body } = await get(`/api/v1/users/${person?.okta.id}`);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id: person?.okta.id,
      status: 'ACTIVE',
      created: new Date(person?.hiredAt ?? 0).toISOString(),
      profile: {
        login: person?.email,
        email: person?.email,
        firstName: person?.given,
        lastName: person?.family,
        department: person?.department,
        title: person?.title,
        employeeNumber: person?.employeeNumber,
        managerId: person?.manager,
        onCall: person?.department === 'Engineering',
      },
      credentials: { provider: { type: 'OKTA', name: 'OKTA' } },
      _links: { self: { href: `${ORIGIN}/api/v1/users/${person?.okta.id}` } },
    });
    expect((await get(`/api/v1/users/${person?.email}`)).body).toEqual(body);
  });

  test('can be filtered and searched, deactivated ones included', async () => {
    const { list, admin } = setUp();
    const gone = idsWith('DEPROVISIONED');
    expect(ids(await list('/api/v1/users', { filter: 'status eq "DEPROVISIONED"' })).toSorted()).toEqual(
      gone.toSorted(),
    );
    const [first = '', second = ''] = idsWith('ACTIVE');
    admin.updateProfile(first, { title: 'Head of "Rest" and Recreation' });
    const recent = await list('/api/v1/users', { filter: 'lastUpdated ge "2026-11-02T08:00:00.000Z"' });
    expect(ids(recent)).toEqual([first]);
    const later = { filter: 'lastUpdated gt "2026-11-02T08:00:00.000Z"' };
    expect(await list('/api/v1/users', later)).toEqual([]);
    const pair = await list('/api/v1/users', {
      filter: `(id eq "${first}" or id eq "${second}") and status eq "ACTIVE"`,
    });
    expect(ids(pair).toSorted()).toEqual([first, second].toSorted());
    const search = { search: 'profile.title eq "Head of \\"Rest\\" and Recreation"' };
    expect(ids(await list('/api/v1/users', search))).toEqual([first]);
    expect(ids(await list('/api/v1/users', { search: 'profile.title sw "head of \\"rest"' }))).toEqual([
      first,
    ]);
  });

  test('can be trimmed', async () => {
    const { get, list } = setUp();
    const [trimmed] = await list('/api/v1/users', { limit: '1', fields: 'id,status,profile:(login,email)' });
    expect(Object.keys(trimmed ?? {})).toEqual(['id', 'status', 'profile']);
    expect(Object.keys(trimmed?.['profile'] ?? {})).toEqual(['login', 'email']);
    const contentType = 'application/json; okta-response=omitCredentials,omitCredentialsLinks';
    const answer = await get('/api/v1/users?limit=1', { 'Content-Type': contentType });
    expect(itemsOf(answer)[0]).not.toHaveProperty('credentials');
  });

  test('list their groups, Everyone among them', async () => {
    const [member = ''] = finance.members;
    const groups = await setUp().list(`/api/v1/users/${member}/groups`);
    const held = world.okta.groups.filter(({ members }) => members.includes(member)).map(({ id }) => id);
    expect(ids(groups).toSorted()).toEqual(['00geveryone000000001', ...held].toSorted());
  });

  test('can be met twice when a status changes between two pages', async () => {
    const { get, admin } = setUp();
    const first = await get('/api/v1/users?limit=60');
    const [last = ''] = ids(itemsOf(first)).slice(-1);
    admin.suspendUser(last);
    const rest = (await readAll(get, nextOf(first) ?? '')).flat();
    expect(rest.find(({ id }) => id === last)?.['status']).toBe('SUSPENDED');
  });
});

describe('groups', () => {
  test('come by name, Everyone among them, and can be counted and filtered', async () => {
    const { list } = setUp();
    const groups = await list('/api/v1/groups', { expand: 'stats' });
    expect(groups.length).toBe(world.okta.groups.length + 1);
    const names = groups.map(({ profile }) => String((profile as Record<string, unknown>)['name']));
    expect(names).toEqual(names.toSorted((a, b) => (a < b ? -1 : 1)));
    const own = groups.find(({ id }) => id === finance.id);
    expect(own).toMatchObject({
      type: 'OKTA_GROUP',
      profile: { name: 'retool-finance', owningTeam: 'IT' },
      _embedded: { stats: { usersCount: finance.members.length } },
    });
    expect(ids(await list('/api/v1/groups', { filter: 'type eq "BUILT_IN"' }))).toEqual([
      '00geveryone000000001',
    ]);
    const teams = await list('/api/v1/groups', { q: 'RETOOL-' });
    expect(teams.length).toBe(names.filter((name) => name.startsWith('retool-')).length);
    expect(ids(await list('/api/v1/groups', { search: 'profile.name eq "retool-finance"' }))).toEqual([
      finance.id,
    ]);
  });

  test('are paged without loss', async () => {
    const pages = await readAll(setUp().get, '/api/v1/groups?limit=4');
    expect(pages.length).toBe(4);
    expect(new Set(ids(pages.flat())).size).toBe(world.okta.groups.length + 1);
  });

  test('keep members of every status, in full', async () => {
    const { get, admin } = setUp();
    const [first = '', second = ''] = finance.members.filter((id) => idsWith('ACTIVE').includes(id));
    admin.deactivateUser(first);
    admin.suspendUser(second);
    const members = (await readAll(get, `/api/v1/groups/${finance.id}/users?limit=5`)).flat();
    expect(ids(members).toSorted()).toEqual(finance.members.toSorted());
    const statuses = new Map(members.map(({ id, status }) => [id, status]));
    expect([statuses.get(first), statuses.get(second)]).toEqual(['DEPROVISIONED', 'SUSPENDED']);
    expect(members[0]).toHaveProperty('profile.login');
  });

  test('Everyone holds everyone', async () => {
    const members = await setUp().list('/api/v1/groups/00geveryone000000001/users');
    expect(members.length).toBe(150);
  });
});

describe('the app', () => {
  const app = `/api/v1/apps/${world.okta.app.id}`;

  test('lists its users flattened, direct ones marked, deactivated ones gone', async () => {
    const { get } = setUp();
    const users = (await readAll(get, `${app}/users?limit=50&expand=user`)).flat();
    const assigned = new Set(world.okta.app.groups);
    const through = world.okta.groups.filter(({ id }) => assigned.has(id)).flatMap(({ members }) => members);
    const expected = new Set(
      [...world.okta.app.users, ...through].filter((id) => !idsWith('DEPROVISIONED').includes(id)),
    );
    expect(ids(users).toSorted()).toEqual([...expected].toSorted());
    const direct = users.filter(({ scope }) => scope === 'USER');
    expect(ids(direct).toSorted()).toEqual(world.okta.app.users.toSorted());
    expect(users[0]).toMatchObject({ status: 'ACTIVE', _embedded: { user: { id: users[0]?.id } } });
    expect((await get(`${app}/users?limit=1`)).body).not.toHaveProperty('0._embedded');
  });

  test('lists its groups by priority', async () => {
    const { list, admin } = setUp();
    const groups = await list(`${app}/groups`, { expand: 'group' });
    expect(ids(groups)).toEqual(world.okta.app.groups);
    expect(groups[0]).toMatchObject({
      priority: 0,
      _embedded: { group: { profile: { name: 'retool-finance' } } },
    });
    admin.unassignGroup('retool-finance');
    expect(ids(await list(`${app}/groups`))).not.toContain(finance.id);
    admin.assignGroup('retool-finance');
    expect(ids(await list(`${app}/groups`)).at(-1)).toBe(finance.id);
  });

  test('is found by its id', async () => {
    const { get } = setUp();
    expect((await get(app)).body).toMatchObject({ id: world.okta.app.id, label: 'Retool', status: 'ACTIVE' });
    expect((await get('/api/v1/apps/0oa404')).status).toBe(404);
  });
});

describe('strictness', () => {
  test.each([
    '/api/v1/users?limit=201',
    '/api/v1/users?limit=0',
    '/api/v1/users?limit=ten',
    '/api/v1/users?page=2',
    '/api/v1/users?limit=5&limit=6',
    '/api/v1/users?fields=id,profile:login',
    '/api/v1/users?q=a&search=status+eq+%22ACTIVE%22',
    '/api/v1/groups?limit=10001',
    '/api/v1/groups?expand=everything',
    `/api/v1/groups/${finance.id}/users?limit=1001`,
    `/api/v1/apps/${world.okta.app.id}/users?limit=501`,
    `/api/v1/apps/${world.okta.app.id}/groups?limit=19`,
    '/api/v1/users/%E0%A4%A',
  ])('%s is 400 E0000001', async (path) => {
    const { status, body } = await setUp().get(path);
    expect([status, body]).toEqual([400, expect.objectContaining({ errorCode: 'E0000001' })]);
  });

  test.each([
    'status',
    'status eq',
    'status eq ACTIVE',
    'status ne "ACTIVE"',
    'status gt "ACTIVE"',
    'department eq "Finance"',
    'profile.title eq "Buyer"',
    'lastUpdated gt "yesterday"',
    'lastUpdated gt 5',
    '(status eq "ACTIVE"',
    'status eq "ACTIVE" status eq "STAGED"',
    'status eq "ACTIVE',
    '',
  ])('the user filter <%s> is 400 E0000031', async (filter) => {
    const { status, body } = await setUp().get(`/api/v1/users?${new URLSearchParams({ filter })}`);
    expect([status, body]).toEqual([400, expect.objectContaining({ errorCode: 'E0000031' })]);
  });

  test.each([
    '/api/v1/users/00u404',
    '/api/v1/groups/00g404',
    '/api/v1/groups/00g404/users',
    '/api/v1/nothing',
  ])('%s is 404 E0000007', async (path) => {
    const { status, body } = await setUp().get(path);
    expect([status, body]).toEqual([404, expect.objectContaining({ errorCode: 'E0000007' })]);
  });

  test('writing is 405', async () => {
    const { fetch } = setUp();
    const headers = { Authorization: 'SSWS secret' };
    const response = await fetch(
      new Request(`${ORIGIN}/api/v1/users`, { method: 'POST', headers, body: '{}' }),
    );
    expect(response.status).toBe(405);
  });
});

describe('rate limits', () => {
  test('are counted by bucket, told in every answer, and reset after a minute', async () => {
    const { get, clock } = setUp({ limits: { groups: 2 } });
    const first = await get('/api/v1/groups');
    expect(first.headers.get('Date')).toBe('Mon, 02 Nov 2026 08:00:00 GMT');
    const told = (answer: Answer) =>
      ['Limit', 'Remaining', 'Reset'].map((name) => answer.headers.get(`X-Rate-Limit-${name}`));
    const reset = String(Math.ceil((START + 60_000) / 1000));
    expect(told(first)).toEqual(['2', '1', reset]);
    // Members are read from the same bucket.
    expect(told(await get(`/api/v1/groups/${finance.id}/users`))).toEqual(['2', '0', reset]);
    const refused = await get('/api/v1/groups');
    expect([refused.status, refused.body]).toEqual([429, expect.objectContaining({ errorCode: 'E0000047' })]);
    expect(refused.headers.get('Retry-After')).toBeNull();
    expect(told(await get('/api/v1/users'))).toEqual(['600', '599', reset]);
    clock.now += 60_000;
    expect((await get('/api/v1/groups')).status).toBe(200);
  });

  test('can be lifted', async () => {
    const { get } = setUp({ limits: 'unlimited' });
    for (let call = 0; call < 700; call += 1) expect((await get('/api/v1/apps/0oa404')).status).toBe(404);
  });
});

describe('an administrator', () => {
  test('creates, moves, renames and deletes, with stamps in whole seconds', async () => {
    const { admin, get, list } = setUp();
    const id = admin.createUser({ email: 'new.hire@acme.com', firstName: 'New', lastName: 'Hire' });
    admin.addMember('retool-finance', id);
    const group = await get(`/api/v1/groups/${finance.id}`);
    expect(group.body).toMatchObject({ lastMembershipUpdated: '2026-11-02T08:00:00.000Z' });
    expect(ids(await list(`/api/v1/groups/${finance.id}/users`))).toContain(id);
    admin.updateProfile('new.hire@acme.com', { department: 'Finance', secondEmail: undefined });
    expect((await get(`/api/v1/users/${id}`)).body).toMatchObject({ profile: { department: 'Finance' } });
    admin.renameGroup('retool-finance', 'retool-treasury');
    expect((await get(`/api/v1/groups/${finance.id}`)).body).toMatchObject({
      profile: { name: 'retool-treasury' },
    });
    admin.removeMember('retool-treasury', id);
    expect(ids(await list(`/api/v1/groups/${finance.id}/users`))).not.toContain(id);
    admin.addMember('retool-treasury', id);
    admin.deleteUser(id);
    expect((await get(`/api/v1/users/${id}`)).status).toBe(404);
    expect(ids(await list(`/api/v1/groups/${finance.id}/users`))).not.toContain(id);
    const team = admin.createGroup('retool-new');
    expect(await list(`/api/v1/groups/${team}/users`)).toEqual([]);
    admin.deleteGroup('retool-new');
    expect((await get(`/api/v1/groups/${team}`)).status).toBe(404);
    expect(() => admin.suspendUser('nobody@acme.com')).toThrow('no user nobody@acme.com');
    expect(() => admin.renameGroup('nothing', 'x')).toThrow('no group nothing');
  });

  test('takes the app from a user by deactivating, and gives it back by assigning', async () => {
    const { admin, list } = setUp();
    const appUsers = async () => ids(await list(`/api/v1/apps/${world.okta.app.id}/users`, { limit: '500' }));
    const [direct = ''] = world.okta.app.users;
    admin.deactivateUser(direct);
    expect(await appUsers()).not.toContain(direct);
    admin.activateUser(direct);
    expect(await appUsers()).not.toContain(direct);
    admin.assignUser(direct);
    expect(await appUsers()).toContain(direct);
    admin.unassignUser(direct);
    expect(await appUsers()).not.toContain(direct);
  });
});

describe('the record', () => {
  test('holds every call, intercepted and broken ones too', async () => {
    const { get, log } = setUp({
      intercept: (request, index) => {
        if (index === 1) return new Response('<html/>', { status: 503 });
        if (index === 2) throw new Error(`cut ${request.method}`);
        return undefined;
      },
    });
    await get('/api/v1/users?limit=1');
    await expect(get('/api/v1/users')).rejects.toThrow(SyntaxError);
    await expect(get('/api/v1/groups')).rejects.toThrow('cut GET');
    expect(log.calls).toEqual([
      { at: START, method: 'GET', path: '/api/v1/users', query: 'limit=1', status: 200, body: null },
      { at: START, method: 'GET', path: '/api/v1/users', query: '', status: 503, body: null },
      { at: START, method: 'GET', path: '/api/v1/groups', query: '', status: 0, body: null },
    ]);
  });
});
