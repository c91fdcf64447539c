import { describe, expect, test } from 'vitest';
import { partial } from '../../../src/model/snapshot.ts';
import {
  codesOf,
  current,
  defaultPolicy,
  desired,
  desiredGroup,
  find,
  group,
  idsOf,
  managed,
  managedGroup,
  memory,
  planOf,
  user,
  wanted,
} from './support.ts';

const ann = 'ann@acme.com';
const ben = 'ben@acme.com';
const cat = 'cat@acme.com';

describe('groups', () => {
  test('a missing group is made when its rule says so, and its members wait for it and for their accounts', () => {
    const plan = planOf({ desired: desired([wanted(ann)], [desiredGroup('sales', { members: [ann] })]) });
    expect(idsOf(plan)).toEqual(['createGroup:sales', `createUser:${ann}`, 'addMembers:sales']);
    const added = find(plan, 'addMembers', 'sales');
    expect(added.dependsOn).toEqual(['createGroup:sales']);
    expect(added.after.members).toMatchObject([{ key: ann, id: null, waitsFor: `createUser:${ann}` }]);
  });

  test('a missing group without create is named, and the run is incomplete', () => {
    const plan = planOf({ desired: desired([], [desiredGroup('sales', { create: false })]) });
    expect([codesOf(plan.skips), plan.incomplete.length]).toEqual([['noSuchGroup'], 1]);
  });

  test('a group that exists is used: its members are managed, its name and settings are not', () => {
    const plan = planOf({
      desired: desired([wanted(ann)], [desiredGroup('sales', { members: [ann] })]),
      current: current([user(ann)], [group('7', 'sales')]),
    });
    expect(idsOf(plan)).toEqual([`adopt:${ann}`, 'adopt:sales', 'addMembers:sales']);
  });

  test('access settings are kept only where the rule has them', () => {
    const access = { apps: 'use', resources: 'none', workflows: 'none', queryLibrary: 'none' } as const;
    const plan = planOf({
      desired: desired([], [desiredGroup('sales', { access })]),
      current: current([], [group('7', 'sales')]),
    });
    expect(find(plan, 'updateGroup', 'sales')).toMatchObject({
      before: { universal_app_access: 'none' },
      after: { universal_app_access: 'use' },
    });
  });

  test('access that Retool does not state is left as it is and named', () => {
    const access = { apps: 'use', resources: 'none', workflows: 'none', queryLibrary: 'none' } as const;
    const plan = planOf({
      desired: desired([], [desiredGroup('sales', { access })]),
      current: current([], [{ ...group('7', 'sales'), access: null }]),
    });
    expect([idsOf(plan), codesOf(plan.skips)]).toEqual([['adopt:sales'], ['accessUnknown']]);
  });

  test('a name that differs by case only is a conflict', () => {
    const plan = planOf({
      desired: desired([], [desiredGroup('sales')]),
      current: current([], [group('7', 'Sales')]),
    });
    expect([idsOf(plan), codesOf(plan.conflicts)]).toEqual([[], ['groupNameCase']]);
  });

  test('a group renamed by hand stays the same group', () => {
    const plan = planOf({
      desired: desired([wanted(ann)], [desiredGroup('sales', { members: [ann] })]),
      current: current([user(ann)], [group('7', 'Sales EMEA', [ann])]),
      memory: memory([managed(ann)], [managedGroup('7', 'sales', [ann])]),
    });
    expect([idsOf(plan), codesOf(plan.notices)]).toEqual([[], ['groupRenamedInRetool']]);
  });

  const renamedFeed = desiredGroup('revenue', { fedBy: [{ source: 'hr', externalId: 'g-sales' }] });

  test('a renamed source group renames the group we made, by id', () => {
    const plan = planOf({
      desired: desired([], [renamedFeed]),
      current: current([], [group('7', 'sales')]),
      memory: memory([], [managedGroup('7', 'sales')]),
    });
    expect(find(plan, 'updateGroup', 'revenue')).toMatchObject({
      subject: { id: '7' },
      before: { name: 'sales' },
      after: { name: 'revenue' },
    });
    expect(plan.operations).toHaveLength(1);
  });

  test('a renamed source group leaves a group we only use, and says so', () => {
    const plan = planOf({
      desired: desired([], [renamedFeed]),
      current: current([], [group('7', 'sales')]),
      memory: memory([], [managedGroup('7', 'sales', [], { origin: 'used' })]),
    });
    expect([idsOf(plan), codesOf(plan.conflicts)]).toEqual([[], ['sourceGroupRenamed']]);
  });

  test('another source group of the same name does not inherit the group of one that is gone', () => {
    const plan = planOf({
      desired: desired(
        [wanted(ann), wanted(ben)],
        [desiredGroup('sales', { members: [ben], fedBy: [{ source: 'hr', externalId: 'g-new' }] })],
      ),
      current: current([user(ann), user(ben)], [group('7', 'sales', [ann])]),
      memory: memory([managed(ann), managed(ben)], [managedGroup('7', 'sales', [ann])]),
    });
    expect([idsOf(plan), codesOf(plan.conflicts)]).toEqual([[], ['sourceGroupReplaced']]);
  });

  test('a group that nothing could be found to feed is not made', () => {
    const unknown = desiredGroup('sales', { fedBy: [], completeness: partial('it was not found') });
    expect(idsOf(planOf({ desired: desired([], [unknown]) }))).toEqual([]);
    expect(idsOf(planOf({ desired: desired([], [desiredGroup('sales', { fedBy: [] })]) }))).toEqual([
      'createGroup:sales',
    ]);
  });

  test('built-in and protected groups are left alone', () => {
    const protect = { ...defaultPolicy.protect, groups: ['Board'] };
    const names = ['admin', 'editor', 'viewer', 'All Users', 'Board'];
    const plan = planOf({
      desired: desired(
        [wanted(ann)],
        names.map((name) => desiredGroup(name, { members: [ann] })),
      ),
      current: current(
        [user(ann)],
        names.map((name, index) => group(String(index + 1), name)),
      ),
      memory: memory([managed(ann)]),
      policy: { ...defaultPolicy, protect },
    });
    expect(idsOf(plan)).toEqual([]);
    expect(codesOf(plan.skips)).toEqual(names.map(() => 'protectedGroup'));
  });
});

describe('memberships', () => {
  const held = (members: readonly string[], ours: readonly string[] = members) => ({
    current: current([user(ann), user(ben), user(cat)], [group('7', 'sales', members)]),
    memory: memory([managed(ann), managed(ben), managed(cat)], [managedGroup('7', 'sales', ours)]),
  });
  const people = [wanted(ann), wanted(ben), wanted(cat)];

  test('one addition per group carries everybody who joins', () => {
    const plan = planOf({
      ...held([]),
      desired: desired(people, [desiredGroup('sales', { members: [ann, ben] })]),
    });
    expect(find(plan, 'addMembers', 'sales').after.members.map((member) => member.key)).toEqual([ann, ben]);
    expect(plan.operations).toHaveLength(1);
  });

  test('whoever left the source group loses the membership we gave', () => {
    const plan = planOf({
      ...held([ann, ben]),
      desired: desired(people, [desiredGroup('sales', { members: [ben] })]),
    });
    expect(idsOf(plan)).toEqual([`removeMember:${ann} in sales`]);
    expect(find(plan, 'removeMember', `${ann} in sales`).reason).toMatchObject({
      code: 'leftGroup',
      source: 'hr',
      externalId: 'ann',
    });
  });

  test('a membership made by hand stays, unless memberships are authoritative', () => {
    const world = {
      ...held([ann, ben], [ben]),
      desired: desired(people, [desiredGroup('sales', { members: [ben] })]),
    };
    const strict = { ...defaultPolicy, memberships: 'authoritative' as const };
    expect(idsOf(planOf(world))).toEqual([]);
    expect(idsOf(planOf({ ...world, policy: strict }))).toEqual([`removeMember:${ann} in sales`]);
  });

  test('additive takes nothing back', () => {
    const policy = { ...defaultPolicy, memberships: 'additive' as const };
    const plan = planOf({ ...held([ann]), desired: desired(people, [desiredGroup('sales')]), policy });
    expect(idsOf(plan)).toEqual([]);
  });

  test('a group that was not read whole gains members and loses none', () => {
    const half = desiredGroup('sales', { members: [ben], completeness: partial('page 2 failed') });
    const plan = planOf({ ...held([ann]), desired: desired(people, [half]) });
    expect(idsOf(plan)).toEqual(['addMembers:sales']);
  });

  test('somebody a rule could not decide on keeps the membership', () => {
    const unsure = desiredGroup('sales', { undecided: [ann] });
    expect(idsOf(planOf({ ...held([ann]), desired: desired(people, [unsure]) }))).toEqual([]);
  });

  test('what a rule first calls for and is there already becomes ours without a call', () => {
    const world = {
      ...held([ann], []),
      desired: desired(people, [desiredGroup('sales', { members: [ann] })]),
    };
    const none = { ...defaultPolicy, adoptMemberships: 'none' as const };
    expect(idsOf(planOf(world))).toEqual([`adopt:${ann} in sales`]);
    expect(idsOf(planOf({ ...world, policy: none }))).toEqual([]);
  });

  test('memberships of a leaver stay: they give nothing', () => {
    const plan = planOf({
      ...held([ann, ben]),
      desired: desired([wanted(ben), wanted(cat)], [desiredGroup('sales', { members: [ben] })]),
    });
    expect(idsOf(plan)).toEqual([`deactivateUser:${ann}`]);
  });

  test('the admin flag follows the rule, and stays as it is without one', () => {
    const flagged = desiredGroup('sales', { members: [ann, ben], admins: [ann] });
    const plan = planOf({ ...held([ann, ben]), desired: desired(people, [flagged]) });
    expect(idsOf(plan)).toEqual([`setGroupAdmin:${ann} in sales`]);
  });

  test.each([
    ['groupGone', new Set<string>()],
    ['noRule', new Set(['hr:g-sales'])],
  ])('a group no rule calls for any more gives its memberships back: %s', (code, seenGroups) => {
    const plan = planOf({ ...held([ann]), desired: desired(people, [], { seenGroups }) });
    expect(plan.operations.map((operation) => [operation.id, operation.reason.code])).toEqual([
      [`removeMember:${ann} in sales`, code],
    ]);
  });

  test('while its source could not list all groups, nothing follows from its absence', () => {
    const plan = planOf({
      ...held([ann]),
      desired: desired(people, [], { completeGroupSources: new Set() }),
    });
    expect(idsOf(plan)).toEqual([]);
  });

  test('a group deleted in Retool is released, and the plan is held', () => {
    const plan = planOf({
      desired: desired([wanted(ann)]),
      current: current([user(ann)], []),
      memory: memory([managed(ann)], [managedGroup('7', 'sales', [ann])]),
    });
    expect(idsOf(plan)).toEqual(['release:sales']);
    expect(plan.violations).toMatchObject([{ class: 'target', holds: 'plan' }]);
  });
});
