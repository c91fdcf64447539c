import { describe, expect, test } from 'vitest';
import type { Snapshot } from '../../../../src/model/snapshot.ts';
import { generateWorld } from '../../../../src/sandbox/index.ts';
import {
  answer,
  changed,
  cut,
  hang,
  loginPage,
  redirect,
  reset,
  stall,
  times,
  truncated,
  where,
  type Fault,
} from '../../../contract/source-faults.ts';
import { app, graphCalls, never, setUp, smallWorld, tokenCalls, type Bench } from './support.ts';

const toGraph = (fault: Fault): Fault => where(({ pathname }) => pathname.startsWith('/v1.0/'), fault);
const toLogin = (fault: Fault): Fault => where(({ pathname }) => pathname.endsWith('/token'), fault);
const financeId = smallWorld.entra.groups.find(({ name }) => name === 'Retool Finance')?.id ?? '';
const toFinance = (fault: Fault): Fault =>
  where(({ pathname }) => pathname === `/v1.0/groups/${financeId}/members`, fault);

/** The one page of the list of groups, changed. */
const changedGroups = (change: (page: { value: unknown; '@odata.nextLink'?: unknown }) => unknown): Fault =>
  where(
    ({ pathname }) => pathname === '/v1.0/groups',
    changed((body) => change(body as { value: unknown })),
  );

async function same(bench: Bench): Promise<Snapshot> {
  const [snapshot, undisturbed] = [await bench.source.read(never), await setUp().source.read(never)];
  const { calls, takenAt, cursor } = snapshot;
  expect(snapshot).toEqual({ ...undisturbed, calls, takenAt, cursor });
  return snapshot;
}

describe('what passes by itself', () => {
  test.each([
    ['500', answer(500)],
    ['502', answer(502, '<html>', { 'content-type': 'text/html' })],
    ['503', answer(503)],
    ['504', answer(504)],
    ['a broken connection', reset],
    ['half a body and a broken connection', cut],
  ])('%s is tried again, and loses nothing', async (_what, fault) => {
    const bench = setUp({ fault: toGraph(times(3, fault)) });
    const { calls } = await same(bench);
    expect(graphCalls(bench)).toBe(calls);
    expect(calls).toBe((await setUp().source.read(never)).calls + 3);
  });

  test('after 429 it waits as long as Graph says', async () => {
    const throttled = answer(429, '{"error":{"code":"TooManyRequests"}}', { 'retry-after': '37' });
    const bench = setUp({ fault: toGraph(times(1, throttled)) });
    await same(bench);
    expect(bench.clock.elapsed()).toBe(37_000);
  });

  test('a tenant that throttles for real is read whole', async () => {
    const bench = setUp({ sandbox: { requestsPer10Seconds: 2 } });
    const { calls } = await same(bench);
    expect(calls).toBeGreaterThan((await setUp().source.read(never)).calls);
    expect(bench.clock.elapsed()).toBeGreaterThanOrEqual(20_000);
  });

  test('the token endpoint is tried again, too', async () => {
    const bench = setUp({ fault: toLogin(times(2, answer(503))) });
    await same(bench);
    expect(tokenCalls(bench)).toBe(3);
  });

  test.each([
    ['silence', hang],
    ['half a body and silence', stall],
  ])('%s for one try costs a minute', async (_what, fault) => {
    const bench = setUp({ fault: toGraph(times(1, fault)) });
    await same(bench);
    expect(bench.clock.elapsed()).toBeGreaterThanOrEqual(60_000);
    expect(bench.clock.elapsed()).toBeLessThan(62_000);
  });
});

describe('what does not pass', () => {
  test.each([
    ['500 for ever', answer(500), 'sourceUnreadable'],
    ['429 for ever', answer(429, '', { 'retry-after': '1' }), 'sourceUnreadable'],
    ['a dead network', reset, 'sourceUnreadable'],
    ['silence', hang, 'sourceUnreadable'],
    ['a login page', loginPage, 'sourceInvalid'],
    ['a redirect', redirect, 'sourceInvalid'],
    ['JSON that ends too soon', truncated, 'sourceInvalid'],
    ['an empty object', answer(200, '{}', { 'content-type': 'application/json' }), 'sourceInvalid'],
    ['null', answer(200, 'null', { 'content-type': 'application/json' }), 'sourceInvalid'],
    ['a bare list', answer(200, '[]', { 'content-type': 'application/json' }), 'sourceInvalid'],
    ['value null', answer(200, '{"value":null}', { 'content-type': 'application/json' }), 'sourceInvalid'],
    [
      'JSON under another name',
      answer(200, '{"value":[]}', { 'content-type': 'text/plain' }),
      'sourceInvalid',
    ],
    ['JSON without a name', answer(200, '{"value":[]}'), 'sourceInvalid'],
    ['204', async () => new Response(null, { status: 204 }), 'sourceUnreadable'],
    ['400', answer(400, '{"error":{"code":"BadRequest","message":"no"}}'), 'sourceUnreadable'],
    ['401', answer(401), 'sourceUnauthorized'],
  ] satisfies [string, Fault, string][])('%s fails the read', async (_what, fault, code) => {
    await expect(setUp({ fault: toGraph(fault) }).source.read(never)).rejects.toMatchObject({ code });
  });

  test('five tries, and no more', async () => {
    const bench = setUp({ fault: toGraph(answer(503)) });
    await expect(bench.source.read(never)).rejects.toMatchObject({
      code: 'sourceUnreadable',
      retryable: true,
    });
    expect(graphCalls(bench)).toBe(5);
  });

  test('page 3 of 5 failing fails the read', async () => {
    const world = generateWorld({ users: 13_000, groups: 20, seed: 4 });
    const options = { scope: { groups: ['All Staff'] } };
    const whole = setUp({ world, options });
    expect((await whole.source.read(never)).calls).toBe(1 + 5);
    let page = 0;
    const third = where(
      ({ pathname }) => pathname.endsWith('/members'),
      async (_request, pass) => {
        page += 1;
        return page < 3 ? pass() : new Response('', { status: 500 });
      },
    );
    const { source } = setUp({ world, options, fault: third });
    await expect(source.read(never)).rejects.toMatchObject({ code: 'sourceUnreadable' });
  });

  test('the first failure stops the other groups', async () => {
    const fault = where(({ pathname }) => pathname.endsWith('/members'), loginPage);
    const bench = setUp({ fault, world: generateWorld({ users: 100, groups: 60, seed: 3 }) });
    await expect(bench.source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
    expect(bench.seen.filter(({ url }) => url.includes('/members')).length).toBeLessThanOrEqual(4);
  });

  test('an abort ends a read at once, with its own reason', async () => {
    const stop = new AbortController();
    const fault = toGraph(async () => {
      stop.abort(new Error('enough'));
      return new Promise<Response>(() => undefined);
    });
    const { source, clock } = setUp({ fault });
    await expect(source.read(stop.signal)).rejects.toThrow('enough');
    expect(clock.elapsed()).toBe(0);
  });
});

describe('links to the next page', () => {
  test.each([
    'https://evil.example/v1.0/groups?$skiptoken=x',
    'https://graph.example.evil.example/v1.0/groups',
    'http://graph.example/v1.0/groups',
    'https://me:pw@graph.example/v1.0/groups',
    'https://graph.example/beta/groups',
    'https://graph.example/v1.0/../beta/groups',
  ])('%s is not followed', async (link) => {
    const bench = setUp({ fault: changedGroups((page) => ({ ...page, '@odata.nextLink': link })) });
    await expect(bench.source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
    expect(bench.seen.every(({ url }) => new URL(url).origin === 'https://graph.example')).toBe(true);
    expect(graphCalls(bench)).toBe(1);
  });

  test.each([null, '', 7])('%o does not look like the end', async (link) => {
    const fault = changedGroups((page) => ({ ...page, '@odata.nextLink': link }));
    await expect(setUp({ fault }).source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
  });

  test('one that goes round in a circle ends the read', async () => {
    const link = 'https://graph.example/v1.0/groups?$skiptoken=round';
    const fault = changedGroups((page) => ({ ...page, value: [], '@odata.nextLink': link }));
    const bench = setUp({
      fault: (request, pass) =>
        request.url.includes('round')
          ? answer(200, JSON.stringify({ value: [], '@odata.nextLink': link }), {
              'content-type': 'application/json',
            })(request, pass)
          : fault(request, pass),
    });
    await expect(bench.source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
    expect(graphCalls(bench)).toBe(2);
  });
});

test('a list that gives the same page under new links ends the read', async () => {
  let pages = 0;
  const fault = changedGroups((page) => {
    pages += 1;
    return { ...page, '@odata.nextLink': `https://graph.example/v1.0/groups?$skiptoken=${pages}` };
  });
  const { source } = setUp({ fault: (request, pass) => fault(new Request(request.url), () => pass()) });
  await expect(source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
  expect(pages).toBe(2);
});

describe('tokens', () => {
  test('a refused secret fails the read with what Entra said, and never with the secret', async () => {
    const bench = setUp({ sandbox: { clientSecret: 'another' } });
    const refusal = await bench.source.read(never).catch((error: unknown) => error);
    expect(refusal).toMatchObject({
      code: 'sourceUnauthorized',
      message: expect.stringContaining('invalid_client: AADSTS7000215'),
      remedy: expect.stringContaining('ENTRA_CLIENT_SECRET'),
    });
    expect(refusal).toMatchObject({ message: expect.not.stringContaining('Trace ID') });
    expect(JSON.stringify(refusal, Object.getOwnPropertyNames(refusal))).not.toContain(app.clientSecret);
    expect([tokenCalls(bench), graphCalls(bench)]).toEqual([1, 0]);
  });

  test('a server that repeats the secret does not get it into a message', async () => {
    const fault = toLogin(async (request) => {
      const body = JSON.stringify({ error: 'invalid_client', error_description: await request.text() });
      return new Response(body, { status: 401 });
    });
    await expect(setUp({ fault }).source.read(never)).rejects.toMatchObject({
      message: expect.not.stringContaining(app.clientSecret),
    });
  });

  test.each([
    ['a login page', loginPage],
    ['no token', answer(200, '{"token_type":"Bearer"}', { 'content-type': 'application/json' })],
    ['a token without an end', answer(200, '{"access_token":"x"}', { 'content-type': 'application/json' })],
  ])('%s instead of a token fails the read', async (_what, fault) => {
    const bench = setUp({ fault: toLogin(fault) });
    await expect(bench.source.read(never)).rejects.toMatchObject({ code: 'sourceInvalid' });
    expect(graphCalls(bench)).toBe(0);
  });

  test('a token is renewed before it dies, and one request serves everybody who waits', async () => {
    const slow = toGraph(times(1, answer(503, '', { 'retry-after': '50' })));
    const bench = setUp({ fault: slow, sandbox: { tokenLifetimeSeconds: 60 } });
    await same(bench);
    expect(tokenCalls(bench)).toBe(2);
    expect(bench.sandbox.log.calls.filter(({ status }) => status === 401)).toEqual([]);
  });

  test('a token that Graph refuses in mid-read is renewed once, and nothing is lost', async () => {
    let members = 0;
    const fault = where(
      ({ pathname }) => pathname.endsWith('/members'),
      async (_request, pass) => {
        members += 1;
        return members === 2 ? new Response('', { status: 401 }) : pass();
      },
    );
    const bench = setUp({ fault });
    await same(bench);
    expect(tokenCalls(bench)).toBe(2);
  });

  test('a new token that is refused as well is not renewed again', async () => {
    const bench = setUp({ fault: toGraph(answer(401)) });
    await expect(bench.source.read(never)).rejects.toMatchObject({ code: 'sourceUnauthorized' });
    expect([tokenCalls(bench), graphCalls(bench)]).toEqual([2, 2]);
  });

  test('a token endpoint that is silent says nothing about a group', async () => {
    let asked = 0;
    const fault: Fault = (request, pass) => {
      if (request.url.endsWith('/token')) {
        asked += 1;
        return asked === 1 ? pass() : hang(request, pass);
      }
      return request.url.includes('/members') ? answer(401)(request, pass) : pass();
    };
    await expect(setUp({ fault }).source.read(never)).rejects.toMatchObject({ code: 'sourceUnreadable' });
  });
});

describe('permissions', () => {
  test.each([
    [{ groups: ['*'] }, ['User.Read.All'], 'GroupMember.Read.All'],
    [{ everything: true }, ['GroupMember.Read.All'], 'User.Read.All'],
    [
      { enterpriseApp: smallWorld.entra.app.id },
      ['User.Read.All', 'GroupMember.Read.All'],
      'Application.Read.All',
    ],
  ])('for %o with %o alone the remedy names %s', async (scope, permissions, missing) => {
    const { source } = setUp({ options: { scope }, sandbox: { permissions } });
    await expect(source.read(never)).rejects.toMatchObject({
      code: 'sourceUnauthorized',
      remedy: expect.stringContaining(missing),
    });
  });

  test('an app that may not read people sees members without properties, and that is nobody', async () => {
    const { source } = setUp({ sandbox: { permissions: ['GroupMember.Read.All'] } });
    await expect(source.read(never)).rejects.toMatchObject({
      code: 'sourceEmpty',
      message: expect.stringContaining('User.Read.All'),
    });
  });

  test('some members without properties make people partial', async () => {
    const fault = toFinance(
      changed((body) => {
        const page = body as { value: Record<string, unknown>[] };
        const veiled = page.value.map((row) =>
          Object.fromEntries(
            Object.entries(row).map(([name, value]) => [name, /^id$|@odata/.test(name) ? value : null]),
          ),
        );
        return { ...page, value: veiled };
      }),
    );
    const { completeness, groups, rejected } = await setUp({ fault }).source.read(never);
    expect(completeness.users).toEqual({
      state: 'partial',
      because: expect.stringContaining('User.Read.All'),
    });
    expect(groups.find(({ externalId }) => externalId === financeId)?.members).toHaveLength(2);
    expect(rejected).toEqual([]);
  });
});

describe('what spoils a part of a read', () => {
  test.each([
    ['403', answer(403, '{"error":{"code":"Authorization_RequestDenied"}}')],
    ['404', answer(404, '{"error":{"code":"Request_ResourceNotFound"}}')],
    ['silence', hang],
  ])('a group whose members are answered with %s is partial, and so are people', async (_what, fault) => {
    const { completeness, groups } = await setUp({ fault: toFinance(fault) }).source.read(never);
    expect([...completeness.partialGroups.keys()]).toEqual([financeId]);
    expect(completeness.groups.state).toBe('complete');
    expect(completeness.users).toEqual({ state: 'partial', because: expect.stringContaining(financeId) });
    expect(groups.find(({ externalId }) => externalId === financeId)?.members).toEqual([]);
    expect(groups.length).toBeGreaterThan(1);
  });

  test('a member without a type makes its group and people partial', async () => {
    const fault = toFinance(
      changed((body) => ({ ...(body as object), value: [{ id: 'a', accountEnabled: true }] })),
    );
    const { completeness } = await setUp({ fault }).source.read(never);
    expect([...completeness.partialGroups.keys()]).toEqual([financeId]);
    expect(completeness.users.state).toBe('partial');
  });

  test('a row of people that breaks its schema is rejected, and people are partial', async () => {
    const fault = toFinance(
      changed((body) => {
        const page = body as { value: Record<string, unknown>[] };
        const value = page.value.map((row, index) =>
          index === 0 ? { ...row, accountEnabled: 'True' } : row,
        );
        return { ...page, value };
      }),
    );
    const { completeness, rejected } = await setUp({ fault }).source.read(never);
    expect(rejected).toEqual([
      { type: 'user', externalId: expect.any(String), text: expect.stringContaining('accountEnabled') },
    ]);
    expect(completeness.users.state).toBe('partial');
    expect(completeness.groups.state).toBe('complete');
  });

  test('a group that breaks its schema makes groups partial, and people who come from groups', async () => {
    const broken = changedGroups((page) => ({
      ...page,
      value: [...(page.value as unknown[]), { id: 'odd' }],
    }));
    const { completeness, rejected } = await setUp({ fault: broken }).source.read(never);
    expect(rejected).toEqual([{ type: 'group', externalId: 'odd', text: expect.any(String) }]);
    expect([completeness.users.state, completeness.groups.state]).toEqual(['partial', 'partial']);
    const options = { scope: { everything: true } };
    const everything = await setUp({ fault: broken, options }).source.read(never);
    expect(everything.completeness.users.state).toBe('complete');
    expect(everything.completeness.groups.state).toBe('partial');
  });

  test.each(['/v1.0/groups', `/v1.0/groups/${financeId}/members`, '/v1.0/users'])(
    'one id twice on a page of %s fails the read',
    async (path) => {
      const fault = where(
        ({ pathname }) => pathname === path,
        changed((body) => {
          const page = body as { value: unknown[] };
          return { ...page, value: [...page.value, page.value[0]] };
        }),
      );
      const options = { scope: path.endsWith('/users') ? { everything: true } : { groups: ['*'] } };
      await expect(setUp({ fault, options }).source.read(never)).rejects.toMatchObject({
        code: 'sourceInvalid',
      });
    },
  );

  test('a tenant without people is an error and no empty snapshot', async () => {
    const world = { ...smallWorld, people: [] };
    await expect(setUp({ world }).source.read(never)).rejects.toMatchObject({ code: 'sourceEmpty' });
    const options = { scope: { everything: true } };
    await expect(setUp({ world, options }).source.read(never)).rejects.toMatchObject({ code: 'sourceEmpty' });
  });
});

describe('asking for one person while something is wrong', () => {
  const id = smallWorld.people.find(({ entra }) => entra !== null)?.entra?.id ?? '';

  test.each([
    ["a proxy's 404", answer(404, '<html>not found</html>', { 'content-type': 'text/html' })],
    ['a 404 of something else', answer(404, '{"error":{"code":"ResourceNotFound"}}')],
    ['403', answer(403)],
    ['500', answer(500)],
    ['401', answer(401)],
    ['a dead network', reset],
    ['silence', hang],
    ['a login page', loginPage],
    ['an empty object', answer(200, '{}', { 'content-type': 'application/json' })],
    [
      'somebody else',
      answer(200, '{"id":"b","accountEnabled":true}', { 'content-type': 'application/json' }),
    ],
  ])('%s proves nothing', async (_what, fault) => {
    const { source } = setUp({ fault: toGraph(fault) });
    expect(await source.find(id, never)).toEqual({ state: 'unknown', because: expect.any(String) });
  });

  test('credentials that are refused prove nothing either', async () => {
    const { source } = setUp({ sandbox: { clientSecret: 'another' } });
    expect(await source.find(id, never)).toMatchObject({ state: 'unknown' });
  });
});

test('requests say who asks, that others go first, and carry the token to Graph alone', async () => {
  const bench = setUp();
  await bench.source.read(never);
  for (const { url, headers } of bench.seen) {
    const isToken = url.endsWith('/token');
    expect(headers.get('x-ms-throttle-priority')).toBe(isToken ? null : 'Low');
    expect(headers.has('authorization')).toBe(!isToken);
  }
});
