import { describe, expect, test } from 'vitest';
import { jsonErrorPosition } from '../../../../src/sources/file/json-position.ts';

describe('where a text stops being JSON', () => {
  test.each<[string, number, number]>([
    ['', 1, 1],
    ['   ', 1, 4],
    ['{', 1, 2],
    ['{"a":1', 1, 7],
    ['{"a":1}}', 1, 8],
    ['{"a":1]', 1, 7],
    ['{"a" 1}', 1, 6],
    ['{"a":}', 1, 6],
    ['{a:1}', 1, 2],
    ["{'a':1}", 1, 2],
    ['{"a":1,}', 1, 8],
    ['[1,]', 1, 4],
    ['[1 2]', 1, 4],
    ['[,]', 1, 2],
    ['{"a":01}', 1, 7],
    ['{"a":.5}', 1, 6],
    ['{"a":NaN}', 1, 6],
    ['{"a":undefined}', 1, 6],
    ['{"a":"b\nc"}', 1, 6],
    ['{"a":"\\x"}', 1, 6],
    ['{"a":"\\u12"}', 1, 6],
    ['{"a":1} // no', 1, 9],
    ['{\n  "a": 1,\n  "b": tru\n}', 3, 8],
    ['{\r\n  "a": 1\r\n  "b": 2\r\n}', 3, 3],
    ['<html>', 1, 1],
  ])('%j: line %i, column %i', (text, line, column) => {
    expect(() => JSON.parse(text)).toThrow(SyntaxError);
    expect(jsonErrorPosition(text)).toEqual({ line, column });
  });

  test('is its end, when it was cut off anywhere', () => {
    const text = JSON.stringify({ Users: [{ id: 'a', name: { x: [1, true, null, -1.5e3] } }], Groups: [] });
    for (const end of [1, 9, 10, text.length - 1]) {
      const cut = text.slice(0, end);
      const { line, column } = jsonErrorPosition(cut);
      expect(line).toBe(1);
      expect(column).toBeLessThanOrEqual(cut.length + 1);
      expect(column).toBeGreaterThan(cut.length - 7);
    }
  });

  test('is found in a text of any depth', () => {
    expect(jsonErrorPosition('['.repeat(100_000))).toEqual({ line: 1, column: 100_001 });
  });
});
