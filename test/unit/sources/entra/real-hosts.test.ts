import { constants, generateKeyPairSync, verify } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { http, HttpResponse } from 'msw';
import { setupServer } from 'msw/node';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import type { Source } from '../../../../src/model/source.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { createEntraSandbox, type EntraSandbox } from '../../../../src/sandbox/index.ts';
import { createSource } from '../../../../src/sources/entra/index.ts';
import { app, never, optionsOf, secret, setUp, smallWorld } from './support.ts';

/*
 * Microsoft's own host names and the platform's own fetch, with the stand-in behind them: what Microsoft's packages
 * do with addresses they know shows only here.
 */

const server = setupServer();
beforeAll(() => server.listen({ onUnhandledFrame: 'error' }));
afterEach(() => server.resetHandlers());
afterAll(() => server.close());

const clock = systemClock();

/** A source of the public cloud; relative paths are below `directory`. */
function sourceOf(auth: object, directory = '.', more: object = {}): Source {
  const ignore = (): void => undefined;
  return createSource(
    'entra',
    optionsOf({ auth, endpoints: undefined, scope: { groups: ['*'], nested: true }, ...more }),
    {
      clock,
      random: () => 0,
      fetch: (input, init) => fetch(input, init),
      logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
      env: { AZURE_CLIENT_ID: app.clientId },
      directory,
    },
  );
}

function serveTenant(graph = 'graph.microsoft.com', login = 'login.microsoftonline.com'): EntraSandbox {
  const sandbox = createEntraSandbox({ ...app, world: smallWorld, now: clock.now });
  server.use(
    http.all(`https://${graph}/*`, ({ request }) => sandbox.fetch(request)),
    http.all(`https://${login}/*`, ({ request }) => sandbox.fetch(request)),
  );
  return sandbox;
}

/** The real token endpoint takes a signed assertion in place of the secret; the stand-in knows the secret only. */
function takeAssertions(sandbox: EntraSandbox): readonly URLSearchParams[] {
  const forms: URLSearchParams[] = [];
  server.use(
    http.get('https://login.microsoftonline.com/common/discovery/instance', () =>
      HttpResponse.json({
        tenant_discovery_endpoint: `https://login.microsoftonline.com/${app.tenantId}/v2.0/.well-known/openid-configuration`,
        metadata: [
          {
            preferred_network: 'login.microsoftonline.com',
            preferred_cache: 'login.microsoftonline.com',
            aliases: ['login.microsoftonline.com'],
          },
        ],
      }),
    ),
    http.post(`https://login.microsoftonline.com/${app.tenantId}/oauth2/v2.0/token`, async ({ request }) => {
      const form = new URLSearchParams(await request.text());
      forms.push(form);
      const body = new URLSearchParams({
        grant_type: 'client_credentials',
        client_id: form.get('client_id') ?? '',
        client_secret: app.clientSecret,
        scope: form.get('scope') ?? '',
      });
      return sandbox.fetch(new Request(request.url, { method: 'POST', body }));
    }),
  );
  return forms;
}

/** What the same tenant says under other host names. */
async function expected() {
  const bench = setUp({ options: { scope: { groups: ['*'], nested: true } } });
  const { users, groups } = await bench.source.read(never);
  return { users, groups };
}

test('a client secret reads the tenant under the names of the public cloud', async () => {
  serveTenant();
  const source = sourceOf({ clientSecret: { clientId: app.clientId, secret } });
  expect(await source.read(never)).toMatchObject(await expected());
});

test.each([
  ['public', 'graph.microsoft.com', 'login.microsoftonline.com'],
  ['usgov', 'graph.microsoft.us', 'login.microsoftonline.us'],
  ['usgovdod', 'dod-graph.microsoft.us', 'login.microsoftonline.us'],
  ['china', 'microsoftgraph.chinacloudapi.cn', 'login.chinacloudapi.cn'],
])('the cloud %s is read at %s, with tokens of %s', async (cloud, graph, login) => {
  const sandbox = serveTenant(graph, login);
  const source = sourceOf({ clientSecret: { clientId: app.clientId, secret } }, '.', { cloud });
  expect(await source.read(never)).toMatchObject(await expected());
  const tokens = sandbox.log.calls.filter(({ path }) => path.endsWith('/token'));
  expect(tokens.map(({ body }) => new URLSearchParams(body ?? '').get('scope'))).toEqual([
    `https://${graph}/.default`,
  ]);
});

test('changes and batches go through Microsoft’s client as they should', async () => {
  const sandbox = serveTenant();
  const more = { scope: { everything: true } };
  const source = sourceOf({ clientSecret: { clientId: app.clientId, secret } }, '.', more);
  for (let index = 0; index < 20; index += 1) sandbox.admin.createGroup(`Retool ${index}`);
  const listed = await source.read(never);
  expect(sandbox.log.count('POST', /\$batch$/)).toBe(2);
  const begun = await source.read(never, undefined, listed);
  sandbox.admin.addMember('Retool 1', smallWorld.people.find(({ entra }) => entra !== null)?.entra?.id ?? '');
  const before = sandbox.log.calls.length;
  const changes = await source.read(never, undefined, begun);
  expect([changes.calls, sandbox.log.calls.length - before]).toEqual([2, 2]);
  const { users, groups } = await source.read(never);
  expect({ users: changes.users, groups: changes.groups }).toEqual({ users, groups });
});

describe('credentials of Microsoft’s own package', () => {
  test('a certificate signs an assertion with its key, and names itself', async () => {
    const forms = takeAssertions(serveTenant());
    const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
    // The package signs with the key and sends a digest of the certificate; what is in it only Entra looks at.
    const der = Buffer.from('a certificate');
    const pem = [
      privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
      `-----BEGIN CERTIFICATE-----\n${der.toString('base64')}\n-----END CERTIFICATE-----\n`,
    ].join('');
    const certificate = new Secret(pem, 'file /run/secrets/entra.pem');
    const source = sourceOf({ clientCertificate: { clientId: app.clientId, certificate } });
    expect(await source.read(never)).toMatchObject(await expected());
    const [header = '', claims = '', signature = ''] = (forms[0]?.get('client_assertion') ?? '').split('.');
    expect(JSON.parse(Buffer.from(claims, 'base64url').toString())).toMatchObject({
      iss: app.clientId,
      sub: app.clientId,
    });
    const { alg } = JSON.parse(Buffer.from(header, 'base64url').toString()) as { readonly alg: string };
    const padding = alg === 'PS256' ? constants.RSA_PKCS1_PSS_PADDING : constants.RSA_PKCS1_PADDING;
    const signed = Buffer.from(`${header}.${claims}`);
    expect(verify('sha256', signed, { key: publicKey, padding }, Buffer.from(signature, 'base64url'))).toBe(
      true,
    );
  });

  test('a managed identity asks the machine it runs on', async () => {
    const sandbox = serveTenant();
    const asked: URLSearchParams[] = [];
    server.use(
      http.get('http://169.254.169.254/metadata/identity/oauth2/token', async ({ request }) => {
        asked.push(new URL(request.url).searchParams);
        const form = new URLSearchParams({
          grant_type: 'client_credentials',
          client_id: app.clientId,
          client_secret: app.clientSecret,
          scope: 'https://graph.microsoft.com/.default',
        });
        const url = `https://login.microsoftonline.com/${app.tenantId}/oauth2/v2.0/token`;
        const reply = await sandbox.fetch(new Request(url, { method: 'POST', body: form }));
        const { access_token } = (await reply.json()) as { readonly access_token: string };
        const expires_on = String(Math.floor(clock.now() / 1_000) + 3_600);
        return HttpResponse.json({
          access_token,
          expires_on,
          token_type: 'Bearer',
          resource: 'x',
          client_id: 'x',
        });
      }),
    );
    const source = sourceOf({ managedIdentity: { clientId: 'assigned' } });
    expect(await source.read(never)).toMatchObject(await expected());
    expect(asked.at(-1)?.get('resource')).toBe('https://graph.microsoft.com');
    expect(asked.at(-1)?.get('client_id')).toBe('assigned');
  });

  test('a federated token from a file is a workload identity', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'entra-'));
    try {
      await writeFile(path.join(folder, 'token'), 'federated-token');
      const forms = takeAssertions(serveTenant());
      const source = sourceOf({ workloadIdentity: { tokenFile: './token' } }, folder);
      expect(await source.read(never)).toMatchObject(await expected());
      expect(forms).toHaveLength(1);
      expect(Object.fromEntries(forms[0] ?? [])).toMatchObject({
        client_id: app.clientId,
        client_assertion: 'federated-token',
        scope: expect.stringContaining('https://graph.microsoft.com/.default'),
      });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test('a token file that is not there fails the read', async () => {
    takeAssertions(serveTenant());
    const source = sourceOf({ workloadIdentity: { tokenFile: './nothing' } });
    await expect(source.read(never)).rejects.toMatchObject({ code: 'sourceUnauthorized' });
  });

  test('a certificate that is none fails the read and is not quoted', async () => {
    takeAssertions(serveTenant());
    const certificate = new Secret('not a certificate', 'file /run/secrets/entra.pem');
    const source = sourceOf({ clientCertificate: { clientId: app.clientId, certificate } });
    await expect(source.read(never)).rejects.toMatchObject({
      code: 'sourceUnauthorized',
      message: expect.not.stringContaining('not a certificate'),
      remedy: expect.stringContaining('/run/secrets/entra.pem'),
    });
  });
});
