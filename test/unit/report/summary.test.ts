import { describe, expect, test } from 'vitest';
import { heldOf } from '../../../src/report/held.ts';
import { summarize } from '../../../src/report/summary.ts';
import {
  addMembers,
  adoptAccount,
  createGroup,
  createUser,
  deactivateUser,
  planOf,
  removeMember,
  runOf,
  setAttributes,
  setGroupAdmin,
  tooManyLeavers,
  updateGroup,
} from './sample-plan.ts';
import { mondayPlan } from './sample-world.ts';

const summaryOf = (...operations: Parameters<typeof planOf>[0]) =>
  summarize({ plan: planOf(operations), run: null });

describe('who belongs where', () => {
  test('a person stands in one section, by what means most to them', () => {
    const { sections, people } = summaryOf(
      deactivateUser('leaver@acme.com'),
      removeMember('leaver@acme.com', 'Sales'),
      removeMember('mover@acme.com', 'Sales'),
      setAttributes('mover@acme.com', {}, { title: 'Chief' }),
      createUser('joiner@acme.com', 'Jo', 'Iner'),
      addMembers('Sales', ['+joiner@acme.com', 'member@acme.com']),
      adoptAccount('adopted@acme.com'),
    );
    expect(sections.map(({ name, entries }) => [name, entries.map(({ key }) => key)])).toEqual([
      ['leavers', ['leaver@acme.com']],
      ['movers', ['mover@acme.com']],
      ['joiners', ['joiner@acme.com']],
      ['memberships', ['member@acme.com']],
      ['adopted', ['adopted@acme.com']],
    ]);
    expect(people).toEqual({
      leavers: 1,
      movers: 1,
      joiners: 1,
      changed: 0,
      memberships: 1,
      requests: 0,
      adopted: 1,
    });
  });

  test('admins stand first in their section', () => {
    const plan = planOf([deactivateUser('a@acme.com'), deactivateUser('boss@acme.com')], {
      violations: [
        { ...tooManyLeavers(['deactivateUser:boss@acme.com']), class: 'admins', text: 'boss is an admin' },
      ],
    });
    const [leavers] = summarize({ plan, run: null }).sections;
    expect(leavers?.entries.map(({ key }) => key)).toEqual(['boss@acme.com', 'a@acme.com']);
  });
});

test('the headline says what a plan changes, or what a run did', () => {
  const plan = mondayPlan();
  expect(summarize({ plan, run: null }).headline).toBe(
    '3 leavers, 7 movers, 14 joiners, 12 changed accounts, 1 new group, 1 changed group, ' +
      '40 membership changes (+33 −7), 1 group admin change and 8 adopted.',
  );
  expect(summarize({ plan, run: runOf(plan) }).headline).toBe('Applied all 55 operations.');
  expect(summaryOf().headline).toBe('In step: nothing to change.');
});

test('groups are tallied by people in and out, and by what happens to themselves', () => {
  const { groups, memberships } = summaryOf(
    createGroup('New'),
    updateGroup('Sales', 'use', 'edit'),
    addMembers('New', ['a@acme.com', 'b@acme.com']),
    removeMember('a@acme.com', 'Sales'),
    setGroupAdmin('b@acme.com', 'Sales', 'admin'),
  );
  expect(groups).toEqual([
    { name: 'New', added: 2, removed: 0, admins: 0, change: 'created' },
    { name: 'Sales', added: 0, removed: 1, admins: 1, change: 'updated' },
  ]);
  expect(memberships).toEqual({ added: 2, removed: 1 });
});

test('risks name admins who leave, lose or gain their rights', () => {
  expect(
    summaryOf(
      removeMember('old@acme.com', 'admin'),
      addMembers('admin', ['new@acme.com']),
      updateGroup('Sales', 'use', 'own'),
    ).risks,
  ).toEqual([
    'old@acme.com loses the rights of an admin.',
    'new@acme.com becomes an admin of the organisation.',
    'Group "Sales" gets "own" access to all apps.',
  ]);
});

describe('what is held', () => {
  const join = createUser('ann@acme.com', 'Ann', 'Lee');
  const creates = {
    class: 'creates',
    limit: 0,
    actual: 1,
    operations: [join.id],
    holds: 'operations',
    text: 'one too many',
  } as const;

  test('a breach that holds operations takes along what waits for them, and nothing else', () => {
    const group = addMembers('Sales', ['+ann@acme.com', 'bo@acme.com']);
    const alone = addMembers('Legal', ['+ann@acme.com']);
    const plan = planOf([deactivateUser('leo@acme.com'), join, group, alone], { violations: [creates] });
    const held = heldOf(plan, null);
    expect([...(held?.operations ?? [])].sort()).toEqual(['addMembers:Legal', 'createUser:ann@acme.com']);
    const { sections } = summarize({ plan, run: null });
    const changes = sections
      .flatMap((section) => section.entries)
      .flatMap((entry) => entry.changes.map((change) => [entry.key, change.group, change.held]));
    expect(changes).toContainEqual(['ann@acme.com', 'Sales', true]);
    expect(changes).toContainEqual(['bo@acme.com', 'Sales', false]);
  });

  test('a breach that holds the plan holds all of it', () => {
    const plan = planOf([deactivateUser('leo@acme.com'), join], { violations: [tooManyLeavers([])] });
    expect(heldOf(plan, null)?.operations.size).toBe(2);
  });

  test('a run that was approved and went on holds nothing', () => {
    const plan = planOf([join], { violations: [creates] });
    expect(heldOf(plan, runOf(plan, { approved: plan.fingerprint }))).toBeNull();
    expect(heldOf(plan, runOf(plan, { status: 'held' }))).not.toBeNull();
  });
});
