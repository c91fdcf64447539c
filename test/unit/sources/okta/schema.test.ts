import { describe, expect, test } from 'vitest';
import { Secret } from '../../../../src/model/secret.ts';
import { OktaOptions } from '../../../../src/sources/okta/schema.ts';

const token = new Secret('secret', 'environment variable OKTA_API_TOKEN');
const good = {
  type: 'okta',
  orgUrl: 'https://acme.okta.com',
  auth: { token },
  scope: { app: '0oa1' },
};

function problemOf(changes: object): string {
  const parsed = OktaOptions.safeParse({ ...good, ...changes });
  const [issue] = parsed.error?.issues ?? [];
  return issue === undefined ? 'none' : `${issue.path.join('.')}: ${issue.message}`;
}

describe('the address of the org', () => {
  test.each([
    'https://acme.okta.com',
    'https://acme.okta.com/',
    'https://login.acme.com',
    'http://127.0.0.1:4801',
    'http://localhost:4801',
    'http://[::1]:4801',
  ])('may be %s', (orgUrl) => {
    expect(problemOf({ orgUrl })).toBe('none');
  });

  test.each([
    ['http://acme.okta.com', 'must start with https://'],
    ['http://127.0.0.1.evil.example', 'must start with https://'],
    ['ftp://acme.okta.com', 'must start with https://'],
    ['file:///etc/passwd', 'must start with https://'],
    ['acme.okta.com', 'expected an address'],
    ['https://me:secret@acme.okta.com', 'must not carry'],
    ['https://acme.okta.com/api/v1', 'nothing after it'],
    ['https://acme.okta.com?x=1', 'nothing after it'],
    ['https://acme-admin.okta.com', 'the org is https://acme.okta.com'],
  ])('is not %s', (orgUrl, told) => {
    expect(problemOf({ orgUrl })).toContain(told);
  });
});

describe('the rest', () => {
  test.each<[object, string]>([
    [{ auth: {} }, 'exactly one of token, privateKey'],
    [{ auth: { token: 'literal' } }, 'by reference'],
    [{ scope: {} }, 'exactly one of app, groups, everything'],
    [{ scope: { app: '0oa1', groups: ['x'] } }, 'found app and groups'],
    [{ scope: { app: '../groups' } }, 'an id of letters'],
    [{ scope: { groups: [] } }, 'scope.groups'],
    [{ scope: { groups: ['id:a/b'] } }, 'after "id:"'],
    [{ scope: { everything: false } }, 'scope.everything'],
    [{ statuses: { GONE: 'active' } }, 'statuses'],
    [{ statuses: { STAGED: 'maybe' } }, 'statuses.STAGED'],
    [{ rateShare: '0%' }, 'a share from 1% to 100%'],
    [{ rateShare: '101%' }, 'a share from 1% to 100%'],
    [{ rateShare: 0.5 }, 'rateShare'],
    [{ unknown: 1 }, 'unknown'],
  ])('%o is wrong', (changes, told) => {
    expect(problemOf(changes)).toContain(told);
  });

  test('a share is a part of one', () => {
    expect(OktaOptions.parse({ ...good, rateShare: '35%' }).rateShare).toBeCloseTo(0.35);
  });
});
