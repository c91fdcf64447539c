import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import { LdapOptions } from '../../../../src/sources/ldap/schema.ts';

const bind = { dn: 'cn=bridge', password: new Secret('x', 'test') };
const base = { type: 'ldap', url: 'ldaps://dc.acme.com', bind, base: 'dc=acme' };

function problems(options: object): readonly string[] {
  const { error } = LdapOptions.safeParse({ ...base, ...options });
  return (error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('the address', () => {
  test.each([
    [{ url: 'ldaps://dc.acme.com' }],
    [{ url: 'ldaps://dc.acme.com:3269/' }],
    [{ url: 'ldap://dc.acme.com', startTls: true }],
    [{ url: 'ldap://127.0.0.1:3890' }],
    [{ url: 'ldap://localhost' }],
    [{ url: 'ldap://[::1]:389' }],
  ])('%j will do', (options) => {
    expect(problems(options)).toEqual([]);
  });

  test.each([
    [
      { url: 'ldap://dc.acme.com' },
      'url: must start with ldaps://, or startTls be true (plain ldap:// is for loopback only)',
    ],
    [
      { url: 'ldap://127.0.0.1.acme.com' },
      'url: must start with ldaps://, or startTls be true (plain ldap:// is for loopback only)',
    ],
    [
      { url: 'ldap://dc.acme.com', startTls: false },
      'url: must start with ldaps://, or startTls be true (plain ldap:// is for loopback only)',
    ],
    [
      { url: 'ldaps://dc.acme.com', startTls: true },
      'startTls: is for ldap://; ldaps:// is encrypted already',
    ],
    [
      { url: 'https://dc.acme.com' },
      'url: expected an address that starts with ldaps://, or with ldap:// and startTls: true',
    ],
    [
      { url: 'dc.acme.com' },
      'url: expected an address that starts with ldaps://, or with ldap:// and startTls: true',
    ],
    [
      { url: 'ldaps://' },
      'url: expected an address that starts with ldaps://, or with ldap:// and startTls: true',
    ],
    [{ url: 'ldaps://me:pass@dc.acme.com' }, 'url: must not carry a user name or password; see bind'],
    [
      { url: 'ldaps://dc.acme.com/dc=acme' },
      'url: must be the address of the server and nothing after it; see base',
    ],
    [
      { url: 'ldaps://dc.acme.com?sub' },
      'url: must be the address of the server and nothing after it; see base',
    ],
  ])('%j is refused', (options, problem) => {
    expect(problems(options)).toEqual([problem]);
  });
});

test.each(['(a=b)', '(&(a=b)(|(c=d)(!(e=f))))', String.raw`(cn=\28x\29)`])('%s may be a filter', (filter) => {
  expect(problems({ filter })).toEqual([]);
});

test.each(['', 'a=b', '(a=b', '(a=b))', '(a=b)(c=d)', ')('])('%j is no filter', (filter) => {
  expect(problems({ filter })).toHaveLength(1);
});

test('a rule for who is active needs words, and names of attributes hold nothing odd', () => {
  expect(problems({ active: { attribute: 'employeeType' } })).toHaveLength(1);
  expect(problems({ select: ['cn)(uid=*'] })).toHaveLength(1);
  expect(problems({ attributes: { email: '1.2.840.113549.1.9.1' } })).toEqual([]);
});
