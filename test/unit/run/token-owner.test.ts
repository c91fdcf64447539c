import { describe, expect, test } from 'vitest';
import { stageBuilder } from '../../../src/compose.ts';
import type { RetoolSeed } from '../../../src/sandbox/retool/index.ts';
import { check } from '../../../src/run/check.ts';
import { explainPerson } from '../../../src/run/explain/load.ts';
import { recording } from '../../../src/run/recorded.ts';
import { reconcile } from '../../../src/run/reconcile.ts';
import { rehearse } from '../../../src/run/rehearse.ts';
import { startInProcess, type InProcess, type InProcessOptions } from '../../support/bridge.ts';
import { scim } from '../../support/scim.ts';

const never = new AbortController().signal;
const maker = 'maker@acme.com';

const withMaker: RetoolSeed = {
  users: [{ email: maker, firstName: 'Old', lastName: 'Name' }],
  tokenOwner: maker,
};

const joined = scim([
  { id: 'm', email: maker, given: 'May', family: 'Kerr', groups: ['retool-sales'] },
  { id: 'p', groups: ['retool-sales'] },
]);
const left = scim([
  { id: 'm', email: maker, active: false },
  { id: 'p', groups: ['retool-sales'] },
]);

async function bridgeOf(options: Partial<InProcessOptions> = {}): Promise<InProcess> {
  const bridge = await startInProcess({
    sources: ['staff'],
    retool: withMaker,
    tokenOwner: 'asked',
    ...options,
  });
  bridge.says({ staff: joined });
  return bridge;
}

function makerIn({ retool }: InProcess): unknown {
  const { users, groups } = retool.state();
  const user = users.find(({ email }) => email === maker);
  const held = groups.filter(
    ({ memberIds, name }) => name !== 'All Users' && memberIds.includes(user?.id ?? ''),
  );
  return { name: user?.last_name, active: user?.active, groups: held.map(({ name }) => name) };
}

const untouched = { name: 'Name', active: true, groups: [] };

/** No machine is looked at. */
const machine = { env: {}, folders: [], lookAt: () => Promise.reject(new Error('none')), hosts: () => [] };

describe('the account that the token belongs to', () => {
  test('is never written to, whatever its source says', async () => {
    const bridge = await bridgeOf();
    const first = await bridge.applyApproved();
    expect(first.plan.skips).toContainEqual(
      expect.objectContaining({ code: 'protected', subject: expect.objectContaining({ key: maker }) }),
    );
    expect(makerIn(bridge)).toEqual(untouched);
    expect((await bridge.plan()).plan.operations).toEqual([]);
    bridge.says({ staff: left });
    await bridge.sync();
    expect(makerIn(bridge)).toEqual(untouched);
    expect((await bridge.plan()).plan.operations).toEqual([]);
    expect(bridge.retool.log.count('GET', /access_tokens$/)).toBe(1);
  });

  test('is written to where nobody found out, so that this is what protects it', async () => {
    const bridge = await startInProcess({ sources: ['staff'], retool: withMaker });
    bridge.says({ staff: joined });
    await bridge.applyApproved();
    expect(makerIn(bridge)).toMatchObject({ name: 'Kerr', groups: ['sales'] });
  });

  test('stays as it is when it was managed before, also by a plan that was made before', async () => {
    const bridge = await startInProcess({ sources: ['staff'], retool: withMaker });
    bridge.says({ staff: joined });
    await bridge.applyApproved();
    const before = makerIn(bridge);
    bridge.says({ staff: left });
    const { plan } = await bridge.plan();
    expect(plan.operations.map(({ kind }) => kind)).toEqual(['deactivateUser']);
    const parts = bridge.parts();
    const { createKnowledge } = await import('../../../src/state/knowledge.ts');
    const { createRetoolSink } = await import('../../../src/sink-retool/index.ts');
    const knowledge = createKnowledge(bridge.store, bridge.config.target.token);
    const sink = createRetoolSink({
      ...bridge.config.target,
      window: bridge.store.window,
      clock: bridge.clock,
      random: () => 0.5,
      fetch: (input, init) => bridge.retool.fetch(new Request(input, init)),
      logger: parts.logger,
      knowledge,
    });
    const knowing = { ...parts, sink, knowledge };
    const request = { kind: 'apply', target: 'mustMatch', plan, approve: plan.fingerprint } as const;
    const applied = await reconcile(knowing, request, never);
    expect(applied.outcomes).toMatchObject([{ state: 'skipped', code: 'stale' }]);
    expect(makerIn(bridge)).toEqual(before);
    const next = await reconcile(knowing, { kind: 'dryRun', target: 'mustMatch' }, never);
    expect(next.plan.operations).toEqual([]);
  });

  test('is the same on a copy: a rehearsal proves the plan without asking', async () => {
    const bridge = await bridgeOf();
    const heard = recording(bridge.parts());
    const request = { kind: 'dryRun', target: 'mustMatch' } as const;
    const { plan } = await reconcile(heard.parts, request, never);
    const rehearsal = await rehearse({ plan, request }, heard, stageBuilder(bridge.config), never);
    expect(rehearsal).toMatchObject({ verdict: 'proved', left: 0, differences: [] });
  });

  test('is explained', async () => {
    const bridge = await bridgeOf();
    await bridge.applyApproved();
    const explanation = await explainPerson(bridge.parts(), maker, 'lastRun', never);
    expect(JSON.stringify(explanation)).toContain('the API token of the bridge belongs to it');
  });

  test('is named by check', async () => {
    const bridge = await bridgeOf();
    const { results } = await check(bridge.parts(), machine, never);
    expect(results.find(({ subject }) => subject === 'retool: token owner')).toMatchObject({
      verdict: 'ok',
      text: `The token belongs to ${maker}; that account is never written to.`,
    });
  });
});

describe('a token whose owner cannot be told', () => {
  const blind: Partial<InProcessOptions> = {
    network: (send) => (input, init) =>
      new URL(input).pathname.endsWith('/access_tokens')
        ? Promise.resolve(Response.json({ success: false, message: 'Forbidden' }, { status: 403 }))
        : send(input, init),
  };

  test('is a notice while nobody is protected, and a warning of check that names the way out', async () => {
    const bridge = await bridgeOf({ ...blind, config: { protect: { admins: 1 } } });
    const codes = (await bridge.plan()).plan.notices.map(({ code }) => code);
    expect(codes).toContain('tokenOwnerUnseen');
    const { results } = await check(bridge.parts(), machine, never);
    expect(results.find(({ subject }) => subject === 'retool: token owner')).toMatchObject({
      verdict: 'warning',
      text: expect.stringContaining('HTTP 403: Forbidden'),
      remedy: expect.stringContaining('protect.users'),
      docs: 'docs/permissions.md#whose-token-it-is',
    });
  });

  test('is no notice when somebody is protected', async () => {
    const bridge = await bridgeOf(blind);
    expect((await bridge.plan()).plan.notices.map(({ code }) => code)).not.toContain('tokenOwnerUnseen');
  });

  test('is asked for again by check', async () => {
    let asked = 0;
    const bridge = await bridgeOf({
      network: (send) => async (input, init) => {
        if (!new URL(input).pathname.endsWith('/access_tokens') || (asked += 1) > 1) return send(input, init);
        return Response.json({ success: false, message: 'Forbidden' }, { status: 403 });
      },
    });
    await bridge.plan();
    await bridge.plan();
    expect(asked).toBe(1);
    await check(bridge.parts(), machine, never);
    await bridge.plan();
    expect(asked).toBe(2);
    await bridge.applyApproved();
    expect(makerIn(bridge)).toEqual(untouched);
  });
});

describe('logins that write', () => {
  const sso = { config_type: 'saml', saml_sync_group_claims: true, jit_enabled: true };

  test('are a notice of every plan once check saw them', async () => {
    const bridge = await bridgeOf({ retool: { ...withMaker, ssoConfig: sso }, config: { adopt: 'none' } });
    const codes = async () => (await bridge.plan()).plan.notices.map(({ code }) => code);
    expect(await codes()).not.toContain('loginsSetMemberships');
    await check(bridge.parts(), machine, never);
    expect(await codes()).toEqual(expect.arrayContaining(['loginsSetMemberships', 'loginsMakeAccounts']));
  });

  test('are none where no group is mapped and accounts are adopted', async () => {
    const user = {
      email: 'user.email',
      first_name: 'user.name.givenName',
      last_name: 'user.name.familyName',
    };
    const bridge = await bridgeOf({
      retool: { ...withMaker, ssoConfig: sso },
      config: { mapping: { user } },
    });
    await check(bridge.parts(), machine, never);
    const codes = (await bridge.plan()).plan.notices.map(({ code }) => code);
    expect(codes.filter((code) => code.startsWith('logins'))).toEqual([]);
  });
});
