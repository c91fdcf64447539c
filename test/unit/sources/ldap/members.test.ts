import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { flatMembers, type Member, type MemberGroup } from '../../../../src/sources/ldap/members.ts';

/** Groups that hold people `p…` and each other `g…`, in any way, circles included; the first one is asked for. */
const worlds = fc.integer({ min: 1, max: 6 }).chain((count) =>
  fc.array(
    fc.array(
      fc.oneof(
        fc.nat(4).map((person) => `p${person}`),
        fc.nat(count - 1).map((group) => `g${group}`),
      ),
    ),
    {
      minLength: count,
      maxLength: count,
    },
  ),
);

function groupOf(lists: readonly (readonly string[])[], index: number): MemberGroup {
  return { dn: `g${index}`, displayName: `Group ${index}`, members: lists[index] ?? [], because: null };
}

function resolver(lists: readonly (readonly string[])[]) {
  return async (names: readonly string[]): Promise<readonly Member[]> =>
    names.map((name) =>
      name.startsWith('p')
        ? { kind: 'person', id: name }
        : { kind: 'group', group: groupOf(lists, Number(name.slice(1))) },
    );
}

/** Everybody who can be reached: a set that grows while it is walked is walked to its end. */
function reachable(lists: readonly (readonly string[])[]): readonly string[] {
  const reached = new Set(['g0']);
  for (const name of reached) {
    const inner = name.startsWith('g') ? (lists[Number(name.slice(1))] ?? []) : [];
    for (const next of inner) reached.add(next);
  }
  return [...reached].filter((name) => name.startsWith('p')).sort();
}

test('everybody in a group or in the groups in it is a member, once, and the way there is told', async () => {
  await fc.assert(
    fc.asyncProperty(worlds, async (lists) => {
      const { members, through, because } = await flatMembers(groupOf(lists, 0), resolver(lists));
      expect([...members].sort()).toEqual(reachable(lists));
      expect(because).toBeNull();
      const direct = new Set(lists[0]);
      expect(through.map(({ member }) => member)).toEqual(
        [...members].filter((id) => !direct.has(id)).sort(),
      );
    }),
  );
});

test('a group that is not whole deep down makes all above it partial', async () => {
  const inner: MemberGroup = { dn: 'cn=inner', displayName: 'Inner', members: ['p1'], because: 'half' };
  const outer: MemberGroup = { dn: 'cn=outer', displayName: 'Outer', members: ['cn=inner'], because: null };
  const resolve = async (names: readonly string[]): Promise<readonly Member[]> =>
    names.map((name) => (name === 'p1' ? { kind: 'person', id: name } : { kind: 'group', group: inner }));
  expect((await flatMembers(inner, resolve)).because).toBe('half');
  expect((await flatMembers(outer, resolve)).because).toBe('cn=inner: half');
});
