import { expect, test } from 'vitest';
import {
  deepestJson,
  isShallow,
  isWellFormed,
  stated,
  statedJson,
  unlessEmpty,
} from '../../../src/model/stated.ts';

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

test('what is nested deeper than any row is told before a walk over it ends the program', () => {
  const nested = (levels: number): unknown => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`);
  expect([isShallow(nested(deepestJson)), isWellFormed(nested(deepestJson))]).toEqual([true, true]);
  for (const levels of [deepestJson + 1, 100_000])
    expect([isShallow(nested(levels)), isWellFormed(nested(levels))]).toEqual([false, false]);
});
