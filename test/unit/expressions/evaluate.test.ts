import { describe, expect, test } from 'vitest';
import { compileExpression, ExpressionError } from '../../../src/expressions/cel.ts';
import { context, textOf } from './world.ts';

const ada = context(
  {
    userName: 'Ada.L@Acme.com',
    name: { givenName: 'Ada' },
    emails: [{ value: 'ada@acme.com', primary: true }, { value: 'al@home.example' }],
    enterprise: { department: 'Maths', manager: { displayName: 'Bab' } },
    extra: {
      n: 7,
      big: 1e21,
      list: [1, null, 'x'],
      map: { b: 1, a: [true], c: null },
      none: null,
      'cost-centre': 'C1',
    },
  },
  { groups: ['eng', 'retool-finance'] },
);

describe('an expression gives', () => {
  test.each([
    ['user.userName', 'Ada.L@Acme.com'],
    ['user.userName.lowerAscii()', 'ada.l@acme.com'],
    ['user.name.givenName + "!"', 'Ada!'],
    ['user.enterprise.manager.displayName', 'Bab'],
    ['user.extra["cost-centre"]', 'C1'],
    ['user.extra.n', '7'],
    ['user.extra.n + 1.0', '8'],
    ['user.extra.big', '1e+21'],
    ['size(groups)', '2'],
    ['user.active', 'true'],
    ['user.extra.list', '[1,"x"]'],
    ['user.extra.map', '{"a":[true],"b":1}'],
    ['user.emails.filter(e, e.value.endsWith("@acme.com")).map(e, e.value)', '["ada@acme.com"]'],
    ['groups.exists(g, g.matches("^retool-"))', 'true'],
    ['"eng" in groups ? "yes" : "no"', 'yes'],
    ['source', 'okta'],
    ['from.okta.userName', 'Ada.L@Acme.com'],
    ['user.?title.orValue("none")', 'none'],
    ['user.title == "x" || user.active', 'true'],
    ['9223372036854775807', '9223372036854775807'],
    ['1u', '1'],
  ])('%s: %s', (expression, text) => {
    expect(textOf(expression, ada)).toBe(text);
  });
});

describe('an expression that meets an absent or null field has no value', () => {
  test.each([
    'user.title',
    'user.title + "x"',
    'user.title.lowerAscii()',
    'user.name.familyName',
    'user.extra.none',
    'user.extra.missing',
    'user.extra.missing.deeper',
    'user.extra["missing"]',
    'user.emails[5].value',
    'groups[9]',
    'from.entra.userName',
    'user.?title',
    'user.title == "x"',
    '[user.title]',
  ])('%s', (expression) => {
    expect(textOf(expression, ada)).toBeNull();
  });

  test.each(['title', 'name.familyName', 'extra.none', 'extra.missing.deeper', 'enterprise.manager.value'])(
    'has(user.%s) is false',
    (path) => {
      expect(textOf(`has(user.${path})`, ada)).toBe('false');
    },
  );
});

describe('nothing but data is reachable', () => {
  test.each([
    'user.constructor',
    'user.extra.constructor',
    'user.extra.constructor.constructor',
    'user.extra.__proto__',
    'user.extra["__proto__"]',
    'user.extra.toString',
    'user.extra.hasOwnProperty',
    'from.constructor',
  ])('%s has no value', (expression) => {
    expect(textOf(expression, ada)).toBeNull();
  });

  test.each(['process', 'globalThis', 'constructor', 'groups.constructor', 'source.constructor'])(
    '%s fails',
    (expression) => {
      expect(() => textOf(expression, ada)).toThrow(ExpressionError);
    },
  );

  test('what a source calls __proto__ is data', () => {
    const extra = JSON.parse('{"__proto__": {"isAdmin": true}}');
    expect(textOf('user.extra', context({ extra }))).toBe('{"__proto__":{"isAdmin":true}}');
    expect(textOf('user.extra.isAdmin', context({ extra }))).toBeNull();
  });
});

describe('an expression that fails for another reason throws, and says of types alone what is wrong', () => {
  test.each([
    [
      'user.extra.n + 1',
      'nothing fits double + int; the numbers of a source are doubles: write 1.0 instead of 1',
    ],
    ['user.userName + user.extra.n', 'nothing fits string + double'],
    ['int(user.userName)', 'int conversion error'],
    ['1 / 0', 'division by zero'],
    ['user.extra.n / 0.0', 'gives a number that is not finite'],
    ['timestamp("2020-01-01T00:00:00Z")', 'gives something that is no text, number, bool, list or map'],
  ])('%s', (expression, message) => {
    expect(() => textOf(expression, ada)).toThrow(
      new ExpressionError(expression, { message, start: 0, end: 0 }).message,
    );
    expect(() => textOf(expression, ada)).not.toThrow(/Ada/);
  });

  test('a pattern from the record that does not compile', () => {
    expect(() => textOf('"x".matches(user.userName)', context({ userName: '(' }))).toThrow(ExpressionError);
  });

  test('a value nested 100,000 deep', () => {
    let deep: Record<string, unknown> = {};
    for (let depth = 0; depth < 100_000; depth += 1) deep = { deep };
    const extra = Object.assign(Object.create(null), { deep, n: 1 });
    expect(() => textOf('user.extra.deep', context({ extra }))).toThrow(/nested too deeply/);
    expect(textOf('user.extra["n"]', context({ extra }))).toBe('1');
  });
});

test('letters outside ASCII are not folded into ASCII', () => {
  const odd = context({ userName: '\u212aELVIN\u0130' });
  expect(textOf('user.userName.lowerAscii()', odd)).toBe('\u212aelvin\u0130');
  expect(textOf('user.userName.upperAscii()', context({ userName: 'ßı' }))).toBe('ßı');
});

test('matches() takes time linear in the text', () => {
  const subject = context({ userName: `${'a'.repeat(5000)}!` });
  expect(textOf('user.userName.matches("^(a+)+$")', subject)).toBe('false');
  expect(
    textOf('user.userName.matches(user.extra.p)', {
      ...subject,
      user: { ...subject.user, extra: { p: '^(a+)+$' } },
    }),
  ).toBe('false');
});

test('an expression knows which variables it reads', () => {
  expect(compileExpression('user.title in groups || source == "x"').reads).toEqual(
    new Set(['user', 'groups', 'source']),
  );
  expect(compileExpression('"groups"').reads).toEqual(new Set());
});

test.each(['', '   ', '(', 'user.', '"x".matches("(")', 'a'.repeat(5000)])('%j does not compile', (text) => {
  expect(() => compileExpression(text)).toThrow(ExpressionError);
});
