import { BridgeError } from '../model/errors.ts';
import { describeAnswer, type Answer } from './answer.ts';
import { capabilities } from './capabilities.ts';

/** One list of the API and what a token needs in order to read it. */
export interface Listing {
  /** The last part of its route. */
  readonly name:
    | 'users'
    | 'groups'
    | 'user_attributes'
    | 'user_invites'
    | 'folders'
    | 'apps'
    | 'resources'
    | 'resource_configurations'
    | 'access_requests'
    | 'permissions/listObjects';
  /** The scope as the page on which tokens are made calls it. */
  readonly scope: string;
  /** Whether it can be asked for in pages; the others come whole or not at all. */
  readonly isPaged: boolean;
  /** What of it is asked for; absent: all. */
  readonly query?: Readonly<Record<string, string>>;
}

export const listings = {
  users: { name: 'users', scope: 'Users > Read', isPaged: true },
  groups: { name: 'groups', scope: 'Groups > Read', isPaged: false },
  userAttributes: { name: 'user_attributes', scope: 'User Attributes > Read', isPaged: false },
  userInvites: { name: 'user_invites', scope: 'Users > Read', isPaged: false },
  folders: { name: 'folders', scope: 'Folders > Read', isPaged: false },
  apps: { name: 'apps', scope: 'Apps > Read', isPaged: false },
  resources: { name: 'resources', scope: 'Resources > Read', isPaged: true },
  resourceConfigurations: { name: 'resource_configurations', scope: 'Resources > Read', isPaged: true },
  accessRequests: {
    name: 'access_requests',
    scope: 'Users > Read',
    isPaged: true,
    query: { status: 'PENDING' },
  },
} as const satisfies Readonly<Record<string, Listing>>;

export function isPlanGate(message: string | null): boolean {
  return message !== null && capabilities.planGate.value.test(message);
}

/** The error of a list that the organisation's plan does not include. */
export class PlanGate extends BridgeError {
  constructor(told: string) {
    super('targetUnauthorized', `${told}.`, {
      remedy:
        "The organisation's plan does not include this part of the API; users and groups need Enterprise.",
    });
  }
}

/** The error of a list that could not be read; `tokenOrigin` says where the token came from. */
export function unreadable(
  listing: Listing,
  answer: Exclude<Answer, { readonly state: 'ok' }>,
  tokenOrigin: string,
): BridgeError {
  const told = `Retool answered GET /${listing.name} with ${describeAnswer(answer)}`;
  if (answer.state === 'unclear') return unclearError(listing, answer.because, told, describeAnswer(answer));
  if (answer.status === 401) {
    return new BridgeError('targetUnauthorized', `Retool does not accept the token from ${tokenOrigin}.`, {
      remedy: 'Make a token under Settings > API of the organisation that target.baseUrl names.',
    });
  }
  if (isPlanGate(answer.message)) return new PlanGate(told);
  if (answer.status === 403) {
    return new BridgeError('targetUnauthorized', `${told}.`, {
      remedy: `Give the token from ${tokenOrigin} the scope "${listing.scope}".`,
    });
  }
  return new BridgeError('targetUnreadable', `${told}.`, {
    retryable: answer.status === 429,
    remedy:
      answer.status === 429
        ? 'Lower target.requestsPerMinute, or find out what else uses the API quota of this organisation.'
        : 'Check that target.baseUrl is the address at which you open Retool.',
  });
}

function unclearError(
  listing: Listing,
  because: Extract<Answer, { readonly state: 'unclear' }>['because'],
  told: string,
  text: string,
): BridgeError {
  switch (because) {
    case 'notApi':
      return invalidReply(listing, text);
    case 'server':
      return new BridgeError('targetUnreadable', `${told}.`, { retryable: true });
    case 'network':
    case 'timeout':
    case 'unsent':
      return new BridgeError('targetUnreadable', `GET /${listing.name} got no answer from Retool: ${text}.`, {
        retryable: true,
        remedy: 'Check target.baseUrl, DNS, proxy and certificates between this machine and Retool.',
      });
    case 'tooLarge':
      return new BridgeError('targetUnreadable', `GET /${listing.name}: ${text}.`);
  }
}

/** The error of a reply that is not what the API promises; no part of such a reply is used. */
export function invalidReply(listing: Listing, what: string): BridgeError {
  return new BridgeError(
    'targetInvalid',
    `Retool's answer to GET /${listing.name} cannot be used: ${what}.`,
    {
      remedy: 'Check that target.baseUrl is the address of Retool itself and not of a page in front of it.',
    },
  );
}
