import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { CheckResult } from '../../../src/model/source.ts';
import { docLinks } from '../../../src/run/check-docs.ts';
import { checkMachine, checkNetwork, type Machine } from '../../../src/run/check-machine.ts';
import { check } from '../../../src/run/check.ts';
import type { HostSeen } from '../../../src/runtime/observed-fetch.ts';
import { startInProcess, type InProcessOptions } from '../../support/bridge.ts';
import { scim } from '../../support/scim.ts';

const never = new AbortController().signal;
const gib = 1024 ** 3;

const soundMachine: Machine = {
  env: {},
  folders: [{ what: 'state', path: '/srv' }],
  lookAt: async () => ({ state: 'writable', freeBytes: 50 * gib }),
  hosts: () => [],
};

const seen = (more: Partial<HostSeen>): HostSeen => ({
  host: 'acme.okta.com',
  scheme: 'https',
  aheadMs: 200,
  throttled: 0,
  failure: null,
  ...more,
});

async function checked(
  options: Partial<InProcessOptions> = {},
  machine: Machine = soundMachine,
  people = scim([{ id: 'ann', groups: ['retool-sales'] }]),
): Promise<ReadonlyMap<string, CheckResult>> {
  const bridge = await startInProcess({ sources: ['staff'], ...options });
  bridge.says({ staff: people });
  const { results } = await check(bridge.parts(), machine, never);
  return new Map(results.map((result) => [result.subject, result]));
}

const mapping = {
  user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
};

test('a sound set-up is fine in everything', async () => {
  const results = await checked();
  expect([...results.values()].filter(({ verdict }) => verdict !== 'ok')).toEqual([]);
  expect([...results.keys()]).toEqual(
    expect.arrayContaining(['configuration', 'machine: state', 'retool: quota', 'mapping: groups']),
  );
});

test('a state of another organisation fails, and a pause is pointed out', async () => {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff: scim([{ id: 'ann', groups: ['retool-sales'] }]) });
  bridge.store.bindTarget('https://other.retool.example/api/v2');
  bridge.store.pause({ reason: 'a freeze', at: 0, by: 'ann' });
  const { results, verdict } = await check(bridge.parts(), soundMachine, never);
  expect(verdict).toBe('failed');
  expect(results.filter(({ subject }) => subject.startsWith('state:'))).toMatchObject([
    { subject: 'state: target', verdict: 'failed', docs: 'docs/check.md#state' },
    { subject: 'state: pause', verdict: 'warning', docs: 'docs/runbook.md#stop-everything' },
  ]);
});

describe('the mapping', () => {
  test('that writes an attribute Retool does not define fails, and names the one that was meant', async () => {
    const results = await checked({
      config: { mapping: { ...mapping, attributes: { departmnt: 'user.enterprise.department' } } },
    });
    expect(results.get('mapping: attributes')).toMatchObject({
      verdict: 'failed',
      text: 'Retool does not define departmnt (did you mean "department"?)',
      docs: 'docs/check.md#attributes',
    });
  });

  test('that calls for a group nobody made is a warning, with the name that was meant', async () => {
    const results = await checked({
      retool: { groups: [{ name: 'Salespeople' }] },
      config: { mapping: { ...mapping, groups: [{ match: 'retool-sales', to: 'Salespeple' }] } },
    });
    expect(results.get('mapping: groups')).toMatchObject({
      verdict: 'warning',
      text: expect.stringContaining('"Salespeple" (did you mean "Salespeople"?)'),
    });
  });

  test('in whose scope nobody is, is a warning', async () => {
    const results = await checked({ config: { mapping: { ...mapping, scope: 'user.userName == "x"' } } });
    expect(results.get('mapping: people')).toMatchObject({
      verdict: 'warning',
      text: '0 people in scope of 1 read',
    });
  });

  test('is not looked at when a side cannot be read', async () => {
    const results = await checked({}, soundMachine, 'no JSON');
    expect([...results.values()].some(({ verdict }) => verdict === 'failed')).toBe(true);
    expect([...results.keys()].filter((subject) => subject.startsWith('mapping'))).toEqual([]);
  });
});

test('what the plan of the organisation hides is not looked for, and is no trouble of the mapping', async () => {
  const bridge = await startInProcess({
    sources: ['staff'],
    config: { mapping: { ...mapping, groups: [{ match: 'retool-sales', to: 'Salespeople' }] } },
  });
  bridge.says({ staff: scim([{ id: 'ann', groups: ['retool-sales'] }]) });
  const { sink, ...parts } = bridge.parts();
  const read = async () => {
    const current = await sink.read(never);
    return { ...current, visible: { users: 'hidden', groups: 'hidden' } as const, users: [], groups: [] };
  };
  const { results } = await check({ ...parts, seats: 1, sink: { ...sink, read } }, soundMachine, never);
  expect(results.find(({ subject }) => subject === 'mapping: groups')).toMatchObject({
    verdict: 'ok',
    text: expect.stringContaining('hides'),
  });
  expect(results.map(({ subject }) => subject)).not.toContain('retool: seats');
});

test('more active accounts than seats are a warning', async () => {
  const target = {
    baseUrl: 'https://acme.retool.example',
    token: { env: 'RETOOL_API_TOKEN' },
    requestsPerMinute: 6_000,
    seats: 1,
  };
  const users = [{ email: 'x@acme.com', firstName: 'X', lastName: 'Y' }];
  const results = await checked({ config: { target }, retool: { users } });
  expect(results.get('retool: seats')).toMatchObject({
    verdict: 'warning',
    text: '2 active accounts of 1 seats',
  });
});

describe('the machine', () => {
  test.each([
    [{ state: 'unwritable', because: 'EACCES: permission denied' }, 'failed'],
    [{ state: 'writable', freeBytes: 1_000_000 }, 'failed'],
    [{ state: 'writable', freeBytes: 100 * 1024 ** 2 }, 'warning'],
    [{ state: 'writable', freeBytes: gib }, 'ok'],
  ] as const)('with a folder of %j: %s', async (state, verdict) => {
    const [folder] = await checkMachine({ ...soundMachine, lookAt: async () => state });
    expect(folder).toMatchObject({ subject: 'machine: state', verdict });
  });

  test.each([
    [{}, 'ok', 'none is set'],
    [{ HTTPS_PROXY: '' }, 'ok', 'none is set'],
    [{ HTTPS_PROXY: 'http://me:secret@proxy' }, 'warning', 'HTTPS_PROXY is set, but not used'],
    [{ https_proxy: 'http://proxy', NODE_USE_ENV_PROXY: '1' }, 'ok', 'https_proxy is used'],
  ] as const)('with the variables %j: %s', async (env, verdict, text) => {
    const proxy = (await checkMachine({ ...soundMachine, env })).at(-1);
    expect(proxy).toMatchObject({ subject: 'machine: proxy', verdict, text: expect.stringContaining(text) });
    expect(JSON.stringify(proxy)).not.toContain('secret');
  });

  test.each([
    [900, 'ok', 'within 1 s of acme.okta.com'],
    [-29_000, 'ok', 'within 29 s of'],
    [45_000, 'warning', 'it is 45 s behind acme.okta.com'],
    [-600_000, 'failed', 'it is 10 min ahead of acme.okta.com'],
  ] as const)('with a clock that is off by %i ms: %s', (aheadMs, verdict, text) => {
    const [clock] = checkNetwork([seen({ aheadMs }), seen({ host: 'other', aheadMs: 1 })]);
    expect(clock).toMatchObject({ subject: 'machine: clock', verdict, text: expect.stringContaining(text) });
  });

  test.each([
    ['SELF_SIGNED_CERT_IN_CHAIN', 'NODE_EXTRA_CA_CERTS'],
    ['UNABLE_TO_GET_ISSUER_CERT_LOCALLY', 'NODE_EXTRA_CA_CERTS'],
    ['CERT_HAS_EXPIRED', 'Renew it'],
    ['CERT_NOT_YET_VALID', 'NTP'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', 'the certificate names'],
    ['ENOTFOUND', 'typing errors'],
    ['ECONNREFUSED', 'proxy'],
    ['EHOSTUNREACH', 'firewall'],
    ['EWHATEVER', 'Check the address'],
  ])('that gets %s from a host names the host and a remedy', (failure, remedy) => {
    expect(checkNetwork([seen({ failure, aheadMs: null })])).toEqual([
      {
        subject: 'network: acme.okta.com',
        verdict: 'failed',
        text: expect.stringContaining(`(${failure})`),
        remedy: expect.stringContaining(remedy),
      },
    ]);
  });
});

test('a target that said 429 below the quota is a warning', async () => {
  const hosts = () => [seen({ host: 'acme.retool.example', throttled: 2 })];
  const results = await checked({}, { ...soundMachine, hosts });
  expect(results.get('retool: quota')).toMatchObject({
    verdict: 'warning',
    text: expect.stringContaining('2 times'),
  });
});

test('whatever is not right has a remedy and a link', async () => {
  const broken: Machine = {
    env: { HTTPS_PROXY: 'x' },
    folders: [{ what: 'reports', path: '/srv' }],
    lookAt: async () => ({ state: 'unwritable', because: 'read-only' }),
    hosts: () => [seen({ failure: 'ENOTFOUND', aheadMs: 90_000 })],
  };
  const odd = scim([{ id: 'ann', groups: ['retool-sales'] }]).replace('"active":true', '"active":"yes"');
  const config = { mapping: { ...mapping, groups: [{ match: 'nobody', to: 'x' }] } };
  const wrong = [...(await checked({ config }, broken, odd)).values()].filter(
    ({ verdict }) => verdict !== 'ok',
  );
  expect(wrong.length).toBeGreaterThan(4);
  expect(wrong.filter(({ remedy, docs }) => remedy === undefined || docs === undefined)).toEqual([]);
});

test('every link leads to a heading that is there', () => {
  const links = Object.values(docLinks).flatMap((of) => of.map(([, link]) => link));
  for (const link of new Set(links)) {
    const [file = '', anchor] = link.split('#');
    const text = readFileSync(join(import.meta.dirname, '../../..', file), 'utf8');
    const anchors = [...text.matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replaceAll(/[^a-z0-9 -]/g, '')
        .replaceAll(' ', '-'),
    );
    expect(anchors, link).toContain(anchor);
  }
});
