import { describe, expect, test } from 'vitest';
import { checkPattern, compilePattern } from '../../../src/expressions/pattern.ts';

const matchOf = (pattern: string, name: string): Record<string, string> | null => {
  const captured = compilePattern(pattern).match(name);
  return captured === null ? null : Object.fromEntries(captured);
};

describe('a pattern', () => {
  test.each([
    ['retool-(?P<team>[a-z]+)', 'retool-finance', { team: 'finance' }],
    ['retool-(?P<team>[a-z]+)', 'retool-finance-owners', null],
    ['retool-(?P<team>[a-z]+)', 'my-retool-finance', null],
    ['retool-(?P<team>[a-z]+)', 'Retool-finance', null],
    ['(?i)retool-(?P<team>[a-z]+)', 'RETOOL-Finance', { team: 'Finance' }],
    ['(?P<region>eu|us)-(?P<team>.*)', 'eu-', { region: 'eu', team: '' }],
    ['(?P<a>x)?(?P<b>y)?', 'y', { a: '', b: 'y' }],
    ['a|ab', 'ab', {}],
    ['.', '👩', {}],
    ['(?P<constructor>.+)', 'x', { constructor: 'x' }],
  ])('%s against %s', (pattern, name, captured) => {
    expect(matchOf(pattern, name)).toEqual(captured);
  });

  test('names its groups in their order', () => {
    expect(compilePattern('(?P<b>x)(?P<a>y)(z)').groups).toEqual(['b', 'a']);
  });

  test.each(['(a+)+$', '(a|aa)+$', '(.*)*b', '(?:a?){50}a{50}'])('%s matches in linear time', (pattern) => {
    expect(matchOf(pattern, `${'a'.repeat(10_000)}!`)).toBeNull();
  });
});

describe('the one name that a pattern can mean', () => {
  test.each([
    ['Finance', 'Finance'],
    ['^Finance$', 'Finance'],
    ['Finance \\(EU\\)', 'Finance (EU)'],
    ['a\\.b\\\\c', 'a.b\\c'],
    ['Größe 👩', 'Größe 👩'],
    ['Finance.*', null],
    ['Fin|ance', null],
    ['a.b', null],
    ['\\d', null],
    ['\\Qa.b\\E', null],
    ['(?i)finance', null],
    ['[F]inance', null],
    ['x{2}', null],
  ])('%s: %s', (pattern, literal) => {
    expect(compilePattern(pattern).literal).toBe(literal);
    expect(matchOf(pattern, literal ?? '') !== null).toBe(literal !== null);
  });
});

describe('a pattern is refused', () => {
  test.each([
    ['empty', '', 'the pattern is empty'],
    ['an open bracket', '(', 'missing closing ) at "("'],
    ['look-ahead', 'a(?=b)', expect.stringContaining('RE2 has no look-around')],
    ['a back-reference', '(a)\\1', expect.stringContaining('\\1')],
    ['many repeats', 'x{100000}', expect.any(String)],
    ['many repeats of repeats', '(?:(?:a{100}){100}){10}', expect.any(String)],
    ['deep nesting', '('.repeat(3000), expect.any(String)],
    ['a great length', 'a'.repeat(5000), 'longer than 4096 characters'],
  ])('for %s', (_, pattern, message) => {
    expect(checkPattern(pattern).map((problem) => problem.message)).toEqual([message]);
  });

  test('with the place of what is wrong', () => {
    expect(checkPattern('retool-[z-a]')).toMatchObject([{ start: 8, end: 11 }]);
  });
});
