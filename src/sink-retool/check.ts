import { failedCheck, type CheckResult } from '../model/source.ts';
import { faultOf } from '../model/stated.ts';
import { describeAnswer, type Answer } from './answer.ts';
import { capabilities } from './capabilities.ts';
import type { Client } from './client.ts';
import { invalidReply, isPlanGate, listings, unreadable, type Listing } from './listing.ts';
import { Health, List, SsoConfig } from './schema.ts';

export interface CheckParts {
  readonly client: Client;
  /** Where the token was read from, for messages. */
  readonly tokenOrigin: string;
}

/**
 * What an admin should know before the first run: the release, whether the token is accepted and reads what a
 * run reads, and whether logins write accounts and memberships too. Changes nothing.
 */
export async function checkTarget(parts: CheckParts, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const release = await checkRelease(parts.client, signal);
  const users = await ask(parts.client, listings.users, signal);
  if (isUnauthorized(users))
    return [release, failedCheck('retool: token', unreadable(listings.users, users, parts.tokenOrigin))];
  const [groups, attributes, invites, sso] = await Promise.all([
    ask(parts.client, listings.groups, signal),
    ask(parts.client, listings.userAttributes, signal),
    ask(parts.client, listings.userInvites, signal),
    checkSso(parts.client, signal),
  ]);
  return [
    release,
    checkList(parts, listings.users, users),
    checkList(parts, listings.groups, groups),
    checkList(parts, listings.userAttributes, attributes),
    checkList(parts, listings.userInvites, invites),
    ...sso,
  ];
}

async function checkRelease(client: Client, signal: AbortSignal): Promise<CheckResult> {
  const subject = 'retool: release';
  const answer = await client.health(signal);
  const health = answer.state === 'ok' ? Health.safeParse(answer.body) : null;
  const version = health?.data?.version ?? '';
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(version) ?? [];
  if (major === undefined || minor === undefined) {
    const told = answer.state === 'ok' ? 'an answer without a version' : describeAnswer(answer);
    const remedy =
      'Check that target.baseUrl is Retool itself; the other results say whether its API answers.';
    return { subject, verdict: 'warning', text: `Its release cannot be told: ${told}.`, remedy };
  }
  const [oldestMajor, oldestMinor] = capabilities.oldestRelease.value;
  const isOlder =
    Number(major) < oldestMajor || (Number(major) === oldestMajor && Number(minor) < oldestMinor);
  const shown = `${major}.${minor}`;
  if (!isOlder) return { subject, verdict: 'ok', text: `Retool ${shown}.` };
  const text = `Retool ${shown} is older than ${oldestMajor}.${oldestMinor}, the oldest release whose API is known to fit.`;
  return {
    subject,
    verdict: 'warning',
    text,
    remedy: 'Upgrade Retool, or expect single requests to be refused.',
  };
}

/** One row is enough to see whether users can be read; the other lists know no paging. */
function ask(client: Client, listing: Listing, signal: AbortSignal): Promise<Answer> {
  const call = { method: 'GET', path: [listing.name], repeats: 'read', priority: 0 } as const;
  return client.call(listing === listings.users ? { ...call, query: { limit: '1' } } : call, signal);
}

function checkList({ tokenOrigin }: CheckParts, listing: Listing, answer: Answer): CheckResult {
  const subject = `retool: ${listing.name}`;
  if (answer.state !== 'ok') return failedCheck(subject, unreadable(listing, answer, tokenOrigin));
  const list = List.safeParse(answer.body);
  if (!list.success) return failedCheck(subject, invalidReply(listing, faultOf(list.error)));
  return { subject, verdict: 'ok', text: `GET /${listing.name} can be read.` };
}

/** Logins that write are no error, but whoever sees memberships flap should find the reason here. */
async function checkSso(client: Client, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const subject = 'retool: single sign-on';
  const answer = await client.call(
    { method: 'GET', path: ['sso', 'config'], repeats: 'read', priority: 0 },
    signal,
  );
  if (answer.state === 'refused' && answer.status === 404) {
    return [
      {
        subject,
        verdict: 'ok',
        text: 'Not configured, or configured by environment variables, which the API does not show.',
      },
    ];
  }
  const config = answer.state === 'ok' ? SsoConfig.safeParse(answer.body) : null;
  if (config === null || !config.success) {
    const told = answer.state === 'ok' ? 'the answer has an unknown shape' : describeAnswer(answer);
    const text = `Whether logins write memberships cannot be told: ${told}.`;
    const remedy = lacksScope(answer)
      ? 'Give the token the scope "Spaces > Read" to have this checked.'
      : 'Look under Settings > Single Sign-On whether group sync or role mapping is on.';
    return [{ subject, verdict: 'warning', text, remedy }];
  }
  const warnings = ssoWarnings(config.data);
  if (warnings.length === 0)
    return [{ subject, verdict: 'ok', text: 'Logins write neither accounts nor memberships.' }];
  return warnings.map((warning) => ({ subject, verdict: 'warning', ...warning }));
}

function ssoWarnings({
  data: config,
}: SsoConfig): readonly { readonly text: string; readonly remedy: string }[] {
  const warnings = [];
  const isMapped = [config.roles_mapping, config.ldap_role_mapping].some(
    (mapping) => (mapping ?? '').trim() !== '',
  );
  if (config.saml_sync_group_claims === true || config.ldap_sync_group_claims === true || isMapped) {
    warnings.push({
      text: 'Single sign-on sets the memberships of whoever logs in, so that those the bridge gave may be taken away again.',
      remedy: 'Turn group sync and role mapping of single sign-on off, or map no groups here.',
    });
  }
  if (config.jit_enabled === true) {
    warnings.push({
      text: 'Single sign-on makes an account at the first login, so that accounts appear between two runs.',
      remedy:
        'Keep adopt: email, so that the bridge takes such accounts over, or turn just-in-time provisioning off.',
    });
  }
  return warnings;
}

function isUnauthorized(answer: Answer): answer is Extract<Answer, { readonly state: 'refused' }> {
  return answer.state === 'refused' && answer.status === 401;
}

function lacksScope(answer: Answer): boolean {
  return answer.state === 'refused' && answer.status === 403 && !isPlanGate(answer.message);
}
