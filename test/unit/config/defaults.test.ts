import path from 'node:path';
import { expect, test } from 'vitest';
import { config, home, load, mapping } from './support.ts';

test('what a configuration leaves out has the documented default', async () => {
  const loaded = await load(config());
  expect(JSON.parse(JSON.stringify({ ...loaded, mapping: { ...loaded.mapping, attributes: null } }))).toEqual(
    {
      name: null,
      path: path.join(home, 'bridge.yaml'),
      directory: home,
      sources: [
        { id: 'staff', type: 'file', options: { type: 'file', path: './people.json' }, directory: home },
      ],
      target: {
        baseUrl: 'https://acme.retool.com/api/v2',
        token: '[secret from environment variable RETOOL_API_TOKEN]',
        requestsPerMinute: 45,
        seats: null,
        settleMs: 30_000,
      },
      mapping: {
        scope: null,
        user: {
          email: 'user.email',
          first_name: 'user.name.givenName',
          last_name: 'user.name.familyName',
          user_type: null,
        },
        attributes: null,
        groups: [],
        precedence: ['staff'],
        names: { tooLong: 'cut', blank: 'fromEmail' },
      },
      policy: {
        policy: 'sync',
        leavers: { inactive: 'disable', gone: 'disable', outOfScope: 'disable' },
        memberships: 'owned',
        adopt: 'email',
        adoptMemberships: 'called-for',
        reactivate: 'ours',
        drift: 'repair',
        protect: { users: [], groups: [], admins: 2, allow: [] },
      },
      guard: {
        disables: { count: 3, percent: 5, most: 500 },
        removals: { count: 10, percent: 10, perGroupCount: 5, perGroupPercent: 30 },
        creates: { count: 50, percent: 20 },
        invites: { count: 50 },
        updates: { count: 50, percent: 30 },
        windows: [
          { name: '24h', lengthMs: 86_400_000, percent: 10 },
          { name: '7d', lengthMs: 604_800_000, percent: 25 },
        ],
      },
      schedule: { cron: '*/15 * * * *', timezone: 'Etc/UTC', fullReadEveryMs: 86_400_000 },
      state: { kind: 'sqlite', path: path.join(home, 'bridge.db') },
      reports: { directory: path.join(home, 'reports'), formats: ['html', 'json'] },
      retention: { reportsMs: null, peopleMs: null, auditMs: null },
    },
  );
  expect([...loaded.mapping.attributes]).toEqual([]);
});

test('a rule creates nothing and manages no access unless it says so', async () => {
  const { mapping: rules } = await load(config(mapping('groups: [{ match: a, to: b }]')));
  expect(rules.groups).toEqual([
    {
      name: 'groups[0]',
      select: { by: 'pattern', pattern: 'a' },
      source: null,
      to: 'b',
      create: false,
      access: null,
      admins: null,
    },
  ]);
});

test('a partial schedule keeps the other defaults', async () => {
  const { schedule } = await load(config({ schedule: '{ timezone: Europe/Berlin }' }));
  expect(schedule).toEqual({ cron: '*/15 * * * *', timezone: 'Europe/Berlin', fullReadEveryMs: 86_400_000 });
});

test('a partial guard keeps the other defaults', async () => {
  const { guard } = await load(
    config({ guard: '{ removals: { count: 7 }, windows: { 1d: 2.5%, 1h: 5% } }' }),
  );
  expect(guard.removals).toEqual({ count: 7, percent: 10, perGroupCount: 5, perGroupPercent: 30 });
  expect(guard.disables).toEqual({ count: 3, percent: 5, most: 500 });
  expect(guard.windows).toEqual([
    { name: '1h', lengthMs: 3_600_000, percent: 5 },
    { name: '1d', lengthMs: 86_400_000, percent: 2.5 },
    { name: '7d', lengthMs: 604_800_000, percent: 25 },
  ]);
});

test('whoever is gone or out of scope may get a grace', async () => {
  const { policy } = await load(
    config({
      leavers:
        '{ inactive: disable, gone: { after: 24h, then: disable }, outOfScope: { after: 7d, then: disable } }',
    }),
  );
  expect(policy.leavers).toEqual({
    inactive: 'disable',
    gone: { afterMs: 86_400_000 },
    outOfScope: { afterMs: 604_800_000 },
  });
});

test('the long form of leavers says what happens for each reason', async () => {
  const { policy } = await load(config({ leavers: '{ inactive: disable, gone: keep, outOfScope: keep }' }));
  expect(policy.leavers).toEqual({ inactive: 'disable', gone: 'keep', outOfScope: 'keep' });
});

test.each([
  ['https://acme.retool.com', 'https://acme.retool.com/api/v2'],
  ['https://acme.retool.com/', 'https://acme.retool.com/api/v2'],
  ['https://acme.retool.com/api/v2', 'https://acme.retool.com/api/v2'],
  ['https://acme.retool.com/api/v2/', 'https://acme.retool.com/api/v2'],
  ['https://tools.acme.com/retool', 'https://tools.acme.com/retool/api/v2'],
  ['http://127.0.0.1:4000', 'http://127.0.0.1:4000/api/v2'],
  ['http://localhost:4000', 'http://localhost:4000/api/v2'],
  ['"http://[::1]:4000"', 'http://[::1]:4000/api/v2'],
])('the target %s is called at %s', async (written, called) => {
  const { target } = await load(
    config({ target: `{ baseUrl: ${written}, token: { env: RETOOL_API_TOKEN } }` }),
  );
  expect(target.baseUrl).toBe(called);
});

test.each([
  ['500ms', 500],
  ['30s', 30_000],
  ['15m', 900_000],
  ['24h', 86_400_000],
  ['7d', 604_800_000],
])('%s is a duration', async (written, ms) => {
  const { target } = await load(
    config({ target: `{ baseUrl: https://a.b, token: { env: RETOOL_API_TOKEN }, settle: ${written} }` }),
  );
  expect(target.settleMs).toBe(ms);
});

test.each(['*/15 * * * *', '0 */15 * * * *', '0 6-18/2 1,15 jan-mar MON-FRI', '5 4 * * sun'])(
  'the schedule %s is taken as it is',
  async (cron) => {
    const { schedule } = await load(config({ schedule: `{ cron: "${cron}" }` }));
    expect(schedule.cron).toBe(cron);
  },
);

test('protected addresses are compared in lower case', async () => {
  const { policy } = await load(config({ protect: '{ users: [Owner@ACME.com] }' }));
  expect(policy.protect.users).toEqual(['owner@acme.com']);
});

test('keys of later versions may hold the value that this version has for them', async () => {
  const { policy } = await load(
    config({
      onEmailChange: 'report',
      groups: '{ delete: never }',
      provision: 'users',
      invites: '{ reissue: 2, again: never }',
      accessRequests: '{ inScope: leave, outOfScope: leave }',
      adoptMemberships: 'none',
      reactivate: 'all',
      names: '{ tooLong: skip }',
    }),
  );
  expect(policy).toMatchObject({ adoptMemberships: 'none', reactivate: 'all' });
});

test('a file from Windows, with a byte order mark and CRLF, is read like any other', async () => {
  const { path: _, ...windows } = await load(`\uFEFF${config().replaceAll('\n', '\r\n')}`);
  const { path: __, ...unix } = await load(config());
  expect(windows).toEqual(unix);
});

test('anchors and aliases repeat values, and merge keys are no keys', async () => {
  const { policy } = await load(
    config({ leavers: '&choice keep', protect: '{ groups: [&name Ops, *name] }' }),
  );
  expect(policy.protect.groups).toEqual(['Ops', 'Ops']);
});
