import { createHmac } from 'node:crypto';
import type { ReceivedCall } from '../recording-fetch.ts';

/** The one app registration of the tenant. */
export interface EntraClient {
  readonly tenantId: string;
  readonly clientId: string;
  readonly clientSecret: string;
}

/** The tenant's token endpoint and what it issued. */
export interface EntraLogin {
  /** Answers a login route; undefined for a path that is none. */
  answer(call: ReceivedCall): Response | undefined;
  /** Whether Graph may accept a token. */
  judge(token: string): 'valid' | 'expired' | 'unknown';
}

/** Hosts of Graph in the four clouds, each the audience of its own tokens. */
const GRAPH_ORIGINS = [
  'https://graph.microsoft.com',
  'https://graph.microsoft.us',
  'https://dod-graph.microsoft.us',
  'https://microsoftgraph.chinacloudapi.cn',
];

const TOKEN_PATH = /^\/([^/]+)\/oauth2\/v2\.0\/token$/;
const METADATA_PATH = /^\/([^/]+)\/v2\.0\/\.well-known\/openid-configuration$/;

class LoginRefusal extends Error {
  override readonly name = 'LoginRefusal';
  readonly status: number;
  readonly error: string;
  readonly number: number;

  constructor(refusal: {
    readonly status: number;
    readonly error: string;
    readonly number: number;
    readonly text: string;
  }) {
    super(refusal.text);
    this.status = refusal.status;
    this.error = refusal.error;
    this.number = refusal.number;
  }
}

/** Client credentials with a secret (Microsoft identity platform: "OAuth 2.0 client credentials flow"). */
export function createEntraLogin(
  client: EntraClient,
  options: { readonly now: () => number; readonly tokenLifetimeSeconds: number },
): EntraLogin {
  const { now, tokenLifetimeSeconds: lifetime } = options;
  const expiry = new Map<string, number>();
  const issue = (): Response => {
    const token = createHmac('sha256', client.clientSecret)
      .update(`entra ${expiry.size}`)
      .digest('base64url');
    expiry.set(token, now() + lifetime * 1000);
    return loginJson(200, {
      token_type: 'Bearer',
      expires_in: lifetime,
      ext_expires_in: lifetime,
      access_token: token,
    });
  };
  return {
    answer(call) {
      const { pathname } = call.url;
      try {
        const metadataTenant = METADATA_PATH.exec(pathname)?.[1];
        if (metadataTenant !== undefined) return describe(call.url.origin, metadataTenant, client);
        const tenant = TOKEN_PATH.exec(pathname)?.[1];
        if (tenant === undefined) return undefined;
        checkTenant(tenant, client);
        checkTokenRequest(call, client);
        return issue();
      } catch (error) {
        if (!(error instanceof LoginRefusal)) throw error;
        return refusalAnswer(error, now());
      }
    },
    judge(token) {
      const expiresAt = expiry.get(token);
      if (expiresAt === undefined) return 'unknown';
      return now() < expiresAt ? 'valid' : 'expired';
    },
  };
}

function checkTenant(tenant: string, client: EntraClient): void {
  if (tenant.toLowerCase() === client.tenantId.toLowerCase()) return;
  const text = `Tenant '${tenant}' not found. Check to make sure you have the correct tenant ID.`;
  throw new LoginRefusal({ status: 400, error: 'invalid_request', number: 90002, text });
}

function checkTokenRequest({ method, url, headers, body }: ReceivedCall, client: EntraClient): void {
  const isForm = headers.get('Content-Type')?.startsWith('application/x-www-form-urlencoded') === true;
  if (method !== 'POST' || !isForm || body === null) {
    const text = 'The endpoint only accepts POST requests with a form.';
    throw new LoginRefusal({ status: 400, error: 'invalid_request', number: 900561, text });
  }
  const form = new URLSearchParams(body);
  for (const name of ['grant_type', 'client_id', 'scope']) {
    if (form.get(name)) continue;
    const text = `The request body must contain the following parameter: '${name}'.`;
    throw new LoginRefusal({ status: 400, error: 'invalid_request', number: 900144, text });
  }
  if (form.get('grant_type') !== 'client_credentials') {
    const text = 'The app requested an unsupported grant type.';
    throw new LoginRefusal({ status: 400, error: 'unsupported_grant_type', number: 70003, text });
  }
  checkClient(form, client);
  checkScope(form.get('scope') ?? '', url.origin);
}

function checkClient(form: URLSearchParams, { clientId, clientSecret }: EntraClient): void {
  const given = form.get('client_id');
  if (given !== clientId) {
    const text = `Application with identifier '${given}' was not found in the directory.`;
    throw new LoginRefusal({ status: 400, error: 'unauthorized_client', number: 700016, text });
  }
  if (!form.has('client_secret')) {
    const text = "The request body must contain 'client_assertion' or 'client_secret'.";
    throw new LoginRefusal({ status: 401, error: 'invalid_client', number: 7000216, text });
  }
  if (form.get('client_secret') !== clientSecret) {
    const text = `Invalid client secret provided for app '${clientId}': the secret's value is needed, not its id.`;
    throw new LoginRefusal({ status: 401, error: 'invalid_client', number: 7000215, text });
  }
}

function checkScope(scope: string, origin: string): void {
  const suffix = '/.default';
  if (!scope.endsWith(suffix)) {
    const text = `The scope '${scope}' is not valid: client credentials need a resource followed by /.default.`;
    throw new LoginRefusal({ status: 400, error: 'invalid_scope', number: 1002012, text });
  }
  const resource = scope.slice(0, -suffix.length);
  if ([origin, ...GRAPH_ORIGINS].includes(resource)) return;
  const text = `The resource principal named ${resource} was not found in the tenant.`;
  throw new LoginRefusal({ status: 400, error: 'invalid_resource', number: 500011, text });
}

/** What the SDKs read before they ask for a token (OpenID Connect Discovery 1.0 §3), as far as they need it. */
function describe(origin: string, tenant: string, client: EntraClient): Response {
  checkTenant(tenant, client);
  const base = `${origin}/${tenant}`;
  return loginJson(200, {
    issuer: `${base}/v2.0`,
    authorization_endpoint: `${base}/oauth2/v2.0/authorize`,
    token_endpoint: `${base}/oauth2/v2.0/token`,
    jwks_uri: `${base}/discovery/v2.0/keys`,
    token_endpoint_auth_methods_supported: ['client_secret_post'],
    response_types_supported: ['code'],
    subject_types_supported: ['pairwise'],
    id_token_signing_alg_values_supported: ['RS256'],
  });
}

function refusalAnswer(refusal: LoginRefusal, now: number): Response {
  const timestamp = `${new Date(now).toISOString().slice(0, 19).replace('T', ' ')}Z`;
  const trace = '00000000-0000-4000-8000-000000000e1d';
  const details = `Trace ID: ${trace} Correlation ID: ${trace} Timestamp: ${timestamp}`;
  return loginJson(refusal.status, {
    error: refusal.error,
    error_description: `AADSTS${refusal.number}: ${refusal.message} ${details}`,
    error_codes: [refusal.number],
    timestamp,
    trace_id: trace,
    correlation_id: trace,
    error_uri: `https://login.microsoftonline.com/error?code=${refusal.number}`,
  });
}

function loginJson(status: number, body: unknown): Response {
  const headers = {
    'Content-Type': 'application/json; charset=utf-8',
    'Cache-Control': 'no-store, no-cache',
  };
  return new Response(JSON.stringify(body), { status, headers });
}
