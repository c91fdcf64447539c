import { describe, expect, test } from 'vitest';
import { pageGuard, rowGuard, sameOriginUrl } from '../../../src/http/paginate.ts';

const base = new URL('https://acme.okta.com/api/v1/users');

describe('sameOriginUrl', () => {
  test.each([
    ['https://acme.okta.com/api/v1/users?after=x', 'https://acme.okta.com/api/v1/users?after=x'],
    ['https://ACME.okta.com:443/api/v1/users', 'https://acme.okta.com/api/v1/users'],
    ['/api/v1/users?after=y', 'https://acme.okta.com/api/v1/users?after=y'],
    ['?after=z', 'https://acme.okta.com/api/v1/users?after=z'],
  ])('follows %s', (next, expected) => {
    expect(sameOriginUrl(next, base).href).toBe(expected);
  });

  test.each([
    'https://evil.example/api/v1/users',
    'http://acme.okta.com/api/v1/users',
    'https://acme.okta.com:8443/api/v1/users',
    '//evil.example/x',
    '\\\\evil.example\\x',
    'https://acme.okta.com.evil.example/',
    'https://user@acme.okta.com/',
    'https://:secret@acme.okta.com/',
    'https://acme.okta.com@evil.example/',
    'javascript:alert(1)',
    'file:///etc/passwd',
    'https://',
    'https://[::1',
  ])('does not follow %s', (next) => {
    expect(() => sameOriginUrl(next, base)).toThrow(expect.objectContaining({ code: 'sourceInvalid' }));
  });

  test('does not repeat the credentials of a link in its message', () => {
    expect(() => sameOriginUrl('https://user:hunter2@acme.okta.com/', base)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') }),
    );
  });
});

describe('pageGuard', () => {
  test('lets different pages through up to the limit', () => {
    const guard = pageGuard(3);
    for (const page of ['a', 'b', 'c']) guard.visit(page);
    expect(() => guard.visit('d')).toThrow(
      expect.objectContaining({ code: 'sourceInvalid', message: expect.stringContaining('3 pages') }),
    );
  });

  test('refuses a page that was read before', () => {
    const guard = pageGuard(10);
    guard.visit('a');
    guard.visit('b');
    expect(() => guard.visit('a')).toThrow(expect.objectContaining({ code: 'sourceInvalid' }));
  });
});

describe('rowGuard', () => {
  test('lets rows come again beside new ones, one by one, and without ids', () => {
    const guard = rowGuard('/users');
    const pages = [['a', 'b', null, null], ['b', 'c'], ['c'], [], [null, null]];
    expect(() => pages.forEach((page) => guard.visit(page))).not.toThrow();
  });

  test.each([
    ['one id twice on a page', [['a', 'b', 'a']]],
    ['a page that repeats another', [['a', 'b'], ['c'], ['b', 'a']]],
  ])('refuses %s', (_what, pages) => {
    const guard = rowGuard('/users');
    const last = pages.at(-1) ?? [];
    for (const page of pages.slice(0, -1)) guard.visit(page);
    expect(() => guard.visit(last)).toThrow(expect.objectContaining({ code: 'sourceInvalid' }));
  });
});
