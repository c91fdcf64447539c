import { afterAll, beforeAll, expect, test } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import { complete } from '../../../../src/model/snapshot.ts';
import { systemClock } from '../../../../src/runtime/clock.ts';
import { serveSandbox, type ServedSandbox } from '../../../../src/sandbox/index.ts';
import { createSource } from '../../../../src/sources/entra/index.ts';
import { never, optionsOf, setUp, smallWorld } from './support.ts';

/* Over real sockets and plain http, as `bridge sandbox` serves it. */

const clock = systemClock();
let served: ServedSandbox;
beforeAll(async () => {
  served = await serveSandbox({
    port: 0,
    world: smallWorld,
    now: clock.now,
    retoolRequestsPerMinute: 'unlimited',
  });
});
afterAll(() => served.close());

test.each([
  [{ groups: ['Retool *'], nested: true }],
  [{ enterpriseApp: smallWorld.entra.app.id }],
  [{ everything: true }],
])('%o of the served stand-in is read whole', async (scope) => {
  const { url, loginUrl, tenantId, clientId, clientSecret } = served.entra;
  const secret = new Secret(clientSecret, 'environment variable ENTRA_CLIENT_SECRET');
  const options = optionsOf({
    tenantId,
    auth: { clientSecret: { clientId, secret } },
    scope,
    endpoints: { login: loginUrl, graph: url },
  });
  const ignore = (): void => undefined;
  const source = createSource('entra', options, {
    clock,
    random: () => 0,
    fetch: (input, init) => fetch(input, init),
    logger: { debug: ignore, info: ignore, warn: ignore, error: ignore },
    env: {},
    directory: '.',
  });
  const { users, groups, completeness } = await source.read(never);
  expect(completeness).toEqual({ users: complete, groups: complete, partialGroups: new Map() });
  expect(users.length).toBeGreaterThan(10);
  expect({ users, groups }).toEqual(await inProcess(scope));
});

async function inProcess(scope: object) {
  const { users, groups } = await setUp({ options: { scope } }).source.read(never);
  return { users, groups };
}
