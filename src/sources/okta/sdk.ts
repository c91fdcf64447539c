import { createPrivateKey, type KeyObject } from 'node:crypto';
import { BridgeError } from '../../model/errors.ts';
import type { Executor, SdkReply, SdkRequest } from './executor.ts';
import type { OktaOptions } from './schema.ts';

/**
 * The SDK's raw path: it signs requests (SSWS, Bearer or DPoP) and hands the reply over untouched, where the
 * generated API drops custom attributes of groups. `http` is public at run time only, so the SDK's version is
 * pinned and the contract tests run through here.
 */
export interface SdkClient {
  readonly http: {
    http(
      url: string,
      request: Omit<SdkRequest, 'url'>,
      context: { readonly isCollection: true },
    ): Promise<SdkReply>;
  };
}

/** An SDK client that signs in as `options.auth` says and sends everything through `executor`. */
export async function createSdkClient(
  options: Pick<OktaOptions, 'orgUrl' | 'auth'>,
  scopes: readonly string[],
  executor: Executor,
): Promise<SdkClient> {
  const credentials = credentialsOf(options.auth, scopes);
  const { Client } = await importQuietly();
  const settings = {
    ...credentials,
    orgUrl: new URL(options.orgUrl).origin,
    userAgent: 'retool-identity-bridge',
    // The SDK's cache has no expiry: a long-running process would never see a change.
    cacheMiddleware: null,
    requestExecutor: executor,
  };
  // The SDK's types know neither a null cache nor an executor that is not derived from its own.
  const client: unknown = new Client(settings as unknown as ConstructorParameters<typeof Client>[0]);
  return client as SdkClient;
}

/** Every setting is given: what is left out the SDK takes from OKTA_CLIENT_* variables and okta.yaml files. */
function credentialsOf({ token, privateKey }: OktaOptions['auth'], scopes: readonly string[]): object {
  if (token !== undefined) return { authorizationMode: 'SSWS', token: token.reveal() };
  if (privateKey === undefined)
    throw new BridgeError('internal', 'okta: no credentials', { audience: 'developer' });
  const { clientId, keyId = '', key } = privateKey;
  requireRsa(key.reveal(), key.origin);
  return { authorizationMode: 'PrivateKey', clientId, keyId, scopes: [...scopes], privateKey: key.reveal() };
}

/** The SDK proves possession of a key with RS256 whatever the key is, so any other kind fails on the way. */
function requireRsa(key: string, origin: string): void {
  const type = typeOf(key);
  if (type === 'rsa') return;
  const what = type === null ? 'is no private key' : `is of type ${type}`;
  throw new BridgeError(
    'sourceUnauthorized',
    `The Okta key from ${origin} ${what}; only RSA keys can be used.`,
    {
      remedy: 'Register an RSA key (2048 bits or more) with the app and give its private half as PEM or JWK.',
    },
  );
}

function typeOf(key: string): string | null {
  try {
    return parsedKey(key).asymmetricKeyType ?? null;
  } catch {
    // What is wrong with it may quote it.
    return null;
  }
}

function parsedKey(key: string): KeyObject {
  return key.trimStart().startsWith('{')
    ? createPrivateKey({ key: JSON.parse(key), format: 'jwk' })
    : createPrivateKey(key);
}

/**
 * The SDK takes a second and 90 MB to load, so it is loaded by the first request. It uses a module of Node's
 * that warns of its deprecation, which says nothing to the reader of our stderr.
 */
async function importQuietly() {
  const emitWarning = process.emitWarning;
  process.emitWarning = (...warning: readonly unknown[]): void => {
    if (!warning.includes('DEP0040')) Reflect.apply(emitWarning, process, warning);
  };
  try {
    return await import('@okta/okta-sdk-nodejs');
  } finally {
    process.emitWarning = emitWarning;
  }
}
