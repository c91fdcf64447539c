import { describe, expect, test } from 'vitest';
import { matchesGlob, selectGroups } from '../../../src/model/glob.ts';

describe('a pattern', () => {
  test.each([
    ['retool-*', 'retool-finance', true],
    ['retool-*', 'retool-', true],
    ['retool-*', 'Retool-finance', false],
    ['retool-*', 'my-retool-finance', false],
    ['*', '', true],
    ['*', 'anything', true],
    ['?', '', false],
    ['?', 'ab', false],
    ['?', '🦊', true],
    ['a*b*c', 'a-b-b-c', true],
    ['a*b*c', 'a-c-b', false],
    ['*finance', 'retool-finance', true],
    ['a.c', 'abc', false],
    ['a.c', 'a.c', true],
    ['(x|y)', 'x', false],
    ['', '', true],
    ['', 'a', false],
  ])('%j over %j: %s', (glob, name, matches) => {
    expect(matchesGlob(glob, name)).toBe(matches);
  });

  test('that would make a regular expression explode is quick', () => {
    expect(matchesGlob(`${'*a'.repeat(40)}b`, 'a'.repeat(2_000))).toBe(false);
  });
});

describe('selectors', () => {
  const group = (externalId: string, displayName: string) => ({ externalId, displayName, extra: {} });
  const groups = [group('1', 'retool-a'), group('2', 'retool-b'), group('3', 'other'), group('4', 'id:3')];

  test('pick each group once, however many match it', () => {
    const { picked } = selectGroups(groups, ['retool-*', 'retool-a', 'id:1', 'id:3']);
    expect(picked.map(({ externalId }) => externalId)).toEqual(['1', '2', '3']);
  });

  test('tell patterns without a match from names and ids without one', () => {
    expect(selectGroups(groups, ['nothing-*', 'nothing', 'id:9', 'other'])).toEqual({
      picked: [group('3', 'other')],
      missing: ['nothing', 'id:9'],
      unmatched: ['nothing-*'],
    });
  });

  test('pick all groups of one name', () => {
    const twins = [group('1', 'same'), group('2', 'same')];
    expect(selectGroups(twins, ['same']).picked).toHaveLength(2);
  });
});
