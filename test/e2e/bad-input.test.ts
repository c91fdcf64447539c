import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { listen, type Listener } from '../../src/sandbox/index.ts';
import { config, enterprise, scim, serveRetool, stage, workplace, type Json, type Staff } from './support.ts';

const staff: readonly Staff[] = [{ id: 'ann', groups: ['retool-sales'] }, { id: 'ben' }];

/** Runs `sync --json` where it must fail as a whole, and asserts that nothing was written. */
async function failing(place: Awaited<ReturnType<typeof stage>>): Promise<Json> {
  const { code, body } = await place.json('sync', '--json');
  expect([code, body['format'], body['version']]).toEqual([1, 'retool-bridge/error', 1]);
  expect(place.retool.writes()).toBe(0);
  return body;
}

async function serve(answer: (request: Request) => Response): Promise<Listener> {
  const listener = await listen(async (request) => answer(request), { host: '127.0.0.1', port: 0 });
  onTestFinished(() => listener.close());
  return listener;
}

function jsonOf(body: unknown, headers: Record<string, string> = {}): Response {
  return new Response(JSON.stringify(body), { headers: { 'content-type': 'application/json', ...headers } });
}

describe('the configuration', () => {
  test('missing or unreadable', async () => {
    const place = await workplace();
    const missing = await place.json('sync', '--json');
    expect([missing.code, missing.body['code']]).toEqual([1, 'configUnreadable']);
    expect(missing.body['remedy']).toContain('init');
    const folder = await place.json('plan', '--config', '.', '--json');
    expect([folder.code, folder.body['code']]).toEqual([1, 'configUnreadable']);
  });

  test('every problem in one go, each with file, line and column', async () => {
    const place = await stage(
      staff,
      {},
      {
        mapping: `  user: { email: user.emial, first_name: user.name.givenName, last_name: user.name.familyName }
  groups: [{ match: "(", to: x, creat: true }]`,
        more: 'polcy: sync\n',
      },
    );
    const { code, message } = await failing(place);
    expect(code).toBe('configInvalid');
    expect(message).toMatch(/bridge\.yaml:\d+:\d+ mapping\.user\.email: .*emial/);
    expect(message).toMatch(/bridge\.yaml:\d+:\d+ mapping\.groups\[0\]\.match: /);
    expect(message).toMatch(/bridge\.yaml:\d+:\d+ mapping\.groups\[0\]\.creat: .*create/);
    expect(message).toMatch(/bridge\.yaml:\d+:\d+ polcy: .*policy/);
  });

  test('a secret that is not set is named by its variable', async () => {
    const retool = await serveRetool();
    const place = await workplace({ RETOOL_API_TOKEN: '' });
    await place.write('people.json', scim(staff));
    await place.write('bridge.yaml', config({ target: retool.url }));
    const { code, body } = await place.json('sync', '--json');
    expect([code, body['code'], retool.sandbox.log.calls.length]).toEqual([1, 'secretMissing', 0]);
    expect(body['message']).toContain('RETOOL_API_TOKEN');
  });
});

test('a secret in what is no regular file, or never ends, is refused and not waited for', async () => {
  const retool = await serveRetool();
  const place = await workplace();
  await place.write('people.json', scim(staff));
  await place.write('long', 'x'.repeat(100_000));
  execFileSync('mkfifo', [join(place.folder, 'pipe')]);
  for (const [file, wrong] of [
    ['./pipe', 'is no regular file'],
    ['/dev/zero', 'is no regular file'],
    ['.', 'is no regular file'],
    ['./long', 'is too long for a secret'],
  ] as const) {
    const reference = `{ file: ${file} }`;
    await place.write(
      'bridge.yaml',
      config({ target: retool.url }).replace('{ env: RETOOL_API_TOKEN }', reference),
    );
    const { code, body } = await place.json('plan', '--json');
    expect([file, code, body['code']]).toEqual([file, 1, 'secretMissing']);
    expect(body['message']).toContain(`file "${file}" ${wrong}`);
  }
  expect(retool.sandbox.log.calls).toEqual([]);
});

describe('the source', () => {
  const okta = (url: string): string => `  okta:
    type: okta
    orgUrl: ${url}
    auth: { token: { env: OKTA_API_TOKEN } }
    scope: { groups: ["*"] }`;

  async function overOkta(answer: (request: Request) => Response) {
    const listener = await serve(answer);
    const retool = await serveRetool();
    const place = await workplace({ OKTA_API_TOKEN: 'okta-canary' });
    await place.write('bridge.yaml', config({ target: retool.url, sources: okta(listener.url) }));
    return { ...place, retool };
  }

  test('answering 401', async () => {
    const refusal = JSON.stringify({ errorCode: 'E0000011', errorSummary: 'Invalid token provided' });
    const place = await overOkta(
      () => new Response(refusal, { status: 401, headers: { 'content-type': 'application/json' } }),
    );
    const { code, message, remedy } = await failing(place);
    expect([code, typeof remedy]).toEqual(['sourceUnauthorized', 'string']);
    expect(message).not.toContain('okta-canary');
  });

  test('answering HTML with 200', async () => {
    const page = '<html><body>Sign in</body></html>';
    const place = await overOkta(() => new Response(page, { headers: { 'content-type': 'text/html' } }));
    expect((await failing(place))['code']).toBe('sourceInvalid');
  });

  test('failing on page 3 of 5', async () => {
    const person = (id: string): Json => ({
      id,
      status: 'ACTIVE',
      profile: { login: `${id}@acme.com`, email: `${id}@acme.com`, firstName: 'A', lastName: 'B' },
    });
    const place = await overOkta((request) => {
      const url = new URL(request.url);
      if (url.pathname === '/api/v1/groups')
        return jsonOf([{ id: 'g1', type: 'OKTA_GROUP', profile: { name: 'retool-sales' } }]);
      const page = Number(url.searchParams.get('after') ?? 1);
      if (page === 3)
        return new Response('{}', { status: 404, headers: { 'content-type': 'application/json' } });
      url.searchParams.set('after', String(page + 1));
      const link: Record<string, string> = page === 5 ? {} : { link: `<${url.href}>; rel="next"` };
      return jsonOf([person(`u${page}`)], link);
    });
    const { code, body } = await place.json('sync', '--json');
    // One group that cannot be read to its end leaves that group partial: additions may go, nothing is taken away.
    expect(code).toBe(4);
    expect(body['plan']['summary']['deactivateUser']).toBeUndefined();
  });

  test('failing on page 3 of 5 with a server error', async () => {
    let asked = 0;
    const place = await overOkta((request) => {
      const url = new URL(request.url);
      if (url.pathname !== '/api/v1/groups') return jsonOf([]);
      const page = Number(url.searchParams.get('after') ?? 1);
      if (page === 3) {
        asked += 1;
        return new Response('{}', { status: 403, headers: { 'content-type': 'application/json' } });
      }
      url.searchParams.set('after', String(page + 1));
      return jsonOf([{ id: `g${page}`, type: 'OKTA_GROUP', profile: { name: `retool-${page}` } }], {
        link: `<${url.href}>; rel="next"`,
      });
    });
    expect((await failing(place))['code']).toMatch(/^source/);
    expect(asked).toBeGreaterThan(0);
  });

  test.each([
    ['no people at all', '{"Users":[],"Groups":[]}', 'sourceEmpty'],
    ['not JSON', '<html>', 'sourceInvalid'],
    ['no list of users', '{"Groups":[]}', 'sourceInvalid'],
    [
      'one id twice',
      '{"Users":[{"id":"a","userName":"a@acme.com"},{"id":"a","userName":"b@acme.com"}]}',
      'sourceInvalid',
    ],
    ['cut in the middle', '{"Users":[{"id":"a","user', 'sourceInvalid'],
  ])('a file with %s', async (_what, content, code) => {
    const place = await stage(staff);
    await place.write('people.json', content);
    expect((await failing(place))['code']).toBe(code);
  });

  test('a file that is not there', async () => {
    const place = await stage(staff, {}, { sources: '  staff: { type: file, path: ./nowhere.json }' });
    expect((await failing(place))['code']).toBe('sourceUnreadable');
  });

  test('no groups where the last complete read had some', async () => {
    const place = await stage(staff);
    expect((await place.run('sync')).code).toBe(0);
    const before = place.retool.writes();
    await place.write('people.json', scim([{ id: 'ann' }, { id: 'ben' }]));
    const { code, body } = await place.json('sync', '--json');
    expect([code, body['code'], place.retool.writes()]).toEqual([1, 'sourceEmpty', before]);
  });
});

describe('the target', () => {
  test('an attribute that Retool does not define', async () => {
    const place = await stage(staff, { userAttributes: [] });
    const { code, message } = await failing(place);
    expect([code, message]).toEqual(['attributeUndefined', expect.stringContaining('department')]);
  });

  test.each([
    [401, { success: false, message: 'Authentication failure' }, 'targetUnauthorized'],
    [
      403,
      { success: false, message: 'Forbidden: API token is missing one of "users:read"' },
      'targetUnauthorized',
    ],
    [200, { success: false, message: 'no' }, 'targetInvalid'],
    [200, { success: true }, 'targetInvalid'],
  ])('answering %i %j', async (status, body, code) => {
    const retool = await serve(
      () => new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } }),
    );
    const place = await workplace();
    await place.write('people.json', scim(staff));
    await place.write('bridge.yaml', config({ target: retool.url }));
    const result = await place.json('sync', '--json');
    expect([result.code, result.body['code']]).toEqual([1, code]);
  });

  test('answering HTML with 200', async () => {
    const retool = await serve(() => new Response('<html>', { headers: { 'content-type': 'text/html' } }));
    const place = await workplace();
    await place.write('people.json', scim(staff));
    await place.write('bridge.yaml', config({ target: retool.url }));
    const { code, body } = await place.json('sync', '--json');
    expect([code, body['code']]).toEqual([1, 'targetInvalid']);
  });
});

describe('one bad person touches that person only', () => {
  test('an address shared by two, a long name, an id with "..", no address, a blank name', async () => {
    const long = 'Wolfeschlegelsteinhausenbergerdorff-Montgomery';
    const place = await stage([
      { id: 'one', email: 'shared@acme.com' },
      { id: 'two', email: 'Shared@acme.com' },
      { id: 'long', family: long },
      { id: '../../groups/1', email: 'dots@acme.com', groups: ['retool-sales'] },
      { id: 'nomail', email: 'not an address' },
      { id: 'blank', given: '   ', family: '' },
      { id: 'fine', groups: ['retool-sales'] },
    ]);
    const plan = await place.json('plan', '--json');
    expect(plan.body['skips'].map((skip: Json) => skip['code'])).toEqual(
      expect.arrayContaining(['sharedAddress', 'noUsableAddress']),
    );
    const { code, body } = await place.json('sync', '--json');
    expect([code, body['status'], body['outcomes']['failed']]).toEqual([0, 'changed', 0]);
    const { users } = place.retool.sandbox.state();
    expect(users.map((user) => user.email)).toEqual([
      'blank@acme.com',
      'dots@acme.com',
      'fine@acme.com',
      'long@acme.com',
      'owner@acme.com',
    ]);
    const cut = users.find((user) => user.email === 'long@acme.com')?.last_name ?? '';
    expect([cut.length, long.startsWith(cut)]).toEqual([36, true]);
    expect((await place.run('plan', '--exit-code')).code).toBe(0);
  });

  test('names of the prototype are nothing but names', async () => {
    const place = await stage(staff);
    const row = `{"id":"evil","userName":"evil@acme.com","active":true,"name":{"givenName":"E","familyName":"V"},"__proto__":{"isAdmin":true},"constructor":"x","${enterprise}":{"department":"__proto__"}}`;
    await place.write(
      'people.json',
      `{"Users":[${row}],"Groups":[{"id":"g","displayName":"retool-constructor","members":[{"value":"evil"}]}]}`,
    );
    const { code, body } = await place.json('sync', '--json');
    expect([code, body['outcomes']['failed']]).toEqual([0, 0]);
    expect(place.retool.sandbox.state().users.find((user) => user.email === 'evil@acme.com')).toMatchObject({
      is_admin: false,
      metadata: { department: '__proto__' },
    });
  });
});

test('a file whose rows are partly broken adds, takes nothing away, and says so with exit 4', async () => {
  const place = await stage(staff);
  await place.run('sync');
  const { Users, Groups } = JSON.parse(scim([{ id: 'new' }])) as Json;
  await place.write(
    'people.json',
    JSON.stringify({
      Users: [...Users, { userName: 'no id' }],
      Groups: [...Groups, { id: 'g-retool-sales', displayName: 'retool-sales' }],
    }),
  );
  const { code, body } = await place.json('sync', '--json');
  expect([code, body['status'], body['plan']['summary']]).toEqual([
    4,
    'partial',
    { createUser: 1, total: 1 },
  ]);
  expect(place.retool.sandbox.state().users.filter((user) => user.active)).toHaveLength(4);
});
