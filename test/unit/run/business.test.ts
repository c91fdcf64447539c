import { expect, test } from 'vitest';
import type { RetoolSeed } from '../../../src/sandbox/index.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';
import { codesOf, kindsOf, synced } from '../../support/stories.ts';

/** An organisation whose plan has invites and attributes in its API, and neither accounts nor groups. */
async function onBusiness(
  config: Readonly<Record<string, unknown>> = {},
  retool: RetoolSeed = {},
): Promise<InProcess> {
  const options = { sources: ['staff'], config: { provision: 'invites', ...config }, retool };
  return startInProcess({ ...options, plan: 'business', tokenOwner: 'asked' });
}

function says(bridge: InProcess, people: readonly Staff[]): void {
  bridge.says({ staff: scim(people) });
}

function inviteId(bridge: InProcess, id: string): number {
  return bridge.retool.state().invites.find((invite) => invite.invited_email === `${id}@acme.com`)?.id ?? 0;
}

const eve: Staff = { id: 'eve', department: 'Sales', groups: ['retool-sales'] };
const names = { firstName: 'Eve', lastName: 'Stone' };

test('people are invited with their attributes, without groups, and the plan says first what it cannot see', async () => {
  const bridge = await onBusiness();
  says(bridge, [eve, { id: 'fay' }]);
  const { plan } = await synced(bridge);

  expect(plan.operations.map(({ id }) => id)).toEqual(['inviteUser:eve@acme.com', 'inviteUser:fay@acme.com']);
  expect(plan.notices[0]?.code).toBe('hiddenByPlan');
  expect(plan.forecast.seats).toBeNull();
  expect(plan.violations).toEqual([]);
  expect(bridge.retool.state().invites.map(({ metadata }) => metadata)).toEqual([
    { department: 'Sales' },
    {},
  ]);
});

test('attributes of an invite follow the source, and whoever leaves loses it', async () => {
  const bridge = await onBusiness();
  says(bridge, [eve, { id: 'fay' }]);
  await synced(bridge);
  says(bridge, [{ ...eve, department: 'Ops' }]);

  expect(kindsOf(await synced(bridge))).toEqual(['revokeInvite:fay@acme.com', 'setAttributes:eve@acme.com']);
  expect(bridge.retool.state().invites.map(({ metadata }) => metadata)).toEqual([{ department: 'Ops' }]);
});

test.each([{}, { invites: { again: 'always' } }])(
  'nobody who claimed an invite is invited again, with %o',
  async (config) => {
    const bridge = await onBusiness(config);
    says(bridge, [eve]);
    await synced(bridge);
    bridge.retool.hand.claimInvite(inviteId(bridge, 'eve'), names);

    const record = await synced(bridge);
    expect([kindsOf(record), codesOf(record)]).toEqual([[], ['accountHidden']]);
    expect(record.plan.skips[0]?.text).toContain('has claimed an invite');
  },
);

test('nor is somebody whose invite of another’s was claimed', async () => {
  const invites = [{ email: 'EVE@acme.com' }];
  const bridge = await onBusiness({}, { invites });
  bridge.retool.hand.claimInvite(bridge.retool.state().invites[0]?.id ?? 0, names);
  says(bridge, [eve]);
  const record = await synced(bridge);
  expect([kindsOf(record), codesOf(record)]).toEqual([[], ['accountHidden']]);
});

test('an invite that is gone is not sent again, since nobody sees whether it became an account', async () => {
  const bridge = await onBusiness({ invites: { again: 'always' } });
  says(bridge, [eve]);
  await synced(bridge);
  bridge.retool.hand.deleteInvite(inviteId(bridge, 'eve'));

  const record = await synced(bridge);
  expect([kindsOf(record), codesOf(record)]).toEqual([[], ['accountHidden']]);
  expect(record.plan.skips[0]?.text).toContain('retool-bridge unlink eve@acme.com');
});

test('an admin is told whose account nobody but them can disable', async () => {
  const bridge = await onBusiness();
  const fay: Staff = { id: 'fay', groups: ['retool-sales'] };
  says(bridge, [eve, fay]);
  await synced(bridge);
  bridge.retool.hand.claimInvite(inviteId(bridge, 'eve'), names);
  says(bridge, [fay]);

  const { plan } = await synced(bridge);
  expect(plan.skips).toMatchObject([{ subject: { key: 'eve@acme.com' }, code: 'accountHidden' }]);
  expect(plan.skips[0]?.text).toContain('disable it in Retool by hand');
});

test('somebody whose account nobody sees is refused by Retool, and can be left out by address', async () => {
  const hidden = [{ email: 'eve@acme.com', firstName: 'Eve', lastName: 'Stone' }];
  const bridge = await onBusiness({}, { users: hidden });
  says(bridge, [eve, { id: 'fay' }]);
  const { outcomes } = await bridge.sync();
  expect(outcomes.map(({ operation, state }) => `${operation} ${state}`)).toEqual([
    'inviteUser:eve@acme.com failed',
    'inviteUser:fay@acme.com applied',
  ]);

  const again = await onBusiness({ protect: { users: ['eve@acme.com'], admins: 0 } }, { users: hidden });
  says(again, [eve, { id: 'fay' }]);
  expect(kindsOf(await synced(again))).toEqual(['inviteUser:fay@acme.com']);
});
