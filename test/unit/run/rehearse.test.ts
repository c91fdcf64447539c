import { expect, test } from 'vitest';
import { stageBuilder } from '../../../src/compose.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { Rehearsal } from '../../../src/model/rehearsal.ts';
import { recording } from '../../../src/run/recorded.ts';
import { reconcile } from '../../../src/run/reconcile.ts';
import { rehearse, type BuildStage } from '../../../src/run/rehearse.ts';
import { startInProcess, type InProcess, type InProcessOptions } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

const request = { kind: 'dryRun', target: 'mustMatch' } as const;
const never = new AbortController().signal;

/** Ids as a real organisation has them, which no stand-in would make up. */
const realIds: InProcessOptions['retool'] = {
  groups: [
    { name: 'admin', id: 1017 },
    { name: 'editor', id: 1018 },
    { name: 'viewer', id: 1019 },
    { name: 'All Users', id: 1020 },
    { name: 'sales', id: 2001, universal_app_access: 'use' },
  ],
};

async function rehearsed(
  bridge: InProcess,
  change: (plan: Plan) => Plan = (plan) => plan,
  build: BuildStage = stageBuilder(bridge.config),
): Promise<Rehearsal> {
  const heard = recording(bridge.parts());
  const { plan } = await reconcile(heard.parts, request, never);
  return rehearse({ plan: change(plan), request }, heard, build, never);
}

const people = (count: number, more: Partial<Staff> = {}): readonly Staff[] =>
  Array.from({ length: count }, (_, index) => ({ id: `p${index}`, groups: ['retool-sales'], ...more }));

test('a first plan is proved on a copy, held operations as if approved, and Retool sees nothing of it', async () => {
  const bridge = await startInProcess({ sources: ['staff'], retool: realIds });
  bridge.says({ staff: scim(people(60, { department: 'Sales' })) });
  const heard = recording(bridge.parts());
  const { plan } = await reconcile(heard.parts, request, never);
  const before = bridge.retool.log.calls.length;
  const rehearsal = await rehearse({ plan, request }, heard, stageBuilder(bridge.config), never);
  expect(rehearsal).toMatchObject({ verdict: 'proved', operations: 62, left: 0, differences: [] });
  expect(rehearsal.held).toBeGreaterThan(0);
  expect(rehearsal.calls.made).toBe(plan.forecast.calls + plan.forecast.reads);
  expect(bridge.retool.log.calls).toHaveLength(before);
  expect(bridge.store.memory(0).links).toEqual([]);
});

test('leavers, movers, values and admins of a living organisation go on the copy as they would in Retool', async () => {
  const bridge = await startInProcess({
    sources: ['staff'],
    retool: realIds,
    config: {
      mapping: {
        user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
        attributes: { department: 'user.enterprise.department' },
        groups: [
          { match: 'retool-(?P<team>[a-z]+)', to: '${team}', create: true, admins: 'boss-${team}' },
          { match: 'root', to: 'admin' },
        ],
      },
      protect: { admins: 1, allow: ['admin'] },
    },
  });
  const staff: readonly Staff[] = [
    { id: 'ann', department: 'Sales', groups: ['retool-sales', 'boss-sales'] },
    { id: 'ben', groups: ['retool-sales', 'retool-legal'] },
    { id: 'cat', groups: ['retool-legal', 'root'] },
    { id: 'dan', groups: ['boss-legal'] },
  ];
  bridge.says({ staff: scim(staff) });
  await bridge.applyApproved();
  bridge.says({
    staff: scim([
      { id: 'ann', department: 'Legal', groups: ['retool-legal', 'boss-sales'] },
      { id: 'ben', active: false, groups: ['retool-sales', 'retool-legal', 'boss-legal'] },
      { id: 'cat', given: 'Catherine', groups: ['retool-legal'] },
      { id: 'eve', groups: ['retool-sales', 'root'] },
    ]),
  });
  const rehearsal = await rehearsed(bridge);
  expect(rehearsal.differences).toEqual([]);
  expect(rehearsal.operations).toBeGreaterThan(6);
});

test('a plan that takes longer than its reads stay fresh needs the calls and the time that were forecast', async () => {
  const bridge = await startInProcess({ sources: ['staff'], requestsPerMinute: 45 });
  bridge.says({ staff: scim(people(700, { department: 'Sales', groups: [] })) });
  await bridge.applyApproved();
  bridge.says({ staff: scim(people(700, { department: 'Legal', groups: [] })) });
  const rehearsal = await rehearsed(bridge);
  expect(rehearsal.differences).toEqual([]);
  expect(rehearsal.calls.made).toBeGreaterThan(700);
  expect(rehearsal.minutes.taken).toBeGreaterThan(15);
});

test('what goes otherwise than forecast is named', async () => {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff: scim(people(3)) });
  const rehearsal = await rehearsed(bridge, (plan) => ({
    ...plan,
    forecast: { ...plan.forecast, calls: 1, minutes: 9 },
  }));
  expect(rehearsal.verdict).toBe('differs');
  expect(rehearsal.differences).toEqual([
    '11 calls were made, 7 were forecast',
    'it took 0 minutes, 9 were forecast',
  ]);
});

test('a copy on which things go wrong says what, and what is left to do', async () => {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff: scim(people(3)) });
  const rehearsal = await rehearsed(bridge, undefined, async (setting) => {
    const stage = await stageBuilder(bridge.config)(setting);
    return {
      ...stage,
      sink: {
        ...stage.sink,
        perform: async (operation, context, signal) =>
          operation.id === 'createUser:p1@acme.com'
            ? { state: 'refused', code: 'invalid', text: 'no such domain', fatal: false }
            : stage.sink.perform(operation, context, signal),
      },
    };
  });
  expect(rehearsal.verdict).toBe('differs');
  expect(rehearsal.differences.join('\n')).toMatch(
    /2 operations did not go as planned .*create account p1@acme\.com \(Ada Byron\): no such domain/,
  );
  expect(rehearsal.differences.join('\n')).toMatch(/a second plan is not empty: 2 operations are left/);
  expect(rehearsal.left).toBe(2);
});

test('an empty plan is proved without a call', async () => {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff: scim(people(3)) });
  await bridge.applyApproved();
  const rehearsal = await rehearsed(bridge);
  expect(rehearsal).toMatchObject({ verdict: 'proved', operations: 0, calls: { forecast: 0, made: 0 } });
});

test('what the bridge leaves alone after it changed back and forth is left alone on the copy as well', async () => {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says({ staff: scim(people(2, { department: 'Sales' })) });
  await bridge.applyApproved();
  const [account] = bridge.retool.state().users.filter(({ email }) => email === 'p0@acme.com');
  for (const at of [1, 2, 3])
    bridge.store.addDrift({
      subject: 'p0@acme.com',
      field: 'attributes.department',
      at: bridge.clock.now() - at,
    });
  bridge.retool.hand.updateUser(account?.id ?? '', { metadata: { department: 'E' } });
  expect((await bridge.plan()).plan.operations).toEqual([]);
  expect(await rehearsed(bridge)).toMatchObject({ verdict: 'proved', left: 0 });
});
