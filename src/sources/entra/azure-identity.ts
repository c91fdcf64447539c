import path from 'node:path';
import { DeadlineExceeded, withinDeadline } from '../../http/deadline.ts';
import { HttpFailure } from '../../http/request.ts';
import { passesByItself } from '../../http/retry.ts';
import { BridgeError, messageOf } from '../../model/errors.ts';
import type { Clock } from '../../model/ports.ts';
import { scopeOf, unauthorized, type Audience } from './client-secret.ts';
import { StatusFailure } from '../../http/call-failure.ts';
import type { EntraAuth } from './schema.ts';
import type { IssueToken } from '../../http/access-tokens.ts';

/** Reading metadata, signing and asking, all together. */
const timeoutMs = 60_000;

export interface IdentityParts {
  readonly clock: Clock;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** What relative paths are relative to. */
  readonly directory: string;
}

/** The part of the package's credentials that is used. */
interface Credential {
  getToken(
    scope: string,
    options: { readonly abortSignal: AbortSignal },
  ): Promise<{ readonly token: string; readonly expiresOnTimestamp: number } | null>;
}

/**
 * Certificates, workload and managed identities, by Microsoft's own package. A new credential for every token:
 * it keeps tokens of its own, and would give the refused one again.
 */
export function issueByIdentity(auth: EntraAuth, audience: Audience, parts: IdentityParts): IssueToken {
  return async (signal) => {
    try {
      const credential = await createCredential(auth, audience, parts);
      const issued = await withinDeadline(
        (abortSignal) => credential.getToken(scopeOf(audience.graph), { abortSignal }),
        timeoutMs,
        parts.clock,
        signal,
      );
      if (issued === null) throw unauthorized('the credential has none', originOf(auth));
      return { text: issued.token, lifetimeMs: issued.expiresOnTimestamp - parts.clock.now() };
    } catch (error) {
      signal.throwIfAborted();
      throw failureFrom(error, originOf(auth));
    }
  };
}

/** The package takes most of a second to load, so the first token loads it. Retrying is ours alone. */
async function createCredential(
  { clientCertificate, workloadIdentity, managedIdentity }: EntraAuth,
  { tenantId, login }: Audience,
  { env, directory }: IdentityParts,
): Promise<Credential> {
  const { ClientCertificateCredential, ManagedIdentityCredential, WorkloadIdentityCredential } =
    await import('@azure/identity');
  const options = { authorityHost: login.origin, retryOptions: { maxRetries: 0 } };
  if (clientCertificate !== undefined) {
    const certificate = clientCertificate.certificate.reveal();
    return new ClientCertificateCredential(tenantId, clientCertificate.clientId, { certificate }, options);
  }
  if (workloadIdentity !== undefined) {
    const clientId = workloadIdentity.clientId ?? env['AZURE_CLIENT_ID'] ?? '';
    const file = workloadIdentity.tokenFile ?? env['AZURE_FEDERATED_TOKEN_FILE'];
    const tokenFilePath = file === undefined ? '' : path.resolve(directory, file);
    return new WorkloadIdentityCredential({ ...options, tenantId, clientId, tokenFilePath });
  }
  const clientId = managedIdentity?.clientId;
  return clientId === undefined
    ? new ManagedIdentityCredential()
    : new ManagedIdentityCredential({ clientId });
}

function failureFrom(error: unknown, origin: string): Error {
  if (error instanceof BridgeError) return error;
  if (error instanceof DeadlineExceeded) return new HttpFailure('timeout', error.message, { cause: error });
  const { statusCode, code }: { readonly statusCode?: unknown; readonly code?: unknown } = Object(error);
  const [what = ''] = messageOf(error).split('\n', 1);
  if (typeof statusCode === 'number' && passesByItself(statusCode))
    return new StatusFailure({ status: statusCode, headers: new Headers() }, { code: null, message: null });
  if (code === 'REQUEST_SEND_ERROR') return new HttpFailure('network', what, { cause: error });
  return unauthorized(what, origin);
}

function originOf({ clientCertificate, workloadIdentity }: EntraAuth): string {
  if (clientCertificate !== undefined) return clientCertificate.certificate.origin;
  return workloadIdentity === undefined ? 'the managed identity' : 'the federated token';
}
