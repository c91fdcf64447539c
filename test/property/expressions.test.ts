import { EvaluationError } from '@marcbachmann/cel-js';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  checkExpression,
  compileExpression,
  stringify,
  type PersonContext,
} from '../../src/expressions/cel.ts';
import { checkingEnvironment } from '../../src/expressions/environment.ts';
import { checkPattern, compilePattern } from '../../src/expressions/pattern.ts';
import { prepare } from '../../src/expressions/prepare.ts';
import { personVariables } from '../../src/expressions/schema.ts';
import { fromCel, toCel } from '../../src/expressions/value.ts';
import type { User } from '../../src/model/user.ts';

const sources = ['okta', 'entra'];
const word = fc.constantFrom('', 'a', 'Ada', 'retool-finance', 'É', '7');

/** A record that has some of its fields, so that expressions meet absent ones as often as others. */
const user: fc.Arbitrary<User> = fc.record(
  {
    externalId: word,
    active: fc.boolean(),
    userName: word,
    email: word,
    emails: fc.array(fc.record({ value: word, primary: fc.boolean() }, { requiredKeys: ['value'] }), {
      maxLength: 3,
    }),
    name: fc.record({ givenName: word, familyName: word }, { requiredKeys: [] }),
    title: word,
    enterprise: fc.record(
      { department: word, manager: fc.record({ displayName: word }, { requiredKeys: [] }) },
      { requiredKeys: [] },
    ),
    extra: fc.dictionary(
      fc.constantFrom('text', 'number', 'flag', 'list'),
      fc.oneof(
        word,
        fc.integer({ min: -9, max: 9 }),
        fc.boolean(),
        fc.constant(null),
        fc.array(word, { maxLength: 3 }),
      ),
    ),
  },
  { requiredKeys: ['externalId', 'active', 'extra'] },
);

const context: fc.Arbitrary<PersonContext> = fc
  .tuple(user, fc.option(user), fc.array(word, { maxLength: 3 }))
  .map(([okta, entra, groups]) => ({
    user: okta,
    groups,
    source: 'okta',
    from: new Map([['okta', okta], ...(entra === null ? [] : [['entra', entra] as const])]),
  }));

/** No item of `user.emails` by index: with types declared the engine takes no Map for a record there. */
const text = fc.constantFrom(
  'user.userName',
  'user.email',
  'user.title',
  'user.name.givenName',
  'user.name.familyName',
  'user.enterprise.department',
  'user.enterprise.manager.displayName',
  'from.entra.userName',
  'source',
  '"Ada"',
  'user.?title.orValue("none")',
  'groups[0]',
);
const anything = fc.constantFrom(
  'user.extra.text',
  'user.extra.number',
  'user.extra.flag',
  'user.extra["list"]',
  'user.extra',
);

const { expression } = fc.letrec<{ expression: string; string: string; bool: string }>((tie) => ({
  expression: fc.oneof({ maxDepth: 4 }, anything, tie('string'), tie('bool')),
  string: fc.oneof(
    { maxDepth: 3 },
    text,
    fc.tuple(tie('string'), tie('string')).map(([a, b]) => `(${a} + ${b})`),
    tie('string').map((a) => `${a}.lowerAscii()`),
    fc.tuple(tie('bool'), tie('string'), tie('string')).map(([c, a, b]) => `(${c} ? ${a} : ${b})`),
  ),
  bool: fc.oneof(
    { maxDepth: 3 },
    fc.constantFrom(
      'user.active',
      'has(user.title)',
      'has(user.enterprise.manager.displayName)',
      'has(user.extra.text)',
    ),
    fc
      .tuple(tie('string'), fc.constantFrom('==', '!=', '<'), tie('string'))
      .map((parts) => `(${parts.join(' ')})`),
    fc.tuple(anything, tie('string')).map(([a, b]) => `(${a} == ${b})`),
    fc.tuple(tie('bool'), fc.constantFrom('&&', '||'), tie('bool')).map((parts) => `(${parts.join(' ')})`),
    tie('bool').map((a) => `!${a}`),
    tie('string').map((a) => `${a}.matches("^[a-z]+")`),
    tie('string').map((a) => `(${a} in groups)`),
    tie('string').map((a) => `groups.exists(g, g == ${a})`),
    tie('string').map((a) => `user.emails.all(e, e.value != ${a})`),
  ),
}));

type Told = { readonly gives: string } | 'no value' | 'fails';

const absent = ['no_such_key', 'index_out_of_bounds', 'optional_value_missing'];

function told(value: ReturnType<typeof fromCel>): Told {
  return value === undefined ? 'no value' : { gives: stringify(value) };
}

const typed = checkingEnvironment(personVariables(sources));

/** Evaluates in the engine that checks, where every field has its type. */
function askTyped(expression: string, seen: PersonContext): Told {
  const parsed = typed.parse(expression);
  prepare(parsed.ast);
  const variables = Object.fromEntries(
    (['user', 'groups', 'source', 'from'] as const).map((name) => [
      name,
      toCel(seen[name], 'all', expression),
    ]),
  );
  try {
    return told(fromCel(parsed(variables), expression));
  } catch (error) {
    return error instanceof EvaluationError && absent.includes(error.code) ? 'no value' : 'fails';
  }
}

function ask(expression: string, seen: PersonContext): Told {
  const compiled = compileExpression(expression);
  try {
    return told(compiled.evaluate(seen));
  } catch {
    return 'fails';
  }
}

test('the engine that checks types and the one that does without them agree', () => {
  const seen = { checked: 0, values: 0 };
  fc.assert(
    fc.property(expression, context, (one, person) => {
      if (checkExpression(one, { sources, result: 'value' }).length > 0) return;
      const answer = ask(one, person);
      seen.checked += 1;
      if (typeof answer === 'object') seen.values += 1;
      expect(answer).toEqual(askTyped(one, person));
    }),
    { numRuns: 600 },
  );
  expect(seen.checked).toBeGreaterThan(250);
  expect(seen.values).toBeGreaterThan(50);
});

test('asking again gives the same answer, and asking leaves the record as it is', () => {
  fc.assert(
    fc.property(expression, context, (one, person) => {
      const before = structuredClone(person);
      expect(ask(one, person)).toEqual(ask(one, person));
      expect(person).toEqual(before);
    }),
    { numRuns: 300 },
  );
});

test('any text is checked without a throw, with places inside it', () => {
  const fragments = fc.array(
    fc.constantFrom(
      'user',
      '.',
      'email',
      '(',
      ')',
      '[',
      ']',
      '"',
      "'",
      '?',
      ':',
      '+',
      '==',
      '&&',
      'groups',
      'matches',
      '1',
      '1.0',
      '{',
      '}',
      '\\',
      ' ',
      '\n',
      '🙂',
      'has',
      '!',
      '-',
      ',',
    ),
    { maxLength: 25 },
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: 'binary' }),
        fragments.map((parts) => parts.join('')),
      ),
      (one) => {
        for (const { start, end, message } of checkExpression(one, { sources, result: 'value' })) {
          expect(message).not.toBe('');
          expect(start).toBeGreaterThanOrEqual(0);
          expect(end).toBeGreaterThanOrEqual(start);
          expect(end).toBeLessThanOrEqual(one.length);
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('any JSON is read and written the same whatever the order of its keys', () => {
  const reversed = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(reversed);
    if (value === null || typeof value !== 'object') return value;
    return Object.fromEntries(
      Object.entries(value)
        .toReversed()
        .map(([key, part]) => [key, reversed(part)]),
    );
  };
  const read = compileExpression('user.extra');
  const textOf = (extra: User['extra']): string => {
    const value = read.evaluate({
      user: { externalId: 'x', active: true, extra },
      groups: [],
      source: 'okta',
      from: new Map(),
    });
    return value === undefined ? '' : stringify(value);
  };
  fc.assert(
    fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 4 })), (made) => {
      const json = JSON.stringify(made);
      const written = textOf(JSON.parse(json));
      expect(written).toBe(textOf(JSON.parse(JSON.stringify(reversed(JSON.parse(json))))));
      expect(() => JSON.parse(written)).not.toThrow();
    }),
    { numRuns: 300 },
  );
});

test('a pattern that names no alternatives fits its literal and nothing else', () => {
  const escaped = (name: string): string => name.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  fc.assert(
    fc.property(fc.string({ minLength: 1 }), fc.string(), (name, other) => {
      const pattern = compilePattern(escaped(name));
      expect(pattern.literal).toBe(name);
      expect(pattern.match(name)).not.toBeNull();
      expect(pattern.match(other) !== null).toBe(name === other);
    }),
  );
});

test('any text is checked as a pattern without a throw', () => {
  fc.assert(
    fc.property(
      fc.array(
        fc.constantFrom(
          '(',
          ')',
          '[',
          ']',
          '{',
          '}',
          '\\',
          '?',
          '*',
          '+',
          'P',
          '<',
          '>',
          'a',
          '|',
          '^',
          '$',
          '1',
          ',',
          '-',
        ),
        { maxLength: 20 },
      ),
      (parts) => {
        const text = parts.join('');
        for (const { start, end } of checkPattern(text))
          expect([start >= 0, end <= text.length]).toEqual([true, true]);
      },
    ),
    { numRuns: 1000 },
  );
});
