import { expect, test } from 'vitest';
import type { Comparison } from '../../../src/model/comparison.ts';
import { againstJson, againstText } from '../../../src/report/against.ts';
import { planAgainst, type Decisions } from '../../../src/run/against.ts';
import { recording } from '../../../src/run/recorded.ts';
import { reconcile } from '../../../src/run/reconcile.ts';
import { startInProcess } from '../../support/bridge.ts';
import { scim } from '../../support/scim.ts';

const request = { kind: 'dryRun', target: 'mustMatch' } as const;
const never = new AbortController().signal;

const staff = scim([
  { id: 'ann', department: 'Sales', title: 'Clerk', groups: ['retool-sales'] },
  { id: 'ben', department: 'Legal', groups: ['retool-sales', 'retool-legal'] },
]);

/** Compares the base configuration with one that `change` makes of it, over an organisation that is in step. */
async function compared(
  change: (own: Decisions) => Decisions,
): Promise<Comparison & { readonly readsOfTarget: number }> {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff });
  await bridge.applyApproved();
  const calls = bridge.retool.log.calls.length;
  const heard = recording(bridge.parts());
  const record = await reconcile(heard.parts, request, never);
  const { mapping, policy, guard, target } = bridge.config;
  const own: Decisions = {
    path: 'bridge.yaml',
    sources: new Map([['staff', '{"type":"file"}']]),
    target: { baseUrl: target.baseUrl, seats: null },
    mapping,
    policy,
    guard,
  };
  const other = change({ ...own, path: 'other.yaml' });
  const comparison = await planAgainst({ plan: record.plan, request }, own, other, heard, never);
  return { ...comparison, readsOfTarget: bridge.retool.log.calls.length - calls };
}

const text = (comparison: Comparison): string =>
  againstText(comparison, { width: 100, color: 'never' }).trimEnd();

test('the same decisions plan the same, over one read', async () => {
  const comparison = await compared((own) => own);
  expect(comparison.readsOfTarget).toBe(4);
  expect(text(comparison)).toBe(
    'bridge.yaml against other.yaml for acme.retool.example\nBoth plan the same.',
  );
});

test('a rule that is new, one that is gone and one that is changed are told with what they would do', async () => {
  const comparison = await compared((own) => ({
    ...own,
    mapping: {
      ...own.mapping,
      scope: 'user.enterprise.department == "Sales"',
      attributes: new Map([['title', 'user.title']]),
    },
  }));
  expect(comparison.rules).toEqual([
    { rule: 'scope', before: null, after: 'user.enterprise.department == "Sales"' },
    { rule: 'attributes.department', before: 'user.enterprise.department', after: null },
    { rule: 'attributes.title', before: null, after: 'user.title' },
  ]);
  const lines = text(comparison);
  expect(lines).toContain('3 rules differ; with other.yaml the plan has ');
  expect(lines).toMatch(/── attributes\.title · 1 ─+\n {2}before {2}\(not there\)\n {2}after {3}user\.title/);
  expect(lines).toContain('  more    update account ann@acme.com: department Sales → —, title Clerk\n');
  expect(lines).toContain('  more    disable account ben@acme.com\n');
  expect(lines).toContain('other.yaml would be held');
});

test('JSON holds every rule with its changes', async () => {
  const { groups } = (await startInProcess({ sources: ['staff'] })).config.mapping;
  const comparison = await compared((own) => ({
    ...own,
    mapping: { ...own.mapping, groups: groups.map((rule) => ({ ...rule, to: 'team ${team}' })) },
  }));
  const document = JSON.parse(againstJson(comparison));
  expect(document).toMatchObject({
    format: 'retool-bridge/against',
    version: 1,
    before: { file: 'bridge.yaml', operations: 0 },
    summary: { dropped: 0, altered: 0 },
  });
  const [rule] = document.rules;
  expect(rule).toMatchObject({ rule: 'groups[0]', differs: true });
  expect(rule.after).toContain('team ${team}');
  expect(document.rules.flatMap((one: { changes: readonly unknown[] }) => one.changes)).toHaveLength(
    document.summary.added,
  );
});

test('another value for the same change is told as that', async () => {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff });
  const heard = recording(bridge.parts());
  const record = await reconcile(heard.parts, request, never);
  const { mapping, policy, guard, target } = bridge.config;
  const own: Decisions = {
    path: 'a.yaml',
    sources: new Map([['staff', '1']]),
    target: { baseUrl: target.baseUrl, seats: null },
    mapping,
    policy,
    guard,
  };
  const other: Decisions = {
    ...own,
    path: 'b.yaml',
    sources: new Map([['staff', '2']]),
    mapping: { ...mapping, user: { ...mapping.user, first_name: '"X"' } },
  };
  const lines = text(await planAgainst({ plan: record.plan, request }, own, other, heard, never));
  expect(lines).toContain('  other   create account ann@acme.com: first_name Ada becomes X\n');
  expect(lines).toContain('!  source staff has other options in b.yaml');
});

test.each([
  ['another target', { target: { baseUrl: 'https://other.example/api/v2', seats: null } }],
  ['a source that was not read', { sources: new Map([['okta', '{}']]) }],
])('%s cannot be compared', async (_, change) => {
  await expect(compared((own) => ({ ...own, ...change }))).rejects.toMatchObject({ code: 'badCommand' });
});

test('answers about single people are heard once and count for both', async () => {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff });
  await bridge.applyApproved();
  bridge.says({
    staff: scim(
      [{ id: 'ann', department: 'Sales', title: 'Clerk', groups: ['retool-sales'] }],
      ['retool-legal'],
    ),
  });
  const parts = bridge.parts();
  const asked: string[] = [];
  const sources = parts.sources.map((source) => ({
    ...source,
    absence: 'needsLookup' as const,
    find: async (externalId: string) => {
      asked.push(externalId);
      return { state: 'absent' as const };
    },
  }));
  const heard = recording({ ...parts, sources });
  const { plan } = await reconcile(heard.parts, request, never);
  const { mapping, policy, guard, target } = bridge.config;
  const own: Decisions = {
    path: 'a.yaml',
    sources: new Map([['staff', '1']]),
    target: { baseUrl: target.baseUrl, seats: null },
    mapping,
    policy,
    guard,
  };
  const strict = { ...guard, disables: { ...guard.disables, count: 0, percent: 0 } };
  const comparison = await planAgainst({ plan, request }, own, { ...own, guard: strict }, heard, never);
  expect(plan.summary.deactivateUser).toBe(1);
  expect(comparison.after.summary).toEqual(plan.summary);
  expect(asked).toEqual(['ben']);
  expect(comparison.rules.map(({ rule }) => rule)).toEqual(['guard.disables']);
  expect(comparison.before.violations).toEqual([]);
  expect(comparison.after.violations[0]?.class).toBe('disables');
});
