import { expect, test } from 'vitest';
import { lineForPeople } from '../../../src/runtime/log-line.ts';

const time = Date.UTC(2026, 10, 26, 3, 14, 7);
const shown = (entry: Readonly<Record<string, unknown>>): string =>
  lineForPeople(JSON.stringify({ time, ...entry })).replace('\r\u001b[2K', '');

test.each([
  [
    { level: 40, method: 'GET', status: null, waitMs: 126, msg: 'request to Retool is repeated' },
    '03:14:07Z warn   request to Retool is repeated  method=GET status=null waitMs=126\n',
  ],
  [{ level: 30, msg: 'schedule started' }, '03:14:07Z info   schedule started\n'],
  [
    { level: 50, message: 'no answer', calls: { target: 4 }, msg: 'run failed' },
    '03:14:07Z error  run failed  message="no answer" calls={"target":4}\n',
  ],
])('a line of the log is readable: %j', (entry, line) => {
  expect(shown(entry)).toBe(line);
});

test('nothing from outside reaches the terminal as a control sequence or as another line', () => {
  const line = shown({ level: 40, name: 'a\u001b[2J\nfake', msg: 'seen \u001b[31m\u202e' });
  // oxlint-disable-next-line no-control-regex -- that is what must not be there
  expect(line).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u202e]/);
  expect(line.trimEnd()).not.toContain('\n');
});

test('what is no object of a log comes back as it is', () => {
  expect(lineForPeople('node: something odd\n')).toBe('node: something odd\n');
});
