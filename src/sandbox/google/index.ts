import { recordingFetch } from '../recording-fetch.ts';
import type { Intercept, ReceivedCall } from '../recording-fetch.ts';
import { createCallLog } from '../stand-in.ts';
import type { StandIn } from '../stand-in.ts';
import {
  faultAnswer,
  GoogleFault,
  jsonAnswer,
  notAuthorized,
  tooManyRequests,
  unauthenticated,
} from './answers.ts';
import { findGroup, findUser, googleAccountOf } from './directory.ts';
import type { GoogleAccount, GoogleGroup, GoogleSeed, GoogleUser } from './directory.ts';
import { createGoogleLogin } from './login.ts';
import type { GoogleLogin, GoogleServiceAccount } from './login.ts';
import { answerDirectory } from './routes.ts';

export { googleSeedOf } from './directory.ts';
export type { GoogleGroup, GoogleSeed, GoogleUser } from './directory.ts';
export type { GoogleServiceAccount } from './login.ts';

/** How the Google stand-in behaves and what its account holds at first. */
export interface GoogleSandboxOptions {
  readonly seed: GoogleSeed;
  readonly serviceAccount: GoogleServiceAccount;
  /** The address of the one administrator; need not be that of a user who is listed. */
  readonly administrator: string;
  /** The server's clock, epoch milliseconds. */
  readonly now: () => number;
  /** The id of the account; default `C0acme000`. */
  readonly customer?: string;
  /** Default 3599, as the real service says. */
  readonly tokenLifetimeSeconds?: number;
  /** Requests to the Directory API in a minute; default `unlimited`. The real service allows 2,400 for each user. */
  readonly requestsPerMinute?: number | 'unlimited';
  readonly intercept?: Intercept;
}

/** What an administrator does at Google; users and groups are named by id or address. */
export interface GoogleAdmin {
  updateUser(user: string, changes: Partial<Omit<GoogleUser, 'id'>>): void;
  deleteUser(user: string): void;
  updateGroup(group: string, changes: Partial<Omit<GoogleGroup, 'id'>>): void;
  deleteGroup(group: string): void;
}

/** A Google Workspace account in this process: the Directory API, and the token endpoint beside it. */
export interface GoogleSandbox extends StandIn {
  readonly admin: GoogleAdmin;
}

const PREFIX = '/admin/directory/v1';

/**
 * Answers the reading side of the Directory API, and tokens for a service account with domain-wide delegation, as a
 * `fetch` handler. It is stricter than Google where that finds mistakes: a query parameter it does not know is 400.
 */
export function createGoogleSandbox(options: GoogleSandboxOptions): GoogleSandbox {
  const { now, administrator, tokenLifetimeSeconds = 3_599, intercept } = options;
  const account = googleAccountOf(options.seed);
  const knowsUser = (address: string): boolean =>
    address === administrator || findUser(account, address) !== undefined;
  const login = createGoogleLogin(options.serviceAccount, { now, tokenLifetimeSeconds, knowsUser });
  const take = createQuota(options.requestsPerMinute ?? 'unlimited', now);
  const log = createCallLog();
  const directory = createDirectory({
    account,
    login,
    take,
    administrator,
    customer: options.customer ?? 'C0acme000',
  });
  const answer = (call: ReceivedCall): Response => login.answer(call) ?? directory(call);
  return { fetch: recordingFetch({ answer, intercept, now, log }), log, admin: createAdmin(account) };
}

interface DirectoryParts {
  readonly account: GoogleAccount;
  readonly login: GoogleLogin;
  readonly take: () => void;
  readonly administrator: string;
  readonly customer: string;
}

function createDirectory(parts: DirectoryParts): (call: ReceivedCall) => Response {
  return (call) => {
    try {
      return jsonAnswer(200, answerCall(call, parts));
    } catch (error) {
      if (!(error instanceof GoogleFault)) throw error;
      return faultAnswer(error);
    }
  };
}

function answerCall({ method, url, headers }: ReceivedCall, parts: DirectoryParts): object {
  const { account, login, administrator, customer, take } = parts;
  const token = /^Bearer (\S+)$/i.exec(headers.get('Authorization') ?? '')?.[1];
  const issued = token === undefined ? null : login.judge(token);
  if (issued === null) throw unauthenticated();
  take();
  const { pathname, searchParams: search } = url;
  if (!pathname.startsWith(`${PREFIX}/`) || method !== 'GET')
    throw new GoogleFault({ status: 404, reason: 'notFound', message: 'Not Found' });
  if (issued.subject !== administrator) throw notAuthorized();
  return answerDirectory({
    path: pathname.slice(PREFIX.length),
    search,
    account,
    customer,
    scopes: issued.scopes,
  });
}

/** Counts requests in fixed minutes; a minute opens with its first request. Google does not say how long to wait. */
function createQuota(requestsPerMinute: number | 'unlimited', now: () => number): () => void {
  let resetAt = Number.NEGATIVE_INFINITY;
  let used = 0;
  return () => {
    if (requestsPerMinute === 'unlimited') return;
    const at = now();
    if (at >= resetAt) {
      resetAt = at + 60_000;
      used = 0;
    }
    if (used >= requestsPerMinute) throw tooManyRequests();
    used += 1;
  };
}

function createAdmin(account: GoogleAccount): GoogleAdmin {
  const user = (key: string): GoogleUser => found(findUser(account, key), key);
  const group = (key: string): GoogleGroup => found(findGroup(account, key), key);
  return {
    updateUser(key, changes) {
      const { id } = user(key);
      account.users.set(id, { ...user(key), ...changes });
    },
    deleteUser: (key) => void account.users.delete(user(key).id),
    updateGroup(key, changes) {
      const { id } = group(key);
      account.groups.set(id, { ...group(key), ...changes });
    },
    deleteGroup: (key) => void account.groups.delete(group(key).id),
  };
}

function found<Item>(item: Item | undefined, key: string): Item {
  if (item === undefined) throw new Error(`The Google stand-in has no ${key}`);
  return item;
}
