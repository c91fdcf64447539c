import { requestOnce, type HttpReply } from '../../http/request.ts';
import { passesByItself } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock, Fetch } from '../../model/ports.ts';
import type { Secret } from '../../model/secret.ts';
import { refusalIn } from './failures.ts';
import { TokenReply, type Endpoints } from './schema.ts';
import type { IssueToken } from '../../http/access-tokens.ts';

const timeoutMs = 30_000;
const maxBytes = 1024 * 1024;

/** What a token is asked for. */
export interface Audience extends Endpoints {
  readonly tenantId: string;
}

/** Client credentials with a secret (RFC 6749 section 4.4): one form, so no package is loaded for it. */
export function issueBySecret(
  { clientId, secret }: { readonly clientId: string; readonly secret: Secret },
  { tenantId, login, graph }: Audience,
  { fetch, clock }: { readonly fetch: Fetch; readonly clock: Clock },
): IssueToken {
  const url = new URL(`/${tenantId}/oauth2/v2.0/token`, login);
  return async (signal) => {
    const body = new URLSearchParams({
      grant_type: 'client_credentials',
      client_id: clientId,
      client_secret: secret.reveal(),
      scope: scopeOf(graph),
    }).toString();
    const headers = { 'content-type': 'application/x-www-form-urlencoded', accept: 'application/json' };
    const reply = await requestOnce(
      fetch,
      { method: 'POST', url, headers, body, timeoutMs, maxBytes },
      clock,
      signal,
    );
    if (reply.status !== 200) throw refusal(reply, secret);
    const { access_token: text, expires_in: seconds } = tokenIn(reply.text, url);
    return { text, lifetimeMs: seconds * 1_000 };
  };
}

/** Everything at Graph that an administrator consented to. */
export function scopeOf(graph: URL): string {
  return `${graph.origin}/.default`;
}

function refusal(reply: HttpReply, secret: Secret): Error {
  const failure = refusalIn(reply);
  if (passesByItself(reply.status)) return failure;
  return unauthorized(failure.message.replaceAll(secret.reveal(), '[secret]'), secret.origin);
}

/** Entra's own words say best what is wrong with which credential. */
export function unauthorized(what: string, origin: string): BridgeError {
  return new BridgeError('sourceUnauthorized', `Entra gives no access token: ${what}`, {
    remedy: `Check tenantId, clientId and the credential (${origin}), and whether it has expired.`,
  });
}

function tokenIn(text: string, url: URL): TokenReply {
  const parsed = TokenReply.safeParse(jsonIn(text));
  if (parsed.success) return parsed.data;
  throw new BridgeError(
    'sourceInvalid',
    `POST ${url.pathname} was answered with something that is no token.`,
    {
      remedy: 'Check "endpoints", and whether a proxy or a login page stands in between.',
    },
  );
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
