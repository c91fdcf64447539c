import { Client } from '@okta/okta-sdk-nodejs';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { parse } from 'yaml';
import {
  generateWorld,
  listen,
  sampleConfig,
  sampleEnvironment,
  serveSandbox,
} from '../../../src/sandbox/index.ts';
import type { ServedSandbox } from '../../../src/sandbox/index.ts';

const world = generateWorld({ users: 300, groups: 20 });
let served: ServedSandbox;

beforeAll(async () => {
  served = await serveSandbox({
    port: 0,
    world,
    now: () => Date.parse('2026-11-02T08:00:00Z'),
    retoolRequestsPerMinute: 'unlimited',
    okta: { limits: 'unlimited' },
  });
});

afterAll(() => served.close());

async function json(url: string, init: RequestInit = {}): Promise<Record<string, unknown>> {
  const response = await fetch(url, init);
  expect(response.status).toBe(200);
  return (await response.json()) as Record<string, unknown>;
}

test('the Okta SDK reads users and members', async () => {
  // The SDK would go through a proxy even to loopback.
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY']) vi.stubEnv(name, undefined);
  const client = new Client({ orgUrl: served.okta.url, token: served.okta.token });
  const users: (string | undefined)[] = [];
  for await (const user of await client.userApi.listUsers({ limit: 100 })) users.push(user?.profile?.email);
  const listed = world.people.filter(({ okta }) => okta !== null && okta.status !== 'DEPROVISIONED');
  expect(users.toSorted()).toEqual(listed.map(({ email }) => email).toSorted());
  const [group] = world.okta.groups;
  const members: (string | undefined)[] = [];
  for await (const user of await client.groupApi.listGroupUsers({ groupId: group?.id ?? '', limit: 5 })) {
    members.push(user?.id);
  }
  expect(members.toSorted()).toEqual(group?.members.toSorted());
  expect(served.okta.standIn.log.count('GET', /\/users$/)).toBe(3 + Math.ceil(members.length / 5));
});

test('Graph is read with a token from the login route', async () => {
  const { url, loginUrl, tenantId, clientId, clientSecret } = served.entra;
  const scope = `${url}/.default`;
  const body = new URLSearchParams({
    grant_type: 'client_credentials',
    client_id: clientId,
    client_secret: clientSecret,
    scope,
  });
  const token = await json(`${loginUrl}/${tenantId}/oauth2/v2.0/token`, { method: 'POST', body });
  const headers = { Authorization: `Bearer ${String(token['access_token'])}` };
  const ids: unknown[] = [];
  let next: unknown = `${url}/v1.0/users?$select=id&$top=40`;
  while (typeof next === 'string') {
    const page = await json(next, { headers });
    ids.push(...(page['value'] as readonly { readonly id: string }[]).map(({ id }) => id));
    next = page['@odata.nextLink'];
  }
  expect(ids.toSorted()).toEqual(world.people.flatMap(({ entra }) => entra?.id ?? []).toSorted());
});

test('Retool starts as the world says', async () => {
  const headers = { Authorization: `Bearer ${served.retool.token}` };
  const users: unknown[] = [];
  let query: string | undefined = '?limit=100';
  while (query !== undefined) {
    const page = await json(`${served.retool.url}/api/v2/users${query}`, { headers });
    users.push(...(page['data'] as readonly { readonly email: string }[]).map(({ email }) => email));
    query = page['next_token'] === null ? undefined : `?limit=100&next_token=${String(page['next_token'])}`;
  }
  expect(users.toSorted()).toEqual(world.retool.users.map(({ email }) => email).toSorted());
  const groups = (await json(`${served.retool.url}/api/v2/groups`, { headers }))['data'];
  const finance = (groups as readonly Record<string, unknown>[]).find(({ name }) => name === 'finance');
  expect(finance?.['members']).toHaveLength(world.retool.groups[0]?.members.length ?? -1);
});

describe('ports', () => {
  const options = { world, now: () => 0, retoolRequestsPerMinute: 60 } as const;

  /** Below the ports that systems hand out by themselves. */
  async function serveInARow(): Promise<{ readonly sandbox: ServedSandbox; readonly port: number }> {
    for (let port = 20_000 + (process.pid % 9000); port < 32_000; port += 3) {
      try {
        return { sandbox: await serveSandbox({ ...options, port }), port };
      } catch (error) {
        if (!String(error).includes('the port is in use')) throw error;
      }
    }
    throw new Error('No three free ports in a row');
  }

  test('are taken in a row, and given back when one can not be had', async () => {
    const { sandbox, port } = await serveInARow();
    const ports = [sandbox.okta.url, sandbox.entra.url, sandbox.retool.url].map((url) =>
      Number(new URL(url).port),
    );
    await sandbox.close();
    expect(ports).toEqual([port, port + 1, port + 2]);
    const blocker = await listen(async () => new Response(), { host: '127.0.0.1', port: port + 2 });
    await expect(serveSandbox({ ...options, port })).rejects.toThrow(`${port + 2}: the port is in use`);
    await blocker.close();
    const again = await serveSandbox({ ...options, port });
    expect(again.retool.url).toBe(`http://127.0.0.1:${port + 2}`);
    await again.close();
  });

  test('must leave room for three', async () => {
    await expect(serveSandbox({ ...options, port: 65_534 })).rejects.toThrow(RangeError);
  });
});

describe('the sample configuration', () => {
  test('is YAML that leads to the stand-ins and names no secret', () => {
    const text = sampleConfig(served, { requestsPerMinute: 600, state: 'sqlite:/tmp/x.db' });
    const config = parse(text);
    expect(config.version).toBe(1);
    expect(config.sources.okta).toMatchObject({
      type: 'okta',
      orgUrl: served.okta.url,
      scope: { groups: ['retool-*'] },
    });
    expect(config.sources.entra).toMatchObject({
      type: 'entra',
      tenantId: served.entra.tenantId,
      scope: { groups: ['Retool *'], nested: true },
      endpoints: { login: served.entra.loginUrl, graph: served.entra.url },
    });
    expect(config.target).toMatchObject({ baseUrl: served.retool.url, requestsPerMinute: 600 });
    expect(config).toMatchObject({
      precedence: ['okta', 'entra'],
      policy: 'sync',
      leavers: 'disable',
      protect: { users: ['owner@acme.com'] },
      state: 'sqlite:/tmp/x.db',
      reports: { directory: './reports', formats: ['html', 'json'] },
    });
    const [head, body] = [text.slice(0, text.indexOf('version: 1')), text.slice(text.indexOf('version: 1'))];
    for (const [name, value] of Object.entries(sampleEnvironment(served))) {
      expect(head).toContain(`export ${name}=${value}\n`);
      expect(body).toContain(`env: ${name}`);
      expect(body).not.toContain(value);
    }
  });

  test('gives every source group of the world one rule, and every Retool group one kind of access', () => {
    const rules: readonly { source: string; match: string; to: string; access: unknown }[] = parse(
      sampleConfig(served),
    ).mapping.groups;
    const targets = new Map<string, unknown[]>();
    const { okta, entra } = generateWorld({ users: 100, groups: 600 });
    const named = { okta: okta.groups, entra: entra.groups };
    for (const [source, groups] of Object.entries(named)) {
      for (const { name } of groups.filter((group) => /^retool[- ]/i.test(group.name))) {
        const hits = rules.flatMap((rule) => {
          if (rule.source !== source) return [];
          // RE2 and JavaScript write named groups differently.
          const found = new RegExp(`^(?:${rule.match.replaceAll('(?P<', '(?<')})$`).exec(name);
          return found === null
            ? []
            : [{ rule, to: rule.to.replace('${team}', found.groups?.['team'] ?? '') }];
        });
        expect(hits).toHaveLength(1);
        for (const { rule, to } of hits) targets.set(to, [...(targets.get(to) ?? []), rule.access]);
      }
    }
    expect(targets.get('finance')).toHaveLength(2);
    for (const accesses of targets.values()) {
      expect(new Set(accesses.map((access) => JSON.stringify(access))).size).toBe(1);
    }
    const folded = [...targets.keys()].map((name) => name.toLowerCase());
    expect(new Set(folded).size).toBe(folded.length);
  });
});
