import { describe, expect, test } from 'vitest';
import { problemsOf } from './world.ts';

describe('nothing is wrong with', () => {
  test.each([
    'user.email',
    'user.enterprise.?manager.?displayName.orValue("nobody")',
    'has(user.enterprise.manager.displayName) ? user.enterprise.manager.displayName : ""',
    'user.extra.anything.at.all',
    'from.entra.userName',
    'groups.filter(g, g.startsWith("retool-"))',
    'user.emails.exists(e, e.primary && e.value.matches("@acme\\\\.com$"))',
    '{"name": user.displayName, "groups": groups}',
    'user.extra.level > 3.0 ? "senior" : "junior"',
  ])('%s', (text) => {
    expect(problemsOf(text)).toEqual([]);
  });

  test.each(['!user.userName.endsWith("@ext.acme.com")', 'user.extra.contractor', '"x" in groups'])(
    '%s as a scope',
    (text) => {
      expect(problemsOf(text, 'bool')).toEqual([]);
    },
  );
});

describe('a mistake is found without data, with its place', () => {
  test.each([
    ['user.emial', 'emial', 'unknown field "emial" (did you mean "email"?)'],
    ['user.name.givenname', 'givenname', 'unknown field "givenname" (did you mean "givenName"?)'],
    ['has(user.emial)', 'emial', 'unknown field "emial" (did you mean "email"?)'],
    ['user.?emial.orValue("")', 'emial', 'unknown field "emial" (did you mean "email"?)'],
    ['user["emial"]', '"emial"', 'unknown field "emial" (did you mean "email"?)'],
    ['user.emails.map(e, e.vale)', 'vale', 'unknown field "vale" (did you mean "value"?)'],
    [
      'user.employeeNumber',
      'employeeNumber',
      'unknown field "employeeNumber"; the provider\'s own attributes are under user.extra',
    ],
    ['from.hr.userName', 'hr', 'unknown source "hr"'],
    ['usr.email', 'usr', 'unknown variable "usr" (did you mean "user"?)'],
    ['default', 'default', 'unknown variable "default"; for the text itself write \'"default"\''],
    [
      'user.email.lowerASCII()',
      'user.email.lowerASCII()',
      'unknown function "lowerASCII" (did you mean "lowerAscii"?)',
    ],
    ['user.email + 1', 'user.email + 1', 'nothing fits string + int'],
    ['user.email > 1', 'user.email > 1', 'nothing fits string > int'],
    [
      'user.title == null',
      'user.title == null',
      'nothing fits string == null; whether a field is there is asked with has(…)',
    ],
    ['"x".matches("(")', '(', 'missing closing ) at "("'],
    ['"x".matches("(?=a)")', '(?=', expect.stringContaining('RE2 has no look-around')],
    ['null', 'null', expect.stringContaining('gives no value')],
    [
      'timestamp("2020-01-01T00:00:00Z")',
      'timestamp("2020-01-01T00:00:00Z")',
      expect.stringContaining('Timestamp'),
    ],
  ])('%s', (text, part, message) => {
    expect(problemsOf(text)).toContainEqual([part, message]);
  });

  test('a scope must give a bool', () => {
    expect(problemsOf('user.email', 'bool')).toEqual([
      ['user.email', 'gives a value of type string where a bool (true or false) is needed'],
    ]);
  });

  test('all of them at once', () => {
    expect(problemsOf('user.emial + user.titel').map(([part]) => part)).toEqual(['emial', 'titel']);
  });

  test.each(['', ' \n '])('an empty expression: %j', (text) => {
    expect(problemsOf(text)).toEqual([[text, 'the expression is empty']]);
  });

  test('an expression that ends too early', () => {
    expect(problemsOf('user.email + ')).toHaveLength(1);
  });
});

describe('what could exhaust time or stack is refused', () => {
  test('more than 4096 characters', () => {
    expect(problemsOf(`"${'a'.repeat(4096)}"`).map(([, message]) => message)).toEqual([
      'longer than 4096 characters',
    ]);
  });

  test('three macros inside each other, while two are fine', () => {
    const two = 'groups.exists(a, groups.exists(b, a == b))';
    expect(problemsOf(two)).toEqual([]);
    expect(problemsOf(`groups.exists(c, ${two})`).map(([, message]) => message)).toEqual([
      'more than 2 of all, exists, exists_one, filter, map and bind inside each other',
    ]);
  });

  test.each([
    ['brackets', `${'('.repeat(2000)}1${')'.repeat(2000)}`],
    ['operators', Array.from({ length: 1500 }, () => '1').join('+')],
    ['negations', `${'!'.repeat(4000)}true`],
  ])('deep nesting of %s', (_, text) => {
    expect(problemsOf(text)).toHaveLength(1);
  });
});
