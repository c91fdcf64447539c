import { describe, expect, test } from 'vitest';
import { createEntraSandbox } from '../../../src/sandbox/entra/index.ts';
import type { EntraSandboxOptions } from '../../../src/sandbox/entra/index.ts';
import { generateWorld } from '../../../src/sandbox/world/generate.ts';

const ORIGIN = 'https://graph.example';
const START = Date.parse('2026-11-02T08:00:00Z');
const CLIENT = { tenantId: 'ac3e0000-0000-4000-8000-000000000001', clientId: 'app', clientSecret: 'secret' };
const world = generateWorld();
const atEntra = world.people.flatMap((person) =>
  person.entra === null ? [] : [{ ...person, entra: person.entra }],
);
const groupNamed = (name: string) => world.entra.groups.find((group) => group.name === name);
const sales = groupNamed('Retool Field Sales');
const north = groupNamed('Field Sales North');
const warehouse = groupNamed('Retool Warehouse Floor');

type Item = Record<string, unknown> & { readonly id: string };

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly body: Record<string, unknown>;
}

async function answerOf(response: Response): Promise<Answer> {
  const body = (await response.json()) as Record<string, unknown>;
  return { status: response.status, headers: response.headers, body };
}

function setUp(options: Partial<EntraSandboxOptions> = {}) {
  const clock = { now: START };
  const sandbox = createEntraSandbox({ ...CLIENT, world, now: () => clock.now, ...options });
  const askToken = async (fields: Record<string, string> = {}, tenant = CLIENT.tenantId): Promise<Answer> => {
    const form = {
      grant_type: 'client_credentials',
      client_id: 'app',
      client_secret: 'secret',
      scope: `${ORIGIN}/.default`,
      ...fields,
    };
    const url = `${ORIGIN}/${tenant}/oauth2/v2.0/token`;
    return answerOf(
      await sandbox.fetch(new Request(url, { method: 'POST', body: new URLSearchParams(form) })),
    );
  };
  let token: string | undefined;
  const send = async (path: string, init: RequestInit = {}): Promise<Answer> => {
    token ??= String((await askToken()).body['access_token']);
    const headers = {
      Authorization: `Bearer ${token}`,
      ...(init.headers as Record<string, string> | undefined),
    };
    return answerOf(await sandbox.fetch(new Request(new URL(path, ORIGIN), { ...init, headers })));
  };
  const list = async (path: string): Promise<readonly Item[]> => valueOf(await send(path));
  const batch = (requests: readonly unknown[]) =>
    send('/v1.0/$batch', { method: 'POST', body: JSON.stringify({ requests }) });
  return { ...sandbox, clock, askToken, send, list, batch };
}

function valueOf({ status, body }: Answer): readonly Item[] {
  expect(status).toBe(200);
  return body['value'] as readonly Item[];
}

function ids(items: readonly { readonly id: string }[]): readonly string[] {
  return items.map(({ id }) => id);
}

function errorOf({ status, body }: Answer): readonly [number, unknown] {
  return [status, (body['error'] as Record<string, unknown> | undefined)?.['code']];
}

const EVENTUAL = { headers: { ConsistencyLevel: 'eventual' } };

describe('signing in', () => {
  test('a secret buys a token, for this host or for the real one', async () => {
    const { askToken } = setUp();
    const { status, headers, body } = await askToken();
    expect(status).toBe(200);
    expect(headers.get('Content-Type')).toBe('application/json; charset=utf-8');
    expect(body).toMatchObject({ token_type: 'Bearer', expires_in: 3599, ext_expires_in: 3599 });
    expect((await askToken({ scope: 'https://graph.microsoft.com/.default' })).status).toBe(200);
  });

  test.each([
    [{ client_secret: 'wrong' }, 401, 'invalid_client', 7_000_215],
    [{ client_id: 'other' }, 400, 'unauthorized_client', 700_016],
    [{ scope: 'User.Read.All' }, 400, 'invalid_scope', 1_002_012],
    [{ scope: 'https://vault.example/.default' }, 400, 'invalid_resource', 500_011],
    [{ scope: '' }, 400, 'invalid_request', 900_144],
    [{ grant_type: 'password' }, 400, 'unsupported_grant_type', 70_003],
  ])('%o is refused', async (fields, status, error, number) => {
    const answer = await setUp().askToken(fields);
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ error, error_codes: [number], timestamp: '2026-11-02 08:00:00Z' });
    expect(answer.body['error_description']).toContain(`AADSTS${number}: `);
  });

  test('another tenant is not found', async () => {
    const { status, body } = await setUp().askToken({}, 'contoso');
    expect([status, body['error_codes']]).toEqual([400, [90_002]]);
  });

  test('the metadata names the token endpoint', async () => {
    const { fetch } = setUp();
    const url = `${ORIGIN}/${CLIENT.tenantId}/v2.0/.well-known/openid-configuration`;
    const { body } = await answerOf(await fetch(new Request(url)));
    expect(body['token_endpoint']).toBe(`${ORIGIN}/${CLIENT.tenantId}/oauth2/v2.0/token`);
  });

  test('Graph wants a token it issued and that has not expired', async () => {
    const { send, clock } = setUp({ tokenLifetimeSeconds: 60 });
    const refused = await send('/v1.0/users', { headers: { Authorization: 'Bearer made-up' } });
    expect(errorOf(refused)).toEqual([401, 'InvalidAuthenticationToken']);
    expect(errorOf(await send('/v1.0/users', { headers: { Authorization: '' } }))).toEqual(errorOf(refused));
    expect((await send('/v1.0/users')).status).toBe(200);
    clock.now += 60_000;
    const expired = await send('/v1.0/users');
    expect(errorOf(expired)).toEqual(errorOf(refused));
    expect(expired.body['error']).toMatchObject({ innerError: { date: '2026-11-02T08:01:00' } });
  });
});

describe('users', () => {
  test('carry few properties unless asked for more', async () => {
    const { send } = setUp();
    const plain = await send('/v1.0/users?$top=1');
    expect(plain.headers.get('Content-Type')).toBe(
      'application/json;odata.metadata=minimal;odata.streaming=true;IEEE754Compatible=false;charset=utf-8',
    );
    expect(plain.headers.get('x-ms-resource-unit')).toBe('2');
    const [user] = valueOf(plain);
    expect(user).toHaveProperty('userPrincipalName');
    for (const name of ['accountEnabled', 'department', 'userType', 'employeeId', '@odata.type']) {
      expect(user).not.toHaveProperty(name);
    }
    const person = atEntra.find(({ entra }) => entra.userType === 'Member' && entra.mail !== null);
    const select = 'id,mail,accountEnabled,department,jobTitle,employeeId,userType,givenName,surname';
    const { body } = await send(`/v1.0/users/${person?.entra.id}?$select=${select}`);
    expect(body).toEqual({
      '@odata.context': `${ORIGIN}/v1.0/$metadata#users(${select})/$entity`,
      id: person?.entra.id,
      mail: person?.entra.mail,
      accountEnabled: person?.entra.enabled,
      department: person?.department,
      jobTitle: person?.title,
      employeeId: person?.employeeNumber,
      userType: 'Member',
      givenName: person?.given,
      surname: person?.family,
    });
  });

  test('are guests, mail-less and disabled as the world has them', async () => {
    const select = 'id,userPrincipalName,mail,otherMails,accountEnabled,userType,department';
    const users = await setUp().list(`/v1.0/users?$top=999&$select=${select}`);
    const told = users.map(({ id, userPrincipalName, mail, accountEnabled: enabled, userType }) => ({
      id,
      enabled,
      userType,
      userPrincipalName,
      mail,
    }));
    const byId = (a: { id: string }, b: { id: string }): number => (a.id < b.id ? -1 : 1);
    expect(told).toEqual(atEntra.map(({ entra }) => entra).toSorted(byId));
    const guest = users.find(({ userType }) => userType === 'Guest');
    expect(guest).toMatchObject({ department: null, otherMails: [guest?.['mail']] });
  });

  test('are found by principal name, encoded', async () => {
    const { send } = setUp();
    const guest = atEntra.find(({ entra }) => entra.userType === 'Guest')?.entra;
    const { status, body } = await send(`/v1.0/users/${encodeURIComponent(guest?.userPrincipalName ?? '')}`);
    expect([status, body['id']]).toEqual([200, guest?.id]);
    expect(errorOf(await send('/v1.0/users/nobody'))).toEqual([404, 'Request_ResourceNotFound']);
  });

  test('are paged: a full last page is followed by an empty one', async () => {
    const { send } = setUp();
    const sizes: number[] = [];
    const seen: string[] = [];
    // 67 users fit neither size; filtering by state leaves a number that 13 divides.
    const enabled = atEntra.filter(({ entra }) => entra.enabled).length;
    expect(enabled % 13).toBe(0);
    let next: unknown = '/v1.0/users?$top=13&$select=id,mail&$filter=accountEnabled eq true';
    while (typeof next === 'string') {
      const answer = await send(next);
      sizes.push(valueOf(answer).length);
      seen.push(...ids(valueOf(answer)));
      next = answer.body['@odata.nextLink'];
      if (typeof next !== 'string') continue;
      expect(next.startsWith(`${ORIGIN}/v1.0/users?$top=13&$select=id%2Cmail&$filter=`)).toBe(true);
      expect(new URL(next).searchParams.has('$skiptoken')).toBe(true);
    }
    expect(sizes).toEqual([...Array.from({ length: enabled / 13 }, () => 13), 0]);
    expect(new Set(seen).size).toBe(enabled);
  });

  test('can be filtered, and counted by those who accept delay', async () => {
    const { send, list } = setUp();
    const disabled = atEntra.filter(({ entra }) => !entra.enabled).map(({ entra }) => entra.id);
    expect(ids(await list('/v1.0/users?$filter=accountEnabled eq false')).toSorted()).toEqual(
      disabled.toSorted(),
    );
    const [one, two] = atEntra;
    const pair = `id in ('${one?.entra.id}', '${two?.entra.id}')`;
    const count = await send(`/v1.0/users?$count=true&$filter=${pair}`, EVENTUAL);
    expect(count.body['@odata.count']).toBe(2);
    expect((await send(`/v1.0/users?$count=true&$filter=${pair}`)).body).not.toHaveProperty('@odata.count');
    const either = `mail eq '${one?.email.toUpperCase()}' or id eq '${two?.entra.id}'`;
    expect((await list(`/v1.0/users?$filter=${encodeURIComponent(either)}`)).length).toBe(2);
  });
});

test('a directory extension is shown of those who have a value', async () => {
  const { admin, list, send } = setUp();
  const [one, other] = atEntra;
  const name = 'extension_0123456789abcdef0123456789abcdef_costCode';
  admin.updateUser(one?.entra.id ?? '', { [name]: 'C-7' });
  const users = await list(`/v1.0/users?$top=999&$select=id,${name}`);
  expect(users.find(({ id }) => id === one?.entra.id)).toEqual({ id: one?.entra.id, [name]: 'C-7' });
  expect(users.find(({ id }) => id === other?.entra.id)).toEqual({ id: other?.entra.id });
  expect(errorOf(await send(`/v1.0/groups?$select=id,${name}`))).toEqual([400, 'BadRequest']);
  expect(errorOf(await send('/v1.0/users?$select=extension_costCode'))).toEqual([400, 'BadRequest']);
});

describe('groups', () => {
  test('are found by name, quotes and the like included', async () => {
    const { list, admin } = setUp();
    const name = "R&D 'x' and #1";
    const id = admin.createGroup(name);
    const filter = encodeURIComponent(`displayName eq '${name.replaceAll("'", "''")}'`);
    expect(ids(await list(`/v1.0/groups?$filter=${filter}`))).toEqual([id]);
    const start = await list(
      `/v1.0/groups?$filter=startswith(displayName,'Retool ') and securityEnabled eq true`,
    );
    expect(start.length).toBe(world.entra.groups.filter((group) => group.name.startsWith('Retool ')).length);
    expect(await list('/v1.0/groups?$select=id,displayName&$top=1')).toEqual([
      { id: expect.any(String), displayName: expect.any(String) },
    ]);
  });

  test('have members of several types; those the app may not read are bare', async () => {
    const { list, send } = setUp();
    const members = await list(`/v1.0/groups/${warehouse?.id}/members?$top=999`);
    expect(ids(members).toSorted()).toEqual(
      [...(warehouse?.users ?? []), ...(warehouse?.devices ?? [])].toSorted(),
    );
    const device = members.find((member) => member['@odata.type'] === '#microsoft.graph.device');
    expect(device).toMatchObject({ id: expect.any(String), displayName: null, accountEnabled: null });
    const user = members.find((member) => member['@odata.type'] === '#microsoft.graph.user');
    expect(user).toMatchObject({ displayName: expect.any(String) });
    expect((await send(`/v1.0/groups/${warehouse?.id}/members`)).headers.get('x-ms-resource-unit')).toBe('3');
    const blind = setUp({ permissions: ['GroupMember.Read.All'] });
    const bare = await blind.list(`/v1.0/groups/${sales?.id}/members?$select=id,mail`);
    expect(bare.every(({ mail }) => mail === null)).toBe(true);
    expect(errorOf(await blind.send('/v1.0/users'))).toEqual([403, 'Authorization_RequestDenied']);
  });

  test('hold others, to any depth and even in circles', async () => {
    const { list, send, admin } = setUp();
    const direct = await list(`/v1.0/groups/${sales?.id}/members?$top=999`);
    expect(ids(direct).toSorted()).toEqual([...(sales?.users ?? []), ...(sales?.groups ?? [])].toSorted());
    const deep = [...ids(direct), ...(north?.users ?? [])].toSorted();
    expect(ids(await list(`/v1.0/groups/${sales?.id}/transitiveMembers?$top=999`)).toSorted()).toEqual(deep);
    admin.addMember('Field Sales North', 'Retool Field Sales');
    const circle = await send(`/v1.0/groups/${sales?.id}/transitiveMembers?$top=999`);
    expect(ids(valueOf(circle)).toSorted()).toEqual([...deep, sales?.id].toSorted());
    expect(circle.headers.get('x-ms-resource-unit')).toBe('5');
  });

  test('are cast only in advanced queries', async () => {
    const { send } = setUp();
    const cast = `/v1.0/groups/${sales?.id}/transitiveMembers/microsoft.graph.user?$count=true&$top=999`;
    expect(errorOf(await send(cast))).toEqual([400, 'Request_UnsupportedQuery']);
    expect(errorOf(await send(cast.replace('$count=true&', ''), EVENTUAL))).toEqual([
      400,
      'Request_UnsupportedQuery',
    ]);
    const { body } = await send(cast, EVENTUAL);
    const expected = [...(sales?.users ?? []), ...(north?.users ?? [])];
    expect(body['@odata.count']).toBe(expected.length);
    expect(ids(body['value'] as Item[]).toSorted()).toEqual(expected.toSorted());
    expect(errorOf(await send(cast.replace('graph.user', 'graph.printer'), EVENTUAL))).toEqual([
      400,
      'BadRequest',
    ]);
  });
});

describe('the enterprise application', () => {
  const { app } = world.entra;

  test('is found both ways and tells who is assigned', async () => {
    const { send, list, admin } = setUp();
    const byAppId = await send(`/v1.0/servicePrincipals(appId='${app.appId}')`);
    expect(byAppId.body).toMatchObject({
      id: app.id,
      displayName: 'Retool',
      appRoles: [{ displayName: 'Builder' }],
    });
    expect(ids(await list(`/v1.0/servicePrincipals?$filter=appId eq '${app.appId}'`))).toEqual([app.id]);
    expect((await send('/v1.0/servicePrincipals/nothing')).status).toBe(404);
    const assigned = await list(`/v1.0/servicePrincipals/${app.id}/appRoleAssignedTo`);
    const pairs = assigned.map(({ principalId, principalType }) => `${principalType} ${principalId}`);
    const expected = app.assignments.map(({ principal, kind }) => `${kind} ${principal}`);
    expect(pairs.toSorted()).toEqual(expected.toSorted());
    const roles = new Set(assigned.map(({ appRoleId }) => appRoleId));
    expect(roles).toEqual(new Set(['00000000-0000-0000-0000-000000000000', app.roles[0]?.id]));
    admin.unassign('Retool Finance');
    expect((await list(`/v1.0/servicePrincipals/${app.id}/appRoleAssignedTo`)).length).toBe(
      expected.length - 1,
    );
  });

  test('stands in an organisation', async () => {
    const [organization] = await setUp().list('/v1.0/organization');
    expect(organization).toMatchObject({ id: CLIENT.tenantId, displayName: 'Acme' });
  });
});

describe('strictness', () => {
  test.each([
    ['/v1.0/users?$top=1000', 'Request_UnsupportedQuery'],
    ['/v1.0/users?$top=0', 'Request_UnsupportedQuery'],
    ['/v1.0/users?$expand=manager', 'BadRequest'],
    ['/v1.0/users?$orderby=displayName', 'BadRequest'],
    ['/v1.0/users?top=5', 'BadRequest'],
    ['/v1.0/users?$top=5&$top=6', 'BadRequest'],
    ['/v1.0/users?$select=id,shoeSize', 'BadRequest'],
    ['/v1.0/users?$select=id,', 'BadRequest'],
    ['/v1.0/users?$count=yes', 'BadRequest'],
    ['/v1.0/users?$filter=accountEnabled ne true', 'BadRequest'],
    ["/v1.0/users?$filter=accountEnabled eq 'true'", 'Request_UnsupportedQuery'],
    ["/v1.0/users?$filter=jobTitle eq 'Buyer'", 'Request_UnsupportedQuery'],
    ["/v1.0/users?$filter=displayName eq 'R", 'BadRequest'],
    ['/v1.0/users/x?$top=5', 'BadRequest'],
    ['/v1.0/printers', 'BadRequest'],
    ['/beta/users', 'BadRequest'],
    ['/v1.0/users/%E0%A4%A', 'BadRequest'],
  ])('%s is 400 %s', async (path, code) => {
    expect(errorOf(await setUp().send(path))).toEqual([400, code]);
  });

  test('writing is refused', async () => {
    expect((await setUp().send('/v1.0/users', { method: 'POST', body: '{}' })).status).toBe(405);
  });
});

describe('batches', () => {
  test('answer each step on its own', async () => {
    const { batch } = setUp();
    const { status, body } = await batch([
      { id: 'a', method: 'GET', url: '/users?$top=1' },
      { id: 'b', method: 'GET', url: '/users/nobody' },
      { id: 'c', method: 'GET', url: '/v1.0/users' },
      {
        id: 'd',
        method: 'GET',
        url: `/groups/${sales?.id}/members/microsoft.graph.user?$count=true`,
        headers: { ConsistencyLevel: 'eventual' },
      },
    ]);
    expect(status).toBe(200);
    const responses = new Map((body['responses'] as Item[]).map((response) => [response.id, response]));
    expect(['a', 'b', 'c', 'd'].map((id) => responses.get(id)?.['status'])).toEqual([200, 404, 400, 200]);
    const [page] = [responses.get('a')?.['body'] as Record<string, unknown>];
    expect(page?.['@odata.nextLink']).toContain(`${ORIGIN}/v1.0/users?$top=1&$skiptoken=`);
    expect(responses.get('d')).toMatchObject({ body: { '@odata.count': sales?.users.length } });
  });

  test('are throttled step by step', async () => {
    const { batch, clock } = setUp({ requestsPer10Seconds: 2 });
    clock.now += 3000;
    const steps = ['1', '2', '3'].map((id) => ({ id, method: 'GET', url: '/organization' }));
    const { body } = await batch(steps);
    const refused = (body['responses'] as Item[]).find(({ status }) => status === 429);
    expect(refused).toMatchObject({
      id: '3',
      headers: { 'Retry-After': '10' },
      body: { error: { code: 'TooManyRequests' } },
    });
  });

  test.each([
    ['no requests', []],
    [
      '21 requests',
      Array.from({ length: 21 }, (_, id) => ({ id: String(id), method: 'GET', url: '/users' })),
    ],
    ['one id twice', ['1', '1'].map((id) => ({ id, method: 'GET', url: '/users' }))],
    ['dependsOn', [{ id: '1', method: 'GET', url: '/users', dependsOn: ['0'] }]],
  ])('with %s are refused', async (_, requests) => {
    expect(errorOf(await setUp().batch(requests))).toEqual([400, 'BadRequest']);
  });
});

describe('throttling', () => {
  test('ends when the ten seconds are over', async () => {
    const { send, clock } = setUp({ requestsPer10Seconds: 1 });
    expect((await send('/v1.0/organization')).status).toBe(200);
    clock.now += 2500;
    const refused = await send('/v1.0/organization');
    expect(errorOf(refused)).toEqual([429, 'TooManyRequests']);
    expect(refused.headers.get('Retry-After')).toBe('8');
    clock.now += 8000;
    expect((await send('/v1.0/organization')).status).toBe(200);
  });
});

describe('an administrator', () => {
  test('creates, moves, renames, disables, deletes and restores', async () => {
    const { admin, list, send } = setUp();
    const members = async () => ids(await list(`/v1.0/groups/${north?.id}/members?$top=999`));
    const id = admin.createUser({
      userPrincipalName: 'new.hire@acme.com',
      properties: { department: 'Sales' },
    });
    admin.addMember('Field Sales North', 'new.hire@acme.com');
    expect(await members()).toContain(id);
    admin.disableUser(id);
    const read = async () =>
      (await send(`/v1.0/users/${id}?$select=accountEnabled,department,displayName`)).body;
    expect(await read()).toMatchObject({ accountEnabled: false, department: 'Sales', displayName: null });
    admin.enableUser(id);
    admin.updateUser(id, { displayName: 'New Hire' });
    expect(await read()).toMatchObject({ accountEnabled: true, displayName: 'New Hire' });
    admin.deleteUser(id);
    expect((await send(`/v1.0/users/${id}`)).status).toBe(404);
    expect(await members()).not.toContain(id);
    admin.restoreUser(id);
    expect(await members()).toContain(id);
    admin.removeMember('Field Sales North', id);
    expect(await members()).not.toContain(id);
    admin.renameGroup('Field Sales North', 'Field Sales South');
    expect((await send(`/v1.0/groups/${north?.id}`)).body['displayName']).toBe('Field Sales South');
    admin.deleteGroup('Field Sales South');
    expect(ids(await list(`/v1.0/groups/${sales?.id}/members?$top=999`))).not.toContain(north?.id);
    expect(() => admin.disableUser('nobody')).toThrow('no user nobody');
  });
});

test('calls are on record, intercepted ones too', async () => {
  const { send, log } = setUp({
    intercept: (request) =>
      request.url.endsWith('/groups') ? Response.json({}, { status: 502 }) : undefined,
  });
  await send('/v1.0/groups');
  expect(log.calls.map(({ method, path, status }) => `${method} ${path} ${status}`)).toEqual([
    `POST /${CLIENT.tenantId}/oauth2/v2.0/token 200`,
    'GET /v1.0/groups 502',
  ]);
});
