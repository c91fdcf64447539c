import { describe, expect, test } from 'vitest';
import { checkTemplate, fillTemplate, isTemplate } from '../../../src/expressions/template.ts';

describe('a template', () => {
  test.each([
    ['${team}', 'finance'],
    ['Retool ${team} (${region})', 'Retool finance (eu)'],
    ['${team}${team}', 'financefinance'],
    ['$team {team} $', '$team {team} $'],
  ])('%s becomes %s', (text, filled) => {
    expect(
      fillTemplate(
        text,
        new Map([
          ['team', 'finance'],
          ['region', 'eu'],
        ]),
      ),
    ).toBe(filled);
  });

  test.each(['$&', '$1', '${region}', "$'"])('takes what was captured as it is: %s', (captured) => {
    expect(fillTemplate('<${team}>', new Map([['team', captured]]))).toBe(`<${captured}>`);
  });

  test('is told from plain text', () => {
    expect([isTemplate('${team}'), isTemplate('Finance'), isTemplate('$5')]).toEqual([true, false, false]);
  });

  test('that names what was not captured throws', () => {
    expect(() => fillTemplate('${team}', new Map())).toThrow('nothing was captured for ${team}');
  });
});

describe('checking finds', () => {
  test.each([
    ['${team}', ['team'], []],
    ['${teem}', ['team'], ['the pattern has no group "teem" (did you mean "team"?)']],
    ['${team}', [], ['"${team}" names no group: there is no (?P<team>…) in "match"']],
    ['a ${ b', ['team'], ['"${" needs the name of a group and "}"']],
    [
      '${a-b} ${team} ${x}',
      ['team'],
      ['"${" needs the name of a group and "}"', 'the pattern has no group "x"'],
    ],
  ])('in %s with the groups %j: %j', (text, groups, messages) => {
    expect(checkTemplate(text, groups).map(({ message }) => message)).toEqual(messages);
  });

  test('more than 4096 characters', () => {
    expect(checkTemplate('x'.repeat(5000), []).map(({ message }) => message)).toEqual([
      'longer than 4096 characters',
    ]);
  });
});
