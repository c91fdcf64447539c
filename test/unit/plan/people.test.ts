import { describe, expect, test } from 'vitest';
import {
  codesOf,
  current,
  defaultPolicy,
  desired,
  desiredGroup,
  find,
  frozen,
  group,
  idsOf,
  invite,
  key,
  leaving,
  managed,
  managedGroup,
  memory,
  planOf,
  user,
  wanted,
} from './support.ts';

const ann = 'ann@acme.com';
const ben = 'ben@acme.com';

describe('who gets an account', () => {
  test('somebody new is created with names and attributes in one call', () => {
    const people = [wanted(ann, { first: 'Ann', attributes: { department: 'Sales' } })];
    const plan = planOf({ desired: desired(people, [], { attributeNames: ['department'] }) });
    const { after, reason } = find(plan, 'createUser', ann);
    expect(after).toMatchObject({
      email: ann,
      first_name: 'Ann',
      metadata: { department: 'Sales' },
      links: [key(ann)],
    });
    expect(reason).toMatchObject({ code: 'joiner', source: 'hr', externalId: 'ann' });
  });

  test('an account with the same address is adopted, not doubled, whatever the case it is written in', () => {
    const plan = planOf({ desired: desired([wanted(ann)]), current: current([user('Ann@Acme.com')]) });
    expect(idsOf(plan)).toEqual([`adopt:${ann}`]);
    expect(find(plan, 'adopt', ann).before).toEqual({ id: 'user_annacmecom', managed: false });
  });

  test('adopt: none reports the account and leaves it', () => {
    const plan = planOf({
      desired: desired([wanted(ann)]),
      current: current([user(ann)]),
      policy: { ...defaultPolicy, adopt: 'none' },
    });
    expect(idsOf(plan)).toEqual([]);
    expect(codesOf(plan.conflicts)).toEqual(['unmanagedAccount']);
  });

  test('an account under an id that no request can carry takes its address, and is left alone', () => {
    const odd = user(ann, { id: '..', unusable: true, firstName: 'Other' });
    const plan = planOf({
      desired: desired([wanted(ann), wanted(ben)], [desiredGroup('sales', { members: [ben] })]),
      current: current(
        [odd],
        [{ ...group('7', 'sales'), members: new Map([['..', { groupAdmin: false }]]) }],
      ),
      policy: { ...defaultPolicy, memberships: 'authoritative' },
    });
    expect(idsOf(plan)).toEqual(['adopt:sales', `createUser:${ben}`, 'addMembers:sales']);
    expect(codesOf(plan.conflicts)).toEqual(['unusableAccount']);
  });

  test('two accounts that differ by case only are a conflict, linked or not, and neither is touched', () => {
    const twins = current([user(ann), user('ANN@acme.com', { id: 'user_twin', firstName: 'Other' })]);
    const fresh = planOf({ desired: desired([wanted(ann)]), current: twins });
    const linked = planOf({
      desired: desired([wanted(ann, { first: 'New' })]),
      current: twins,
      memory: memory([managed(ann)]),
    });
    const left = planOf({ desired: desired([]), current: twins, memory: memory([managed(ann)]) });
    for (const plan of [fresh, linked, left]) {
      expect(idsOf(plan)).toEqual([]);
      expect(plan.conflicts).toMatchObject([
        { code: 'ambiguousAddress', candidates: ['user_annacmecom', 'user_twin'] },
      ]);
    }
  });

  test('an account somebody disabled by hand is reported and left', () => {
    const off = current([user(ann, { active: false })]);
    for (const known of [memory(), memory([managed(ann)])]) {
      const plan = planOf({ desired: desired([wanted(ann)]), current: off, memory: known });
      expect(idsOf(plan)).toEqual([]);
      expect(codesOf(plan.conflicts)).toEqual(['disabledByHand']);
    }
  });

  test('reactivate: all switches it on again', () => {
    const plan = planOf({
      desired: desired([wanted(ann)]),
      current: current([user(ann, { active: false })]),
      policy: { ...defaultPolicy, reactivate: 'all' },
    });
    expect(idsOf(plan)).toEqual([`adopt:${ann}`, `reactivateUser:${ann}`]);
    expect(find(plan, 'reactivateUser', ann).dependsOn).toEqual([`adopt:${ann}`]);
  });

  test('a changed address at the source keeps the account and is reported', () => {
    const people = [wanted('ann.byron@acme.com', { keys: [key(ann)] })];
    const plan = planOf({
      desired: desired(people),
      current: current([user(ann)]),
      memory: memory([managed(ann)]),
    });
    expect(idsOf(plan)).toEqual([]);
    expect(codesOf(plan.skips)).toEqual(['emailChanged']);
  });

  test('an address passed on to somebody with another id is a conflict: the old rights are not inherited', () => {
    const people = [wanted(ann, { keys: [{ source: 'hr', externalId: 'another' }] })];
    const plan = planOf({
      desired: desired(people),
      current: current([user(ann)]),
      memory: memory([managed(ann)]),
    });
    expect(idsOf(plan)).toEqual([]);
    expect(codesOf(plan.conflicts)).toEqual(['addressReused']);
  });

  test('a protected account is never written to', () => {
    const policy = { ...defaultPolicy, protect: { ...defaultPolicy.protect, users: [ann] } };
    const held = { current: current([user(ann)]), memory: memory([managed(ann)]), policy };
    expect(idsOf(planOf({ ...held, desired: desired([wanted(ann, { first: 'New' })]) }))).toEqual([]);
    expect(idsOf(planOf({ ...held, desired: desired([]) }))).toEqual([]);
    expect(idsOf(planOf({ policy, desired: desired([wanted(ann)]) }))).toEqual([]);
  });

  test('a pending invite is not doubled by an account: it becomes ours', () => {
    const invites = [invite('1', 'ANN@acme.com')];
    const held = { desired: desired([wanted(ann)]), current: { ...current(), invites } };
    const plan = planOf(held);
    expect(idsOf(plan)).toEqual([`adopt:${ann}`]);
    expect(find(plan, 'adopt', ann)).toMatchObject({
      subject: { type: 'invite', id: '1' },
      after: { links: [key(ann)] },
    });

    const left = planOf({ ...held, policy: { ...defaultPolicy, adopt: 'none' } });
    expect(idsOf(left)).toEqual([]);
    expect(codesOf(left.skips)).toEqual(['pendingInvite']);
  });

  test('a second source that knows the person is linked as well', () => {
    const people = [wanted(ann, { keys: [key(ann), key(ann, 'okta')] })];
    const plan = planOf({
      desired: desired(people, [], { sources: ['hr', 'okta'] }),
      current: current([user(ann)]),
      memory: memory([managed(ann)]),
    });
    expect(find(plan, 'adopt', ann)).toMatchObject({
      before: { managed: true },
      after: { links: [key(ann, 'okta')] },
    });
  });
});

describe('who loses it', () => {
  const held = { current: current([user(ann), user(ben)]), memory: memory([managed(ann), managed(ben)]) };

  test('the inactive, the gone and those out of scope, each with their reason', () => {
    const reasons = (people: Parameters<typeof desired>[0]): readonly string[] =>
      planOf({ ...held, desired: desired([wanted(ben), ...people]) }).operations.map(
        (operation) => `${operation.id} ${operation.reason.code}`,
      );
    expect(reasons([leaving(ann, 'inactive')])).toEqual([`deactivateUser:${ann} inactive`]);
    expect(reasons([leaving(ann, 'outOfScope')])).toEqual([`deactivateUser:${ann} outOfScope`]);
    expect(reasons([])).toEqual([`deactivateUser:${ann} gone`]);
  });

  test('nobody whose absence is not proved', () => {
    const unproved = planOf({ ...held, desired: desired([wanted(ben)]), absences: new Map() });
    const partly = planOf({
      ...held,
      desired: desired([wanted(ben)], [], { completeSources: new Set() }),
    });
    expect([...idsOf(unproved), ...idsOf(partly)]).toEqual([]);
  });

  test('nobody whose row could not be used', () => {
    expect(idsOf(planOf({ ...held, desired: desired([wanted(ben), frozen(ann)]) }))).toEqual([]);
  });

  test('nobody whose source the configuration no longer names: they are reported', () => {
    const plan = planOf({ ...held, desired: desired([], [], { sources: ['okta'] }) });
    expect(idsOf(plan)).toEqual([]);
    expect(codesOf(plan.notices)).toEqual(['sourceRemoved', 'sourceRemoved']);
  });

  test('nobody when leavers are kept', () => {
    const leavers = { ...defaultPolicy.leavers, gone: 'keep' as const };
    const plan = planOf({ ...held, desired: desired([wanted(ben)]), policy: { ...defaultPolicy, leavers } });
    expect(idsOf(plan)).toEqual([]);
    expect(codesOf(plan.skips)).toEqual(['kept']);
  });

  test('no admin, unless admin is opened', () => {
    const world = { ...held, current: current([user(ann, { isAdmin: true }), user(ben)]) };
    const people = desired([wanted(ben)]);
    const closed = planOf({ ...world, desired: people });
    const protect = { ...defaultPolicy.protect, allow: ['admin'] };
    const open = planOf({ ...world, desired: people, policy: { ...defaultPolicy, protect } });
    expect([idsOf(closed), codesOf(closed.skips)]).toEqual([[], ['leavingAdmin']]);
    expect(idsOf(open)).toEqual([`deactivateUser:${ann}`]);
  });

  test('no admin below the floor, and what waits for that neither', () => {
    const protect = { ...defaultPolicy.protect, allow: ['admin'], admins: 2 };
    const world = {
      current: current([user(ann, { isAdmin: true }), user(ben, { isAdmin: true })]),
      memory: held.memory,
      policy: { ...defaultPolicy, protect },
    };
    const plan = planOf({ ...world, desired: desired([wanted(ben)]) });
    expect([idsOf(plan), codesOf(plan.skips)]).toEqual([[], ['lastAdmins']]);
  });

  test('an organisation with too few admins already is warned about and not held', () => {
    const protect = { ...defaultPolicy.protect, admins: 2 };
    const plan = planOf({ desired: desired([wanted(ann)]), policy: { ...defaultPolicy, protect } });
    expect(codesOf(plan.notices)).toEqual(['fewAdmins']);
    expect(plan.violations).toEqual([]);
  });

  test('an account that somebody is about to take over is not reported as left on', () => {
    const old = leaving(ann, 'inactive', [{ source: 'hr', externalId: 'old' }]);
    const plan = planOf({ desired: desired([old, wanted(ann)]), current: current([user(ann)]) });
    expect([idsOf(plan), codesOf(plan.skips)]).toEqual([[`adopt:${ann}`], []]);
  });

  test('an account that was never ours is left on, and said so', () => {
    const plan = planOf({ desired: desired([leaving(ann, 'inactive')]), current: current([user(ann)]) });
    expect([idsOf(plan), codesOf(plan.skips)]).toEqual([[], ['inactiveUnmanaged']]);
  });
});

describe('who comes back', () => {
  test('loses stale memberships of ours first, and is told of those that are not ours', () => {
    const plan = planOf({
      desired: desired([wanted(ann)], [desiredGroup('sales', { members: [ann] }), desiredGroup('old')]),
      current: current(
        [user(ann, { active: false })],
        [group('7', 'old', [ann]), group('8', 'sales'), group('9', 'by hand', [ann])],
      ),
      memory: memory(
        [managed(ann, { disabledByUs: true })],
        [managedGroup('7', 'old', [ann]), managedGroup('8', 'sales')],
      ),
    });
    expect(idsOf(plan)).toEqual([`removeMember:${ann} in old`, `reactivateUser:${ann}`, 'addMembers:sales']);
    const back = find(plan, 'reactivateUser', ann);
    expect(back.dependsOn).toEqual([`removeMember:${ann} in old`]);
    expect(back.reason.text).toContain('"by hand"');
    expect(find(plan, 'addMembers', 'sales').after.members[0]?.waitsFor).toBe(`reactivateUser:${ann}`);
  });

  test('stays off under a policy that may not take the stale memberships away', () => {
    const plan = planOf({
      desired: desired([wanted(ann)], [desiredGroup('old')]),
      current: current([user(ann, { active: false })], [group('7', 'old', [ann])]),
      memory: memory([managed(ann, { disabledByUs: true })], [managedGroup('7', 'old', [ann])]),
      policy: { ...defaultPolicy, policy: 'upsert-only' },
    });
    expect(idsOf(plan)).toEqual([]);
    expect(codesOf(plan.skips)).toEqual(['policy', 'policy']);
  });
});

test('an account we disabled and somebody switched on is no longer ours to switch on again', () => {
  const plan = planOf({
    desired: desired([wanted(ann)]),
    current: current([user(ann)]),
    memory: memory([managed(ann, { disabledByUs: true })]),
  });
  expect(find(plan, 'adopt', ann)).toMatchObject({
    reason: { code: 'switchedOn' },
    before: { managed: true },
    after: { active: true, links: [] },
  });
});

describe('what changes', () => {
  const world = (metadata: Record<string, string>, owned: Record<string, string | null> = {}) => ({
    current: current([user(ann, { metadata })]),
    memory: memory([
      managed(ann, {
        attributes: new Map(Object.entries(owned).map(([name, value]) => [name, { value, source: 'hr' }])),
      }),
    ]),
  });
  const says = (attributes: Record<string, string>, names = ['department', 'title']) =>
    desired([wanted(ann, { attributes })], [], { attributeNames: names });

  test('all changed fields travel in one update', () => {
    const plan = planOf({
      ...world({ department: 'Sales' }),
      desired: desired([wanted(ann, { last: 'King', attributes: { department: 'Legal' } })], [], {
        attributeNames: ['department'],
      }),
    });
    expect(find(plan, 'updateUser', ann)).toMatchObject({
      before: { last_name: 'Byron', metadata: { department: 'Sales' } },
      after: { last_name: 'King', metadata: { department: 'Legal' }, sources: { department: 'hr' } },
    });
    expect(plan.operations).toHaveLength(1);
  });

  test('one attribute alone goes by its own route', () => {
    const plan = planOf({ ...world({ department: 'Sales' }), desired: says({ department: 'Legal' }) });
    expect(idsOf(plan)).toEqual([`setAttributes:${ann}`]);
  });

  test('a value that is already there becomes ours without a call', () => {
    const plan = planOf({ ...world({ department: 'Sales' }), desired: says({ department: 'Sales' }) });
    expect(find(plan, 'adopt', ann).after).toMatchObject({
      links: [],
      attributes: { department: { value: 'Sales' } },
    });
    expect(plan.forecast.calls).toBe(0);
  });

  test('a value of ours whose source has none any more is cleared; one never ours is left alone', () => {
    const ours = planOf({ ...world({ department: 'Sales' }, { department: 'Sales' }), desired: says({}) });
    expect(idsOf(ours)).toEqual([`clearAttributes:${ann}`]);
    expect(find(ours, 'clearAttributes', ann).reason.code).toBe('noValue');
    expect(idsOf(planOf({ ...world({ department: 'Sales' }), desired: says({}) }))).toEqual([]);
  });

  test('a value of ours that no rule names is cleared for that reason', () => {
    const plan = planOf({
      ...world({ department: 'Sales' }, { department: 'Sales' }),
      desired: says({}, ['title']),
    });
    expect(find(plan, 'clearAttributes', ann).reason.code).toBe('noRule');
  });

  test('while a value is ours, the source that gave it keeps it', () => {
    const keys = [key(ann, 'okta'), key(ann)];
    const attributes = new Map([
      [
        'department',
        [
          { value: 'From Okta', provenance: { rule: 'r', source: 'okta', externalId: 'ann', text: '' } },
          { value: 'From hr', provenance: { rule: 'r', source: 'hr', externalId: 'ann', text: '' } },
        ],
      ],
    ]);
    const base = wanted(ann, { keys });
    if (base.state !== 'wanted') throw new Error('not wanted');
    const person = { ...base, account: { ...base.account, attributes } };
    const both = desired([person], [], {
      sources: ['okta', 'hr'],
      completeSources: new Set(['okta', 'hr']),
      attributeNames: ['department'],
    });
    const { current: state, memory: known } = world({ department: 'From hr' }, { department: 'From hr' });
    const plan = planOf({
      desired: both,
      current: state,
      memory: {
        ...known,
        links: [...known.links, { type: 'user', targetId: user(ann).id, ...key(ann, 'okta') }],
      },
    });
    expect(idsOf(plan)).toEqual([]);
  });

  test.each([
    ['hr, which comes first, and could not be read', 'hr', []],
    ['a source that comes later and could not be read', 'okta', ['updateUser:ann@acme.com']],
  ] as const)('an account that also belongs to %s', (_, unread, expected) => {
    const other = unread === 'hr' ? 'okta' : 'hr';
    const { current: state, memory: known } = world({});
    const plan = planOf({
      desired: desired([wanted(ann, { keys: [key(ann, other)], last: 'New' })], [], {
        sources: ['hr', 'okta'],
        unreadSources: new Map([[unread, 'never']]),
        completeSources: new Set([other]),
      }),
      current: state,
      memory: {
        ...known,
        links: [...known.links, { type: 'user', targetId: user(ann).id, ...key(ann, 'okta') }],
      },
    });
    expect([idsOf(plan), plan.violations]).toEqual([expected, []]);
  });

  test('an attribute that Retool does not define stops the plan and names it', () => {
    expect(() => planOf({ desired: desired([], [], { attributeNames: ['team'] }) })).toThrowError(
      expect.objectContaining({ code: 'attributeUndefined', message: expect.stringContaining('team') }),
    );
  });
});
