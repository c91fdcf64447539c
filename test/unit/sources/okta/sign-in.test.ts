import { createHash, createPublicKey, generateKeyPairSync, verify, type JsonWebKey } from 'node:crypto';
import { http } from 'msw';
import { setupServer } from 'msw/node';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import { silentLogger } from '../../../../src/runtime/logger.ts';
import { createOktaSandbox, generateWorld, type OktaServiceApp } from '../../../../src/sandbox/index.ts';
import { createSource } from '../../../../src/sources/okta/index.ts';
import {
  answer,
  changed,
  healthy,
  redirect,
  times,
  where,
  type Fault,
} from '../../../contract/source-faults.ts';
import { patientClock } from '../../../contract/source-benches.ts';
import { errorOf, never, optionsOf, orgUrl, setUp } from './support.ts';

const world = generateWorld({ users: 700, groups: 8 });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const ec = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const tokenPath = '/oauth2/v1/token';
const json = { 'content-type': 'application/json' };
const pem = rsa.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();

interface SignIn {
  readonly key?: string;
  readonly fault?: Fault;
  readonly app?: Partial<OktaServiceApp>;
  readonly scope?: object;
  readonly now?: () => number;
}

function signInWith({
  key = pem,
  fault = healthy,
  app = {},
  scope = { everything: true },
  now,
}: SignIn = {}) {
  const clock = patientClock();
  const secret = new Secret(key, 'file /run/secrets/okta.pem');
  const publicKey = rsa.publicKey.export({ format: 'jwk' });
  const serviceApp = { clientId: '0oaService', publicKey, ...app };
  const privateKey = { clientId: '0oaService', keyId: 'key-1', key: secret };
  return setUp({
    world,
    clock,
    fault,
    options: { auth: { privateKey }, scope },
    sandbox: { serviceApp, now: now ?? clock.now },
  });
}

const tokenCalls = ({ sandbox }: ReturnType<typeof setUp>): number => sandbox.log.count('POST', /\/token$/);

describe('a private key', () => {
  test.each([
    ['PKCS #8', pem],
    ['PKCS #1', rsa.privateKey.export({ format: 'pem', type: 'pkcs1' }).toString()],
    ['a JWK', JSON.stringify(rsa.privateKey.export({ format: 'jwk' }))],
  ])('as %s buys one token for a whole read, which is not counted', async (_, key) => {
    const bench = signInWith({ key });
    const { users, calls } = await bench.source.read(never);
    expect(users.length).toBeGreaterThan(500);
    expect([tokenCalls(bench), calls]).toEqual([1, bench.seen.length - 1]);
  });

  test('is named by its key id', async () => {
    const bench = signInWith();
    await bench.source.read(never);
    const assertion =
      new URLSearchParams(bench.sandbox.log.calls[0]?.body ?? '').get('client_assertion') ?? '';
    const header: unknown = JSON.parse(Buffer.from(assertion.split('.')[0] ?? '', 'base64url').toString());
    expect(header).toMatchObject({ alg: 'RS256', kid: 'key-1' });
  });

  test.each([
    [{ everything: true }, 'okta.users.read okta.groups.read'],
    [{ groups: ['*'] }, 'okta.users.read okta.groups.read'],
    [{ app: world.okta.app.id }, 'okta.users.read okta.groups.read okta.apps.read'],
  ])('asks for what the scope %o needs and no more', async (scope, scopes) => {
    const bench = signInWith({ scope });
    await bench.source.read(never);
    const asked = new URLSearchParams(bench.sandbox.log.calls[0]?.body ?? '').get('scope');
    expect(asked).toBe(scopes);
  });

  test.each([
    ['an EC key', ec.privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), 'of type ec'],
    ['an EC key as JWK', JSON.stringify(ec.privateKey.export({ format: 'jwk' })), 'of type ec'],
    ['a public key', rsa.publicKey.export({ format: 'pem', type: 'spki' }).toString(), 'no private key'],
    ['words', 'hunter2', 'no private key'],
    ['broken JSON', '{"hunter2"', 'no private key'],
  ])('that is %s is refused before anything is sent', async (_, key, told) => {
    const { source, seen } = signInWith({ key });
    const error = await errorOf(source.read(never));
    expect(error).toMatchObject({ code: 'sourceUnauthorized', message: expect.stringContaining(told) });
    expect(String(error)).toContain('/run/secrets/okta.pem');
    expect(String(error)).not.toContain('hunter2');
    expect(seen).toEqual([]);
  });

  test('that is not registered fails the read, with what Okta says of it', async () => {
    const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
    const bench = signInWith({ app: { publicKey: other.publicKey.export({ format: 'jwk' }) } });
    const error = await errorOf(bench.source.read(never));
    expect(error).toMatchObject({
      code: 'sourceUnauthorized',
      message: expect.stringContaining('invalid_client'),
    });
    expect(bench.seen).toHaveLength(1);
  });

  test('without any of the scopes fails the read, and the remedy names them', async () => {
    const { source } = signInWith({ app: { scopes: ['okta.logs.read'] } });
    expect(await errorOf(source.read(never))).toMatchObject({
      code: 'sourceUnauthorized',
      remedy: expect.stringContaining('okta.users.read, okta.groups.read'),
    });
  });

  test('without one of the scopes fails the read, and the remedy names that one', async () => {
    const { source } = signInWith({ app: { scopes: ['okta.users.read'] } });
    expect(await errorOf(source.read(never))).toMatchObject({
      code: 'sourceUnauthorized',
      remedy: expect.stringContaining('Grant okta.groups.read'),
    });
  });

  test('of an app without an admin role sees nobody, which is no empty organisation', async () => {
    const { source } = signInWith({ app: { adminRole: 'none' } });
    expect(await errorOf(source.read(never))).toMatchObject({
      code: 'sourceEmpty',
      remedy: expect.stringContaining('Read-only Administrator'),
    });
  });
});

describe('an access token', () => {
  test('that expires in the middle of a read is renewed, and nothing is lost', async () => {
    let skew = 0;
    let passed = 0;
    const fault: Fault = (_request, pass) => {
      passed += 1;
      if (passed === 4) skew = 70_000;
      return pass();
    };
    const clean = await signInWith().source.read(never);
    const app = { tokenLifetimeSeconds: 60 };
    const bench = signInWith({ fault, app, now: () => Date.now() + skew });
    const { users, groups, completeness } = await bench.source.read(never);
    expect({ users, groups, completeness }).toEqual({
      users: clean.users,
      groups: clean.groups,
      completeness: clean.completeness,
    });
    expect(bench.sandbox.log.count('GET', /./)).toBeGreaterThan(clean.calls);
    expect(tokenCalls(bench)).toBe(2);
  });

  test('is asked for once by everybody who needs one at the same time', async () => {
    const bench = signInWith();
    const path = '/api/v1/users?limit=1';
    await Promise.all(Array.from({ length: 5 }, () => bench.source.find('00uNobody', never)));
    await bench.client.get(path, { signal: never, onCall: () => undefined });
    // Source and client have a sign-in each.
    expect(tokenCalls(bench)).toBe(2);
  });

  test.each<[string, Fault]>([
    ['a server error', answer(500)],
    ['a limit', answer(429)],
    ['a broken connection', async () => Promise.reject(new TypeError('fetch failed'))],
  ])('is asked for again after %s', async (_, fault) => {
    const bench = signInWith({ fault: where((url) => url.pathname === tokenPath, times(1, fault)) });
    expect((await bench.source.read(never)).users.length).toBeGreaterThan(500);
  });

  test.each<[string, Fault, string]>([
    ['a login page', answer(200, '<html>', { 'content-type': 'text/html' }), 'sourceInvalid'],
    ['an empty object', answer(200, '{}', json), 'sourceInvalid'],
    ['a redirect', redirect, 'sourceInvalid'],
    ['a refusal', answer(401, '{"error":"invalid_client"}', json), 'sourceUnauthorized'],
    [
      'one nonce after another',
      answer(400, '{"error":"use_dpop_nonce"}', { ...json, 'dpop-nonce': 'n' }),
      'sourceUnauthorized',
    ],
  ])('is never %s', async (_, fault, code) => {
    const bench = signInWith({ fault: where((url) => url.pathname === tokenPath, fault) });
    expect(await errorOf(bench.source.read(never))).toMatchObject({ code });
    expect(bench.seen.every(({ url }) => url === `${orgUrl}${tokenPath}`)).toBe(true);
    expect(bench.seen.length).toBeLessThanOrEqual(4);
  });
});

interface Proof {
  readonly header: { readonly typ: string; readonly jwk: JsonWebKey };
  readonly payload: Readonly<Record<string, unknown>>;
}

/** Reads a proof of possession and checks that the key in it signed it. */
function proofOf(request: Request): Proof {
  const [head = '', payload = '', signature = ''] = (request.headers.get('DPoP') ?? '').split('.');
  const read = (part: string) => JSON.parse(Buffer.from(part, 'base64url').toString());
  const header: Proof['header'] = read(head);
  const key = createPublicKey({ key: header.jwk, format: 'jwk' });
  const signed = Buffer.from(`${head}.${payload}`);
  expect(verify('sha256', signed, key, Buffer.from(signature, 'base64url'))).toBe(true);
  return { header, payload: read(payload) };
}

/** Demands proofs of possession (RFC 9449) in front of a stand-in that knows Bearer tokens only. */
function demandProofs(proofs: Proof[]): Fault {
  const issue = changed((body) => ({ ...(body as object), token_type: 'DPoP' }));
  const askNonce = answer(400, '{"error":"use_dpop_nonce"}', { ...json, 'dpop-nonce': 'once-more' });
  return async (request, pass) => {
    const proof = proofOf(request);
    proofs.push(proof);
    if (new URL(request.url).pathname === tokenPath)
      return proof.payload['nonce'] === 'once-more' ? issue(request, pass) : askNonce(request, pass);
    const [scheme = '', bearer = ''] = request.headers.get('authorization')?.split(' ') ?? [];
    expect([scheme, proof.payload['ath']]).toEqual([
      'DPoP',
      createHash('sha256').update(bearer).digest('base64url'),
    ]);
    return pass(new Request(request, { headers: { authorization: `Bearer ${bearer}` } }));
  };
}

test('proof of possession is given when it is asked for, a new one for every request', async () => {
  const proofs: Proof[] = [];
  const bench = signInWith({ fault: demandProofs(proofs) });
  const { users, calls } = await bench.source.read(never);
  expect(users.length).toBeGreaterThan(500);
  expect(proofs).toHaveLength(calls + 2);
  expect(new Set(proofs.map(({ payload }) => payload['jti'])).size).toBe(proofs.length);
  expect(proofs.every(({ header }) => header.typ === 'dpop+jwt')).toBe(true);
  const methods = proofs.map(({ payload }) => payload['htm']);
  expect(methods).toEqual(['POST', 'POST', ...Array.from({ length: calls }, () => 'GET')]);
  expect(proofs[2]?.payload['htu']).toBe(`${orgUrl}/api/v1/users`);
});

describe('an API token', () => {
  test('that is refused fails the read, and the remedy says where it came from', async () => {
    const { source, seen } = setUp({ sandbox: { token: 'another' } });
    const error = await errorOf(source.read(never));
    expect(error).toMatchObject({
      code: 'sourceUnauthorized',
      retryable: false,
      message: expect.stringContaining('E0000011'),
      remedy: expect.stringContaining('environment variable OKTA_API_TOKEN'),
    });
    expect(seen).toHaveLength(1);
  });

  test('is sent with every request, and with nothing taken from the environment', async () => {
    process.env['OKTA_CLIENT_TOKEN'] = 'from the environment';
    process.env['HTTPS_PROXY'] = 'http://127.0.0.1:9';
    try {
      const { source, seen } = setUp();
      await source.read(never);
      expect(new Set(seen.map(({ headers }) => headers.get('authorization')))).toEqual(
        new Set(['SSWS secret']),
      );
    } finally {
      delete process.env['OKTA_CLIENT_TOKEN'];
      delete process.env['HTTPS_PROXY'];
    }
  });
});

test('the platform’s own fetch reaches an org under its real name', async () => {
  const clock = patientClock();
  const sandbox = createOktaSandbox({ world, token: 'secret', now: clock.now });
  const server = setupServer(http.all('https://acme.okta.com/*', ({ request }) => sandbox.fetch(request)));
  server.listen({ onUnhandledFrame: 'error' });
  try {
    const source = createSource('okta', optionsOf({ orgUrl: 'https://acme.okta.com' }), {
      clock,
      random: () => 0.5,
      fetch: (input, init) => fetch(input, init),
      logger: silentLogger,
    });
    const { users, completeness } = await source.read(never);
    expect(users.length).toBeGreaterThan(500);
    expect(completeness.users.state).toBe('complete');
    expect(sandbox.log.calls.every(({ status }) => status === 200)).toBe(true);
  } finally {
    server.close();
  }
});
