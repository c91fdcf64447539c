import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../../src/model/outcome.ts';
import type { RetoolSeed } from '../../../src/sandbox/index.ts';
import type { ApiUserInvite } from '../../../src/sandbox/retool/wire.ts';
import { rollback } from '../../../src/run/rollback.ts';
import { unlink } from '../../../src/run/links/unlink.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';
import { codesOf, kindsOf, synced } from '../../support/stories.ts';

const day = 24 * 3_600_000;
const never = new AbortController().signal;

async function inviting(
  config: Readonly<Record<string, unknown>> = {},
  retool: RetoolSeed = {},
): Promise<InProcess> {
  return startInProcess({ sources: ['staff'], config: { provision: 'invites', ...config }, retool });
}

function says(bridge: InProcess, people: readonly Staff[], more: readonly string[] = []): void {
  bridge.says({ staff: scim(people, more) });
}

function inviteOf(bridge: InProcess, id: string): ApiUserInvite | undefined {
  return bridge.retool.state().invites.find(({ invited_email }) => invited_email === `${id}@acme.com`);
}

function groupsOf(bridge: InProcess, id: string): readonly string[] {
  return (inviteOf(bridge, id)?.groups ?? []).map(({ name }) => name).toSorted();
}

const eve: Staff = { id: 'eve', department: 'Sales', groups: ['retool-sales'] };

describe('somebody who needs an account', () => {
  test('gets one invite, in one call, with groups and attributes on it', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    const record = await synced(bridge);

    expect(kindsOf(record)).toEqual(['createGroup:sales', 'inviteUser:eve@acme.com']);
    expect(record.plan.forecast).toMatchObject({ calls: 2, mails: 1 });
    expect(inviteOf(bridge, 'eve')).toMatchObject({ metadata: { department: 'Sales' } });
    expect(groupsOf(bridge, 'eve')).toEqual(['sales']);
    expect(bridge.retool.state().users.map(({ email }) => email)).toEqual(['owner@acme.com']);
  });

  test('is invited or given an account as the first rule about them says', async () => {
    const rule = (team: string, provision?: string) => ({
      match: `retool-${team}`,
      to: team,
      create: true,
      ...(provision === undefined ? {} : { provision }),
    });
    const user = {
      email: 'user.email',
      first_name: 'user.name.givenName',
      last_name: 'user.name.familyName',
    };
    const groups = [rule('sales', 'invites'), rule('ops'), rule('data', 'users')];
    const bridge = await startInProcess({ sources: ['staff'], config: { mapping: { user, groups } } });
    says(bridge, [
      { id: 'eve', groups: ['retool-data', 'retool-sales'] },
      { id: 'fay', groups: ['retool-ops'] },
      { id: 'gus', groups: ['retool-data'] },
      { id: 'hal' },
    ]);
    const record = await synced(bridge);
    expect(kindsOf(record).filter((id) => id.includes('@') && !id.startsWith('addMembers'))).toEqual([
      'createUser:fay@acme.com',
      'createUser:gus@acme.com',
      'createUser:hal@acme.com',
      'inviteUser:eve@acme.com',
    ]);
  });

  test('and has an account is linked to it, and not invited', async () => {
    const users = [{ email: 'EVE@acme.com', firstName: 'Ada', lastName: 'Byron' }];
    const bridge = await inviting({}, { users });
    says(bridge, [{ id: 'eve' }]);
    expect(kindsOf(await synced(bridge))).toEqual(['adopt:eve@acme.com']);
  });

  test('and whose account somebody disabled is reported, and not invited', async () => {
    const users = [{ email: 'eve@acme.com', firstName: 'Ada', lastName: 'Byron', active: false }];
    const bridge = await inviting({}, { users });
    says(bridge, [{ id: 'eve' }]);
    const { plan } = await synced(bridge);
    expect(plan.conflicts.map(({ code }) => code)).toEqual(['disabledByHand']);
  });

  test('waits with more than fifty others for an approval, while leavers go', async () => {
    const bridge = await inviting();
    const crowd = Array.from({ length: 51 }, (_, index): Staff => ({ id: `p${index}` }));
    says(bridge, [{ id: 'old' }, { id: 'eve' }]);
    await synced(bridge);
    says(bridge, [{ id: 'old', active: false }, { id: 'eve' }, ...crowd]);
    const held = await bridge.sync();

    expect(held.status).toBe('held');
    expect(held.plan.violations).toMatchObject([
      { class: 'invites', limit: 50, actual: 51, holds: 'operations' },
    ]);
    expect([inviteOf(bridge, 'old'), inviteOf(bridge, 'p1')]).toEqual([undefined, undefined]);
    expect((await bridge.applyApproved()).status).toBe('changed');
    expect(kindsOf(await bridge.plan())).toEqual([]);
  });
});

describe('an invite that nobody has claimed', () => {
  test('follows the attributes and groups of its person', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    await synced(bridge);
    says(bridge, [{ ...eve, department: 'Ops', groups: ['retool-ops'] }], ['retool-sales']);
    const moved = await synced(bridge);
    expect(kindsOf(moved)).toEqual([
      'removeInviteFromGroup:eve@acme.com in sales',
      'createGroup:ops',
      'setAttributes:eve@acme.com',
      'addInvitesToGroup:ops',
    ]);
    expect(inviteOf(bridge, 'eve')?.metadata).toEqual({ department: 'Ops' });
    expect(groupsOf(bridge, 'eve')).toEqual(['ops']);

    says(bridge, [{ id: 'eve', groups: ['retool-ops'] }], ['retool-sales']);
    expect(kindsOf(await synced(bridge))).toEqual(['clearAttributes:eve@acme.com']);
    expect(inviteOf(bridge, 'eve')?.metadata).toEqual({});
  });

  test('made by hand becomes ours with what is on it, and is not doubled', async () => {
    const bridge = await inviting(
      {},
      {
        groups: [{ name: 'sales' }, { name: 'lunch' }],
        invites: [
          {
            email: 'Eve@acme.com',
            groups: ['sales', 'lunch'],
            metadata: { department: 'Sales', shoe: '42' },
          },
        ],
      },
    );
    says(bridge, [eve]);
    const record = await synced(bridge);
    expect(kindsOf(record)).toEqual(['adopt:eve@acme.com', 'adopt:sales']);
    says(bridge, [{ id: 'eve' }], ['retool-sales']);
    await synced(bridge);
    const [left] = bridge.retool.state().invites;
    expect(left).toMatchObject({ metadata: { shoe: '42' }, groups: [{ name: 'lunch' }] });
  });

  test('goes when its person leaves, and they are not invited again without a rule', async () => {
    const bridge = await inviting();
    says(bridge, [{ id: 'ann' }, eve]);
    await synced(bridge);
    says(bridge, [{ id: 'ann' }], ['retool-sales']);
    const left = await synced(bridge);
    expect(left.plan.operations).toMatchObject([{ kind: 'revokeInvite', reason: { code: 'gone' } }]);

    says(bridge, [{ id: 'ann' }, eve]);
    expect(codesOf(await synced(bridge))).toEqual(['notInvitedAgain']);
    await unlink(bridge.parts(), {
      target: { type: 'user', who: 'eve@acme.com' },
      source: null,
      by: 'ann',
    });
    expect(kindsOf(await synced(bridge))).toEqual(['inviteUser:eve@acme.com']);
  });

  test('goes after the grace that its person gets', async () => {
    const leavers = {
      inactive: 'disable',
      // oxlint-disable-next-line unicorn/no-thenable -- a key of the configuration
      gone: { after: '2d', then: 'disable' },
      outOfScope: 'disable',
    };
    const bridge = await inviting({ leavers });
    says(bridge, [{ id: 'ann' }, eve]);
    await synced(bridge);
    says(bridge, [{ id: 'ann' }], ['retool-sales']);
    expect(codesOf(await synced(bridge))).toEqual(['grace']);
    await bridge.clock.sleep(2 * day + 1);
    expect(kindsOf(await synced(bridge))).toEqual(['revokeInvite:eve@acme.com']);
  });

  test('is sent again when a rule says so', async () => {
    const bridge = await inviting({ invites: { again: 'always' } });
    says(bridge, [{ id: 'ann' }, eve]);
    await synced(bridge);
    says(bridge, [{ id: 'ann' }], ['retool-sales']);
    await synced(bridge);
    says(bridge, [{ id: 'ann' }, eve]);
    expect(kindsOf(await synced(bridge))).toEqual(['inviteUser:eve@acme.com']);
  });

  test('and is deleted by hand is not sent again', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    await synced(bridge);
    bridge.retool.hand.deleteInvite(inviteOf(bridge, 'eve')?.id ?? 0);
    expect(codesOf(await synced(bridge))).toEqual(['notInvitedAgain']);
  });

  test('is sent again when it has run out, as often as the rules say', async () => {
    const bridge = await inviting({ invites: { reissue: 2 } });
    says(bridge, [eve]);
    await synced(bridge);
    for (let times = 1; times <= 2; times += 1) {
      const before = inviteOf(bridge, 'eve')?.id;
      await bridge.clock.sleep(7 * day);
      const again = await synced(bridge);
      expect(again.plan.operations).toMatchObject([{ kind: 'reissueInvite', after: { reissues: times } }]);
      expect(again.plan.forecast).toMatchObject({ calls: 2, mails: 1 });
      expect(inviteOf(bridge, 'eve')?.id).not.toBe(before);
      expect(bridge.retool.state().invites).toHaveLength(1);
      expect(groupsOf(bridge, 'eve')).toEqual(['sales']);
    }
    await bridge.clock.sleep(7 * day);
    expect(codesOf(await synced(bridge))).toEqual(['inviteExpired']);
  });

  test('makes way for an account when its person is to have one', async () => {
    const invites = [{ email: 'eve@acme.com', expiresAt: '2020-01-01T00:00:00.000Z' }];
    const bridge = await startInProcess({ sources: ['staff'], retool: { invites } });
    says(bridge, [{ id: 'eve' }]);
    expect(kindsOf(await synced(bridge))).toEqual(['revokeInvite:eve@acme.com', 'createUser:eve@acme.com']);
  });
});

describe('an invite that was claimed', () => {
  test('becomes the linked account, with what was on it, and no second invite is sent', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    await synced(bridge);
    const id = bridge.retool.hand.claimInvite(inviteOf(bridge, 'eve')?.id ?? 0, {
      firstName: 'Eve',
      lastName: 'Byron',
    });
    const claimed = await synced(bridge);
    expect(kindsOf(claimed)).toEqual(['adopt:eve@acme.com', 'updateUser:eve@acme.com']);
    expect(claimed.plan.operations).toMatchObject([
      { reason: { code: 'claimed' }, after: { claims: expect.any(String) } },
      { after: { first_name: 'Ada' } },
    ]);

    says(bridge, [{ id: 'eve' }], ['retool-sales']);
    const moved = await synced(bridge);
    expect(kindsOf(moved)).toEqual(['removeMember:eve@acme.com in sales', 'clearAttributes:eve@acme.com']);
    expect(bridge.retool.state().users.find((user) => user.id === id)?.metadata).toEqual({});
  });

  test('under another address is found by who claimed it', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    await synced(bridge);
    const id = bridge.retool.hand.claimInvite(inviteOf(bridge, 'eve')?.id ?? 0, {
      firstName: 'Ada',
      lastName: 'Byron',
    });
    bridge.retool.hand.updateUser(id, { email: 'eve.byron@acme.com' });
    expect(kindsOf(await synced(bridge))).toEqual(['adopt:eve.byron@acme.com']);
    expect(codesOf(await bridge.plan())).toEqual(['emailChanged']);
  });

  test('by somebody who left before the next run is an account that is disabled', async () => {
    const bridge = await inviting();
    says(bridge, [{ id: 'ann' }, eve]);
    await synced(bridge);
    bridge.retool.hand.claimInvite(inviteOf(bridge, 'eve')?.id ?? 0, { firstName: 'E', lastName: 'B' });
    says(bridge, [{ id: 'ann' }, { ...eve, active: false }]);
    expect(kindsOf(await synced(bridge))).toEqual(['deactivateUser:eve@acme.com', 'adopt:eve@acme.com']);

    says(bridge, [{ id: 'ann' }, eve]);
    expect(kindsOf(await synced(bridge))).toEqual(['reactivateUser:eve@acme.com']);
  });

  test('gives way to an account that its person got otherwise', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    await synced(bridge);
    bridge.retool.hand.addUser({ email: 'eve@acme.com', firstName: 'Ada', lastName: 'Byron' });
    expect(kindsOf(await synced(bridge))).toEqual([
      'revokeInvite:eve@acme.com',
      'adopt:eve@acme.com',
      'setAttributes:eve@acme.com',
      'addMembers:sales',
    ]);
    expect(bridge.retool.state().invites).toEqual([]);
  });
});

describe('a rollback', () => {
  const undo = async (bridge: InProcess, id: string): Promise<RunRecord> => {
    const { plan } = await rollback(bridge.parts(), { id, email: null }, never);
    const record = await bridge.run({ kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint });
    expect(record.outcomes.every(({ state }) => state === 'applied')).toBe(true);
    return record;
  };

  test('revokes what nobody has claimed', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    const { id } = await synced(bridge);
    expect(kindsOf(await undo(bridge, id))).toEqual(['revokeInvite:eve@acme.com']);
    expect(bridge.retool.state().invites).toEqual([]);
    // Undone on somebody's word: the next run does not send it again.
    expect(codesOf(await bridge.plan())).toEqual(['notInvitedAgain']);
  });

  test('restores values and groups of invites', async () => {
    const bridge = await inviting();
    says(bridge, [eve]);
    await synced(bridge);
    const held = inviteOf(bridge, 'eve');
    says(bridge, [{ ...eve, department: 'Ops', groups: ['retool-ops'] }], ['retool-sales']);
    const moved = await synced(bridge);
    expect(kindsOf(await undo(bridge, moved.id))).toEqual([
      'removeInviteFromGroup:eve@acme.com in ops',
      'setAttributes:eve@acme.com',
      'addInvitesToGroup:sales',
    ]);
    expect(inviteOf(bridge, 'eve')).toEqual(held);
  });
});
