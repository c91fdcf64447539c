import { expect, test } from 'vitest';
import { closest, didYouMean } from '../../../src/model/closest.ts';

const fields = ['email', 'emails', 'userName', 'displayName', 'title'];

test.each([
  ['emial', 'email'],
  ['EMAILS', 'emails'],
  ['username', 'userName'],
  ['dispalyName', 'displayName'],
  ['titel', 'title'],
  ['tital', null],
  ['x', null],
  ['department', null],
])('%s is closest to %s', (word, meant) => {
  expect(closest(word, fields)).toBe(meant);
});

test('a word of any length is looked at', () => {
  expect(closest('a'.repeat(1_000_000), fields)).toBeNull();
});

test('a suggestion is made only when there is one', () => {
  expect([didYouMean('titel', fields), didYouMean('zzz', fields)]).toEqual([' (did you mean "title"?)', '']);
});
