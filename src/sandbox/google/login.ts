import { createHmac, createPublicKey, verify } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import type { ReceivedCall } from '../recording-fetch.ts';
import { jsonAnswer } from './answers.ts';

/** A service account and what an administrator delegated to it. */
export interface GoogleServiceAccount {
  readonly clientEmail: string;
  /** SPKI in PEM. */
  readonly publicKey: string;
  /** Scopes under "Domain-wide delegation"; default those for reading people and groups. */
  readonly delegated?: readonly string[];
}

/** A token that the endpoint gave. */
export interface IssuedTo {
  readonly scopes: ReadonlySet<string>;
  /** For whom the service account acts. */
  readonly subject: string;
}

export interface GoogleLogin {
  /** Answers `POST /token`; undefined for another path. */
  answer(call: ReceivedCall): Response | undefined;
  /** What a token stands for; null when it is none, or no longer. */
  judge(token: string): IssuedTo | null;
}

export const readScopes = {
  people: 'https://www.googleapis.com/auth/admin.directory.user.readonly',
  groups: 'https://www.googleapis.com/auth/admin.directory.group.readonly',
};

const GRANT_TYPE = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
/** The longest time an assertion may be used, in seconds (Google: "Using OAuth 2.0 for server to server applications"). */
const LONGEST_SECONDS = 3_600;
/** How far clocks may differ, in seconds. */
const LEEWAY_SECONDS = 300;

class LoginRefusal extends Error {
  override readonly name = 'LoginRefusal';
  readonly status: number;
  readonly error: string;

  constructor(status: number, error: string, description: string) {
    super(description);
    this.status = status;
    this.error = error;
  }
}

/** Tokens for a service account that acts for a user (RFC 7523 section 2.1, Google: "Domain-wide delegation"). */
export function createGoogleLogin(
  account: GoogleServiceAccount,
  options: {
    readonly now: () => number;
    readonly tokenLifetimeSeconds: number;
    readonly knowsUser: (address: string) => boolean;
  },
): GoogleLogin {
  const { now, tokenLifetimeSeconds: lifetime, knowsUser } = options;
  const key = createPublicKey(account.publicKey);
  const issued = new Map<string, IssuedTo & { readonly until: number }>();

  function issue(call: ReceivedCall): Response {
    const claims = claimsIn(call, key, now() / 1_000);
    const { subject, scopes } = checkedClaims(claims, account, call.url);
    if (!knowsUser(subject)) throw new LoginRefusal(400, 'invalid_grant', 'Invalid email or User ID');
    const token = `ya29.${createHmac('sha256', account.publicKey).update(String(issued.size)).digest('base64url')}`;
    issued.set(token, { scopes: new Set(scopes), subject, until: now() + lifetime * 1_000 });
    return jsonAnswer(200, { access_token: token, expires_in: lifetime, token_type: 'Bearer' });
  }

  return {
    answer(call) {
      if (call.url.pathname !== '/token') return undefined;
      try {
        return issue(call);
      } catch (error) {
        if (!(error instanceof LoginRefusal)) throw error;
        return jsonAnswer(error.status, { error: error.error, error_description: error.message });
      }
    },
    judge(token) {
      const found = issued.get(token);
      return found !== undefined && now() < found.until ? found : null;
    },
  };
}

type Claims = Readonly<Record<string, unknown>>;

function claimsIn({ method, headers, body }: ReceivedCall, key: KeyObject, now: number): Claims {
  const isForm = headers.get('Content-Type')?.startsWith('application/x-www-form-urlencoded') === true;
  const form = new URLSearchParams(body ?? '');
  if (method !== 'POST' || !isForm || form.get('grant_type') !== GRANT_TYPE)
    throw new LoginRefusal(400, 'unsupported_grant_type', 'Invalid grant_type');
  const [head = '', claims = '', signature = '', ...rest] = (form.get('assertion') ?? '').split('.');
  const header = jsonIn(head);
  if (rest.length > 0 || header['alg'] !== 'RS256' || header['typ'] !== 'JWT')
    throw new LoginRefusal(400, 'invalid_grant', 'Invalid JWT: not RS256 in compact form.');
  if (!verify('RSA-SHA256', Buffer.from(`${head}.${claims}`), key, Buffer.from(signature, 'base64url')))
    throw new LoginRefusal(400, 'invalid_grant', 'Invalid JWT Signature.');
  const parsed = jsonIn(claims);
  checkTimes(parsed, now);
  return parsed;
}

function checkTimes({ iat, exp }: Claims, now: number): void {
  const isSound =
    Number.isInteger(iat) && Number.isInteger(exp) && Number(exp) - Number(iat) <= LONGEST_SECONDS;
  if (isSound && Number(iat) <= now + LEEWAY_SECONDS && now < Number(exp)) return;
  throw new LoginRefusal(
    400,
    'invalid_grant',
    'Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. Check your iat and exp values in the JWT claim.',
  );
}

function checkedClaims(
  { iss, aud, sub, scope }: Claims,
  account: GoogleServiceAccount,
  url: URL,
): { readonly subject: string; readonly scopes: readonly string[] } {
  if (iss !== account.clientEmail)
    throw new LoginRefusal(400, 'invalid_grant', 'Invalid grant: account not found');
  if (aud !== `${url.origin}/token`)
    throw new LoginRefusal(400, 'invalid_grant', 'Invalid JWT: Failed audience check.');
  const scopes = typeof scope === 'string' ? scope.split(' ').filter((one) => one !== '') : [];
  if (scopes.length === 0)
    throw new LoginRefusal(400, 'invalid_scope', 'Invalid OAuth scope or ID token audience provided.');
  const { delegated = Object.values(readScopes) } = account;
  if (typeof sub !== 'string' || !scopes.every((one) => delegated.includes(one))) {
    const description =
      'Client is unauthorized to retrieve access tokens using this method, or client not authorized for any of the scopes requested.';
    throw new LoginRefusal(401, 'unauthorized_client', description);
  }
  return { subject: sub, scopes };
}

function jsonIn(part: string): Claims {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, 'base64url').toString());
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    // A part that is no JSON lacks everything that is asked of it.
    return {};
  }
}
