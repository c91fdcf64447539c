import type { CheckResult } from '../model/source.ts';

/** What a result is about, to find the page that explains it. */
export type CheckedPart =
  | 'okta'
  | 'entra'
  | 'google'
  | 'ldap'
  | 'file'
  | 'retool'
  | 'mapping'
  | 'machine'
  | 'state'
  | 'other';

/** Pages by part, and below it by a piece of the subject; the first that fits counts. Paths are those of the checkout. */
export const docLinks: Readonly<Record<CheckedPart, readonly (readonly [about: RegExp, link: string])[]>> = {
  okta: [
    [/rate limits$/, 'docs/permissions.md#rate-limits'],
    [/./, 'docs/permissions.md#okta'],
  ],
  entra: [[/./, 'docs/permissions.md#microsoft-entra-id']],
  google: [[/./, 'docs/permissions.md#google-workspace']],
  ldap: [[/./, 'docs/permissions.md#ldap-and-active-directory']],
  file: [[/./, 'docs/check.md#files']],
  retool: [
    [/single sign-on$/, 'docs/runbook.md#another-writer'],
    [/quota$/, 'docs/check.md#quota'],
    [/release$/, 'docs/check.md#release'],
    [/plan$/, 'docs/check.md#plan'],
    [/./, 'docs/permissions.md#retool'],
  ],
  mapping: [
    [/attributes$/, 'docs/check.md#attributes'],
    [/groups$/, 'docs/check.md#groups'],
    [/people$/, 'docs/check.md#people'],
    [/seats$/, 'docs/check.md#seats'],
    [/token owner$/, 'docs/permissions.md#whose-token-it-is'],
    [/./, 'docs/check.md#mapping'],
  ],
  machine: [
    [/clock$/, 'docs/check.md#clock'],
    [/proxy$/, 'docs/check.md#proxy'],
    [/(?:state|reports)$/, 'docs/check.md#disk'],
    [/./, 'docs/check.md#network-and-certificates'],
  ],
  state: [
    [/pause$/, 'docs/runbook.md#stop-everything'],
    [/./, 'docs/check.md#state'],
  ],
  other: [[/./, 'docs/check.md#what-it-looks-at']],
};

/** The result with a link into the docs when something is wrong with it. */
export function withDocs(result: CheckResult, part: CheckedPart): CheckResult {
  const docs = docLinks[part].find(([about]) => about.test(result.subject))?.[1];
  return result.verdict === 'ok' || docs === undefined ? result : { ...result, docs };
}
