import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import type { IssueToken } from '../../http/access-tokens.ts';
import { jsonObjectIn } from '../../http/json-object.ts';
import { requestOnce, type HttpReply } from '../../http/request.ts';
import { passesByItself } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch } from '../../model/ports.ts';
import type { Secret } from '../../model/secret.ts';
import { isThrottling, refusalIn, scopes } from './failures.ts';
import { ServiceAccountKey, TokenReply } from './schema.ts';

const timeoutMs = 30_000;
const maxBytes = 1024 * 1024;
/** How long an assertion may be used, in seconds; Google takes up to an hour. */
const assertionSeconds = 600;
const grantType = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

/** Who signs in, for whom, and where. */
export interface SignIn {
  /** The text of a key file. */
  readonly serviceAccount: Secret;
  /** The administrator whose rights are used. */
  readonly subject: string;
  readonly login: URL;
}

/**
 * Asks for tokens with an assertion that the service account signs (RFC 7523 section 2.1). Rejects with
 * `sourceUnauthorized` when these credentials give none, and with a `StatusFailure` or `HttpFailure` when another try
 * may.
 */
export function issueByAssertion(
  { serviceAccount, subject, login }: SignIn,
  { fetch, clock }: { readonly fetch: Fetch; readonly clock: Clock },
): IssueToken {
  const url = new URL('/token', login);
  return async (signal) => {
    const key = keyIn(serviceAccount);
    const claims = {
      iss: key.client_email,
      sub: subject,
      aud: url.href,
      scope: Object.values(scopes).join(' '),
    };
    const assertion = signed(claims, key, serviceAccount, Math.floor(clock.now() / 1_000));
    const body = new URLSearchParams({ grant_type: grantType, assertion }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const request = { method: 'POST', url, headers, body, timeoutMs, maxBytes } as const;
    const reply = await requestOnce(fetch, request, clock, signal);
    if (reply.status !== 200) throw refusal(reply, serviceAccount);
    const parsed = TokenReply.safeParse(jsonObjectIn(reply.text));
    if (parsed.success) return { text: parsed.data.access_token, lifetimeMs: parsed.data.expires_in * 1_000 };
    throw new BridgeError(
      'sourceInvalid',
      `POST ${url.pathname} was answered with something that is no token.`,
      {
        remedy: 'Check "endpoints", and whether a proxy or a login page stands in between.',
      },
    );
  };
}

function keyIn(secret: Secret): ServiceAccountKey {
  const parsed = ServiceAccountKey.safeParse(jsonObjectIn(secret.reveal()));
  if (parsed.success) return parsed.data;
  throw badKey(secret, 'holds no key of a service account');
}

function badKey({ origin }: Secret, what: string): BridgeError {
  return new BridgeError('sourceUnauthorized', `The ${origin} ${what}.`, {
    remedy: 'Make a JSON key for the service account, and refer to that whole file.',
  });
}

/** A JWS in compact form (RFC 7515 section 3.1) over claims of RFC 7519, with RSA and SHA-256. */
function signed(claims: object, key: ServiceAccountKey, secret: Secret, now: number): string {
  const keyId = key.private_key_id === undefined ? {} : { kid: key.private_key_id };
  const head = encoded({ alg: 'RS256', typ: 'JWT', ...keyId });
  const body = encoded({ ...claims, iat: now, exp: now + assertionSeconds });
  const signature = sign('RSA-SHA256', Buffer.from(`${head}.${body}`), privateKeyIn(key, secret));
  return `${head}.${body}.${signature.toString('base64url')}`;
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function privateKeyIn(key: ServiceAccountKey, secret: Secret): KeyObject {
  try {
    const parsed = createPrivateKey(key.private_key);
    if (parsed.asymmetricKeyType === 'rsa') return parsed;
  } catch {
    // What OpenSSL says of it may quote it.
  }
  throw badKey(secret, 'holds a private key that is no RSA key in PEM');
}

/** Google's own words say best what is wrong; a clock that is wrong makes assertions that are not valid yet, too. */
function refusal(reply: HttpReply, { origin }: Secret): Error {
  const failure = refusalIn(reply);
  if (passesByItself(reply.status) || isThrottling(failure)) return failure;
  return new BridgeError('sourceUnauthorized', `Google gives no access token: ${failure.message}`, {
    remedy: `Check the key (${origin}), auth.subject and this machine's clock, and delegate ${Object.values(scopes).join(' and ')} to the service account under Domain-wide delegation.`,
  });
}
