import { expect, test } from 'vitest';
import { parseRetryAfter } from '../../../src/http/retry-after.ts';

const now = Date.UTC(2026, 0, 5, 9, 0, 0);

test.each([
  ['0', 1_000],
  ['1', 1_000],
  ['30', 30_000],
  ['007', 7_000],
  ['899', 899_000],
  ['900', 900_000],
  ['901', 900_000],
  ['99999', 900_000],
  ['Mon, 05 Jan 2026 09:00:30 GMT', 30_000],
  ['Mon, 05 Jan 2026 09:00:00 GMT', 1_000],
  ['Sun, 04 Jan 2026 09:00:00 GMT', 1_000],
  ['Fri, 31 Dec 2027 00:00:00 GMT', 900_000],
])('%j is a wait of %i ms', (value, expected) => {
  expect(parseRetryAfter(value, now)).toBe(expected);
});

test.each([
  null,
  '',
  ' ',
  '-1',
  '+5',
  '1.5',
  '1e3',
  '0x10',
  '100000',
  '99999999999',
  'Infinity',
  'NaN',
  'soon',
  '5, 10',
  '5s',
  '2026-01-05T09:00:30Z',
  'Mon, 5 Jan 2026 09:00:30 GMT',
  'Tue, 05 Jan 2026 09:00:30 GMT',
  'Sat, 31 Feb 2026 09:00:30 GMT',
  'Monday, 05-Jan-26 09:00:30 GMT',
  'Mon, 05 Jan 2026 09:00:30 +0100',
])('%j says nothing', (value) => {
  expect(parseRetryAfter(value, now)).toBeNull();
});
