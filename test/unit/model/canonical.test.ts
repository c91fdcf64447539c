import { describe, expect, test } from 'vitest';
import { canonicalJson } from '../../../src/model/canonical.ts';

describe('canonical JSON (RFC 8785)', () => {
  test.each([
    [{ b: 1, a: [true, null] }, '{"a":[true,null],"b":1}'],
    [{ '\u20ac': 1, '\r': 2, '1': 3 }, '{"\\r":2,"1":3,"\u20ac":1}'],
    [[1e30, 4.5, 2e-3, -0], '[1e+30,4.5,0.002,0]'],
    ['lone \ud800', '"lone \ufffd"'],
  ])('%j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [1n], [(): void => undefined]])(
    'refuses %s',
    (value) => {
      expect(() => canonicalJson(value)).toThrowError(TypeError);
    },
  );
});
