import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import { administrator, clientEmail, keyFile, keys, never, open, user } from './support.ts';

const publicKey = keys.publicKey.export({ format: 'pem', type: 'spki' }).toString();

/** What a read comes to with this key file, or with this setting of Google's. */
function reading(serviceAccount: Secret, sandbox: object = {}, subject = administrator) {
  return open({ users: [user(1)], options: { auth: { serviceAccount, subject } }, sandbox }).source.read(
    never,
  );
}

describe('signing in fails, and says why, with', () => {
  const pem = (type: 'ec' | 'ed25519'): string => {
    const { privateKey } =
      type === 'ec' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
    return privateKey.export({ format: 'pem', type: 'pkcs8' }).toString();
  };
  const other = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
    format: 'pem',
    type: 'pkcs8',
  });

  test.each([
    [
      'a file that is no JSON',
      new Secret('-----BEGIN', 'file key.json'),
      'holds no key of a service account',
    ],
    ['a key of another kind', keyFile({ type: 'authorized_user' }), 'holds no key of a service account'],
    ['a key that is no PEM', keyFile({ private_key: 'hush-hush' }), 'no RSA key in PEM'],
    ['an elliptic key', keyFile({ private_key: pem('ec') }), 'no RSA key in PEM'],
    ['an Ed25519 key', keyFile({ private_key: pem('ed25519') }), 'no RSA key in PEM'],
    ['a key of somebody else', keyFile({ private_key: other }), 'invalid_grant: Invalid JWT Signature.'],
    ['an account that is not there', keyFile({ client_email: 'other@x' }), 'account not found'],
  ])('%s', async (_, secret, message) => {
    const error = await reading(secret).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({
      code: 'sourceUnauthorized',
      retryable: false,
      message: expect.stringContaining(message),
      remedy: expect.any(String),
    });
    expect(JSON.stringify(error) + String((error as Error).cause)).not.toMatch(/hush|PRIVATE/);
  });

  test('a scope that was not delegated', async () => {
    const serviceAccount = {
      clientEmail,
      publicKey,
      delegated: ['https://www.googleapis.com/auth/admin.directory.user.readonly'],
    };
    await expect(reading(keyFile(), { serviceAccount })).rejects.toMatchObject({
      code: 'sourceUnauthorized',
      message: expect.stringContaining('unauthorized_client'),
      remedy: expect.stringContaining('admin.directory.group.readonly'),
    });
  });

  test('a subject whom nobody knows', async () => {
    await expect(reading(keyFile(), {}, 'nobody@acme.com')).rejects.toMatchObject({
      message: expect.stringContaining('Invalid email'),
    });
  });

  test('a clock that is an hour late', async () => {
    const now = (): number => Date.UTC(2026, 0, 5, 10);
    await expect(reading(keyFile(), { now })).rejects.toMatchObject({
      remedy: expect.stringContaining('clock'),
    });
  });
});

test('a token endpoint that is down is asked again', async () => {
  let failures = 2;
  const { source } = open({
    users: [user(1)],
    wire: async (request, pass) => {
      if (request.method !== 'POST' || failures === 0) return pass();
      failures -= 1;
      return new Response('', { status: 503 });
    },
  });
  expect((await source.read(never)).users).toHaveLength(1);
});

test('a token endpoint that stays down makes the source unreadable for now', async () => {
  const { source } = open({ users: [user(1)], wire: async () => new Response('', { status: 503 }) });
  await expect(source.read(never)).rejects.toMatchObject({ code: 'sourceUnreadable', retryable: true });
  expect(await source.check(never)).toMatchObject([{ subject: 'gws: token', verdict: 'failed' }]);
});

test('one token serves all requests, and is renewed before it dies', async () => {
  const { source, google, clock } = open({ users: [user(1)] });
  await source.read(never);
  await source.read(never);
  expect(google.log.count('POST')).toBe(1);
  await clock.advance(3_000_000);
  await source.read(never);
  expect(google.log.count('POST')).toBe(2);
});
