import { describe, expect, test } from 'vitest';
import { BridgeError, type ErrorCode } from '../../../src/model/errors.ts';
import {
  group,
  json,
  list,
  lists,
  never,
  refusal,
  scripted,
  user,
  type Lists,
  type Script,
} from './scripted.ts';

async function failureOf(script: Script): Promise<BridgeError> {
  const error: unknown = await scripted(script)
    .sink.read(never)
    .then(
      () => new Error('The read succeeded'),
      (thrown: unknown) => thrown,
    );
  if (error instanceof BridgeError) return error;
  throw error;
}

function without(object: Readonly<Record<string, unknown>>, key: string): Record<string, unknown> {
  return Object.fromEntries(Object.entries(object).filter(([name]) => name !== key));
}

const ada = user('user_ada');

describe('a read', () => {
  test.each(['..', 'a/b', '%2e%2e', 'u'.repeat(129)])(
    'takes an account with the id %j along, marked as one that nothing is done to',
    async (id) => {
      const { sink } = scripted(
        lists({
          users: () => list([ada, user(id, { email: 'odd@acme.test' })]),
          groups: () => list([group(1, 'a', { members: [{ id }] })]),
        }),
      );
      const { users, groups } = await sink.read(never);
      expect(users.map((one) => [one.id, one.unusable])).toEqual([
        ['user_ada', undefined],
        [id, true],
      ]);
      expect([...(groups[0]?.members.keys() ?? [])]).toEqual([id]);
    },
  );

  test('takes four calls and turns the lists into the current state', async () => {
    const { sink, routes, sent } = scripted(
      lists({
        users: () =>
          list([
            user('user_ada', {
              email: 'Ada@acme.test',
              metadata: { team: 'core', level: 3 },
              is_admin: true,
            }),
          ]),
        groups: () =>
          list([group(12, 'Finance', { members: [{ id: 'user_ada', email: 'x', is_group_admin: true }] })]),
        user_attributes: () =>
          json({
            success: true,
            data: [{ id: 'u', name: 'team', label: 'Team', data_type: 'string', default_value: null }],
          }),
        user_invites: () =>
          list([
            {
              id: 5,
              invited_email: 'bob@acme.test',
              claimed_by: null,
              claimed_at: null,
              expires_at: '2026-02-01T00:00:00Z',
              invite_link: 'https://secret',
            },
          ]),
      }),
    );
    const state = await sink.read(never);
    expect(routes().toSorted()).toEqual([
      'GET /groups',
      'GET /user_attributes',
      'GET /user_invites',
      'GET /users',
    ]);
    expect(sent.every(({ headers }) => headers.get('authorization') === 'Bearer retool_01scripted')).toBe(
      true,
    );
    expect(sink.callsMade()).toBe(sink.costs.read);
    expect(state.users).toEqual([
      {
        id: 'user_ada',
        email: 'Ada@acme.test',
        firstName: 'Ada',
        lastName: 'Lovelace',
        active: true,
        isAdmin: true,
        userType: 'default',
        metadata: { team: 'core', level: 3 },
        lastActive: null,
      },
    ]);
    expect(state.groups).toEqual([
      {
        id: '12',
        name: 'Finance',
        members: new Map([['user_ada', { groupAdmin: true }]]),
        access: { apps: 'use', resources: 'use', workflows: 'none', queryLibrary: 'use' },
      },
    ]);
    expect(state.attributes).toEqual([{ name: 'team', dataType: 'string', defaultValue: null }]);
    expect(state.invites).toEqual([
      {
        id: '5',
        email: 'bob@acme.test',
        claimed: false,
        claimedBy: null,
        expiresAt: '2026-02-01T00:00:00Z',
        groups: new Set(),
        metadata: {},
      },
    ]);
    expect(JSON.stringify(state)).not.toContain('secret');
  });

  test('says when it began and ended', async () => {
    const { sink, clock } = scripted(async (route) => {
      if (route === 'GET /users') await clock.sleep(2_000);
      return list([]);
    });
    const began = clock.now();
    expect((await sink.read(never)).readAt).toEqual({ began, ended: began + 2_000 });
  });

  test('a second read for verification takes two calls and keeps the rest', async () => {
    const { sink, routes } = scripted(lists({ users: () => list([ada]) }));
    const earlier = {
      ...(await sink.read(never)),
      attributes: [{ name: 'kept', dataType: 'string', defaultValue: null }],
    };
    const before = routes().length;
    const again = await sink.reread(earlier, [], never);
    expect(routes().slice(before).toSorted()).toEqual(['GET /groups', 'GET /users']);
    expect(routes().length - before).toBe(2);
    expect(again.attributes).toBe(earlier.attributes);
    expect(again.users).toHaveLength(1);
  });

  test('knows admins of old releases by their group', async () => {
    const { sink } = scripted(
      lists({
        users: () => list([without(ada, 'is_admin'), without(user('user_bob'), 'is_admin')]),
        groups: () => list([group(1, 'admin', { members: [{ id: 'user_ada' }] })]),
      }),
    );
    const { users } = await sink.read(never);
    expect(users.map(({ isAdmin }) => isAdmin)).toEqual([true, false]);
  });

  test('takes group ids as numbers or text, from either field, and fields it does not know', async () => {
    const { sink } = scripted(
      lists({
        users: () => list([{ ...ada, seat_type: 'builder' }]),
        groups: () => list([group(1, 'a'), group(2, 'b', { id: null }), group(3, 'c', { id: '3' })]),
      }),
    );
    expect((await sink.read(never)).groups.map(({ id }) => id)).toEqual(['1', '2', '3']);
  });

  test('does not compare with half of the access levels', async () => {
    const { sink } = scripted(
      lists({
        groups: () =>
          list([
            without(group(1, 'a'), 'universal_app_access'),
            group(2, 'b', { universal_app_access: 'rule' }),
          ]),
      }),
    );
    expect((await sink.read(never)).groups.map(({ access }) => access)).toEqual([null, null]);
  });

  test('keeps a metadata key called __proto__ without touching any prototype', async () => {
    const { sink } = scripted(
      lists({
        users: () =>
          new Response(
            JSON.stringify({ success: true, data: [ada] }).replace(
              '"metadata":{}',
              '"metadata":{"__proto__":"x"}',
            ),
          ),
      }),
    );
    const [only] = (await sink.read(never)).users;
    expect(Object.getPrototypeOf(only?.metadata)).toBeNull();
    expect(Object.keys(only?.metadata ?? {})).toEqual(['__proto__']);
  });

  test('gives two accounts that fold to one address both to the planner, which touches neither', async () => {
    const { sink } = scripted(
      lists({
        users: () =>
          list([user('user_a', { email: 'ada@acme.test' }), user('user_b', { email: 'ADA@acme.test' })]),
      }),
    );
    expect((await sink.read(never)).users.map(({ email }) => email)).toEqual([
      'ada@acme.test',
      'ADA@acme.test',
    ]);
  });
});

describe('an answer that is not what the API promises fails the whole read', () => {
  const answers: readonly (readonly [string, Lists])[] = [
    ['no data', { users: () => json({ success: true }) }],
    ['data null', { groups: () => json({ success: true, data: null }) }],
    ['data an object', { user_attributes: () => json({ success: true, data: {} }) }],
    ['success false', { users: () => json({ success: false, data: [] }) }],
    ['success of another type', { users: () => json({ success: 'false', data: [] }) }],
    ['an empty answer', { users: () => new Response(null, { status: 204 }) }],
    ['an empty body', { users: () => new Response('') }],
    ['null', { users: () => new Response('null') }],
    ['a bare list', { users: () => new Response('[]') }],
    ['an empty object', { users: () => new Response('{}') }],
    ['a login page', { groups: () => new Response('<html>', { headers: { 'content-type': 'text/html' } }) }],
    ['a redirect', { users: () => new Response(null, { status: 302, headers: { location: '/login' } }) }],
    ['more without a token', { users: () => list([ada], { has_more: true }) }],
    ['more without a token among groups', { groups: () => list([group(1, 'a')], { has_more: true }) }],
    ['a count that its groups contradict', { groups: () => list([group(1, 'a')], { total_count: 2 }) }],
    ['a count that its invites contradict', { user_invites: () => list([], { total_count: 2 }) }],
    ['members null', { groups: () => list([group(1, 'a', { members: null })]) }],
    ['members missing', { groups: () => list([without(group(1, 'a'), 'members')]) }],
    ['a member without id', { groups: () => list([group(1, 'a', { members: [{ email: 'x' }] })]) }],
    ['a group without id', { groups: () => list([group(1, 'a', { id: null, legacy_id: null })]) }],
    ['a group id that is no number', { groups: () => list([group(1, 'a', { id: '../1' })]) }],
    ['a group id that is no whole number', { groups: () => list([group(1, 'a', { id: 1.5 })]) }],
    ['a group without name', { groups: () => list([without(group(1, 'a'), 'name')]) }],
    ['one group twice', { groups: () => list([group(1, 'a'), group(1, 'b')]) }],
    ['one user twice', { users: () => list([ada, ada]) }],
    ['a user id that is empty', { users: () => list([user('')]) }],
    ['an id that is a number', { users: () => list([{ ...ada, id: 7 }]) }],
    ['active missing', { users: () => list([without(ada, 'active')]) }],
    ['active as text', { users: () => list([{ ...ada, active: 'true' }]) }],
    ['a user without address', { users: () => list([without(ada, 'email')]) }],
    ['metadata missing', { users: () => list([without(ada, 'metadata')]) }],
    ['metadata null', { users: () => list([{ ...ada, metadata: null }]) }],
    ['metadata a list', { users: () => list([{ ...ada, metadata: [] }]) }],
    ['a name missing', { users: () => list([without(ada, 'last_name')]) }],
    ['a row that is null', { users: () => list([null]) }],
    ['an invite without address', { user_invites: () => list([{ id: 1 }]) }],
    ['one attribute twice', { user_attributes: () => list([{ name: 'a' }, { name: 'a' }]) }],
  ];

  test.each(answers)('%s', async (_name, answer) => {
    const { code, message } = await failureOf(lists(answer));
    expect(code).toBe('targetInvalid');
    expect(message).toMatch(
      /^Retool's answer to GET \/(users|groups|user_attributes|user_invites) cannot be used: /,
    );
  });

  test('the message names the row and field and never the value', async () => {
    const error = await failureOf(
      lists({ users: () => list([ada, { ...ada, id: 'user_b', active: 'secret value' }]) }),
    );
    expect(error.message).toContain('row 2: active');
    expect(error.message).not.toContain('secret value');
  });
});

describe('a list that cannot be read fails the whole read', () => {
  const refusals: readonly (readonly [number, string, ErrorCode, RegExp])[] = [
    [401, 'Authentication failure', 'targetUnauthorized', /Make a token/],
    [403, 'API token is missing one of "users:read"', 'targetUnauthorized', /scope "Users > Read"/],
    [404, 'Cannot GET', 'targetUnreadable', /baseUrl/],
    [418, 'teapot', 'targetUnreadable', /baseUrl/],
  ];

  test.each(refusals)('%i %s', async (status, message, code, remedy) => {
    const error = await failureOf(lists({ users: () => refusal(status, message) }));
    expect(error.code).toBe(code);
    expect(error.remedy).toMatch(remedy);
  });

  test.each(['user_invites', 'user_attributes'] as const)('%s left out by the plan', async (name) => {
    const gate = (): Response => refusal(403, 'this API endpoint is not available on your plan');
    const error = await failureOf(lists({ [name]: gate }));
    expect(error).toMatchObject({
      code: 'targetUnauthorized',
      remedy: expect.stringContaining('Enterprise'),
    });
  });

  test.each([404, 403])('invites answered with %i are no empty list either', async (status) => {
    const error = await failureOf(lists({ user_invites: () => refusal(status, 'no such route') }));
    expect(error.code).toMatch(/^target(Unreadable|Unauthorized)$/);
  });

  test('after three server errors, and may be tried again later', async () => {
    const { sink, routes } = scripted(lists({ users: () => new Response('bad gateway', { status: 502 }) }));
    await expect(sink.read(never)).rejects.toMatchObject({ code: 'targetUnreadable', retryable: true });
    expect(routes().filter((route) => route === 'GET /users')).toHaveLength(3);
  });

  test('bytes that are no UTF-8 do not become names', async () => {
    const body = Buffer.concat([
      Buffer.from('{"success":true,"data":[{"email":"'),
      Buffer.from([0xe4, 0x22]),
    ]);
    expect((await failureOf(lists({ users: () => new Response(body) }))).code).toBe('targetUnreadable');
  });

  test('the other lists are given up as soon as one has failed', async () => {
    const { sink, clock } = scripted(async (route) => {
      if (route === 'GET /users') return refusal(401, 'Authentication failure');
      await clock.sleep(30_000);
      return list([]);
    });
    const began = clock.elapsed();
    await expect(sink.read(never)).rejects.toMatchObject({ code: 'targetUnauthorized' });
    expect(clock.elapsed() - began).toBe(0);
  });

  test('an aborted read rejects with the reason of its signal', async () => {
    const controller = new AbortController();
    const { sink } = scripted(() => new Promise<Response>(() => controller.abort(new Error('stopped'))));
    await expect(sink.read(controller.signal)).rejects.toThrow('stopped');
  });
});

describe('pages', () => {
  const twoPages: Script = (route) => {
    if (!route.startsWith('GET /users')) return list([]);
    if (route.includes('next_token=second')) return list([user('user_b')]);
    return list([ada], { has_more: true, next_token: 'second', total_count: 1 });
  };

  test('go on from where an answer ends that says more follows', async () => {
    const { sink, routes } = scripted(twoPages);
    expect((await sink.read(never)).users.map(({ id }) => id)).toEqual(['user_ada', 'user_b']);
    expect(routes().filter((route) => route.includes('users'))).toEqual([
      'GET /users',
      'GET /users?limit=100&next_token=second',
    ]);
  });

  test('are read from the start when the answer counts other than it has rows', async () => {
    const { sink, routes } = scripted((route) => {
      if (route === 'GET /users') return list([ada], { total_count: 2 });
      if (route === 'GET /users?limit=100')
        return list([ada], { has_more: true, next_token: 'n', total_count: 2 });
      return route.startsWith('GET /users') ? list([user('user_b')], { total_count: 2 }) : list([]);
    });
    expect((await sink.read(never)).users).toHaveLength(2);
    expect(routes()).toContain('GET /users?limit=100');
  });

  test('are read from the start when the answer is longer than is read', async () => {
    const megabyte = new Uint8Array(1024 * 1024).fill(32);
    const endless = (): Response =>
      new Response(new ReadableStream({ pull: (stream) => stream.enqueue(megabyte) }, { highWaterMark: 0 }));
    const { sink } = scripted((route) => {
      if (route === 'GET /users') return endless();
      return route === 'GET /users?limit=100' ? list([ada]) : list([]);
    });
    expect((await sink.read(never)).users).toHaveLength(1);
  });

  test('that do not add up fail the read', async () => {
    const script: Script = (route) =>
      route.startsWith('GET /users') ? list([ada], { total_count: 3 }) : list([]);
    expect((await failureOf(script)).message).toContain('it counts 3 rows and gave 1');
  });

  const endless: readonly (readonly [string, Script])[] = [
    [
      'that lead to themselves',
      (route) =>
        route.startsWith('GET /users') ? list([ada], { has_more: true, next_token: 'same' }) : list([]),
    ],
    [
      'that go round in circles',
      (route) => {
        if (!route.startsWith('GET /users')) return list([]);
        const next_token = route.includes('=a') ? 'b' : 'a';
        return list([user(`user_${next_token}`)], { has_more: true, next_token });
      },
    ],
    [
      'that are empty and claim that more follow',
      (route, _times, { at }) =>
        route.startsWith('GET /users')
          ? list(route.includes('next') ? [] : [ada], { has_more: true, next_token: `t${at}${route.length}` })
          : list([]),
    ],
  ];
  test.each(endless)('%s fail the read', async (_name, script) => {
    expect((await failureOf(script)).code).toBe('targetInvalid');
  });

  test('one of which cannot be read fail the read', async () => {
    const script: Script = (route, times, sent) =>
      route.includes('next_token') ? new Response('oops', { status: 500 }) : twoPages(route, times, sent);
    expect((await failureOf(script)).code).toBe('targetUnreadable');
  });

  test('whose rows shifted so that one comes twice fail the read', async () => {
    const script: Script = (route) => {
      if (!route.startsWith('GET /users')) return list([]);
      return route.includes('next') ? list([ada]) : list([ada], { has_more: true, next_token: 'n' });
    };
    expect((await failureOf(script)).message).toContain('one row stands in it twice');
  });
});
