import { describe, expect, test } from 'vitest';
import type { NestedGroup } from '../../../../src/sources/file/convert.ts';
import { flatMembers } from '../../../../src/sources/file/flatten.ts';

type Member = { readonly value: string; readonly type?: string };

function nested(
  externalId: string,
  members: readonly (string | Member)[] | null,
  because: string | null = null,
): NestedGroup {
  return {
    externalId,
    displayName: externalId,
    extra: {},
    members: members?.map((member) => (typeof member === 'string' ? { value: member } : member)) ?? null,
    because,
  };
}

/** The first group made flat, among people a, b and c. */
function flattened(...groups: readonly NestedGroup[]) {
  const [first] = groups;
  if (first === undefined) throw new Error('no group');
  return flatMembers(first, {
    people: new Set(['a', 'b', 'c']),
    groups: new Map(groups.map((group) => [group.externalId, group])),
  });
}

/** Who is in the first group, and whether that is all. */
function flatten(...groups: readonly NestedGroup[]) {
  const { members, because } = flattened(...groups);
  return { members, because };
}

const whole = (...members: readonly string[]) => ({ members, because: null });

describe('the members of a group', () => {
  test('are sorted, each once', () => {
    expect(flatten(nested('g', ['c', 'a', 'c', 'a']))).toEqual(whole('a', 'c'));
  });

  test('are those of the groups in it too, to any depth', () => {
    const chain = Array.from({ length: 5_000 }, (_, index) => nested(`g${index}`, [`g${index + 1}`]));
    expect(flatten(...chain, nested('g5000', ['b']))).toEqual(whole('b'));
  });

  test('do not change with the order of entries', () => {
    const inner = nested('h', ['a', 'b']);
    expect(flatten(nested('g', ['h', 'c']), inner)).toEqual(flatten(nested('g', ['c', 'h']), inner));
  });

  test('are found in a group that holds itself', () => {
    expect(flatten(nested('g', ['g', 'a']))).toEqual(whole('a'));
  });

  test('are found in groups that hold each other', () => {
    expect(flatten(nested('g', ['h', 'a']), nested('h', ['i', 'b']), nested('i', ['g', 'c']))).toEqual(
      whole('a', 'b', 'c'),
    );
  });

  test('are found once in a group that is reached twice', () => {
    expect(
      flatten(nested('g', ['h', 'i']), nested('h', ['j']), nested('i', ['j']), nested('j', ['a'])),
    ).toEqual(whole('a'));
  });

  test('are people where an id stands for a person and a group, unless the entry says which', () => {
    const twin = nested('a', ['b']);
    expect(flatten(nested('g', ['a']), twin)).toEqual(whole('a'));
    expect(flatten(nested('g', [{ value: 'a', type: 'User' }]), twin)).toEqual(whole('a'));
    expect(flatten(nested('g', [{ value: 'a', type: 'Group' }]), twin)).toEqual(whole('b'));
  });

  test('may be somebody the file does not list', () => {
    expect(flatten(nested('g', ['nobody', 'a']))).toEqual(whole('a', 'nobody'));
  });
});

describe('there may be more members than were seen', () => {
  test('when a group in it is not in the file', () => {
    const { members, because } = flatten(nested('g', [{ value: 'h', type: 'Group' }, 'a']));
    expect(members).toEqual(['a']);
    expect(because).toContain('"h" is not in the file');
  });

  test('when its own list could not be read', () => {
    expect(flatten(nested('g', null, 'no list'))).toEqual({ members: [], because: 'no list' });
  });

  test('when the list of a group deep in it could not be read', () => {
    const { members, because } = flatten(
      nested('g', ['h', 'a']),
      nested('h', ['i']),
      nested('i', ['b'], 'members.1: bad'),
    );
    expect(members).toEqual(['a', 'b']);
    expect(because).toBe('its member group "i": members.1: bad');
  });
});

describe('the way to a member', () => {
  test('names the groups in between, and is not told of those in the group itself', () => {
    const { through } = flattened(nested('g', ['a', 'h']), nested('h', ['a', 'i']), nested('i', ['b', 'a']));
    expect(through).toEqual([{ member: 'b', groups: ['h', 'i'] }]);
  });
});
