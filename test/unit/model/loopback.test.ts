import { expect, test } from 'vitest';
import { isLoopback } from '../../../src/model/loopback.ts';

/** Only there unencrypted HTTP may lead, so whatever is merely near to it is not it. */
test.each([
  ['http://127.0.0.1:4800', true],
  ['http://127.1.2.3', true],
  ['http://[::1]', true],
  ['http://localhost', true],
  ['http://0x7f000001', true],
  ['http://localhost.', false],
  ['http://localhost.evil.example', false],
  ['http://127.0.0.1.evil.example', false],
  ['http://[::ffff:127.0.0.1]', false],
  ['http://0.0.0.0', false],
  ['http://169.254.169.254', false],
  ['http://10.0.0.1', false],
  ['http://[fe80::1]', false],
])('%s is loopback: %s', (address, expected) => {
  expect(isLoopback(new URL(address).hostname)).toBe(expected);
});
