import { describe, expect, test } from 'vitest';
import type { RunRecord } from '../../../src/model/outcome.ts';
import type { Allowance } from '../../../src/run/budget.ts';
import { checkAllowance } from '../../../src/run/budget.ts';
import { startInProcess, type InProcess, type InProcessOptions } from '../../support/bridge.ts';
import { scim, type Staff } from '../../support/scim.ts';

const noLimit: Allowance = { until: null, maxCalls: null };

function backfill(bridge: InProcess, allowance: Partial<Allowance> = {}): Promise<RunRecord> {
  return bridge.run({
    kind: 'backfill',
    target: 'mustMatch',
    allowance: { ...noLimit, ...allowance },
  });
}

const crowd = (n: number): Staff[] =>
  Array.from({ length: n }, (_, index) => ({
    id: `p${index}`,
    groups: [index < 5 ? 'retool-small' : 'retool-large'],
  }));

async function organisation(
  people: readonly Staff[],
  more: Partial<InProcessOptions> = {},
): Promise<InProcess> {
  const bridge = await startInProcess({ sources: ['staff'], ...more });
  bridge.says({ staff: scim(people) });
  return bridge;
}

const membersOf = ({ retool }: InProcess, name: string): number =>
  retool.state().groups.find((group) => group.name === name)?.memberIds.length ?? 0;

describe('what a backfill does', () => {
  test('it creates more than guard.creates lets a sync create', async () => {
    const bridge = await organisation(crowd(80));
    expect((await bridge.sync()).status).toBe('held');

    const record = await backfill(bridge);

    expect([record.kind, record.status]).toEqual(['backfill', 'changed']);
    expect([membersOf(bridge, 'small'), membersOf(bridge, 'large')]).toEqual([5, 75]);
    expect((await bridge.plan()).plan.operations).toEqual([]);
  });

  test('it adopts, creates and adds members, and lists what it leaves to a sync', async () => {
    const bridge = await organisation(
      [
        { id: 'ann', given: 'Ann', department: 'Sales', groups: ['retool-sales'] },
        { id: 'ben', given: 'Ben', groups: ['retool-sales'] },
      ],
      { retool: { users: [{ email: 'old@acme.com', firstName: 'Old', lastName: 'Hand' }] } },
    );
    await bridge.sync();
    bridge.says({
      staff: scim(
        [
          { id: 'ann', given: 'Anna' },
          { id: 'cat', given: 'Cat', groups: ['retool-sales'] },
          { id: 'old', given: 'Old', family: 'Hand' },
        ],
        ['retool-sales'],
      ),
    });

    const { plan, status } = await backfill(bridge);

    expect(plan.operations.map(({ id }) => id)).toEqual([
      'adopt:old@acme.com',
      'createUser:cat@acme.com',
      'addMembers:sales',
    ]);
    expect(plan.skips.map(({ code, text }) => `${code}: ${text.split(' (')[0]}`)).toEqual([
      'backfill: backfill leaves out updateUser:ann@acme.com',
      'backfill: backfill leaves out removeMember:ann@acme.com in sales',
      'backfill: backfill leaves out deactivateUser:ben@acme.com',
    ]);
    expect(status).toBe('changed');
  });

  test('whoever waits to be switched on again waits for a sync with all memberships', async () => {
    const ann: Staff = { id: 'ann', groups: ['retool-sales'] };
    const bridge = await organisation([ann, { id: 'ben' }]);
    await bridge.sync();
    bridge.says({
      staff: scim([{ id: 'ann', active: false }, { id: 'ben' }], ['retool-sales', 'retool-legal']),
    });
    await bridge.sync();
    bridge.says({
      staff: scim(
        [
          { ...ann, groups: ['retool-legal'] },
          { id: 'ben', groups: ['retool-legal'] },
        ],
        ['retool-sales'],
      ),
    });

    const { plan, status } = await backfill(bridge);

    expect([status, ...plan.operations.map(({ id }) => id)]).toEqual(['changed', 'addMembers:legal']);
    expect(membersOf(bridge, 'legal')).toBe(1);
  });

  test('every other gate holds: a group admin beyond what one run may make waits for an approval', async () => {
    const owners = Array.from({ length: 6 }, (_, index): Staff => ({
      id: `p${index}`,
      groups: ['retool-sales', 'retool-sales-owners'],
    }));
    const bridge = await organisation(owners, {
      config: {
        mapping: {
          user: { email: 'user.email', first_name: 'user.name.givenName', last_name: 'user.name.familyName' },
          groups: [
            {
              match: 'retool-(?P<team>[a-z]+)',
              to: '${team}',
              create: true,
              admins: 'retool-${team}-owners',
            },
          ],
        },
      },
    });

    const { status, plan } = await backfill(bridge);

    expect([status, ...plan.violations.map((violation) => violation.class)]).toEqual(['held', 'approval']);
    expect([bridge.retool.state().users.length, membersOf(bridge, 'sales')]).toEqual([7, 0]);
  });
});

describe('--max-calls', () => {
  test('no invocation sends more, none does anything twice, and the last ends where one without a limit does', async () => {
    const bridge = await organisation(crowd(60));
    const spent: number[] = [];
    const stops: string[] = [];
    for (let invocation = 1; invocation <= 6; invocation += 1) {
      bridge.retool.log.clear();
      const { status, outcomes } = await backfill(bridge, { maxCalls: 20 });
      spent.push(bridge.retool.log.calls.length);
      const left = outcomes.filter(({ state }) => state === 'notAttempted').map(({ code }) => code);
      stops.push([status, ...new Set(left)].join(' '));
      if (status !== 'partial') break;
    }
    expect(stops.slice(0, -1)).toEqual(Array.from({ length: 4 }, () => 'partial callsSpent'));
    expect(stops.at(-1)).toBe('changed');
    expect(spent.slice(0, -1).every((calls) => calls === 20)).toBe(true);
    expect(spent.at(-1)).toBeLessThanOrEqual(20);
    expect([membersOf(bridge, 'small'), membersOf(bridge, 'large')]).toEqual([5, 55]);
    expect((await bridge.plan()).plan.operations).toEqual([]);
  });

  test('the call for the owner of the token is one of them, and no sign of longer lists', async () => {
    const bridge = await organisation(crowd(30), { tokenOwner: 'asked' });
    const { outcomes } = await backfill(bridge, { maxCalls: 16 });
    expect(bridge.retool.log.calls).toHaveLength(16);
    expect(outcomes.filter(({ state }) => state === 'applied')).toHaveLength(16 - 5 - 2);
  });

  test('groups whose people are all there are filled before the next accounts are made', async () => {
    const bridge = await organisation([...crowd(300)]);
    await backfill(bridge, { maxCalls: 130 });
    expect([membersOf(bridge, 'small'), membersOf(bridge, 'large')]).toEqual([5, 0]);

    const people = crowd(300).map((person, index): Staff => ({
      ...person,
      groups: [`retool-${index % 2 === 0 ? 'even' : 'odd'}`],
    }));
    const other = await organisation(people);
    await backfill(other, { maxCalls: 170 });
    expect([membersOf(other, 'even'), membersOf(other, 'odd')]).toEqual([150, 0]);
  });

  test('too few calls to change anything are refused, with the number that it takes', () => {
    const costs = { read: 4, verify: () => 2 };
    expect(() => checkAllowance({ until: null, maxCalls: 6 }, costs)).toThrow(
      expect.objectContaining({
        code: 'badCommand',
        remedy: 'Give at least 7: 4 to read, 1 to change something, 2 to see that it is done.',
      }),
    );
    checkAllowance({ until: null, maxCalls: 7 }, costs);
  });
});

describe('--until', () => {
  test('the last call leaves before the time, and the next run goes on', async () => {
    const bridge = await organisation(crowd(60), { requestsPerMinute: 20 });
    const until = bridge.clock.now() + 3 * 60_000;

    const { status, outcomes } = await backfill(bridge, { until });

    expect([status, bridge.clock.now() <= until]).toEqual(['partial', true]);
    expect(new Set(outcomes.map(({ code }) => code))).toContain('timeIsUp');
    expect(outcomes.filter(({ state }) => state === 'applied').length).toBeGreaterThan(15);
    expect((await backfill(bridge)).status).toBe('changed');
    expect((await bridge.plan()).plan.operations).toEqual([]);
  });

  test('the quota holds across invocations, since what was sent is remembered', async () => {
    const bridge = await organisation(crowd(60), { requestsPerMinute: 20 });
    const sends: number[] = [];
    for (let invocation = 0; invocation < 12; invocation += 1) {
      bridge.retool.log.clear();
      const { status } = await backfill(bridge, { maxCalls: 12 });
      sends.push(bridge.retool.log.calls.length);
      if (status !== 'partial') break;
    }
    // 429 is what Retool would have answered to the first send above the quota.
    const refused = bridge.retool.log.calls.filter(({ status }) => status === 429);
    expect([refused, sends.length > 3]).toEqual([[], true]);
    expect(bridge.clock.elapsed()).toBeGreaterThan(3 * 60_000);
  });
});
