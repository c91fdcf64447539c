import { expect, test } from 'vitest';
import { minutesOfDay, nextTimeOfDay } from '../../../src/runtime/time-of-day.ts';

test.each([
  ['00:00', 0],
  ['06:30', 390],
  ['23:59', 1_439],
  ['24:00', null],
  ['6:30', null],
  ['06:60', null],
  ['', null],
])('%o is %o minutes after midnight', (text, minutes) => {
  expect(minutesOfDay(text)).toBe(minutes);
});

test.each([
  ['later the same day', '06:00', 'Etc/UTC', '2026-01-05T03:10:20Z', '2026-01-05T06:00:00Z'],
  ['the next day, when it is past', '06:00', 'Etc/UTC', '2026-01-05T06:00:00Z', '2026-01-06T06:00:00Z'],
  ['in a zone ahead of UTC', '06:00', 'Europe/Berlin', '2026-01-05T03:00:00Z', '2026-01-05T05:00:00Z'],
  ['in a zone with half hours', '06:00', 'Asia/Kolkata', '2026-01-05T00:00:00Z', '2026-01-05T00:30:00Z'],
  [
    'when it is skipped by daylight saving',
    '02:30',
    'Europe/Berlin',
    '2026-03-28T23:30:00Z',
    '2026-03-29T01:00:00Z',
  ],
  ['the first of two', '02:30', 'Europe/Berlin', '2026-10-24T22:00:00Z', '2026-10-25T00:30:00Z'],
  ['tomorrow, between two', '02:30', 'Europe/Berlin', '2026-10-25T00:45:00Z', '2026-10-25T01:30:00Z'],
  ['midnight', '00:00', 'America/New_York', '2026-01-05T04:59:30Z', '2026-01-05T05:00:00Z'],
])('%s: the next %s in %s', (_, text, zone, now, expected) => {
  const next = nextTimeOfDay(minutesOfDay(text) ?? 0, zone, Date.parse(now));
  expect(new Date(next).toISOString()).toBe(new Date(expected).toISOString());
});
