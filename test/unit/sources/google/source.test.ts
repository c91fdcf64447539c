import { describe, expect, test } from 'vitest';
import { createSource } from '../../../../src/sources/google/index.ts';
import { GoogleOptions } from '../../../../src/sources/google/schema.ts';
import { silentLogger } from '../../../../src/runtime/logger.ts';
import { createVirtualClock } from '../../../support/virtual-clock.ts';
import { administrator, group, keyFile, never, open, user } from './support.ts';

const three = [user(1), user(2, { suspended: true }), user(3, { archived: true })];

function answered(status: number, reason: string): Response {
  const body = { error: { code: status, message: 'No', errors: [{ reason }] } };
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

describe('people', () => {
  test('are everybody of the account, and active unless suspended or archived', async () => {
    const { users } = await open({ users: three }).source.read(never);
    expect(users.map(({ externalId, active }) => [externalId, active])).toEqual([
      ['101', true],
      ['102', false],
      ['103', false],
    ]);
  });

  test('have aliases, which are no second people', async () => {
    const { source } = open({ users: [user(1, { aliases: ['ann@acme.com', 'a@acme.com'] })] });
    const { users } = await source.read(never);
    expect(users).toHaveLength(1);
    expect(users[0]).toMatchObject({
      email: 'person1@acme.com',
      emails: [
        { value: 'person1@acme.com', primary: true },
        { value: 'ann@acme.com' },
        { value: 'a@acme.com' },
      ],
      extra: { aliases: ['ann@acme.com', 'a@acme.com'] },
    });
    expect(await source.find('101', never)).toMatchObject({ state: 'found' });
  });

  test('may be those of one unit', async () => {
    const users = [user(1), user(2, { orgUnitPath: '/Sales' })];
    const { source } = open({ users, options: { query: 'orgUnitPath=/Sales' } });
    expect(source.covers).toBe('scope');
    expect((await source.read(never)).users.map(({ externalId }) => externalId)).toEqual(['102']);
    expect(await source.find('101', never)).toMatchObject({ state: 'found' });
  });
});

describe('of people is asked for', () => {
  test('what is used and no more, and what is selected', async () => {
    const { source, google } = open({ users: three, options: { select: ['relations'] } });
    await source.read(never);
    await source.find('101', never);
    const masks = google.log.calls
      .filter(({ path }) => path.includes('/users'))
      .map(({ query }) => new URLSearchParams(query).get('fields') ?? '');
    expect(masks[0]).toBe(`kind,nextPageToken,users(${masks[1]})`);
    expect(masks[1]).toMatch(/^id,primaryEmail,suspended,.*,relations$/);
    expect(masks[1]).not.toMatch(/phone|address|recovery|lastLogin/i);
  });
});

describe('groups', () => {
  test('hold their own members, or those of the groups in them as well', async () => {
    const groups = [group(1, ['101', '0g2']), group(2, ['102', '0g1'])];
    const direct = await open({ users: three, groups }).source.read(never);
    expect(direct.groups.map(({ members }) => members)).toEqual([['101'], ['102']]);
    const nested = await open({ users: three, groups, options: { nested: true } }).source.read(never);
    expect(nested.groups.map(({ members }) => members)).toEqual([
      ['101', '102'],
      ['101', '102'],
    ]);
  });

  test('may hold everybody of the account', async () => {
    const groups = [group(1, [], { everybody: true })];
    const {
      groups: [all],
      completeness,
    } = await open({ users: three, groups }).source.read(never);
    expect(all?.members).toEqual(['101', '102', '103']);
    expect(completeness.partialGroups).toEqual(new Map());
  });

  test('that hold everybody are partial when somebody could not be read', async () => {
    const { source } = open({
      users: three,
      groups: [group(1, [], { everybody: true })],
      wire: async (request, pass) => {
        const response = await pass();
        if (!new URL(request.url).pathname.endsWith('/users')) return response;
        return new Response(
          (await response.text()).replace('"suspended":true', '"suspended":"yes"'),
          response,
        );
      },
    });
    const { completeness, rejected } = await source.read(never);
    expect(rejected).toEqual([
      { type: 'user', externalId: '102', text: expect.stringContaining('suspended') },
    ]);
    expect([...completeness.partialGroups.keys()]).toEqual(['0g1']);
  });

  test('are called by their address where they have no name', async () => {
    const { groups } = await open({ users: three, groups: [group(1, [], { name: '' })] }).source.read(never);
    expect(groups[0]?.displayName).toBe('group1@acme.com');
  });

  test('are chosen by name, and one that is named but not there leaves the list partial', async () => {
    const groups = [group(1, ['101']), group(2, ['102'])];
    const { source, google } = open({ users: three, groups, options: { groups: ['Group 2', 'Group 9'] } });
    const read = await source.read(never);
    expect(read.groups.map(({ displayName }) => displayName)).toEqual(['Group 2']);
    expect(read.completeness.groups).toEqual({
      state: 'partial',
      because: 'the group "Group 9" was not found',
    });
    expect(google.log.count('GET', /members$/)).toBe(1);
  });

  test.each([
    [403, 'forbidden'],
    [404, 'notFound'],
  ])('are partial, each by itself, when Google answers %i for one', async (status, reason) => {
    const { source } = open({
      users: three,
      groups: [group(1, ['101']), group(2, ['102'])],
      wire: async (request, pass) =>
        request.url.includes('/0g1/members') ? answered(status, reason) : pass(),
    });
    const { groups, completeness } = await source.read(never);
    expect(groups.map(({ members }) => members)).toEqual([[], ['102']]);
    expect([...completeness.partialGroups]).toEqual([
      ['0g1', expect.stringContaining(`answered ${status}, ${reason}`)],
    ]);
    expect(completeness.groups).toEqual({ state: 'complete' });
  });

  test('are partial with a member of a kind that is not known', async () => {
    const { source } = open({
      users: three,
      groups: [group(1, ['101'])],
      wire: async (request, pass) => {
        const response = await pass();
        if (!request.url.includes('members')) return response;
        return new Response((await response.text()).replace('"type":"USER"', '"type":"ROBOT"'), response);
      },
    });
    const { completeness } = await source.read(never);
    expect(completeness.partialGroups.get('0g1')).toContain("a member can't be read: type");
  });
});

describe('too many requests', () => {
  test.each(['userRateLimitExceeded', 'quotaExceeded', 'rateLimitExceeded'])(
    'are waited out after a 403 for %s',
    async (reason) => {
      let left = 6;
      const { source, clock } = open({
        users: three,
        wire: async (request, pass) => {
          if (request.method === 'POST' || left === 0) return pass();
          left -= 1;
          return answered(403, reason);
        },
      });
      expect((await source.read(never)).users).toHaveLength(3);
      // 2, 4, 8, 16, 30 and 30 seconds: half of what doubles from 4 seconds to a minute.
      expect(clock.elapsed()).toBe(90_000);
    },
  );

  test('end the read when they do not end', async () => {
    const { source } = open({ users: three, sandbox: { requestsPerMinute: 0 } });
    await expect(source.read(never)).rejects.toMatchObject({ code: 'sourceUnreadable', retryable: true });
  });

  test('of a whole day, and other kinds of 403, are not repeated', async () => {
    for (const reason of ['dailyLimitExceeded', 'forbidden']) {
      let asked = 0;
      const { source } = open({
        users: three,
        wire: async (request, pass) => {
          if (request.method === 'POST') return pass();
          asked += 1;
          return answered(403, reason);
        },
      });
      await expect(source.read(never)).rejects.toMatchObject({
        code: 'sourceUnauthorized',
        retryable: false,
      });
      expect(asked).toBe(1);
    }
  });
});

describe('a list is not believed', () => {
  const body = (content: object): Response =>
    new Response(JSON.stringify(content), { headers: { 'content-type': 'application/json' } });

  test.each([
    ['of another kind', { kind: 'admin#directory#groups', users: [] }],
    ['without its kind', { users: [] }],
    ['whose token is empty', { kind: 'admin#directory#users', nextPageToken: '' }],
    ['whose token is null', { kind: 'admin#directory#users', nextPageToken: null }],
    ['that is no list', { kind: 'admin#directory#users', users: {} }],
  ])('%s', async (_, content) => {
    const { source } = open({
      users: three,
      wire: async (request, pass) => (request.method === 'GET' ? body(content) : pass()),
    });
    await expect(source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
  });

  test('whose token comes again', async () => {
    const page = { kind: 'admin#directory#users', nextPageToken: 'again' };
    const { source } = open({
      users: three,
      wire: async (request, pass) => (request.method === 'GET' ? body(page) : pass()),
    });
    await expect(source.read(never)).rejects.toMatchObject({
      code: 'sourceInvalid',
      message: expect.stringContaining('read before'),
    });
  });
});

describe('a check', () => {
  test('tries each list with little', async () => {
    const { source, google } = open({ users: three, groups: [group(1, ['101'])] });
    const results = await source.check(never);
    expect(results.map(({ subject, verdict }) => [subject, verdict])).toEqual([
      ['gws: token', 'ok'],
      ['gws: people', 'ok'],
      ['gws: groups', 'ok'],
      ['gws: members', 'ok'],
    ]);
    expect(google.log.calls.filter(({ query }) => query.includes('maxResults=1'))).toHaveLength(3);
  });

  test('names what is missing', async () => {
    const { source } = open({
      users: three,
      options: { auth: { serviceAccount: keyFile(), subject: 'person1@acme.com' } },
    });
    const failed = (await source.check(never)).filter(({ verdict }) => verdict === 'failed');
    expect(failed.map(({ subject }) => subject)).toEqual(['gws: people', 'gws: groups']);
    expect(failed[0]?.remedy).toContain('admin.directory.user.readonly');
  });
});

test('without other addresses Google itself is asked', async () => {
  const asked: string[] = [];
  const options = GoogleOptions.parse({
    type: 'google',
    customer: 'C01abc',
    auth: { serviceAccount: keyFile(), subject: administrator },
  });
  const fetch = async (input: string | URL): Promise<Response> => {
    asked.push(String(input));
    const body = String(input).endsWith('/token')
      ? { access_token: 'x', expires_in: 3599 }
      : { kind: 'admin#directory#users' };
    return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json' } });
  };
  const source = createSource('gws', options, {
    clock: createVirtualClock(),
    random: () => 0.5,
    fetch,
    logger: silentLogger,
  });
  await expect(source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
  expect(asked.slice(0, 2)).toEqual([
    'https://oauth2.googleapis.com/token',
    expect.stringMatching(
      /^https:\/\/admin\.googleapis\.com\/admin\/directory\/v1\/users\?customer=C01abc&projection=full&orderBy=email&maxResults=500&fields=/,
    ),
  ]);
});
