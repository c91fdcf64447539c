import { describe, expect, test } from 'vitest';
import { evidenceOf } from '../../../src/report/evidence.ts';
import type { RunRecord } from '../../../src/model/outcome.ts';
import { approveHeld } from '../../../src/run/approve-held.ts';
import { type InProcess, type InProcessOptions, startInProcess } from '../../support/bridge.ts';
import { scim } from '../../support/scim.ts';

const everybody = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
const day = 24 * 3_600_000;

function said(...ids: readonly string[]): { readonly staff: string } {
  return { staff: scim(ids.map((id) => ({ id }))) };
}

/** Everybody has an account, and then only these are left. */
async function heldAfter(...left: readonly string[]): Promise<{ bridge: InProcess; held: RunRecord }> {
  const bridge = await startInProcess({ sources: ['staff'] });
  bridge.says(said(...everybody));
  await bridge.sync();
  bridge.says(said(...left));
  return { bridge, held: await bridge.sync() };
}

function approve({ store, clock }: InProcess, fingerprint: string): void {
  approveHeld({ store, clock }, { fingerprint, by: 'ann' });
}

/** Who can log in, beside the owner. */
function active({ retool }: InProcess): string {
  return retool
    .state()
    .users.filter((user) => user.active && user.email !== 'owner@acme.com')
    .map(({ email }) => email.split('@')[0])
    .toSorted()
    .join('');
}

describe('what a run holds', () => {
  test('keeps its key for as long as the same operations are held', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    expect(held).toMatchObject({ status: 'held', approved: null, approvalKey: expect.any(String) });

    await bridge.clock.sleep(3_600_000);
    const again = await bridge.sync();
    expect(again.approvalKey).toBe(held.approvalKey);
    expect(bridge.store.heldPlans()).toHaveLength(1);
    bridge.says(said('a'));
    expect((await bridge.sync()).approvalKey).not.toBe(held.approvalKey);
  });

  test('goes in the run after its approval, and is on record with who approved it', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    approve(bridge, held.approvalKey?.slice(0, 12) ?? '');
    const released = await bridge.sync();

    expect(released).toMatchObject({ status: 'changed', approved: held.approvalKey });
    expect(active(bridge)).toBe('ab');
    const disabled = [...bridge.store.auditRecords()].filter(({ kind }) => kind === 'deactivateUser');
    expect(disabled.map(({ approval }) => approval)).toEqual(Array(6).fill(held.approvalKey));
    expect(bridge.store.approvals(bridge.clock.now())).toEqual([]);
  });

  test('goes by the fingerprint of its plan as well', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    approve(bridge, held.plan.fingerprint);

    expect((await bridge.sync()).status).toBe('changed');
  });

  test('goes when fewer of the approved operations are held by then', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    approve(bridge, held.approvalKey ?? '');
    bridge.says(said('a', 'b', 'c'));

    expect((await bridge.sync()).status).toBe('changed');
    expect(active(bridge)).toBe('abc');
  });

  test('waits again when one more operation is held by then', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    approve(bridge, held.approvalKey ?? '');
    bridge.says(said('a'));

    expect(await bridge.sync()).toMatchObject({ status: 'held', approved: null });
    expect(active(bridge)).toBe('abcdefgh');
  });

  test('is approved once: done again by hand, it waits again', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    approve(bridge, held.approvalKey ?? '');
    await bridge.sync();
    const { hand } = bridge.retool;
    for (const { id } of bridge.retool.state().users) hand.updateUser(id, { active: true });

    expect((await bridge.sync()).status).toBe('held');
    expect(active(bridge)).toBe('abcdefgh');
  });

  test('waits again when its approval has expired', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    approve(bridge, held.approvalKey ?? '');
    await bridge.clock.sleep(day);

    expect(await bridge.sync()).toMatchObject({ status: 'held', approvalKey: held.approvalKey });
  });

  test('cannot be approved when nobody held it again for a day, and not by a wrong fingerprint', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    expect(() => approve(bridge, 'f'.repeat(64))).toThrow(/no held plan has the fingerprint/);
    expect(() => approve(bridge, held.approvalKey?.slice(0, 7) ?? '')).toThrow(/no held plan/);
    await bridge.clock.sleep(day);

    expect(() => approve(bridge, held.approvalKey ?? '')).toThrow(
      expect.objectContaining({ code: 'planExpired', remedy: expect.stringContaining('sync') }),
    );
  });

  test('is not stored by apply, whose file is how it is approved', async () => {
    const { bridge, held } = await heldAfter('a', 'b');
    const { plan } = await bridge.plan();
    const refused = await bridge.run({ kind: 'apply', target: 'mustMatch', plan, approve: null });
    expect(refused).toMatchObject({ status: 'held', approved: null });
    expect(refused).not.toHaveProperty('approvalKey');

    const approve = plan.fingerprint;
    const applied = await bridge.run({ kind: 'apply', target: 'mustMatch', plan, approve, by: 'ben' });
    expect(applied).toMatchObject({ status: 'changed', approved: approve });
    const records = [...bridge.store.auditRecords()];
    const approval = records.find(({ event }) => event === 'approval');
    expect(approval?.digest).toBe(plan.fingerprint);
    expect(bridge.store.auditNames().get(approval?.by ?? '')).toBe('ben');
    expect(held.approvalKey).toBeDefined();
  });
});

describe('a pause', () => {
  test('lets no run begin, and leaves plan alone', async () => {
    const bridge = await startInProcess({ sources: ['staff'] });
    bridge.says(said('a'));
    bridge.store.pause({ reason: 'audit week', at: 0, by: 'ann' });

    await expect(bridge.sync()).rejects.toMatchObject({
      code: 'paused',
      message: expect.stringContaining('audit week'),
      remedy: expect.stringContaining('resume'),
    });
    expect((await bridge.plan()).plan.operations).toHaveLength(1);
    bridge.store.resume(1, 'ann');
    expect((await bridge.sync()).status).toBe('changed');
  });

  test('stops a run at the next call, whatever waits for the quota, and the next run does the rest', async () => {
    const ids = Array.from({ length: 40 }, (_, number) => `p${number}`);
    let writes = 0;
    const onWrite: { pause: (() => void) | null } = { pause: null };
    const network: NonNullable<InProcessOptions['network']> = (send) => (input, init) => {
      if (init?.method !== undefined && init.method !== 'GET') {
        writes += 1;
        if (writes === 3) onWrite.pause?.();
      }
      return send(input, init);
    };
    // Three writes a minute are left when the target was read: the others wait in the limiter.
    const bridge = await startInProcess({ sources: ['staff'], network, requestsPerMinute: 7 });
    onWrite.pause = () => bridge.store.pause({ reason: 'stop it', at: bridge.clock.now(), by: 'ann' });
    bridge.says(said(...ids));
    const stopped = await bridge.sync();

    expect(writes).toBe(3);
    expect(stopped.status).toBe('partial');
    const states = stopped.outcomes.map(({ state, code }) => code ?? state);
    expect(states.filter((state) => state === 'applied')).toHaveLength(3);
    expect(states.filter((state) => state === 'paused')).toHaveLength(37);
    expect(bridge.store.openIntents()).toEqual([]);
    bridge.store.resume(bridge.clock.now(), 'ann');
    const rest = await bridge.sync();
    expect(rest.status).toBe('changed');
    expect(writes).toBe(40);
  });
});

describe('the records of a run', () => {
  test('make a chain whose head the run tells, and prove who has what since when', async () => {
    const bridge = await startInProcess({ sources: ['staff'] });
    bridge.says({ staff: scim([{ id: 'a', groups: ['retool-data'] }]) });
    const record = await bridge.sync();

    const head = bridge.store.auditHead();
    expect(record.auditHead).toBe(`${head.seq}:${head.hash}`);
    expect(bridge.store.verifyAudit(head)).toMatchObject({ state: 'whole', records: 3 });
    const evidence = evidenceOf({
      memory: bridge.store.memory(0),
      current: bridge.store.lastReads()?.current ?? null,
      records: bridge.store.auditRecords(),
      names: bridge.store.auditNames(),
    });
    expect(evidence).toMatchObject([
      {
        email: 'a@acme.com',
        what: 'account',
        group: null,
        source: 'staff',
        run: record.id,
        approvedBy: null,
      },
      { email: 'a@acme.com', what: 'membership', group: 'data', rule: 'groups[0]', run: record.id },
    ]);
    expect(evidence.every(({ since }) => since !== null)).toBe(true);
  });

  test('are not made by a dry run, which tells no head', async () => {
    const bridge = await startInProcess({ sources: ['staff'] });
    bridge.says(said('a'));

    expect(await bridge.plan()).not.toHaveProperty('auditHead');
    expect(bridge.store.auditHead().seq).toBe(0);
    expect(bridge.store.lastReads()).toBeNull();
  });
});
