import type { Feature, Logins, Preflight, Release, RouteSeen, TokenOwner } from '../model/preflight.ts';
import type { CheckResult } from '../model/source.ts';
import { lackingTexts, releaseText } from './releases.ts';

/** What a configuration asks of the target. */
export interface Asked {
  readonly features: readonly Feature[];
  /** What people are given: without accounts, users and groups may be hidden. */
  readonly provision: 'users' | 'invites';
}

/** What an admin should know of the target before the first run. */
export function preflightResults(
  { release, refused, routes, logins }: Preflight,
  { features, provision }: Asked,
): readonly CheckResult[] {
  if (refused !== null)
    return [releaseResult(release, features), resultOf('retool: token', 'failed', refused)];
  return [
    releaseResult(release, features),
    ...routes.map((route) => routeResult(route, provision)),
    ...planResults(routes),
    ...loginResults(logins),
  ];
}

function resultOf(
  subject: string,
  verdict: CheckResult['verdict'],
  { text, remedy = null }: { readonly text: string; readonly remedy?: string | null },
): CheckResult {
  return { subject, verdict, text, ...(remedy === null ? {} : { remedy }) };
}

function releaseResult(release: Release, features: readonly Feature[]): CheckResult {
  const subject = 'retool: release';
  if (release.state === 'unknown')
    return resultOf(subject, 'warning', {
      text: `Its release cannot be told: ${release.because}.`,
      remedy: 'Check that target.baseUrl is Retool itself; the other results say whether its API answers.',
    });
  const shown = `Retool ${releaseText(release.number)}`;
  const lacking = lackingTexts(release, features);
  if (lacking.length > 0)
    return resultOf(subject, 'warning', {
      text: `${shown} is too old for ${lacking.join(', and for ')}.`,
      remedy: 'Upgrade Retool, or take this out of the configuration.',
    });
  if (release.olderThan === null) return resultOf(subject, 'ok', { text: `${shown}.` });
  return resultOf(subject, 'warning', {
    text: `${shown} is older than ${releaseText(release.olderThan)}, the oldest release whose API is known to fit.`,
    remedy: 'Upgrade Retool, or expect single requests to be refused.',
  });
}

function routeResult({ name, state, trouble }: RouteSeen, provision: Asked['provision']): CheckResult {
  const subject = `retool: ${name}`;
  if (trouble === null) return resultOf(subject, 'ok', { text: `GET /${name} can be read.` });
  const mayHide = provision === 'invites' && state === 'plan' && mayBeHidden.has(name);
  return resultOf(subject, mayHide ? 'warning' : 'failed', trouble);
}

const mayBeHidden: ReadonlySet<string> = new Set(['users', 'groups']);

/** What is left to do where the plan hides accounts and groups. */
function planResults(routes: readonly RouteSeen[]): readonly CheckResult[] {
  const hidden = routes.filter(({ state }) => state === 'plan').map(({ name }) => name);
  const subject = 'retool: plan';
  if (hidden.length > 0) {
    const open = routes.filter(({ state }) => state === 'open').map(({ name }) => name);
    const text = `The organisation's plan does not include ${hidden.join(' and ')}, only ${open.join(' and ') || 'nothing that a run reads'}. The bridge can neither see nor change ${hidden.join(' and ')} there.`;
    const remedy =
      'Users and groups need Enterprise; on Business the API has invites and user attributes only.';
    return [resultOf(subject, 'warning', { text, remedy })];
  }
  const missing = routes.filter(({ state }) => state === 'missing').map(({ name }) => name);
  if (missing.length === 0 || missing.length === routes.length) return [];
  const text = `There is no ${missing.join(' and no ')} in the API at this address, though the rest answers.`;
  const remedy = 'A release or a plan may lack them: upgrade Retool, or ask your account manager.';
  return [resultOf(subject, 'warning', { text, remedy })];
}

/** Logins that write are no error, but whoever sees memberships flap should find the reason here. */
function loginResults(logins: Logins): readonly CheckResult[] {
  const subject = 'retool: single sign-on';
  if (logins.state === 'none')
    return [
      resultOf(subject, 'ok', {
        text: 'Not configured, or configured by environment variables, which the API does not show.',
      }),
    ];
  if (logins.state === 'unseen')
    return [
      resultOf(subject, 'warning', {
        text: `Whether logins write memberships cannot be told: ${logins.because}.`,
        remedy: logins.lacksScope
          ? 'Give the token the scope "Spaces > Read" to have this checked.'
          : 'Look under Settings > Single Sign-On whether group sync or role mapping is on.',
      }),
    ];
  const warnings = [
    ...(logins.setMemberships
      ? [
          {
            text: 'Single sign-on sets the memberships of whoever logs in, so that those the bridge gave may be taken away again.',
            remedy: 'Turn group sync and role mapping of single sign-on off, or map no groups here.',
          },
        ]
      : []),
    ...(logins.makeAccounts
      ? [
          {
            text: 'Single sign-on makes an account at the first login, so that accounts appear between two runs.',
            remedy:
              'Keep adopt: email, so that the bridge takes such accounts over, or turn just-in-time provisioning off.',
          },
        ]
      : []),
  ];
  if (warnings.length === 0)
    return [resultOf(subject, 'ok', { text: 'Logins write neither accounts nor memberships.' })];
  return warnings.map((warning) => resultOf(subject, 'warning', warning));
}

/** Whether the account that the token belongs to is known, and so never written to. */
export function tokenOwnerResult(
  owner: TokenOwner | undefined,
  emailOf: (userId: string) => string | null,
  protectedUsers: readonly string[],
): CheckResult {
  const subject = 'retool: token owner';
  if (owner?.state === 'known')
    return resultOf(subject, 'ok', {
      text: `The token belongs to ${emailOf(owner.userId) ?? owner.userId}; that account is never written to.`,
    });
  const because = owner?.because ?? 'nobody could say';
  const text = `Whose token this is cannot be told: ${because}.`;
  if (protectedUsers.length > 0)
    return resultOf(subject, 'ok', { text: `${text} protect.users names ${protectedUsers.join(', ')}.` });
  return resultOf(subject, 'warning', {
    text,
    remedy: 'Name the account that made the token under protect.users: a run that disables it ends itself.',
  });
}
