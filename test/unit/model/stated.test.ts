import { expect, test } from 'vitest';
import { isWellFormed, stated, statedJson, unlessEmpty } from '../../../src/model/stated.ts';

test('null, undefined and empty text state nothing; false and zero do', () => {
  const facts = { a: null, b: undefined, c: '', d: false, e: 0, f: 'x' };
  expect(stated<Record<string, unknown>>(facts)).toEqual({ d: false, e: 0, f: 'x' });
});

test('what states nothing is left out at any depth', () => {
  const attributes = { a: { b: null, c: { d: '' } }, e: [], f: ['', null, 'x', []], g: 0, h: { i: false } };
  expect(statedJson(attributes)).toEqual({ f: ['x'], g: 0, h: { i: false } });
  expect(unlessEmpty(statedJson({ a: { b: null } }))).toBeNull();
});

test('objects made from outside data have no prototype', () => {
  const json = statedJson({ a: { b: 1 } });
  expect([json, json['a']].map((object) => Object.getPrototypeOf(object))).toEqual([null, null]);
});

test.each([
  ['whole 🦊', true],
  ['half \ud83e', false],
  [{ a: [{ b: '\udd8a' }] }, false],
  [{ '\ud83e': 1 }, false],
  [{ a: [1, null, true, 'x'] }, true],
])('%j is well formed: %s', (value, wellFormed) => {
  expect(isWellFormed(value)).toBe(wellFormed);
});
