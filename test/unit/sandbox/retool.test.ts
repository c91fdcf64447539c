import { describe, expect, test } from 'vitest';
import { origin, people, startRetool, token, type Harness } from './retool-harness.ts';

const authorized = { authorization: `Bearer ${token}` };

describe('authentication', () => {
  test.each([
    ['no header', {}],
    ['another token', { authorization: 'Bearer retool_01other' }],
    ['another scheme', { authorization: `Basic ${token}` }],
    ['no scheme', { authorization: token }],
    ['more than a token', { authorization: `Bearer ${token} ${token}` }],
  ])('%s is refused', async (_, headers) => {
    const answer = await startRetool().send('/api/v2/users', { headers });
    expect(answer.status).toBe(401);
    expect(answer.body).toEqual({ success: false, message: 'Authentication failure' });
  });

  test('the token is asked for before a route is looked up', async () => {
    const answer = await startRetool().send('/api/v2/nothing');
    expect(answer.status).toBe(401);
  });
});

describe('version probe', () => {
  test('answers without a token and without taking from the quota', async () => {
    const retool = startRetool(people, { requestsPerMinute: 1, version: '3.300.1' });
    for (let i = 0; i < 3; i += 1) {
      const answer = await retool.send('/api/checkHealth');
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ version: '3.300.1' });
    }
    expect((await retool.call('GET', '/groups')).status).toBe(200);
  });

  test('is 3.334.0 when nothing else is said', async () => {
    expect((await startRetool().send('/api/checkHealth')).body).toEqual({ version: '3.334.0' });
  });
});

describe('replies', () => {
  test('are JSON with a charset; 204 has neither body nor type', async () => {
    const retool = startRetool();
    const list = await retool.call('GET', '/groups');
    expect(list.headers.get('content-type')).toBe('application/json; charset=utf-8');
    const gone = await retool.call('DELETE', `/users/${retool.userId('ada@acme.test')}`);
    expect(gone.status).toBe(204);
    expect(gone.body).toBeUndefined();
    expect(gone.headers.get('content-type')).toBeNull();
  });

  test.each([
    ['GET', '/nothing'],
    ['PUT', '/users'],
    ['DELETE', '/groups'],
    ['GET', '/users/'],
    ['GET', '/permissions/grant'],
  ])('%s %s has no route', async (method, path) => {
    const answer = await startRetool().call(method, path);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ success: false, message: `Cannot ${method} /api/v2${path}` });
  });

  test('a path outside the API is a 404 in JSON', async () => {
    const answer = await startRetool().send('/api/v3/users', { headers: authorized });
    expect(answer.status).toBe(404);
    expect(answer.body).toMatchObject({ success: false });
  });
});

describe('bodies and queries', () => {
  test.each([
    [
      'text',
      { body: '{"email":"x@acme.test"}', headers: { ...authorized, 'content-type': 'text/plain' } },
      415,
    ],
    [
      'malformed JSON',
      { body: '{"email":', headers: { ...authorized, 'content-type': 'application/json' } },
      400,
    ],
    ['no body', { headers: { ...authorized, 'content-type': 'application/json' } }, 400],
    ['a list', { body: '[]', headers: { ...authorized, 'content-type': 'application/json' } }, 400],
  ])('POST /users with %s is refused', async (_, init, status) => {
    const retool = startRetool();
    const before = retool.sandbox.state();
    const answer = await retool.send('/api/v2/users', { method: 'POST', ...init });
    expect(answer.status).toBe(status);
    expect(answer.body).toMatchObject({ success: false });
    expect(retool.sandbox.state()).toEqual(before);
  });

  test('a charset beside the content type is fine', async () => {
    const body = JSON.stringify({ email: 'new@acme.test', first_name: 'N', last_name: 'W' });
    const headers = { ...authorized, 'content-type': 'application/json; charset=utf-8' };
    const answer = await startRetool().send('/api/v2/users', { method: 'POST', body, headers });
    expect(answer.status).toBe(200);
  });

  test('DELETE takes no body', async () => {
    const retool = startRetool();
    const answer = await retool.call('DELETE', `/users/${retool.userId('ada@acme.test')}`, {});
    expect(answer.status).toBe(400);
    expect(retool.sandbox.state().users.every((user) => user.email !== 'ada@acme.test' || user.active)).toBe(
      true,
    );
  });

  test.each([
    '/users?page=2',
    '/users?email=a&email=b',
    '/users?limit=0',
    '/users?limit=101',
    '/users?limit=ten',
    '/users?next_token=abc',
    '/users?limit=2&next_token=abc',
    '/groups?limit=10',
    '/groups/1?excludeDisabledUsers=yes',
    '/access_requests?status=OPEN',
    '/user_attributes?limit=1',
  ])('GET %s is refused', async (path) => {
    const answer = await startRetool().call('GET', path);
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({ success: false, message: expect.any(String) });
  });

  test.each([
    ['/users/user_ABC', 'User sid is misformatted: userId'],
    ['/users/42', 'User sid is misformatted: userId'],
    ['/users/%E0%A4%A', 'Invalid userId: %E0%A4%A'],
    ['/groups/admin', 'Invalid groupId: admin'],
    ['/user_invites/abc', 'Invalid userInviteId: abc'],
    ['/access_requests/-1', 'Invalid accessRequestId: -1'],
  ])('GET %s has a malformed id', async (path, message) => {
    const answer = await startRetool().call('GET', path);
    expect(answer.status).toBe(400);
    expect(answer.body).toEqual({ success: false, message });
  });
});

describe('quota', () => {
  test('is a sliding minute, and a refused request takes no place in it', async () => {
    const retool = startRetool(people, { requestsPerMinute: 2 });
    const status = async () => (await retool.call('GET', '/groups')).status;
    expect(await status()).toBe(200);
    retool.advance(40_000);
    expect(await status()).toBe(200);
    expect([await status(), await status()]).toEqual([429, 429]);
    retool.advance(19_999);
    expect(await status()).toBe(429);
    retool.advance(1);
    expect([await status(), await status()]).toEqual([200, 429]);
    retool.advance(40_000);
    expect([await status(), await status()]).toEqual([200, 429]);
  });

  test('429 says when to come back only if told to', async () => {
    const silent = startRetool(people, { requestsPerMinute: 0 });
    const refused = await silent.call('GET', '/users');
    expect(refused.body).toEqual({ success: false, message: 'Too many requests' });
    expect(refused.headers.has('retry-after')).toBe(false);

    const telling = startRetool(people, { requestsPerMinute: 1, retryAfter: 'seconds' });
    await telling.call('GET', '/users');
    telling.advance(12_400);
    const told = await telling.call('GET', '/users');
    expect([told.status, told.headers.get('retry-after')]).toEqual([429, '48']);
  });

  test('a refused write changes nothing', async () => {
    const retool = startRetool(people, { requestsPerMinute: 0 });
    const before = retool.sandbox.state();
    const body = { email: 'new@acme.test', first_name: 'N', last_name: 'W' };
    expect((await retool.call('POST', '/users', body)).status).toBe(429);
    expect(retool.sandbox.state()).toEqual(before);
  });
});

describe('the Business plan', () => {
  const business = () => startRetool(people, { plan: 'business' });

  test.each(['/users', '/groups', '/groups/1', '/access_requests', '/folders', '/spaces', '/access_tokens'])(
    'has no GET %s',
    async (path) => {
      const answer = await business().call('GET', path);
      expect(answer.status).toBe(403);
      expect(answer.body).toEqual({
        success: false,
        message: 'this API endpoint is not available on your plan',
      });
    },
  );

  test('refuses writes before it looks at them', async () => {
    const retool = business();
    expect((await retool.call('POST', '/users', {})).status).toBe(403);
    expect((await retool.call('POST', '/groups/1/user_invites', { userInviteIds: [] })).status).toBe(403);
  });

  test('has invites, attribute definitions and attributes of known users', async () => {
    const retool = business();
    const bob = retool.userId('Bob@acme.test');
    const assignment = { name: 'department', value: 'Sales' };
    expect((await retool.call('GET', '/user_invites')).status).toBe(200);
    expect((await retool.call('GET', '/user_attributes')).status).toBe(200);
    expect((await retool.call('POST', `/users/${bob}/user_attributes`, assignment)).status).toBe(200);
    expect((await retool.call('DELETE', `/users/${bob}/user_attributes/department`)).status).toBe(200);
  });

  test('knows no more routes than the other plan', async () => {
    expect((await business().call('GET', '/nothing')).status).toBe(404);
  });
});

describe('call log', () => {
  test('keeps every request with its answer and body', async () => {
    const retool = startRetool();
    await retool.call('GET', '/users?limit=5');
    retool.advance(1_500);
    await retool.call('POST', '/groups', { name: 'Ops' });
    await retool.send('/api/v2/groups');
    const path = '/api/v2/groups';
    expect(retool.sandbox.log.calls).toEqual([
      expect.objectContaining({
        method: 'GET',
        path: '/api/v2/users',
        query: 'limit=5',
        status: 200,
        body: null,
      }),
      expect.objectContaining({ method: 'POST', path, query: '', status: 200, body: '{"name":"Ops"}' }),
      expect.objectContaining({ method: 'GET', path, status: 401 }),
    ]);
    const [first, second] = retool.sandbox.log.calls;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBe(1_500);
    expect(retool.sandbox.log.count('GET', /groups$/)).toBe(1);
  });

  test('changes by hand are no calls', async () => {
    const retool = startRetool();
    retool.sandbox.hand.addGroup({ name: 'Ops' });
    expect(retool.sandbox.log.calls).toEqual([]);
  });
});

describe('the control route', () => {
  async function someCalls(retool: Harness): Promise<void> {
    const bob = retool.userId('Bob@acme.test');
    await retool.call('GET', '/users');
    await retool.call('GET', `/users/${bob}`);
    await retool.call('GET', `/users/${retool.userId('ada@acme.test')}`);
    retool.advance(60_000);
    await retool.call('DELETE', `/groups/${retool.groupId('Finance')}/members/${bob}`);
    await retool.call('DELETE', `/users/${bob}/user_attributes/department`);
  }

  test('sums up the calls by route, without a token and without counting itself', async () => {
    const retool = startRetool();
    await someCalls(retool);
    await retool.send('/sandbox/calls');
    const answer = await retool.send('/sandbox/calls');
    expect(answer.body).toEqual({
      total: 5,
      mostInMinute: 3,
      byRoute: {
        'GET /api/v2/users': 1,
        'GET /api/v2/users/{id}': 2,
        'DELETE /api/v2/groups/{id}/members/{id}': 1,
        'DELETE /api/v2/users/{id}/user_attributes/{id}': 1,
      },
    });
  });

  test('starts again on demand', async () => {
    const retool = startRetool();
    await someCalls(retool);
    const reset = await retool.send('/sandbox/calls/reset', { method: 'POST' });
    expect(reset.status).toBe(200);
    expect((await retool.send('/sandbox/calls')).body).toEqual({ total: 0, mostInMinute: 0, byRoute: {} });
    expect(retool.sandbox.log.calls).toEqual([]);
  });

  test('has nothing else', async () => {
    expect((await startRetool().send('/sandbox/other')).status).toBe(404);
    expect((await startRetool().send('/sandbox/calls', { method: 'DELETE' })).status).toBe(404);
  });
});

describe('determinism', () => {
  test('the same requests meet the same ids', async () => {
    const body = { email: 'new@acme.test', first_name: 'N', last_name: 'W' };
    const first = await startRetool().data('POST', '/users', body);
    const second = await startRetool().data('POST', '/users', body);
    expect(first).toEqual(second);
    expect(first).toMatchObject({ id: expect.stringMatching(/^user_[0-9a-f]{32}$/) });
  });

  test('a token limit below one is a mistake', () => {
    expect(() => startRetool(people, { pageLimit: 0 })).toThrow('pageLimit');
  });

  test('the origin plays no part', async () => {
    const { sandbox } = startRetool();
    const other = await sandbox.fetch(new Request(`${origin}:8443/api/v2/groups`, { headers: authorized }));
    expect(other.status).toBe(200);
  });
});
