import { passesByItself } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';
import { CallFailure } from './client.ts';
import { StatusFailure } from './executor.ts';
import type { OktaOptions } from './schema.ts';

/** What a failed call means to the admin, as a `BridgeError`; anything else is handed back as it is. */
export function explained(error: unknown, auth: OktaOptions['auth']): unknown {
  if (!(error instanceof CallFailure)) return error;
  const { reason } = error;
  if (!(reason instanceof StatusFailure)) return unreadable(error, reachable, { retryable: true });
  if (reason.status === 401) return unauthorized(error, renewal(auth));
  if (reason.status === 403) return unauthorized(error, permission(reason, auth));
  if (reason.status === 404)
    return unreadable(error, 'Check the ids under "scope", and that they are of this org.', {});
  return unreadable(error, 'See what Okta says of it, and status.okta.com.', {
    retryable: passesByItself(reason.status),
  });
}

const reachable = 'Check "orgUrl", and that this machine may reach it.';

function unauthorized(cause: CallFailure, remedy: string): BridgeError {
  return new BridgeError('sourceUnauthorized', `Okta refuses ${cause.message}.`, { cause, remedy });
}

function unreadable(
  cause: CallFailure,
  remedy: string,
  { retryable = false }: { readonly retryable?: boolean },
): BridgeError {
  return new BridgeError('sourceUnreadable', `Okta can't be read: ${cause.message}.`, {
    cause,
    remedy,
    retryable,
  });
}

function renewal({ token, privateKey }: OktaOptions['auth']): string {
  return token === undefined
    ? `Check that the app ${privateKey?.clientId ?? ''} is active and its key is registered.`
    : `Make a new API token and put it into the ${token.origin}: a token dies after 30 days without use, and with who made it.`;
}

function permission({ missingScope }: StatusFailure, { token }: OktaOptions['auth']): string {
  if (missingScope !== null) return `Grant ${missingScope} under "Okta API Scopes" of the app.`;
  return token === undefined
    ? 'Give the app the admin role "Read-only Administrator", or one that may see the scope.'
    : 'Give whoever made the token the admin role "Read-only Administrator", or one that may see the scope.';
}
