import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import { generateWorld } from '../../../../src/sandbox/index.ts';
import { answer, hang, loginPage, reset, where, type Fault } from '../../../contract/source-faults.ts';
import { never, setUp, type BenchOptions } from './support.ts';

const world = generateWorld({ users: 60, groups: 6 });

/** The verdicts by subject. */
async function verdictsOf(given: BenchOptions = {}) {
  const results = await setUp({ world, ...given }).source.check(never);
  return Object.fromEntries(results.map(({ subject, verdict }) => [subject, verdict]));
}

describe('a check of what is in order', () => {
  test.each([
    [{ everything: true }, ['okta: groups'], 3],
    [{ groups: ['retool-*'] }, ['okta: groups'], 3],
    [{ app: world.okta.app.id }, ['okta: people of the app', 'okta: groups of the app'], 4],
  ])('tries one small page of everything that %o needs', async (scope, lists, calls) => {
    const bench = setUp({ world, options: { scope } });
    const results = await bench.source.check(never);
    expect(results.map(({ subject }) => subject)).toEqual([
      'okta: sign-in',
      'okta: people',
      ...lists,
      'okta: members of a group',
      'okta: rate limits',
    ]);
    expect(results.every(({ verdict }) => verdict === 'ok')).toBe(true);
    expect(bench.seen).toHaveLength(calls);
  });

  test('says how many requests a minute Okta allows, and how many of them are ours', async () => {
    const bench = setUp({ world, options: { rateShare: '50%' }, sandbox: { limits: { users: 77 } } });
    const text = (await bench.source.check(never)).at(-1)?.text;
    expect(text).toContain('people 77, groups 600');
    expect(text).toContain('50%');
  });
});

describe('a check of what is not in order reports, and does not throw:', () => {
  test.each<[string, Fault, string]>([
    ['a refused token', answer(401, '{"errorCode":"E0000011"}'), 'environment variable OKTA_API_TOKEN'],
    ['an org that can’t be reached', reset, 'orgUrl'],
    ['an org that is silent', hang, 'orgUrl'],
    ['a login page', loginPage, 'orgUrl'],
    ['a server error', answer(500), 'Okta'],
  ])('%s', async (_, fault, remedy) => {
    const results = await setUp({ world, fault }).source.check(never);
    expect(results).toEqual([
      {
        subject: 'okta: sign-in',
        verdict: 'failed',
        text: expect.any(String),
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });

  test('a group list that is forbidden, beside people who can be read', async () => {
    const fault = where((url) => url.pathname === '/api/v1/groups', answer(403));
    expect(await verdictsOf({ fault })).toEqual({
      'okta: sign-in': 'ok',
      'okta: people': 'ok',
      'okta: groups': 'failed',
      'okta: rate limits': 'ok',
    });
  });

  test('people that are forbidden, beside groups that can be read', async () => {
    const fault = where((url) => url.pathname === '/api/v1/users', answer(403));
    expect(await verdictsOf({ fault })).toMatchObject({
      'okta: sign-in': 'ok',
      'okta: people': 'failed',
      'okta: groups': 'ok',
    });
  });

  test('an app that is not there', async () => {
    expect(await verdictsOf({ options: { scope: { app: '0oaNone' } } })).toMatchObject({
      'okta: people of the app': 'failed',
      'okta: groups of the app': 'failed',
    });
  });

  test('nobody to be seen, as for an app without an admin role', async () => {
    const fault = where(
      (url) => url.pathname === '/api/v1/users',
      answer(200, '[]', { 'content-type': 'application/json' }),
    );
    const results = await setUp({ world, fault }).source.check(never);
    expect(results.find(({ subject }) => subject === 'okta: people')).toMatchObject({
      verdict: 'warning',
      remedy: expect.stringContaining('Read-only Administrator'),
    });
  });

  test('something that is no list', async () => {
    const fault = where(
      (url) => url.pathname === '/api/v1/groups',
      answer(200, '{}', { 'content-type': 'application/json' }),
    );
    expect(await verdictsOf({ fault })).toMatchObject({ 'okta: groups': 'failed' });
  });

  test('a key that can’t be used', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const key = new Secret(privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 'file key.pem');
    const options = { auth: { privateKey: { clientId: '0oaService', key } } };
    expect(await verdictsOf({ options })).toEqual({ 'okta: sign-in': 'failed' });
  });
});

test('a check called off rejects with the reason', async () => {
  const { source } = setUp({ world, fault: hang });
  await expect(source.check(AbortSignal.abort('enough'))).rejects.toBe('enough');
});
