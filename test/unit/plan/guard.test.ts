import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../src/model/plan.ts';
import { heldOperations } from '../../../src/model/held.ts';
import {
  current,
  defaultGuard,
  defaultPolicy,
  desired,
  desiredGroup,
  frozen,
  group,
  leaving,
  managed,
  managedGroup,
  memory,
  now,
  planOf,
  user,
  wanted,
} from './support.ts';

const emails = (n: number, from = 0): readonly string[] =>
  Array.from({ length: n }, (_, index) => `p${from + index}@acme.com`);

/** An organisation of `size` managed people of whom the first `leavers` leave. */
function leavingOf(size: number, leavers: number, fields: Parameters<typeof planOf>[0] = {}): Plan {
  const all = emails(size);
  return planOf({
    desired: desired(
      all.map((email, index) => (index < leavers ? leaving(email, 'inactive') : wanted(email))),
    ),
    current: current(all.map((email) => user(email))),
    memory: memory(all.map((email) => managed(email))),
    ...fields,
  });
}

const classesOf = ({ violations }: Plan): readonly string[] => violations.map((violation) => violation.class);
const held = ({ operations, violations }: Plan): readonly string[] => [
  ...heldOperations(operations, violations),
];

describe('disables', () => {
  test.each([
    [10, 3, []],
    [10, 4, ['disables']],
    [100, 5, []],
    [100, 6, ['disables']],
  ])('of %i managed people %i leavers: %j', (size, leavers, classes) => {
    expect(classesOf(leavingOf(size, leavers))).toEqual(classes);
  });

  test('never more than `most`, whatever the percent', () => {
    const guard = { ...defaultGuard, disables: { count: 3, percent: 50, most: 4 } };
    expect(leavingOf(20, 5, { guard }).violations[0]).toMatchObject({
      class: 'disables',
      limit: 4,
      actual: 5,
    });
  });

  test('a breach holds the whole plan', () => {
    const plan = leavingOf(10, 4);
    expect(held(plan)).toEqual(plan.operations.map((operation) => operation.id));
  });

  test('a slow drip is counted over a rolling day and week', () => {
    const hour = 3_600_000;
    const gone = (n: number, hoursAgo: number) =>
      Array.from({ length: n }, () => ({ class: 'disables', at: now - hoursAgo * hour }) as const);
    const dripping = (takenAway: ReturnType<typeof gone>) =>
      leavingOf(100, 5, {
        memory: memory(
          emails(100).map((email) => managed(email)),
          [],
          { takenAway },
        ),
      });
    expect(classesOf(dripping(gone(5, 23)))).toEqual([]);
    expect(dripping(gone(6, 23)).violations).toMatchObject([{ class: 'disables', limit: 10, actual: 11 }]);
    expect(classesOf(dripping(gone(6, 25)))).toEqual([]);
    expect(dripping(gone(21, 25)).violations).toMatchObject([{ class: 'disables', limit: 25, actual: 26 }]);
    expect(classesOf(dripping(gone(21, 24 * 7 + 1)))).toEqual([]);
  });
});

describe('removals', () => {
  /** One group of `size` owned members of whom the first `removed` are no longer called for. */
  function losing(size: number, removed: number, others = 0): Plan {
    const all = emails(size);
    const more = emails(others, size);
    const names = others === 0 ? ['sales'] : ['sales', 'large'];
    const everybody = [...all, ...more];
    return planOf({
      desired: desired(
        everybody.map((email) => wanted(email)),
        names.map((name) => desiredGroup(name, { members: name === 'sales' ? all.slice(removed) : more })),
      ),
      current: current(
        everybody.map((email) => user(email)),
        names.map((name) => group(name === 'sales' ? '7' : '8', name, name === 'sales' ? all : more)),
      ),
      memory: memory(
        everybody.map((email) => managed(email)),
        names.map((name) => managedGroup(name === 'sales' ? '7' : '8', name, name === 'sales' ? all : more)),
      ),
    });
  }

  test.each([
    [30, 9, 0, []],
    [30, 10, 0, ['removals']],
    [10, 5, 0, []],
    [10, 6, 0, ['removals']],
    [4, 4, 0, []],
    [5, 5, 0, ['removals']],
    [100, 11, 0, ['removals']],
    [100, 11, 100, []],
  ])('a group of %i that loses %i, beside %i memberships elsewhere: %j', (size, removed, others, classes) => {
    expect([...new Set(classesOf(losing(size, removed, others)))]).toEqual(classes);
  });
});

describe('growth', () => {
  test('creates over the limit are held with what waits for them, and leavers still go', () => {
    const joiners = emails(51, 100);
    const [leaver = '', ...staying] = emails(10);
    const plan = planOf({
      desired: desired(
        [leaving(leaver, 'inactive'), ...[...staying, ...joiners].map((email) => wanted(email))],
        [desiredGroup('sales', { members: joiners }), desiredGroup('staff', { members: staying })],
      ),
      current: current(
        emails(10).map((email) => user(email)),
        [group('7', 'staff')],
      ),
      memory: memory(
        emails(10).map((email) => managed(email)),
        [managedGroup('7', 'staff')],
      ),
    });
    expect(plan.violations).toMatchObject([{ class: 'creates', limit: 50, actual: 52, holds: 'operations' }]);
    const waiting = new Set(held(plan));
    expect(waiting).toContain('addMembers:sales');
    expect(plan.operations.map(({ id }) => id).filter((id) => !waiting.has(id))).toEqual([
      `deactivateUser:${leaver}`,
      'addMembers:staff',
    ]);
  });

  test('updates trip at more than max(50, 30 %)', () => {
    const changing = (n: number): Plan =>
      planOf({
        desired: desired(emails(100).map((email, index) => wanted(email, index < n ? { last: 'New' } : {}))),
        current: current(emails(100).map((email) => user(email))),
        memory: memory(emails(100).map((email) => managed(email))),
      });
    expect(classesOf(changing(50))).toEqual([]);
    expect(classesOf(changing(51))).toEqual(['updates']);
  });
});

describe('reads that are not believed', () => {
  test('more than max(3, 2 %) unusable people hold the plan', () => {
    const frozenOf = (n: number): Plan => {
      const all = emails(100);
      return planOf({
        desired: desired(all.map((email, index) => (index < n ? frozen(email) : wanted(email)))),
        current: current(all.map((email) => user(email))),
        memory: memory(all.map((email) => managed(email))),
      });
    };
    expect(classesOf(frozenOf(3))).toEqual([]);
    expect(frozenOf(4).violations).toMatchObject([{ class: 'completeness', holds: 'plan' }]);
  });

  test('people of a source that could not be read are held against nothing: the others go on', () => {
    const all = emails(20);
    const plan = planOf({
      desired: desired(
        all.map((email, index) =>
          index < 15
            ? frozen(email, 'sourceUnread')
            : wanted(email, { last: index === 19 ? 'New' : 'Byron' }),
        ),
        [],
        { unreadSources: new Map([['hr', 'known']]) },
      ),
      current: current(all.map((email) => user(email))),
      memory: memory(all.map((email) => managed(email))),
    });
    expect([plan.violations, plan.operations.map(({ id }) => id)]).toEqual([[], ['updateUser:p19@acme.com']]);
  });

  test.each<[number, number | null, number, number | null, string | null]>([
    [100, 90, 20, 20, null],
    [100, 89, 20, 20, 'okta shows 89 people, 11 fewer than the 100 of its last complete read, more than 10'],
    [100, null, 20, 20, null],
    [20, 17, 20, 17, null],
    [20, 16, 20, 20, 'okta shows 16 people, 4 fewer than the 20 of its last complete read, more than 3'],
    [4, 1, 4, 1, null],
    [100, 100, 20, 16, 'okta shows 16 groups, 4 fewer than the 20 of its last complete read, more than 3'],
    [100, 100, 20, null, null],
    [100, 500, 20, 90, null],
  ])(
    'a source that shrank by more than a tenth, from %s people to %s and from %s groups to %s, holds the plan',
    (people, users, teams, groups, text) => {
      const remembered = { source: 'okta', takenAt: '2026-01-01T00:00:00Z', users: people, groups: teams };
      const plan = planOf({
        desired: desired([wanted('new@acme.com')]),
        memory: { ...memory(), snapshots: new Map([['okta', remembered]]) },
        sizes: [
          { source: 'okta', users, groups },
          { source: 'entra', users: 0, groups: 0 },
        ],
      });
      const expected = { class: 'completeness', holds: 'plan', operations: ['createUser:new@acme.com'] };
      expect(plan.violations).toMatchObject(
        text === null ? [] : [{ ...expected, text: `${text}: part of the list may be missing` }],
      );
    },
  );

  test('a source that shrank holds no plan in which there is nothing to hold', () => {
    const remembered = { source: 'okta', takenAt: '2026-01-01T00:00:00Z', users: 100, groups: 0 };
    const plan = planOf({
      memory: { ...memory(), snapshots: new Map([['okta', remembered]]) },
      sizes: [{ source: 'okta', users: 1, groups: 0 }],
    });
    expect([plan.operations, plan.violations]).toEqual([[], []]);
  });

  test('a target that lacks linked accounts holds the plan', () => {
    const all = emails(100);
    const missing = (n: number): Plan =>
      planOf({
        desired: desired(all.map((email) => wanted(email))),
        current: current(all.slice(n).map((email) => user(email))),
        memory: memory(all.map((email) => managed(email))),
      });
    expect(classesOf(missing(3))).toEqual([]);
    expect(missing(4).violations).toMatchObject([{ class: 'target', limit: 3, actual: 4, holds: 'plan' }]);
    expect(missing(4).operations).toEqual([]);
  });
});

describe('what needs a review', () => {
  test('after a change of the configuration, what it takes away waits; movers and leavers go on', () => {
    const all = emails(4);
    const [outside = '', inactive = '', mover = '', stays = ''] = all;
    const plan = planOf({
      config: 'new',
      desired: desired(
        [leaving(outside, 'outOfScope'), leaving(inactive, 'inactive'), wanted(mover), wanted(stays)],
        [desiredGroup('sales', { members: [stays] })],
      ),
      current: current(
        all.map((email) => user(email)),
        [group('7', 'sales', [mover, stays]), group('8', 'unnamed', [stays])],
      ),
      memory: memory(
        all.map((email) => managed(email)),
        [managedGroup('7', 'sales', [mover, stays]), managedGroup('8', 'unnamed', [stays])],
      ),
    });
    expect(plan.violations).toMatchObject([{ class: 'configuration', actual: 1, holds: 'operations' }]);
    expect(held(plan)).toEqual([`deactivateUser:${outside}`]);
    const ids = plan.operations.map(({ id }) => id);
    expect(ids).toContain(`deactivateUser:${inactive}`);
    expect(ids).toContain(`removeMember:${mover} in sales`);
  });

  test('membership of admin always needs an approval', () => {
    const policy = { ...defaultPolicy, protect: { ...defaultPolicy.protect, allow: ['admin'] } };
    const plan = planOf({
      desired: desired([wanted('a@acme.com')], [desiredGroup('admin', { members: ['a@acme.com'] })]),
      current: current([user('a@acme.com')], [group('1', 'admin')]),
      memory: memory([managed('a@acme.com')]),
      policy,
    });
    expect(plan.violations).toMatchObject([{ class: 'approval', operations: ['addMembers:admin'] }]);
  });

  const withAdmins = (n: number, config = 'config'): Plan =>
    planOf({
      config,
      desired: desired(
        emails(8).map((email) => wanted(email)),
        [desiredGroup('sales', { members: emails(8), admins: emails(n) })],
      ),
      current: current(
        emails(8).map((email) => user(email)),
        [group('7', 'sales', emails(8))],
      ),
      memory: memory(
        emails(8).map((email) => managed(email)),
        [managedGroup('7', 'sales', emails(8))],
      ),
    });

  test('up to five group admins a run go without, when the rule was applied before', () => {
    expect(classesOf(withAdmins(5))).toEqual([]);
    expect(withAdmins(6).violations).toMatchObject([{ class: 'approval', limit: 5, actual: 6 }]);
    expect(withAdmins(1, 'new').violations).toMatchObject([{ class: 'approval', limit: 0, actual: 1 }]);
  });

  test('own-level access that the last applied configuration did not have waits', () => {
    const access = { apps: 'own', resources: 'none', workflows: 'none', queryLibrary: 'none' } as const;
    const plan = (config: string): Plan =>
      planOf({
        config,
        desired: desired([wanted('a@acme.com')], [desiredGroup('sales', { access })]),
        current: current([user('a@acme.com')]),
        memory: memory([managed('a@acme.com')]),
      });
    expect(classesOf(plan('new'))).toEqual(['approval']);
    expect(classesOf(plan('config'))).toEqual([]);
  });
});
