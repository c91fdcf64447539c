import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../src/model/source.ts';
import { preflightResults, type Asked } from '../../../src/run/check-target.ts';
import { json, list, never, refusal, scripted, type Script } from './scripted.ts';

const health = '/api/checkHealth';

/** A healthy target without single sign-on, but for what `answers` says, by path. */
function target(answers: Readonly<Record<string, () => Response | Promise<Response>>> = {}): Script {
  const usual: typeof answers = {
    [health]: () => json({ version: '3.334.0' }),
    '/sso/config': () => refusal(404, 'SSO config not found'),
  };
  return (_route, _times, { path }) => {
    const [key = ''] = path.split('?');
    return (answers[key] ?? usual[key] ?? (() => list([])))();
  };
}

/** As `check` tells it. */
async function resultsOf(script: Script, asked: Partial<Asked> = {}): Promise<readonly CheckResult[]> {
  const seen = await scripted(script).sink.preflight(never);
  return preflightResults(seen, { features: [], provision: 'users', ...asked });
}

async function check(script: Script): Promise<ReadonlyMap<string, CheckResult>> {
  const results = await resultsOf(script);
  return new Map(results.map((result) => [result.subject, result]));
}

test('all is well', async () => {
  const results = await resultsOf(target());
  expect(results.map(({ subject, verdict }) => [subject, verdict])).toEqual([
    ['retool: release', 'ok'],
    ['retool: users', 'ok'],
    ['retool: groups', 'ok'],
    ['retool: user_attributes', 'ok'],
    ['retool: user_invites', 'ok'],
    ['retool: single sign-on', 'ok'],
  ]);
});

test('changes nothing', async () => {
  const { sink, sent } = scripted(target());
  await sink.preflight(never);
  expect(sent.every(({ method }) => method === 'GET')).toBe(true);
});

describe('the release', () => {
  test.each([
    ['3.334.0', 'ok', 'Retool 3.334.'],
    ['3.75.0', 'ok', 'Retool 3.75.'],
    ['4.0.1', 'ok', 'Retool 4.0.'],
    ['3.74.9', 'warning', 'Retool 3.74 is older than 3.75'],
    ['2.120.0', 'warning', 'Retool 2.120 is older'],
    ['latest', 'warning', 'cannot be told'],
  ])('%s: %s', async (version, verdict, text) => {
    const release = (await check(target({ [health]: () => json({ version }) }))).get('retool: release');
    expect(release).toMatchObject({ verdict, text: expect.stringContaining(text) });
  });

  test.each([
    ['a page', () => new Response('<html>')],
    ['404', () => new Response('no', { status: 404 })],
    ['nothing', () => new Response(null, { status: 204 })],
    ['a broken connection', () => Promise.reject(new TypeError('fetch failed'))],
  ])('that cannot be told (%s) is a warning', async (_name, answer) => {
    expect((await check(target({ [health]: answer }))).get('retool: release')?.verdict).toBe('warning');
  });
});

test.each([
  [
    '3.127.9',
    ['attributeDefinitions'],
    'is too old for the definition of attributes, which came with 3.128.',
  ],
  ['3.128.0', ['attributeDefinitions'], 'Retool 3.128.'],
  ['3.19.0', ['attributes', 'invites'], 'came with 3.20, and for invites with groups, which came with 3.28.'],
  ['3.19.0', [], 'Retool 3.19 is older than 3.75, the oldest'],
  ['9.1.0', ['attributes', 'invites', 'grants', 'attributeDefinitions'], 'Retool 9.1.'],
] as const)('release %s for a configuration with %j', async (version, features, text) => {
  const [release] = await resultsOf(target({ [health]: () => json({ version }) }), { features });
  expect(release).toMatchObject({ subject: 'retool: release', text: expect.stringContaining(text) });
});

describe('the token', () => {
  test('that is not accepted is the one thing said', async () => {
    const results = await check(target({ '/users': () => refusal(401, 'Authentication failure') }));
    expect([...results.keys()]).toEqual(['retool: release', 'retool: token']);
    expect(results.get('retool: token')).toMatchObject({
      verdict: 'failed',
      text: expect.stringContaining('a test'),
    });
    expect(JSON.stringify([...results])).not.toContain('retool_01scripted');
  });

  test.each([
    ['/users', 'Users > Read'],
    ['/groups', 'Groups > Read'],
    ['/user_attributes', 'User Attributes > Read'],
    ['/user_invites', 'Users > Read'],
  ])('that lacks a scope for %s is told which', async (path, scope) => {
    const results = await check(
      target({ [path]: () => refusal(403, 'Forbidden: API token is missing a scope') }),
    );
    expect(results.get(`retool: ${path.slice(1)}`)).toMatchObject({
      verdict: 'failed',
      remedy: expect.stringContaining(`"${scope}"`),
    });
  });

  test('of a smaller plan is told that the plan is the reason, and no scope', async () => {
    const gate = (): Response => refusal(403, 'this API endpoint is not available on your plan');
    const results = await check(target({ '/users': gate, '/groups': gate, '/sso/config': gate }));
    for (const list of ['users', 'groups'])
      expect(results.get(`retool: ${list}`)).toMatchObject({
        verdict: 'failed',
        remedy: expect.stringContaining('Enterprise'),
      });
    expect(results.get('retool: user_invites')?.verdict).toBe('ok');
    expect(results.get('retool: plan')).toMatchObject({
      verdict: 'warning',
      text: expect.stringMatching(/does not include users and groups, only user_attributes and user_invites/),
    });
    expect(results.get('retool: single sign-on')?.remedy).not.toContain('scope');
  });
});

test('a smaller plan is enough for invites, and nothing else is excused by it', async () => {
  const gate = (): Response => refusal(403, 'this API endpoint is not available on your plan');
  const verdicts = async (path: string): Promise<unknown> =>
    (await resultsOf(target({ [path]: gate }), { provision: 'invites' })).find(
      ({ subject }) => subject === `retool: ${path.slice(1)}`,
    )?.verdict;
  expect(await Promise.all(['/users', '/groups', '/user_invites'].map(verdicts))).toEqual([
    'warning',
    'warning',
    'failed',
  ]);
  const scope = target({ '/users': () => refusal(403, 'Forbidden') });
  expect((await resultsOf(scope, { provision: 'invites' }))[1]?.verdict).toBe('failed');
});

describe('a route that is not there', () => {
  const page = (): Response => new Response('<!doctype html><title>Retool</title>');
  const unknown = (): Response => refusal(404, 'Cannot GET /api/v2/groups');

  test.each([
    ['a page in its place', page],
    ['an unknown route', unknown],
  ])('%s is told apart from a wrong address', async (_, answer) => {
    const results = await check(target({ '/groups': answer }));
    expect(results.get('retool: groups')?.verdict).toBe('failed');
    expect(results.get('retool: plan')).toMatchObject({
      text: expect.stringContaining('There is no groups'),
    });
    const nowhere = await check(answer);
    expect(nowhere.get('retool: plan')).toBeUndefined();
    expect(nowhere.get('retool: users')?.verdict).toBe('failed');
  });
});

describe('single sign-on', () => {
  async function sso(data: unknown): Promise<readonly CheckResult[]> {
    const results = await resultsOf(target({ '/sso/config': () => json({ success: true, data }) }));
    return results.filter(({ subject }) => subject === 'retool: single sign-on');
  }

  test.each([
    { saml_sync_group_claims: true },
    { ldap_sync_group_claims: true },
    { roles_mapping: 'admin->admin_group' },
    { ldap_role_mapping: 'a->b' },
  ])('that writes memberships is warned about: %j', async (config) => {
    expect(await sso({ config_type: 'saml', ...config })).toMatchObject([
      { verdict: 'warning', text: expect.stringContaining('memberships') },
    ]);
  });

  test('that makes accounts is warned about', async () => {
    expect(await sso({ config_type: 'oidc', jit_enabled: true })).toMatchObject([
      { verdict: 'warning', text: expect.stringContaining('first login') },
    ]);
  });

  test('that does neither is well', async () => {
    expect(
      await sso({
        config_type: 'saml',
        jit_enabled: false,
        roles_mapping: ' ',
        saml_sync_group_claims: false,
      }),
    ).toMatchObject([{ verdict: 'ok' }]);
  });

  test('that cannot be read is a warning, with the scope only where it is the scope', async () => {
    const scope = (await check(target({ '/sso/config': () => refusal(403, 'Forbidden') }))).get(
      'retool: single sign-on',
    );
    expect(scope).toMatchObject({ verdict: 'warning', remedy: expect.stringContaining('Spaces > Read') });
    const mix = (await check(target({ '/sso/config': () => refusal(422, 'unsupported') }))).get(
      'retool: single sign-on',
    );
    expect(mix?.verdict).toBe('warning');
    expect(mix?.remedy).not.toContain('scope');
    expect(await sso('a string')).toMatchObject([{ verdict: 'warning' }]);
    expect(await sso({ some: 'other object' })).toMatchObject([{ verdict: 'warning' }]);
  });
});

test('never throws for what the target answered', async () => {
  const answers: readonly (() => Response | Promise<Response>)[] = [
    () => new Response('<html>'),
    () => new Response(null, { status: 302, headers: { location: '/login' } }),
    () => new Response('', { status: 500 }),
    () => json(null),
    () => Promise.reject(new TypeError('fetch failed')),
    () => new Promise(() => {}),
  ];
  for (const answer of answers) {
    const results = await resultsOf(answer);
    expect(results.filter(({ verdict }) => verdict === 'ok')).toEqual([]);
    expect(results.some(({ verdict }) => verdict === 'failed')).toBe(true);
  }
});
