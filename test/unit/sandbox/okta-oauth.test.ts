import { generateKeyPairSync, sign } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { expect, test } from 'vitest';
import { createOktaSandbox } from '../../../src/sandbox/okta/index.ts';
import type { OktaServiceApp } from '../../../src/sandbox/okta/index.ts';
import { generateWorld } from '../../../src/sandbox/world/generate.ts';

const ORIGIN = 'https://acme.okta.example';
const TOKEN_URL = `${ORIGIN}/oauth2/v1/token`;
const START = Date.parse('2026-11-02T08:00:00Z');
const world = generateWorld({ users: 20, groups: 3 });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });

type Claims = Readonly<Record<string, unknown>>;

const CLAIMS: Claims = { iss: 'service', sub: 'service', aud: TOKEN_URL, exp: START / 1000 + 300 };

function assertion(claims: Claims, key: KeyObject = rsa.privateKey, alg = 'RS256'): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const signed = `${part({ alg })}.${part(claims)}`;
  const signature = sign('sha256', Buffer.from(signed), { key, dsaEncoding: 'ieee-p1363' });
  return `${signed}.${signature.toString('base64url')}`;
}

function setUp(app: Partial<OktaServiceApp> = {}) {
  const clock = { now: START };
  const publicKey = rsa.publicKey.export({ format: 'jwk' });
  const serviceApp = { clientId: 'service', publicKey, ...app };
  const { fetch } = createOktaSandbox({ world, token: 'secret', now: () => clock.now, serviceApp });
  const askToken = async (fields: Record<string, string> = {}) => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'okta.users.read okta.groups.read',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion(CLAIMS),
      ...fields,
    });
    const response = await fetch(new Request(TOKEN_URL, { method: 'POST', body }));
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  const get = (path: string, token: unknown): Promise<Response> =>
    fetch(new Request(`${ORIGIN}${path}`, { headers: { Authorization: `Bearer ${String(token)}` } }));
  return { clock, askToken, get };
}

test('a signed assertion buys a token that reads until it expires', async () => {
  const { askToken, get, clock } = setUp({ tokenLifetimeSeconds: 600 });
  const { status, body } = await askToken();
  expect(status).toBe(200);
  expect(body).toMatchObject({
    token_type: 'Bearer',
    expires_in: 600,
    scope: 'okta.users.read okta.groups.read',
  });
  const answer = await get('/api/v1/users', body['access_token']);
  expect(answer.status).toBe(200);
  expect(await answer.json()).not.toEqual([]);
  clock.now += 600_000;
  expect((await get('/api/v1/users', body['access_token'])).status).toBe(401);
});

test('an EC key signs as well', async () => {
  const { askToken } = setUp({ publicKey: ec.publicKey.export({ format: 'jwk' }) });
  expect((await askToken({ client_assertion: assertion(CLAIMS, ec.privateKey, 'ES256') })).status).toBe(200);
  expect((await askToken()).body).toMatchObject({ error: 'invalid_client' });
});

const other = generateKeyPairSync('rsa', { modulusLength: 2048 });

test.each([
  ['another key', assertion(CLAIMS, other.privateKey)],
  ['another issuer', assertion({ ...CLAIMS, iss: 'someone' })],
  ['another subject', assertion({ ...CLAIMS, sub: 'someone' })],
  ['another audience', assertion({ ...CLAIMS, aud: ORIGIN })],
  ['an expiry that has passed', assertion({ ...CLAIMS, exp: START / 1000 })],
  ['an expiry two hours ahead', assertion({ ...CLAIMS, exp: START / 1000 + 7200 })],
  ['no expiry', assertion({ ...CLAIMS, exp: undefined })],
  ['words', 'not.a.token'],
  ['nothing', ''],
])('an assertion with %s is refused', async (_, client_assertion) => {
  const { status, body } = await setUp().askToken({ client_assertion });
  expect([status, body['error']]).toEqual([401, 'invalid_client']);
});

test('an assertion with a jti works once', async () => {
  const { askToken } = setUp();
  const client_assertion = assertion({ ...CLAIMS, jti: 'once' });
  expect((await askToken({ client_assertion })).status).toBe(200);
  expect((await askToken({ client_assertion })).body).toMatchObject({ error: 'invalid_client' });
});

test('scopes that were not granted are left out without a word; none at all is an error', async () => {
  const { askToken, get } = setUp({ scopes: ['okta.users.read'] });
  const { body } = await askToken();
  expect(body['scope']).toBe('okta.users.read');
  const refused = await get('/api/v1/groups', body['access_token']);
  expect([refused.status, await refused.text()]).toEqual([403, '']);
  expect(refused.headers.get('WWW-Authenticate')).toContain('error="insufficient_scope"');
  const none = await askToken({ scope: 'okta.apps.read' });
  expect([none.status, none.body['error']]).toEqual([400, 'invalid_scope']);
});

test('an app without an admin role is shown nobody, and told nothing', async () => {
  const { askToken, get } = setUp({ adminRole: 'none' });
  const { body } = await askToken();
  const answer = await get('/api/v1/users', body['access_token']);
  expect([answer.status, await answer.json()]).toEqual([200, []]);
});

test('other grants are refused, and everything is when there is no service app', async () => {
  const { status, body } = await setUp().askToken({ grant_type: 'password' });
  expect([status, body['error']]).toEqual([400, 'unsupported_grant_type']);
  const { fetch } = createOktaSandbox({ world, token: 'secret', now: () => START });
  const form = new URLSearchParams({
    grant_type: 'client_credentials',
    client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
  });
  expect((await fetch(new Request(TOKEN_URL, { method: 'POST', body: form }))).status).toBe(401);
});
