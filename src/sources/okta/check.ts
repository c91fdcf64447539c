import { BridgeError } from '../../model/errors.ts';
import type { Clock } from '../../model/ports.ts';
import { failedCheck, type CheckResult } from '../../model/source.ts';
import { CallFailure, type OktaClient, type OktaReply } from './client.ts';
import { idOf } from './convert.ts';
import { explained } from './failure.ts';
import { rateLimits } from './pace.ts';
import { AssignedGroup, type OktaOptions } from './schema.ts';

export interface CheckParts {
  /** The source's id, for the results' subjects. */
  readonly source: string;
  readonly client: OktaClient;
  readonly options: OktaOptions;
  /** What a service app's tokens are asked for. */
  readonly scopes: readonly string[];
  readonly clock: Clock;
}

/** One call that a read will make, at its smallest. */
interface Probe {
  readonly what: string;
  readonly path: string;
}

type Tried =
  | { readonly state: 'answered'; readonly probe: Probe; readonly reply: OktaReply }
  | { readonly state: 'failed'; readonly probe: Probe; readonly error: CallFailure | BridgeError };

/**
 * What an admin should know before the first read: whether Okta accepts the credentials, whether it grants the
 * scopes, whether one small page of everything that a read needs can be read, and how fast reads may go.
 */
export async function checkOrg(parts: CheckParts, signal: AbortSignal): Promise<readonly CheckResult[]> {
  const { source, options } = parts;
  const people = await attempt(parts, { what: 'people', path: '/api/v1/users?limit=1' }, signal);
  if (people.state === 'failed' && !isForbidden(people.error))
    return [failed(`${source}: sign-in`, people.error, options.auth)];
  const tried = [people, ...(await tryScope(parts, signal))];
  return [
    { subject: `${source}: sign-in`, verdict: 'ok', text: `Okta accepts ${credentialsOf(options.auth)}.` },
    ...checkScopes(parts),
    ...tried.map((one) => resultOf(one, parts)),
    ...checkLimits(tried, parts),
  ];
}

async function tryScope(parts: CheckParts, signal: AbortSignal): Promise<readonly Tried[]> {
  const { app } = parts.options.scope;
  const ofApp = `/api/v1/apps/${app}`;
  const probes: readonly Probe[] =
    app === undefined
      ? [{ what: 'groups', path: '/api/v1/groups?limit=1' }]
      : [
          { what: 'people of the app', path: `${ofApp}/users?limit=1&expand=user` },
          { what: 'groups of the app', path: `${ofApp}/groups?limit=20&expand=group` },
        ];
  const tried: Tried[] = [];
  for (const probe of probes) tried.push(await attempt(parts, probe, signal));
  const group = firstGroup(tried.at(-1));
  if (group === null) return tried;
  const members = { what: 'members of a group', path: `/api/v1/groups/${group}/users?limit=1` };
  return [...tried, await attempt(parts, members, signal)];
}

async function attempt({ client }: CheckParts, probe: Probe, signal: AbortSignal): Promise<Tried> {
  try {
    const reply = await client.get(probe.path, { signal, onCall: () => undefined });
    if (Array.isArray(reply.body)) return { state: 'answered', probe, reply };
    const error = new BridgeError('sourceInvalid', `GET ${probe.path} was not answered with a list.`);
    return { state: 'failed', probe, error };
  } catch (error) {
    if (signal.aborted || !(error instanceof CallFailure || error instanceof BridgeError)) throw error;
    return { state: 'failed', probe, error };
  }
}

/** The credentials are good but may not do this: one result among others. */
function isForbidden(error: CallFailure | BridgeError): boolean {
  return error instanceof CallFailure && 'status' in error.reason && error.reason.status === 403;
}

function firstGroup(tried: Tried | undefined): string | null {
  const [row] = tried === undefined ? [] : rowsOf(tried);
  return idOf(AssignedGroup.safeParse(row).data ?? row);
}

function rowsOf(tried: Tried): readonly unknown[] {
  return tried.state === 'answered' && Array.isArray(tried.reply.body) ? tried.reply.body : [];
}

function credentialsOf({ token, privateKey }: OktaOptions['auth']): string {
  return token === undefined
    ? `the key of the app ${privateKey?.clientId ?? ''}`
    : `the token from ${token.origin}`;
}

/** Okta leaves scopes that were not granted out of a token without a word. */
function checkScopes({ source, client, options, scopes }: CheckParts): readonly CheckResult[] {
  const granted = client.grantedScopes();
  if (options.auth.privateKey === undefined || granted === null) return [];
  const missing = scopes.filter((scope) => !granted.includes(scope));
  const subject = `${source}: scopes`;
  if (missing.length === 0) return [{ subject, verdict: 'ok', text: `Granted: ${scopes.join(', ')}.` }];
  return [
    {
      subject,
      verdict: 'failed',
      text: `Not granted: ${missing.join(', ')}.`,
      remedy: 'Grant them under "Okta API Scopes" of the app.',
    },
  ];
}

function resultOf(tried: Tried, { source, options }: CheckParts): CheckResult {
  const subject = `${source}: ${tried.probe.what}`;
  if (tried.state === 'failed') return failed(subject, tried.error, options.auth);
  if (rowsOf(tried).length > 0) return { subject, verdict: 'ok', text: 'They can be read.' };
  return {
    subject,
    verdict: 'warning',
    text: 'Okta shows none.',
    remedy:
      'Check the scope, and that the app, or whoever made the token, has the role "Read-only Administrator": without a role Okta shows nobody.',
  };
}

function checkLimits(
  tried: readonly Tried[],
  { source, clock, options }: CheckParts,
): readonly CheckResult[] {
  const limits = tried.flatMap((one) => {
    if (one.state === 'failed') return [];
    const limit = rateLimits(one.reply.headers, clock.now())?.limit;
    return limit === undefined ? [] : [`${one.probe.what} ${limit}`];
  });
  if (limits.length === 0) return [];
  const share = Math.round(options.rateShare * 100);
  const text = `Requests a minute: ${limits.join(', ')}; the bridge uses up to ${share}% of them.`;
  return [{ subject: `${source}: rate limits`, verdict: 'ok', text }];
}

function failed(subject: string, error: CallFailure | BridgeError, auth: OktaOptions['auth']): CheckResult {
  const told = explained(error, auth);
  if (!(told instanceof BridgeError)) throw told;
  return failedCheck(subject, told);
}
