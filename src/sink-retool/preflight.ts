import type { BridgeError } from '../model/errors.ts';
import type {
  Feature,
  Logins,
  Preflight,
  Release,
  ReleaseNumber,
  RouteSeen,
  RouteState,
  Trouble,
} from '../model/preflight.ts';
import { faultOf } from '../model/stated.ts';
import { describeAnswer, type Answer } from './answer.ts';
import { capabilities } from './capabilities.ts';
import type { Client } from './client.ts';
import { invalidReply, isPlanGate, listings, unreadable, type Listing } from './listing.ts';
import { Health, List, SsoConfig } from './schema.ts';

export interface PreflightParts {
  readonly client: Client;
  /** Where the token was read from, for messages. */
  readonly tokenOrigin: string;
}

/**
 * What can be told before a run: the release, whether the token is accepted and reads what a run reads, and whether
 * logins write accounts and memberships too. Changes nothing, and never throws for what the target answered.
 */
export async function preflight(parts: PreflightParts, signal: AbortSignal): Promise<Preflight> {
  const { client, tokenOrigin } = parts;
  const release = await releaseOf(client, signal);
  const users = await ask(client, listings.users, signal);
  if (users.state === 'refused' && users.status === 401) {
    const refused = troubleOf(unreadable(listings.users, users, tokenOrigin));
    const logins = { state: 'unseen', because: 'the token is not accepted', lacksScope: false } as const;
    return { release, refused, routes: [], logins };
  }
  const [groups, attributes, invites, logins] = await Promise.all([
    ask(client, listings.groups, signal),
    ask(client, listings.userAttributes, signal),
    ask(client, listings.userInvites, signal),
    loginsOf(client, signal),
  ]);
  const routes = [
    routeOf(parts, listings.users, users),
    routeOf(parts, listings.groups, groups),
    routeOf(parts, listings.userAttributes, attributes),
    routeOf(parts, listings.userInvites, invites),
  ];
  return { release, refused: null, routes, logins };
}

async function releaseOf(client: Client, signal: AbortSignal): Promise<Release> {
  const answer = await client.health(signal);
  const health = answer.state === 'ok' ? Health.safeParse(answer.body) : null;
  const [, major, minor] = /^v?(\d+)\.(\d+)/.exec(health?.data?.version ?? '') ?? [];
  if (major !== undefined && minor !== undefined) return knownRelease([Number(major), Number(minor)]);
  const because = answer.state === 'ok' ? 'an answer without a version' : describeAnswer(answer);
  return { state: 'unknown', because };
}

function knownRelease(number: ReleaseNumber): Release {
  const oldest = capabilities.oldestRelease.value;
  const later = Object.entries(capabilities.featuresSince.value) as [Feature, ReleaseNumber][];
  return {
    state: 'known',
    number,
    olderThan: isOlder(number, oldest) ? oldest : null,
    lacks: later
      .filter(([, since]) => isOlder(number, since))
      .map(([feature, since]) => ({ feature, since })),
  };
}

function isOlder([major, minor]: ReleaseNumber, [least, leastMinor]: ReleaseNumber): boolean {
  return major < least || (major === least && minor < leastMinor);
}

/** One row is enough to see whether users can be read; the other lists know no paging. */
function ask(client: Client, listing: Listing, signal: AbortSignal): Promise<Answer> {
  const call = { method: 'GET', path: [listing.name], repeats: 'read', priority: 0 } as const;
  return client.call(listing === listings.users ? { ...call, query: { limit: '1' } } : call, signal);
}

function routeOf({ tokenOrigin }: PreflightParts, listing: Listing, answer: Answer): RouteSeen {
  const { name } = listing;
  if (answer.state !== 'ok') {
    const trouble = troubleOf(unreadable(listing, answer, tokenOrigin));
    return { name, state: stateOf(answer), trouble };
  }
  const list = List.safeParse(answer.body);
  if (list.success) return { name, state: 'open', trouble: null };
  return { name, state: 'failed', trouble: troubleOf(invalidReply(listing, faultOf(list.error))) };
}

/** Routes that a release or a plan lacks have been seen to answer 404, and with the page that browsers get. */
function stateOf(answer: Exclude<Answer, { readonly state: 'ok' }>): RouteState {
  if (answer.state === 'unclear') return answer.because === 'notApi' ? 'missing' : 'failed';
  if (isPlanGate(answer.message)) return 'plan';
  if (answer.status === 403) return 'scope';
  return answer.status === 404 ? 'missing' : 'failed';
}

function troubleOf({ message: text, remedy }: BridgeError): Trouble {
  return { text, remedy };
}

/** 404 is no trouble: it stands for no single sign-on, and for one that environment variables configure. */
async function loginsOf(client: Client, signal: AbortSignal): Promise<Logins> {
  const answer = await client.call(
    { method: 'GET', path: ['sso', 'config'], repeats: 'read', priority: 0 },
    signal,
  );
  if (answer.state === 'refused' && answer.status === 404) return { state: 'none' };
  if (answer.state !== 'ok') {
    const lacksScope = answer.state === 'refused' && answer.status === 403 && !isPlanGate(answer.message);
    return { state: 'unseen', because: describeAnswer(answer), lacksScope };
  }
  const config = SsoConfig.safeParse(answer.body);
  if (!config.success)
    return { state: 'unseen', because: 'the answer has an unknown shape', lacksScope: false };
  const { jit_enabled, saml_sync_group_claims, ldap_sync_group_claims, ...mappings } = config.data.data;
  const isMapped = [mappings.roles_mapping, mappings.ldap_role_mapping].some(
    (mapping) => (mapping ?? '').trim() !== '',
  );
  return {
    state: 'seen',
    setMemberships: saml_sync_group_claims === true || ldap_sync_group_claims === true || isMapped,
    makeAccounts: jit_enabled === true,
  };
}
