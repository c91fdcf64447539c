import { describe, expect, test } from 'vitest';
import type { ApiUser } from '../../../src/sandbox/retool/index.ts';
import { people, startRetool, startedAt, type Harness, type RefusedRequest } from './retool-harness.ts';

const unknownId = 'user_00000000000000000000000000000000';

interface UserPage {
  readonly data: readonly ApiUser[];
  readonly total_count: number;
  readonly next_token: string | null;
  readonly has_more: boolean;
}

async function userPage(retool: Harness, query = ''): Promise<UserPage> {
  const answer = await retool.call('GET', `/users${query}`);
  expect(answer.status).toBe(200);
  return answer.body as UserPage;
}

function crowd(count: number) {
  const users = Array.from({ length: count }, (_, index) => ({
    email: `u${String(index).padStart(4, '0')}@acme.test`,
    firstName: `F${index}`,
    lastName: 'L',
    active: index % 7 !== 0,
  }));
  return { users };
}

async function expectRefusal(retool: Harness, [method, path, body, status, message]: RefusedRequest) {
  const before = retool.sandbox.state();
  const answer = await retool.call(method, path, body);
  expect(answer.status).toBe(status);
  expect(answer.body).toEqual({ success: false, message: expect.stringContaining(message) });
  expect(retool.sandbox.state()).toEqual(before);
}

describe('GET /users', () => {
  test('without limit lists everybody, disabled accounts too, with exactly the fields of the spec', async () => {
    const retool = startRetool();
    const page = await userPage(retool);
    expect(page).toMatchObject({ success: true, total_count: 3, next_token: null, has_more: false });
    const bob = page.data.find((user) => user.email === 'Bob@acme.test');
    expect(bob).toEqual({
      id: retool.userId('Bob@acme.test'),
      legacy_id: 2,
      first_name: 'Bob',
      last_name: 'Kahn',
      created_at: '2026-03-01T09:00:00.000Z',
      last_active: null,
      email: 'Bob@acme.test',
      active: true,
      metadata: { team: 'core', level: 3, department: 'none' },
      is_admin: false,
      two_factor_auth_enabled: false,
      user_type: 'default',
    });
    expect(page.data.filter((user) => user.is_admin).map((user) => user.email)).toEqual(['ada@acme.test']);
    expect(page.data.filter((user) => !user.active)).toHaveLength(1);
  });

  test('lists in a fixed order that follows neither id nor address nor creation', async () => {
    const retool = startRetool(crowd(60));
    const { data } = await userPage(retool);
    expect((await userPage(retool)).data).toEqual(data);
    for (const field of ['id', 'email', 'legacy_id'] as const) {
      const values = data.map((user) => user[field]);
      expect(values).not.toEqual(values.toSorted((a, b) => (a < b ? -1 : 1)));
    }
  });

  test('pages by cursor: each account once, also when others join meanwhile', async () => {
    const retool = startRetool(crowd(25));
    const before = new Set(retool.sandbox.state().users.map((user) => user.id));
    const seen: string[] = [];
    let token: string | null = null;
    do {
      const page = await userPage(retool, `?limit=10${token === null ? '' : `&next_token=${token}`}`);
      expect(page.has_more).toBe(page.next_token !== null);
      expect(page.total_count).toBe(page.data.length);
      expect(page.data.length).toBeLessThanOrEqual(10);
      seen.push(...page.data.map((user) => user.id));
      retool.sandbox.hand.addUser({ email: `late${seen.length}@acme.test`, firstName: 'L', lastName: 'T' });
      token = page.next_token;
    } while (token !== null);
    expect(new Set(seen).size).toBe(seen.length);
    expect([...before].every((id) => seen.includes(id))).toBe(true);
  });

  test('an exact last page has no token', async () => {
    const page = await userPage(startRetool(crowd(10)), '?limit=10');
    expect([page.data.length, page.has_more, page.next_token]).toEqual([10, false, null]);
  });

  test('a server that pages unasked lowers every limit and lets its token be followed', async () => {
    const retool = startRetool(crowd(9), { pageLimit: 4 });
    const first = await userPage(retool);
    expect([first.data.length, first.has_more]).toEqual([4, true]);
    const second = await userPage(retool, `?limit=100&next_token=${first.next_token}`);
    const third = await userPage(retool, `?next_token=${second.next_token}`);
    expect([second.data.length, third.data.length, third.has_more]).toEqual([4, 1, false]);
    expect((await userPage(retool, '?limit=2')).data).toHaveLength(2);
  });

  test.each([
    ['?email=BOB@ACME.test', ['Bob@acme.test']],
    ['?email=bob', []],
    ['?last_name=Kahn', ['Bob@acme.test', 'cyd@acme.test']],
    ['?last_name=Kahn&first_name=Cyd', ['cyd@acme.test']],
    ['?first_name=cyd', []],
  ])('%s filters', async (query, expected) => {
    const { data } = await userPage(startRetool(), query);
    expect(data.map((user) => user.email).sort()).toEqual(expected);
  });
});

describe('GET /users/{id}', () => {
  test('answers one account, with its groups when asked', async () => {
    const retool = startRetool();
    const bob = retool.userId('Bob@acme.test');
    const plain = await retool.data('GET', `/users/${bob}`);
    expect(plain).toMatchObject({ id: bob, email: 'Bob@acme.test' });
    expect(plain).not.toHaveProperty('groups');
    expect(await retool.data('GET', `/users/${bob}?includeGroups=true`)).toMatchObject({
      groups: [
        { id: 4, legacy_id: 4, name: 'All Users' },
        { id: 5, legacy_id: 5, name: 'Finance' },
      ],
    });
  });

  test('does not know everybody', async () => {
    const answer = await startRetool().call('GET', `/users/${unknownId}`);
    expect(answer.status).toBe(404);
    expect(answer.body).toEqual({ success: false, message: `No user '${unknownId}' found for organization` });
  });
});

describe('POST /users', () => {
  const valid = { email: 'Dee@acme.test', first_name: 'Dee', last_name: 'Ng' };

  test('creates with 200, echoes what was sent and fills in the rest', async () => {
    const retool = startRetool();
    retool.advance(5_000);
    const body = {
      ...valid,
      active: false,
      user_type: 'embed',
      metadata: { free: 'x', department: 'Ops', n: null },
    };
    const created = await retool.data('POST', '/users', body);
    expect(created).toEqual({
      ...body,
      id: expect.stringMatching(/^user_[0-9a-f]{32}$/),
      legacy_id: 4,
      created_at: new Date(startedAt + 5_000).toISOString(),
      last_active: null,
      is_admin: false,
      two_factor_auth_enabled: false,
    });
    expect(retool.sandbox.state().users).toContainEqual(created);
  });

  test('is active, of the default type and in All Users when nothing else is said', async () => {
    const retool = startRetool();
    const created = await retool.data('POST', '/users', valid);
    expect(created).toMatchObject({ active: true, user_type: 'default', metadata: { department: 'none' } });
    const everybody = retool.sandbox.state().groups.find((group) => group.name === 'All Users');
    expect(everybody?.memberIds).toContain(Reflect.get(Object(created), 'id'));
  });

  test.each<RefusedRequest>([
    ['POST', '/users', { ...valid, email: 'bob@acme.TEST' }, 409, 'already exists'],
    ['POST', '/users', { ...valid, email: 'CYD@acme.test' }, 409, 'already exists'],
    ['POST', '/users', { ...valid, email: 'Taken@acme.test' }, 409, 'already exists'],
    ['POST', '/users', { ...valid, email: 'invited@acme.test' }, 409, 'already exists'],
    ['POST', '/users', { first_name: 'D', last_name: 'N' }, 400, 'Missing required body parameter: email'],
    [
      'POST',
      '/users',
      { email: valid.email, last_name: 'N' },
      400,
      'Missing required body parameter: first_name',
    ],
    ['POST', '/users', { ...valid, email: 'dee' }, 400, 'Invalid email type for body parameter: email'],
    ['POST', '/users', { ...valid, first_name: '' }, 400, 'at least 1 character(s): first_name'],
    ['POST', '/users', { ...valid, last_name: 'x'.repeat(37) }, 400, 'at most 36 character(s): last_name'],
    [
      'POST',
      '/users',
      { ...valid, first_name: null },
      400,
      'Invalid string type for body parameter: first_name',
    ],
    ['POST', '/users', { ...valid, active: 'yes' }, 400, 'active'],
    ['POST', '/users', { ...valid, user_type: 'external' }, 400, 'user_type'],
    ['POST', '/users', { ...valid, metadata: { a: ['b'] } }, 400, 'metadata.a'],
    ['POST', '/users', { ...valid, metadata: [] }, 400, 'metadata'],
    ['POST', '/users', { ...valid, groups: [1] }, 400, 'Unrecognized body parameter: groups'],
    ['POST', '/users', { ...valid, is_admin: true }, 400, 'Unrecognized body parameter: is_admin'],
  ])('%s %s %j is refused', async (...request) => {
    const invites = [{ email: 'invited@acme.test' }];
    const retool = startRetool({ ...people, invites, emailsElsewhere: ['taken@acme.test'] });
    await expectRefusal(retool, request);
  });

  test('an expired invite holds no address', async () => {
    const invites = [{ email: 'dee@acme.test', expiresAt: '2026-02-28T00:00:00.000Z' }];
    const answer = await startRetool({ ...people, invites }).call('POST', '/users', valid);
    expect(answer.status).toBe(200);
  });
});

describe('PATCH /users/{id}', () => {
  function patchBob(retool: Harness, ...operations: readonly unknown[]) {
    return retool.call('PATCH', `/users/${retool.userId('Bob@acme.test')}`, { operations });
  }

  test('applies its operations in order and answers the whole account', async () => {
    const retool = startRetool();
    const answer = await patchBob(
      retool,
      { op: 'replace', path: '/first_name', value: 'Robert' },
      { op: 'add', path: '/last_name', value: 'Cohn' },
      { op: 'replace', path: '/active', value: false },
      { op: 'replace', path: '/user_type', value: 'mobile' },
      { op: 'add', path: '/metadata/a~1b~0c', value: 'x' },
      { op: 'replace', path: '/metadata/team', value: 'edge' },
      { op: 'remove', path: '/metadata/level' },
    );
    expect(answer.status).toBe(200);
    const [, bob] = retool.sandbox.state().users.toSorted((a, b) => a.legacy_id - b.legacy_id);
    expect(answer.body).toEqual({ success: true, data: bob });
    expect(bob).toMatchObject({
      first_name: 'Robert',
      last_name: 'Cohn',
      active: false,
      user_type: 'mobile',
    });
    expect(bob?.metadata).toEqual({ team: 'edge', department: 'none', 'a/b~c': 'x' });
  });

  test('replaces metadata as a whole; defined attributes fall back to their defaults', async () => {
    const retool = startRetool();
    const answer = await patchBob(retool, { op: 'replace', path: '/metadata', value: { only: 1 } });
    expect(answer.body).toMatchObject({ data: { metadata: { only: 1, department: 'none' } } });
    const removed = await patchBob(retool, { op: 'remove', path: '/metadata' });
    expect(removed.body).toMatchObject({ data: { metadata: { department: 'none' } } });
  });

  test('is idempotent on /active, unlike DELETE', async () => {
    const retool = startRetool();
    const off = { op: 'replace', path: '/active', value: false };
    expect((await patchBob(retool, off)).status).toBe(200);
    expect((await patchBob(retool, off)).status).toBe(200);
    expect((await patchBob(retool, { ...off, value: true })).body).toMatchObject({ data: { active: true } });
  });

  test('an account without names can still be disabled', async () => {
    const retool = startRetool({ users: [{ email: 'Bob@acme.test', firstName: null, lastName: null }] });
    const answer = await patchBob(retool, { op: 'replace', path: '/active', value: false });
    expect(answer.body).toMatchObject({ data: { active: false, first_name: null } });
  });

  const good = { op: 'replace', path: '/first_name', value: 'Robert' };
  test.each<[string, readonly unknown[], number]>([
    ['no operation', [], 400],
    ['another op', [{ op: 'test', path: '/active', value: true }], 400],
    ['a key unknown', [{ ...good, from: '/last_name' }], 400],
    ['no path', [{ op: 'replace', value: 'x' }], 400],
    ['no value', [{ op: 'replace', path: '/first_name' }], 400],
    ['the address', [{ op: 'replace', path: '/email', value: 'rob@acme.test' }], 400],
    ['the id', [{ op: 'replace', path: '/id', value: unknownId }], 400],
    ['is_admin', [{ op: 'replace', path: '/is_admin', value: true }], 400],
    ['last_active', [{ op: 'remove', path: '/last_active' }], 400],
    ['two_factor_auth_enabled', [{ op: 'replace', path: '/two_factor_auth_enabled', value: true }], 400],
    ['an unknown field', [{ op: 'add', path: '/nickname', value: 'x' }], 400],
    ['no pointer', [{ op: 'replace', path: 'first_name', value: 'x' }], 400],
    ['the whole document', [{ op: 'replace', path: '', value: {} }], 400],
    ['a path too deep', [{ op: 'add', path: '/metadata/a/b', value: 'x' }], 400],
    ['below a name', [{ op: 'add', path: '/first_name/0', value: 'x' }], 400],
    ['a removed name', [{ op: 'remove', path: '/first_name' }], 422],
    ['an empty name', [{ op: 'replace', path: '/first_name', value: '' }], 422],
    ['a null name', [{ op: 'replace', path: '/first_name', value: null }], 422],
    ['a name too long', [{ op: 'replace', path: '/last_name', value: 'x'.repeat(37) }], 422],
    ['a wrong type', [{ op: 'replace', path: '/active', value: 'false' }], 422],
    ['a nested value', [{ op: 'add', path: '/metadata/a', value: { b: 1 } }], 422],
    ['metadata that is none', [{ op: 'replace', path: '/metadata', value: 'x' }], 422],
    ['a key that is not there', [{ op: 'replace', path: '/metadata/nope', value: 'x' }], 422],
    ['a key gone already', [{ op: 'remove', path: '/metadata/nope' }], 422],
    ['one bad among good', [good, { op: 'replace', path: '/active', value: 1 }], 422],
  ])('with %s is refused and changes nothing', async (_, operations, status) => {
    const retool = startRetool();
    const bob = retool.userId('Bob@acme.test');
    await expectRefusal(retool, ['PATCH', `/users/${bob}`, { operations }, status, '']);
  });

  test('words a failed validation as the API does', async () => {
    const answer = await patchBob(startRetool(), { op: 'replace', path: '/first_name', value: '' });
    expect(answer.body).toMatchObject({
      message:
        'Patched document failed schema validation: String must contain at least 1 character(s): first_name',
    });
  });

  test('knows no unknown account and no other key in its body', async () => {
    const retool = startRetool();
    const bob = retool.userId('Bob@acme.test');
    await expectRefusal(retool, ['PATCH', `/users/${unknownId}`, { operations: [good] }, 404, 'No user']);
    await expectRefusal(retool, [
      'PATCH',
      `/users/${bob}`,
      { operations: [good], x: 1 },
      400,
      'Unrecognized',
    ]);
    await expectRefusal(retool, ['PATCH', `/users/${bob}`, [good], 400, 'Invalid body']);
  });
});

describe('DELETE /users/{id}', () => {
  test('disables: the account, its address and its memberships stay', async () => {
    const retool = startRetool();
    const bob = retool.userId('Bob@acme.test');
    expect((await retool.call('DELETE', `/users/${bob}`)).status).toBe(204);
    expect(await retool.data('GET', `/users/${bob}`)).toMatchObject({ active: false });
    const finance = retool.sandbox.state().groups.find((group) => group.name === 'Finance');
    expect(finance?.memberIds).toContain(bob);
    const again = { email: 'bob@acme.test', first_name: 'B', last_name: 'K' };
    expect((await retool.call('POST', '/users', again)).status).toBe(409);
  });

  test('a second time is a 422, and nobody unknown can be disabled', async () => {
    const retool = startRetool();
    await expectRefusal(retool, [
      'DELETE',
      `/users/${retool.userId('cyd@acme.test')}`,
      undefined,
      422,
      'disabled',
    ]);
    await expectRefusal(retool, ['DELETE', `/users/${unknownId}`, undefined, 404, 'No user']);
  });
});
