import { createSign, generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import {
  createGoogleSandbox,
  generateWorld,
  googleSeedOf,
  type GoogleSandbox,
} from '../../../src/sandbox/index.ts';

const keys = generateKeyPairSync('rsa', { modulusLength: 2048 });
const now = Date.UTC(2026, 0, 5, 9);
const origin = 'https://google.example';
const readOnly = 'https://www.googleapis.com/auth/admin.directory.';
const usual = {
  iss: 'bridge@project.iam.gserviceaccount.com',
  sub: 'admin@acme.com',
  aud: `${origin}/token`,
  scope: `${readOnly}user.readonly ${readOnly}group.readonly`,
  iat: now / 1_000,
  exp: now / 1_000 + 3_600,
};

function openSandbox(): GoogleSandbox {
  return createGoogleSandbox({
    seed: googleSeedOf(generateWorld({ users: 200, groups: 20, seed: 7 })),
    serviceAccount: {
      clientEmail: usual.iss,
      publicKey: keys.publicKey.export({ format: 'pem', type: 'spki' }).toString(),
    },
    administrator: usual.sub,
    now: () => now,
    requestsPerMinute: 50,
  });
}

function assertion(claims: object, head: object = { alg: 'RS256', typ: 'JWT' }): string {
  const text = [head, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.');
  return `${text}.${createSign('RSA-SHA256').update(text).sign(keys.privateKey, 'base64url')}`;
}

/** What of an answer is looked at here. */
interface Answered {
  readonly access_token?: string;
  readonly users?: readonly { readonly id: string }[];
  readonly nextPageToken?: string;
  readonly error?: { readonly errors: readonly { readonly reason: string }[] };
}

async function answeredBy(response: Response): Promise<{ readonly status: number; readonly body: Answered }> {
  return { status: response.status, body: (await response.json()) as Answered };
}

async function tokenReply(google: GoogleSandbox, text: string): ReturnType<typeof answeredBy> {
  const grant = { grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer', assertion: text };
  const request = new Request(`${origin}/token`, { method: 'POST', body: new URLSearchParams(grant) });
  return answeredBy(await google.fetch(request));
}

async function get(
  google: GoogleSandbox,
  path: string,
  claims: object = usual,
): ReturnType<typeof answeredBy> {
  const { body } = await tokenReply(google, assertion(claims));
  const headers = { authorization: `Bearer ${body.access_token}` };
  return answeredBy(await google.fetch(new Request(`${origin}/admin/directory/v1${path}`, { headers })));
}

describe('the token endpoint of the Google stand-in refuses', () => {
  test.each<[string, object, number, string]>([
    ['another issuer', { iss: 'other@x' }, 400, 'invalid_grant'],
    ['another audience', { aud: 'https://oauth2.googleapis.com/other' }, 400, 'invalid_grant'],
    ['an assertion for two hours', { exp: usual.iat + 7_200 }, 400, 'invalid_grant'],
    ['an assertion of yesterday', { iat: usual.iat - 90_000, exp: usual.iat - 86_400 }, 400, 'invalid_grant'],
    ['times that are no numbers', { iat: '1' }, 400, 'invalid_grant'],
    ['no scope', { scope: '' }, 400, 'invalid_scope'],
    ['a scope that was not delegated', { scope: `${readOnly}user` }, 401, 'unauthorized_client'],
    ['a service account for itself', { sub: undefined }, 401, 'unauthorized_client'],
  ])('%s', async (_, claims, status, error) => {
    expect(await tokenReply(openSandbox(), assertion({ ...usual, ...claims }))).toMatchObject({
      status,
      body: { error },
    });
  });

  test('assertions that are not signed with RS256', async () => {
    for (const text of [
      assertion(usual, { alg: 'none', typ: 'JWT' }),
      `${assertion(usual).slice(0, -8)}AAAAAAAA`,
      'x.y',
      '',
    ])
      expect(await tokenReply(openSandbox(), text)).toMatchObject({
        status: 400,
        body: { error: 'invalid_grant' },
      });
  });
});

describe('the Directory API of the Google stand-in', () => {
  test('lists people page by page, and leaves an empty list out', async () => {
    const google = openSandbox();
    const seen = new Set<string>();
    let token: string | undefined;
    do {
      const query = token === undefined ? '' : `&pageToken=${token}`;
      const { body } = await get(google, `/users?customer=my_customer&maxResults=30${query}`);
      for (const { id } of body.users ?? []) seen.add(id);
      token = body.nextPageToken;
    } while (token !== undefined);
    expect(seen.size).toBe(googleSeedOf(generateWorld({ users: 200, groups: 20, seed: 7 })).users.length);
    const { body } = await get(google, '/users?customer=my_customer&query=orgUnitPath=/None');
    expect(body).toEqual({ kind: 'admin#directory#users', etag: '"etag"' });
  });

  test.each([
    ['a list of no account', '/users', 400],
    ['a list of another account', '/users?customer=C0other', 400],
    ['pages that are too long', '/users?customer=my_customer&maxResults=501', 400],
    ['pages of groups that are too long', '/groups?customer=my_customer&maxResults=201', 400],
    [
      'a token of another list',
      `/users?customer=my_customer&pageToken=${Buffer.from('["groups","x"]').toString('base64url')}`,
      400,
    ],
    ['a token that it never gave', '/users?customer=my_customer&pageToken=x', 400],
    ['a parameter that it does not know', '/users?customer=my_customer&limit=5', 400],
    ['somebody who is not there', '/users/1999', 404],
    ['a group that is not there', '/groups/0gnone/members', 404],
    ['a list that it does not know', '/roles?customer=my_customer', 404],
  ])('refuses %s', async (_, path, status) => {
    const { status: given, body } = await get(openSandbox(), path);
    expect(given).toBe(status);
    expect(body.error).toMatchObject({
      code: status,
      message: expect.any(String),
      errors: [{ reason: expect.any(String) }],
    });
  });

  test('gives the fields that are asked for, and refuses those that there are not', async () => {
    const google = openSandbox();
    const { body } = await get(
      google,
      '/users?customer=my_customer&maxResults=1&fields=nextPageToken,users(id,suspended)',
    );
    expect(Object.keys(body)).toEqual(['users', 'nextPageToken']);
    expect(Object.keys(body.users?.[0] ?? {})).toEqual(['id', 'suspended']);
    for (const mask of ['users(id,shoeSize)', 'people', 'users/id', '', 'users(id'])
      expect((await get(google, `/users?customer=my_customer&fields=${mask}`)).status).toBe(400);
  });

  test('refuses whoever is no administrator, and scopes that do not fit', async () => {
    const google = openSandbox();
    const user = googleSeedOf(generateWorld({ users: 200, groups: 20, seed: 7 })).users[0]?.primaryEmail;
    expect((await get(google, '/users?customer=my_customer', { ...usual, sub: user })).status).toBe(403);
    const scope = `${readOnly}user.readonly`;
    expect((await get(google, '/groups?customer=my_customer', { ...usual, scope })).status).toBe(403);
    expect((await get(google, '/users?customer=my_customer', { ...usual, scope })).status).toBe(200);
    expect((await google.fetch(new Request(`${origin}/admin/directory/v1/users`))).status).toBe(401);
  });

  test('answers 403 when the quota of the minute is used up', async () => {
    const google = openSandbox();
    for (let number = 0; number < 50; number += 1) await get(google, '/users/1999');
    const { status, body } = await get(google, '/users/1999');
    expect([status, body.error?.errors[0]?.reason]).toEqual([403, 'userRateLimitExceeded']);
  });
});
