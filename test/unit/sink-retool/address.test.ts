import { describe, expect, test } from 'vitest';
import { apiUrl, healthUrl, parseBaseUrl } from '../../../src/sink-retool/address.ts';

describe('parseBaseUrl', () => {
  test.each([
    'https://acme.retool.com',
    'https://acme.retool.com/',
    ' https://ACME.retool.com/api/v2 ',
    'https://acme.retool.com/api/v2//',
  ])('reads %j as one and the same', (text) => {
    expect(parseBaseUrl(text).href).toBe('https://acme.retool.com/api/v2');
  });

  test('keeps a port and a path before the API', () => {
    expect(parseBaseUrl('http://127.0.0.1:4802/retool').href).toBe('http://127.0.0.1:4802/retool/api/v2');
  });

  test.each([
    'acme.retool.com',
    '',
    'file:///etc/passwd',
    'gopher://acme',
    'https://me:hunter2@acme.retool.com',
    'https://acme.retool.com/?a=1',
    'https://acme.retool.com/#a',
    'ftp://me:hunter2@acme.retool.com',
  ])('refuses %j and shows no password', (text) => {
    expect(() => parseBaseUrl(text)).toThrow(expect.objectContaining({ code: 'configInvalid' }));
    expect(() => parseBaseUrl(text)).not.toThrow(/hunter2/);
  });
});

describe('apiUrl', () => {
  const base = parseBaseUrl('https://acme.retool.com');

  test('puts segments and a query below the base', () => {
    expect(apiUrl(base, ['groups', '12', 'members', 'user_1']).href).toBe(
      'https://acme.retool.com/api/v2/groups/12/members/user_1',
    );
    expect(apiUrl(base, ['users'], { next_token: 'a&b=c' }).search).toBe('?next_token=a%26b%3Dc');
  });

  test.each(['..', '.', '', '%2e%2e', 'a/b', 'a?x=1', 'a#b', '\\..', 'a b', 'ü', 'a'.repeat(256)])(
    'refuses the segment %j, which would reach another route',
    (segment) => {
      expect(() => apiUrl(base, ['groups', '12', 'members', segment])).toThrow(
        expect.objectContaining({ code: 'internal' }),
      );
    },
  );
});

test('the health probe lies beside the API', () => {
  expect(healthUrl(parseBaseUrl('https://acme.retool.com')).href).toBe(
    'https://acme.retool.com/api/checkHealth',
  );
});
