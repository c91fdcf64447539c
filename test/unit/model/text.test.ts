import { expect, test } from 'vitest';
import { compareText, folded } from '../../../src/model/text.ts';

test('folding touches A to Z only', () => {
  expect(folded('AZaz[\u0130\u212aÉ')).toBe('azaz[\u0130\u212aÉ');
});

test('texts are sorted by code unit, whatever the locale says', () => {
  expect(['b', 'ä', 'a', 'B', '', 'a'].toSorted(compareText)).toEqual(['', 'B', 'a', 'a', 'b', 'ä']);
});
