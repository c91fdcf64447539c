import {
  checkExpression,
  compileExpression,
  stringify,
  type PersonContext,
} from '../../../src/expressions/cel.ts';
import type { User } from '../../../src/model/user.ts';

/** What an expression sees of somebody about whom hardly anything is known, and what the test adds. */
export function context(more: Partial<User> = {}, other: Partial<PersonContext> = {}): PersonContext {
  const user: User = { externalId: 'u1', active: true, extra: {}, ...more };
  return { user, groups: [], source: 'okta', from: new Map([['okta', user]]), ...other };
}

/** The text that an expression gives; null when it has no value. */
export function textOf(expression: string, seen: PersonContext): string | null {
  const value = compileExpression(expression).evaluate(seen);
  return value === undefined ? null : stringify(value);
}

/** What is wrong with an expression, each with the part of the text it is about. */
export function problemsOf(
  text: string,
  result: 'bool' | 'value' = 'value',
): readonly (readonly [string, string])[] {
  return checkExpression(text, { sources: ['okta', 'entra'], result }).map(
    ({ message, start, end }) => [text.slice(start, end), message] as const,
  );
}
