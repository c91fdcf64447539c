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
function sourceOf(auth: object, directory = '.'): Source {
  const ignore = (): void => undefined;
  return createSource(
    'entra',
    optionsOf({ auth, endpoints: undefined, scope: { groups: ['*'], nested: true } }),
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

function serveTenant(): EntraSandbox {
  const sandbox = createEntraSandbox({ ...app, world: smallWorld, now: clock.now });
  server.use(
    http.all('https://graph.microsoft.com/*', ({ request }) => sandbox.fetch(request)),
    http.all('https://login.microsoftonline.com/*', ({ request }) => sandbox.fetch(request)),
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

describe('credentials of Microsoft’s own package', () => {
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
