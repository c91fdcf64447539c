import { expect, test } from 'vitest';
import { allVisible } from '../../../src/model/current-state.ts';
import { nothingKnown } from '../../../src/model/preflight.ts';
import { featuresOf } from '../../../src/run/releases.ts';
import { targetNotices, type TargetSeen } from '../../../src/run/target-notices.ts';

const seen: TargetSeen = {
  current: { visible: allVisible },
  known: nothingKnown,
  policy: { adopt: 'email', protect: { users: [], groups: [], admins: 1, allow: [] } },
  mapping: { attributes: new Map([['department', 'user.title']]), groups: [] },
};

test('nothing is said of a target that shows all and of which nothing is known', () => {
  expect(targetNotices(seen)).toEqual([]);
});

test('what a plan hides stands first', () => {
  const notices = targetNotices({
    ...seen,
    current: {
      visible: { users: 'hidden', groups: 'hidden' },
      tokenOwner: { state: 'unseen', because: 'nobody knows' },
    },
  });
  expect(notices.map(({ code }) => code)).toEqual(['hiddenByPlan', 'tokenOwnerUnseen']);
  expect(notices[0]?.text).toContain('hides users and groups');
});

test('a release that lacks what the configuration asks for is named, and one that lacks something else is not', () => {
  const release = {
    state: 'known',
    number: [3, 19],
    olderThan: [3, 75],
    lacks: [
      { feature: 'attributes', since: [3, 20] },
      { feature: 'attributeDefinitions', since: [3, 128] },
    ],
  } as const;
  const known = { ...nothingKnown, release };
  expect(targetNotices({ ...seen, known })).toEqual([
    {
      code: 'olderRelease',
      text: 'Retool 3.19 lacks attributes of users, which came with 3.20 (as check saw it last)',
    },
  ]);
  expect(targetNotices({ ...seen, known, mapping: { ...seen.mapping, attributes: new Map() } })).toEqual([]);
});

const mapping: TargetSeen['mapping'] = { attributes: new Map(), groups: [] };
const rule = {
  name: 'groups[0]',
  select: { by: 'pattern', pattern: 'a' },
  source: null,
  to: 'A',
  create: false,
  access: null,
  admins: null,
} as const;

test.each<readonly [string, TargetSeen['mapping'], 'never' | 'missing', readonly string[]]>([
  ['nothing', mapping, 'never', []],
  ['attributes', { ...mapping, attributes: new Map([['a', 'user.title']]) }, 'never', ['attributes']],
  ['invites for all', { ...mapping, provision: 'invites' }, 'never', ['invites']],
  ['invites by a rule', { ...mapping, groups: [{ ...rule, provision: 'invites' }] }, 'never', ['invites']],
  [
    'grants',
    { ...mapping, groups: [{ ...rule, grants: [{ type: 'folder', object: 'Sales', level: 'use' }] }] },
    'never',
    ['grants'],
  ],
  ['definitions', mapping, 'missing', ['attributeDefinitions']],
])('a configuration with %s asks for as much', (_, asked, attributeDefinitions, features) => {
  expect(featuresOf(asked, { attributeDefinitions })).toEqual(features);
});
