import { expect, test } from 'vitest';
import { clausesOf } from '../../../src/expressions/clauses.ts';

const split = (text: string): readonly string[] => {
  const { join, clauses } = clausesOf(text);
  return [join, ...clauses.map((clause) => clause.text)];
};

test.each([
  ['user.active', ['one', 'user.active']],
  ['user.active && source == "okta"', ['all', 'user.active', 'source == "okta"']],
  [
    'user.active && (source == "a" && source == "b")',
    ['all', 'user.active', 'source == "a"', 'source == "b"'],
  ],
  ['((user.active) && (source == "a"))', ['all', '(user.active)', '(source == "a")']],
  [
    '(user.active || source == "a") && (source == "b")',
    ['all', '(user.active || source == "a")', '(source == "b")'],
  ],
  ['user.active || source == "a" && source == "b"', ['any', 'user.active', 'source == "a" && source == "b"']],
  ['!(user.active && source == "a")', ['one', '!(user.active && source == "a")']],
  ['source == "a && b" && user.title == ") && ("', ['all', 'source == "a && b"', 'user.title == ") && ("']],
  ['user.active ? true : source == "a" || false', ['one', 'user.active ? true : source == "a" || false']],
])('%s is split where its top level joins', (text, parts) => {
  expect(split(text)).toEqual(parts);
});

test('each part answers for itself', () => {
  const { clauses } = clausesOf('user.active && user.title.startsWith("Dr")');
  const context = {
    user: { externalId: '1', active: true, title: 'Ms', extra: {} },
    groups: [],
    source: 'okta',
    from: new Map(),
  };
  expect(clauses.map((clause) => clause.evaluate(context))).toEqual([true, false]);
});
