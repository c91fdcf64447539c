import { describe, expect, test } from 'vitest';
import { planJson } from '../../../src/report/json.ts';
import { parsePlan } from '../../../src/run/plan-file.ts';
import { startInProcess, type InProcess } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

const people: readonly Staff[] = [
  { id: 'ann', department: 'Law', groups: ['retool-sales', 'retool-ops'] },
  { id: 'ben', groups: ['retool-sales', 'retool-data'] },
];

async function started(options: Partial<Parameters<typeof startInProcess>[0]> = {}): Promise<InProcess> {
  const bridge = await startInProcess({ sources: ['staff'], ...options });
  bridge.says({ staff: scim(people) });
  return bridge;
}

const only = 'ann@acme.com';

describe('a run for one person', () => {
  test('makes the account, the groups it needs and these memberships, and nothing else', async () => {
    const bridge = await started();
    const record = await bridge.run({ kind: 'sync', target: 'mustMatch', only });
    expect(record.plan.operations.map(({ id }) => id)).toEqual([
      'createGroup:ops',
      'createGroup:sales',
      'createUser:ann@acme.com',
      'addMembers:ops',
      'addMembers:sales',
    ]);
    expect(record.outcomes.every(({ state }) => state === 'applied')).toBe(true);
    const { users, groups } = bridge.retool.state();
    const ann = users.find(({ email }) => email === only)?.id;
    expect(users.map(({ email }) => email)).not.toContain('ben@acme.com');
    expect(groups.find(({ name }) => name === 'sales')?.memberIds).toEqual([ann]);
    expect(groups.map(({ name }) => name)).not.toContain('data');
  });

  test('leaves exactly the rest to the next whole run', async () => {
    const bridge = await started();
    await bridge.run({ kind: 'sync', target: 'mustMatch', only });
    const { plan } = await bridge.plan();
    expect(plan.operations.map(({ id }) => id)).toEqual([
      'createGroup:data',
      'createUser:ben@acme.com',
      'addMembers:data',
      'addMembers:sales',
    ]);
    expect((await bridge.run({ kind: 'dryRun', target: 'mustMatch', only })).plan.operations).toEqual([]);
  });

  test('takes access away from a leaver and leaves other leavers to the next run', async () => {
    const bridge = await started();
    await bridge.sync();
    bridge.says({ staff: scim(people.map((person) => ({ ...person, active: false }))) });
    const { plan } = await bridge.run({ kind: 'sync', target: 'mustMatch', only });
    expect(plan.operations.map(({ id }) => id)).toEqual(['deactivateUser:ann@acme.com']);
  });

  test('is held by the guard like any other', async () => {
    const bridge = await started({ config: { guard: { creates: { count: 0, percent: 0 } } } });
    const record = await bridge.run({ kind: 'sync', target: 'mustMatch', only });
    expect(record.status).toBe('held');
    expect(record.plan.violations.map(({ class: name, actual }) => `${name} ${actual}`)).toEqual([
      'creates 3',
    ]);
  });

  test('tells only the skips and conflicts of this person', async () => {
    const bridge = await started();
    bridge.says({
      staff: scim([...people, { id: 'zoe', email: 'no address' }, { id: 'yan', email: 'none either' }]),
    });
    expect((await bridge.plan()).plan.skips.map(({ code }) => code)).toEqual([
      'noUsableAddress',
      'noUsableAddress',
    ]);
    const { plan } = await bridge.run({ kind: 'dryRun', target: 'mustMatch', only: 'staff:zoe' });
    expect(plan.skips.map(({ subject }) => subject.key)).toEqual(['staff:zoe']);
    expect(plan.operations).toEqual([]);
  });

  test('is no review of the configuration for everybody else', async () => {
    const bridge = await started();
    const { plan } = await bridge.run({ kind: 'dryRun', target: 'mustMatch', only });
    const read = parsePlan(planJson(plan), 'plan.json');
    expect(read.only).toBe(only);
    await bridge.run({ kind: 'apply', target: 'mustMatch', plan: read, approve: read.fingerprint });
    expect(bridge.store.memory(0).appliedConfig).toBeNull();
    await bridge.sync();
    expect(bridge.store.memory(0).appliedConfig).toBe(plan.config);
  });

  test('refuses somebody whom nobody knows', async () => {
    const bridge = await started();
    await expect(
      bridge.run({ kind: 'sync', target: 'mustMatch', only: 'zoe@acme.com' }),
    ).rejects.toMatchObject({
      code: 'badCommand',
    });
  });
});
