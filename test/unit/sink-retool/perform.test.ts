import { describe, expect, test } from 'vitest';
import type { Operation } from '../../../src/model/operation.ts';
import type { PerformContext, Reply } from '../../../src/model/sink.ts';
import {
  disabling,
  joining,
  member,
  membership,
  newAccount,
  onGroup,
  onMembership,
  onUser,
} from './operations.ts';
import { context, json, never, refusal, scripted, user, type Script, type Scripted } from './scripted.ts';

interface Performed {
  readonly reply: Reply;
  readonly target: Scripted;
  readonly sends: readonly number[];
}

const ok: Script = (route) => {
  if (route.startsWith('DELETE /users/') && !route.includes('attributes'))
    return new Response(null, { status: 204 });
  if (route === 'POST /users') return json({ success: true, data: user('user_new') });
  return json({ success: true, data: { id: 31, legacy_id: 31, metadata: {} } });
};

async function perform(
  operation: Operation,
  script: Script = ok,
  parts: Partial<PerformContext> = {},
): Promise<Performed> {
  const target = scripted(script);
  const sends: number[] = [];
  const reply = await target.sink.perform(
    operation,
    context({ onSend: (at) => sends.push(at), ...parts }),
    never,
  );
  return { reply, target, sends };
}

function bodies({ target }: Performed): readonly unknown[] {
  return target.sent.map(({ body }) => body);
}

describe('each kind of operation is the call the design names', () => {
  test('createUser carries its metadata and nothing of ours', async () => {
    const operation = onUser(
      'createUser',
      null,
      newAccount({ metadata: { team: 'core' }, sources: { team: 'okta' } }),
    );
    const done = await perform(operation);
    expect(done.reply).toEqual({ state: 'done', id: 'user_new' });
    expect(done.target.routes()).toEqual(['POST /users']);
    expect(bodies(done)).toEqual([
      {
        email: 'ada@acme.test',
        first_name: 'Ada',
        last_name: 'Lovelace',
        active: true,
        metadata: { team: 'core' },
      },
    ]);
  });

  test('createUser names a type only when one is managed', async () => {
    const done = await perform(onUser('createUser', null, newAccount({ user_type: 'mobile' })));
    expect(bodies(done)).toEqual([expect.objectContaining({ user_type: 'mobile' })]);
  });

  test('updateUser puts all changed fields into one PATCH, and merges the metadata', async () => {
    const operation = onUser('updateUser', 'user_1', {
      before: {},
      after: {
        first_name: 'Augusta',
        user_type: 'embed',
        metadata: { team: 'new', floor: null },
        sources: { team: 'okta', floor: 'okta' },
      },
    });
    const done = await perform(operation, ok, {
      metadataOf: () => ({ team: 'old', floor: '3', theirs: { deep: [1] } }),
    });
    expect(done.reply).toEqual({ state: 'done', id: null });
    expect(done.target.routes()).toEqual(['PATCH /users/user_1']);
    expect(bodies(done)).toEqual([
      {
        operations: [
          { op: 'replace', path: '/first_name', value: 'Augusta' },
          { op: 'replace', path: '/user_type', value: 'embed' },
          { op: 'replace', path: '/metadata', value: { theirs: { deep: [1] }, team: 'new' } },
        ],
      },
    ]);
  });

  test('updateUser leaves metadata alone when no attribute changes, and does not read the account', async () => {
    const operation = onUser('updateUser', 'user_1', {
      before: {},
      after: { last_name: 'King', sources: {} },
    });
    const done = await perform(operation);
    expect(bodies(done)).toEqual([{ operations: [{ op: 'replace', path: '/last_name', value: 'King' }] }]);
  });

  test('updateUser reads the account again by id when the last read is too old', async () => {
    const operation = onUser('updateUser', 'user_1', {
      before: {},
      after: { metadata: { a: '1', b: '2' }, sources: {} },
    });
    const done = await perform(operation, (route) =>
      route === 'GET /users/user_1'
        ? json({ success: true, data: user('user_1', { metadata: { theirs: 'kept', a: '0' } }) })
        : json({ success: true, data: user('user_1') }),
    );
    expect(done.target.routes()).toEqual(['GET /users/user_1', 'PATCH /users/user_1']);
    expect(bodies(done)[1]).toEqual({
      operations: [{ op: 'replace', path: '/metadata', value: { theirs: 'kept', a: '1', b: '2' } }],
    });
    expect(done.sends).toHaveLength(1);
  });

  test('reactivateUser switches on and changes in one PATCH', async () => {
    const operation = onUser('reactivateUser', 'user_1', {
      before: { active: false },
      after: { active: true, first_name: 'Ada', sources: {} },
    });
    expect(bodies(await perform(operation))).toEqual([
      {
        operations: [
          { op: 'replace', path: '/first_name', value: 'Ada' },
          { op: 'replace', path: '/active', value: true },
        ],
      },
    ]);
  });

  test('deactivateUser is one DELETE without a body', async () => {
    const done = await perform(onUser('deactivateUser', 'user_1', disabling));
    expect(done.reply).toEqual({ state: 'done', id: null });
    expect(done.target.sent).toMatchObject([{ method: 'DELETE', path: '/users/user_1', body: undefined }]);
    expect(done.target.sent[0]?.headers.has('content-type')).toBe(false);
  });

  test('setAttributes and clearAttributes are one call for each attribute', async () => {
    const set = onUser('setAttributes', 'user_1', {
      before: {},
      after: { metadata: { team: 'core', floor: '3' }, sources: {} },
    });
    const setting = await perform(set);
    expect(setting.target.routes()).toEqual([
      'POST /users/user_1/user_attributes',
      'POST /users/user_1/user_attributes',
    ]);
    expect(bodies(setting)).toEqual([
      { name: 'team', value: 'core' },
      { name: 'floor', value: '3' },
    ]);
    expect(setting.target.sink.costs.costOf(set)).toBe(2);
    const clear = onUser('clearAttributes', 'user_1', {
      before: {},
      after: { metadata: { team: null }, sources: {} },
    });
    expect((await perform(clear)).target.routes()).toEqual(['DELETE /users/user_1/user_attributes/team']);
  });

  test('createGroup sends name and levels, and none of the members', async () => {
    const after = {
      name: 'Finance',
      universal_app_access: 'use',
      fedBy: [{ source: 'okta', externalId: '00g1' }],
    };
    const done = await perform(onGroup('createGroup', null, { before: null, after }));
    expect(done.reply).toEqual({ state: 'done', id: '31' });
    expect(bodies(done)).toEqual([{ name: 'Finance', universal_app_access: 'use' }]);
  });

  test('updateGroup is one PATCH', async () => {
    const after = { name: 'Money', universal_workflow_access: 'none' };
    const done = await perform(onGroup('updateGroup', '12', { before: {}, after }));
    expect(done.target.routes()).toEqual(['PATCH /groups/12']);
    expect(bodies(done)).toEqual([
      {
        operations: [
          { op: 'replace', path: '/name', value: 'Money' },
          { op: 'replace', path: '/universal_workflow_access', value: 'none' },
        ],
      },
    ]);
  });

  test('addMembers is one POST, with ids of what was made earlier in the run', async () => {
    const members = [member('user_1'), member(null, { waitsFor: 'createUser:b', admin: true })];
    const operation = onGroup('addMembers', null, joining(members), ['createGroup:finance']);
    const made = new Map([
      ['createGroup:finance', '40'],
      ['createUser:b', 'user_b'],
    ]);
    const done = await perform(operation, ok, { idOf: (id) => made.get(id) ?? null });
    expect(done.reply).toEqual({ state: 'done', id: null });
    expect(done.target.routes()).toEqual(['POST /groups/40/members']);
    expect(bodies(done)).toEqual([
      {
        members: [
          { id: 'user_1', is_group_admin: false },
          { id: 'user_b', is_group_admin: true },
        ],
      },
    ]);
  });

  test('removeMember is one DELETE of that membership', async () => {
    const before = membership('12', 'user_1');
    const done = await perform(onMembership('removeMember', { before, after: { ...before, member: false } }));
    expect(done.target.routes()).toEqual(['DELETE /groups/12/members/user_1']);
  });

  test('setGroupAdmin adds the member again with the flag', async () => {
    const before = { ...membership('12', 'user_1'), is_group_admin: false };
    const done = await perform(
      onMembership('setGroupAdmin', { before, after: { ...before, is_group_admin: true } }),
    );
    expect(done.target.routes()).toEqual(['POST /groups/12/members']);
    expect(bodies(done)).toEqual([{ members: [{ id: 'user_1', is_group_admin: true }] }]);
  });

  test('adopt and release cost nothing and send nothing', async () => {
    const adopt = onUser('adopt', 'user_1', {
      before: { id: 'user_1', managed: false },
      after: { links: [], attributes: {}, active: true },
    });
    const { reply, target } = await perform(adopt);
    expect(reply).toMatchObject({ state: 'refused', code: 'invalid' });
    expect(target.sent).toEqual([]);
    expect(target.sink.costs.costOf(adopt)).toBe(0);
  });
});

describe('what cannot be put into a request is refused and never sent', () => {
  const change = { before: {}, after: { first_name: 'A', sources: {} } };
  const cases: readonly (readonly [string, Operation])[] = [
    [
      'removing the member ".."',
      onMembership('removeMember', { before: membership('12', '..'), after: membership('12', '..') }),
    ],
    [
      'a group id that is no number',
      onMembership('removeMember', {
        before: membership('1/..', 'user_1'),
        after: membership('1/..', 'user_1'),
      }),
    ],
    [
      'a group that was not made',
      onGroup('addMembers', null, joining([member('user_1')]), ['createGroup:finance']),
    ],
    ['disabling "."', onUser('deactivateUser', '.', disabling)],
    ['disabling nobody', onUser('deactivateUser', null, disabling)],
    ['an id with a query', onUser('updateUser', 'user_1?x=1', change)],
    [
      'an attribute that leaves its path',
      onUser('clearAttributes', 'user_1', { before: {}, after: { metadata: { '../x': null }, sources: {} } }),
    ],
    ['no attribute at all', onUser('setAttributes', 'user_1', { before: {}, after: { sources: {} } })],
    ['an empty change', onUser('updateUser', 'user_1', { before: {}, after: { sources: {} } })],
    ['a blank name', onUser('createUser', null, newAccount({ first_name: '  ' }))],
    ['a name over 36 characters', onUser('createUser', null, newAccount({ last_name: 'x'.repeat(37) }))],
    [
      'a built-in group',
      onGroup('createGroup', null, { before: null, after: { name: 'All Users', fedBy: [] } }),
    ],
    ['nobody to add', onGroup('addMembers', '12', joining([]))],
    ['members none of whom has an id', onGroup('addMembers', '12', joining([member('..'), member(null)]))],
  ];

  test.each(cases)('%s', async (_name, operation) => {
    const { reply, target, sends } = await perform(operation);
    expect(reply).toMatchObject({ state: 'refused', code: 'invalid', fatal: false });
    expect(target.sent).toEqual([]);
    expect(sends).toEqual([]);
  });

  test('one member with an unusable id stays out and keeps nobody else out', async () => {
    const operation = onGroup(
      'addMembers',
      '12',
      joining([member('user_1'), member('..'), member(null, { waitsFor: 'createUser:c' })]),
    );
    const done = await perform(operation);
    expect(bodies(done)).toEqual([{ members: [{ id: 'user_1', is_group_admin: false }] }]);
    expect(done.reply).toEqual({
      state: 'done',
      id: null,
      refused: [
        { key: '..@acme.test', text: expect.any(String) },
        { key: 'createUser:c@acme.test', text: expect.any(String) },
      ],
    });
  });
});

describe('what the target answers', () => {
  const create = onUser('createUser', null, newAccount());
  const disable = onUser('deactivateUser', 'user_1', disabling);
  const remove = onMembership('removeMember', {
    before: membership('12', 'user_1'),
    after: { ...membership('12', 'user_1'), member: false },
  });

  const refusals = [
    [400, 'Missing required body parameter', 'invalid', false],
    [401, 'Authentication failure', 'unauthorized', true],
    [403, 'Forbidden: API token is missing one of "users:write"', 'forbidden', true],
    [404, 'this API endpoint is not available on your plan', 'forbidden', true],
    [404, 'Cannot POST /api/v2/users', 'notFound', false],
    [409, 'A user with the email exists', 'conflict', false],
    [422, 'Encountered ValidationError', 'invalid', false],
    [451, 'no', 'refused', false],
  ] as const;
  test.each(refusals)('%i %j to a creation is refused: %s', async (status, message, code, fatal) => {
    const { reply, target } = await perform(create, () => refusal(status, message));
    expect(reply).toEqual({ state: 'refused', code, fatal, text: `HTTP ${status}: ${message}` });
    expect(target.sent).toHaveLength(1);
  });

  const unclear: readonly (readonly [string, () => Response | Promise<Response>])[] = [
    ['a reset', () => Promise.reject(new TypeError('fetch failed', { cause: new Error('ECONNRESET') }))],
    ['a 500', () => refusal(500, 'Internal')],
    ['a 503', () => new Response('busy', { status: 503 })],
    ['a 408', () => refusal(408, 'timeout')],
    ['a redirect', () => new Response(null, { status: 307, headers: { location: 'https://evil.example' } })],
    ['a redirect that reads like an answer', () => json({ success: true, data: user('user_1') }, 302)],
    ['a login page', () => new Response('<html>')],
    ['an empty body', () => new Response('')],
    ['success false', () => json({ success: false, message: 'no' })],
    ['silence', () => new Promise(() => {})],
    ['an account without id', () => json({ success: true, data: {} })],
    ['an account with an id that leaves its path', () => json({ success: true, data: { id: '..' } })],
  ];
  test.each(unclear)(
    '%s after a creation is unknown, and the creation is not repeated',
    async (_name, answer) => {
      const { reply, target, sends } = await perform(create, answer);
      expect(reply).toEqual({ state: 'unknown', text: expect.any(String) });
      expect(target.sent).toHaveLength(1);
      expect(sends).toHaveLength(1);
    },
  );

  test.each(unclear.slice(0, 10))(
    '%s after a removal is unknown once three sendings brought no answer',
    async (_name, answer) => {
      const { reply, target, sends } = await perform(remove, answer);
      expect(reply.state).toBe('unknown');
      expect(target.sent).toHaveLength(3);
      expect(sends).toEqual(target.sent.map(({ at }) => at));
    },
  );

  test('a creation of a group is not repeated either', async () => {
    const operation = onGroup('createGroup', null, { before: null, after: { name: 'Finance', fedBy: [] } });
    const { reply, target } = await perform(operation, () => refusal(502, 'gateway'));
    expect(reply.state).toBe('unknown');
    expect(target.sent).toHaveLength(1);
  });

  test('a new group whose id stands in the older field is taken', async () => {
    const operation = onGroup('createGroup', null, { before: null, after: { name: 'Finance', fedBy: [] } });
    const { reply } = await perform(operation, () =>
      json({ success: true, data: { id: null, legacy_id: 8 } }),
    );
    expect(reply).toEqual({ state: 'done', id: '8' });
  });

  test.each([
    ['a member', remove],
    ['an account', disable],
    [
      'an attribute',
      onUser('clearAttributes', 'user_1', { before: {}, after: { metadata: { a: null }, sources: {} } }),
    ],
  ] as const)('404 for %s that is gone already is what was wanted', async (_name, operation) => {
    const { reply } = await perform(operation, () => refusal(404, 'No such thing found for organization'));
    expect(reply).toEqual({ state: 'done', id: null });
  });

  test('404 that is not the API speaking proves nothing gone', async () => {
    const { reply } = await perform(remove, () => new Response('<h1>Not Found</h1>', { status: 404 }));
    expect(reply).toMatchObject({ state: 'refused', code: 'notFound' });
  });

  test.each([
    [false, { state: 'done', id: null }],
    [true, { state: 'refused', code: 'invalid', fatal: false }],
  ])('422 to a disabling asks the account itself: active %s', async (active, expected) => {
    const { reply, target } = await perform(disable, (route) =>
      route.startsWith('GET')
        ? json({ success: true, data: user('user_1', { active }) })
        : refusal(422, 'The last admin cannot be disabled'),
    );
    expect(reply).toMatchObject(expected);
    expect(target.routes()).toEqual(['DELETE /users/user_1', 'GET /users/user_1']);
  });

  test('a refusal after a lost answer proves nothing about the first sending', async () => {
    const { reply, target } = await perform(remove, (_route, times) =>
      times === 0 ? refusal(500, 'Internal') : refusal(401, 'Authentication failure'),
    );
    expect(target.sent).toHaveLength(2);
    expect(reply).toMatchObject({ state: 'unknown', text: expect.stringContaining('HTTP 401') });
  });

  test('metadata are not replaced when the account cannot be read again', async () => {
    const operation = onUser('updateUser', 'user_1', {
      before: {},
      after: { metadata: { a: '1' }, sources: {} },
    });
    const answers = [
      refusal(500, 'Internal'),
      refusal(404, "No user 'user_1' found for organization"),
      json({ success: true, data: user('user_other') }),
      json({ success: true, data: { ...user('user_1'), metadata: null } }),
    ];
    for (const answer of answers) {
      const { reply, sends, target } = await perform(operation, () => answer.clone());
      expect(reply).toMatchObject({ state: 'refused', fatal: false });
      expect(sends).toEqual([]);
      expect(target.routes().some((route) => route.startsWith('PATCH'))).toBe(false);
    }
  });

  test('attributes written in part are unknown, with how far they came', async () => {
    const operation = onUser('setAttributes', 'user_1', {
      before: {},
      after: { metadata: { team: 'core', floor: '3' }, sources: {} },
    });
    const { reply } = await perform(operation, (_route, times) =>
      times === 0 ? json({ success: true, data: { metadata: {} } }) : refusal(400, 'Unknown attribute'),
    );
    expect(reply).toEqual({
      state: 'unknown',
      text: 'floor: HTTP 400: Unknown attribute (1 of 2 attributes were written)',
    });
  });

  test('text of the target comes as one short line that no terminal obeys', async () => {
    const { reply } = await perform(create, () => refusal(400, `a\r\n\u001b[2J${'x'.repeat(1_000)}`));
    const text = reply.state === 'refused' ? reply.text : '';
    expect(text).toContain('\\u001b[2J');
    expect(text).not.toContain('\n');
    expect(text.length).toBeLessThan(350);
  });

  test('a journal that cannot be written stops the request before it is sent', async () => {
    const target = scripted(ok);
    const failing = context({
      onSend() {
        throw new Error('disk full');
      },
    });
    await expect(target.sink.perform(create, failing, never)).rejects.toThrow('disk full');
    expect(target.sent).toEqual([]);
  });

  test('rejects only when aborted, with the reason of the signal', async () => {
    const controller = new AbortController();
    const target = scripted(() => new Promise<Response>(() => controller.abort(new Error('stopped'))));
    await expect(target.sink.perform(disable, context(), controller.signal)).rejects.toThrow('stopped');
  });
});
