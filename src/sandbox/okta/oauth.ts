import { createHmac, createPublicKey, verify } from 'node:crypto';
import type { JsonWebKey, KeyObject } from 'node:crypto';
import { z } from 'zod';
import { json } from './answers.ts';

/** A service app that signs in with its own key (Okta: "OAuth for Okta", private key JWT). */
export interface OktaServiceApp {
  readonly clientId: string;
  /** The public half of the app's key: RSA or P-256. */
  readonly publicKey: JsonWebKey;
  /** What an administrator granted; default the scopes that reading needs. */
  readonly scopes?: readonly string[];
  /** An app without any admin role is shown an empty list of users instead of an error. */
  readonly adminRole?: 'granted' | 'none';
  /** Default 3600. */
  readonly tokenLifetimeSeconds?: number;
}

/** What a Bearer token allows. */
export interface ServiceAccess {
  readonly scopes: ReadonlySet<string>;
  readonly adminRole: 'granted' | 'none';
}

/** The organisation's authorisation server, for one service app. DPoP is not part of it. */
export interface OktaAuthorisation {
  /** Answers `POST /oauth2/v1/token`. */
  answerToken(request: {
    readonly url: URL;
    readonly contentType: string | null;
    readonly body: string | null;
  }): Response;
  /** What the token allows; undefined for one that was never issued or has expired. */
  accessOf(token: string): ServiceAccess | undefined;
}

const DEFAULT_SCOPES = ['okta.users.read', 'okta.groups.read', 'okta.apps.read'];
const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';
/** Okta refuses assertions that live longer than an hour. */
const LONGEST_ASSERTION_SECONDS = 3600;

class TokenRefusal extends Error {
  override readonly name = 'TokenRefusal';
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, description: string) {
    super(description);
    this.status = status;
    this.code = code;
  }
}

/** Without a service app every token request is refused. */
export function createOktaAuthorisation(
  app: OktaServiceApp | undefined,
  options: { readonly now: () => number; readonly secret: string },
): OktaAuthorisation {
  const issued = new Map<string, { readonly access: ServiceAccess; readonly expiresAt: number }>();
  const usedAssertions = new Set<string>();
  const lifetime = app?.tokenLifetimeSeconds ?? 3600;
  const issue = (scopes: readonly string[]): string => {
    const token = createHmac('sha256', options.secret).update(`okta ${issued.size}`).digest('base64url');
    const access = { scopes: new Set(scopes), adminRole: app?.adminRole ?? 'granted' };
    issued.set(token, { access, expiresAt: options.now() + lifetime * 1000 });
    return token;
  };
  return {
    answerToken({ url, contentType, body }) {
      try {
        const form = readForm(contentType, body);
        if (app === undefined) throw new TokenRefusal(401, 'invalid_client', 'No such client.');
        const audience = `${url.origin}${url.pathname}`;
        checkAssertion(form, { app, audience, now: options.now(), usedAssertions });
        const scopes = grantedScopes(form.get('scope'), app.scopes ?? DEFAULT_SCOPES);
        const token = { token_type: 'Bearer', expires_in: lifetime, access_token: issue(scopes) };
        return json(200, { ...token, scope: scopes.join(' ') });
      } catch (error) {
        if (!(error instanceof TokenRefusal)) throw error;
        return json(error.status, { error: error.code, error_description: error.message });
      }
    },
    accessOf(token) {
      const known = issued.get(token);
      return known !== undefined && options.now() < known.expiresAt ? known.access : undefined;
    },
  };
}

function readForm(contentType: string | null, body: string | null): URLSearchParams {
  if (contentType?.startsWith('application/x-www-form-urlencoded') !== true || body === null) {
    throw new TokenRefusal(400, 'invalid_request', 'The request must be an URL-encoded form.');
  }
  const form = new URLSearchParams(body);
  if (form.get('grant_type') !== 'client_credentials') {
    throw new TokenRefusal(400, 'unsupported_grant_type', 'Only client_credentials is supported.');
  }
  if (form.get('client_assertion_type') !== ASSERTION_TYPE) {
    throw new TokenRefusal(401, 'invalid_client', 'Client authentication must be a private key JWT.');
  }
  return form;
}

/** Scopes that were not granted are left out without a word; with none left there is no token. */
function grantedScopes(asked: string | null, granted: readonly string[]): readonly string[] {
  const scopes = (asked ?? '').split(' ').filter((scope) => granted.includes(scope));
  if (scopes.length > 0) return scopes;
  throw new TokenRefusal(400, 'invalid_scope', 'One or more scopes are not granted to the client.');
}

const HEADER = z.object({ alg: z.enum(['RS256', 'ES256']) });
const CLAIMS = z.object({
  iss: z.string(),
  sub: z.string(),
  aud: z.union([z.string(), z.array(z.string())]),
  exp: z.number(),
  jti: z.string().optional(),
});

/** Judges the client assertion (RFC 7523 §3). */
function checkAssertion(
  form: URLSearchParams,
  against: {
    readonly app: OktaServiceApp;
    readonly audience: string;
    readonly now: number;
    readonly usedAssertions: Set<string>;
  },
): void {
  const { app, audience, usedAssertions } = against;
  const refuse = (why: string): TokenRefusal => new TokenRefusal(401, 'invalid_client', why);
  const [head = '', payload = '', signature = '', ...rest] = (form.get('client_assertion') ?? '').split('.');
  const header = HEADER.safeParse(decode(head));
  const claims = CLAIMS.safeParse(decode(payload));
  if (!header.success || !claims.success || rest.length > 0)
    throw refuse('The client_assertion is malformed.');
  const key = createPublicKey({ key: app.publicKey, format: 'jwk' });
  const signed = { data: Buffer.from(`${head}.${payload}`), signature: Buffer.from(signature, 'base64url') };
  if (!isSigned(header.data.alg, key, signed)) throw refuse('The client_assertion signature is invalid.');
  const { iss, sub, aud, exp, jti } = claims.data;
  if (iss !== app.clientId || sub !== app.clientId) throw refuse('iss and sub must be the client id.');
  if (![aud].flat().includes(audience)) throw refuse(`aud must be ${audience}.`);
  const left = exp - against.now / 1000;
  if (left <= 0) throw refuse('The client_assertion has expired.');
  if (left > LONGEST_ASSERTION_SECONDS) throw refuse('The client_assertion must expire within an hour.');
  if (jti === undefined) return;
  if (usedAssertions.has(jti)) throw refuse('The client_assertion was used before.');
  usedAssertions.add(jti);
}

function isSigned(
  algorithm: 'RS256' | 'ES256',
  key: KeyObject,
  signed: { readonly data: Buffer; readonly signature: Buffer },
): boolean {
  const kind = algorithm === 'RS256' ? 'rsa' : 'ec';
  if (key.asymmetricKeyType !== kind) return false;
  return verify('sha256', signed.data, { key, dsaEncoding: 'ieee-p1363' }, signed.signature);
}

function decode(part: string): unknown {
  try {
    return JSON.parse(Buffer.from(part, 'base64url').toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
