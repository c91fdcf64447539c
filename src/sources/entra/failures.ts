import { CallFailure, StatusFailure, TokenFailure, type ReplyDetail } from '../../http/call-failure.ts';
import { jsonObjectIn } from '../../http/json-object.ts';
import { HttpFailure, type HttpReply } from '../../http/request.ts';
import { passesByItself } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';

/** A reply of Graph or of the token endpoint that says no. */
export function refusalIn(reply: Pick<HttpReply, 'status' | 'headers' | 'text'>): StatusFailure {
  return new StatusFailure(reply, detailOf(reply.text));
}

/** Whether Graph itself says that the object is not there; a proxy's 404 proves nothing. */
export function provesAbsence({ reason }: CallFailure): boolean {
  return (
    reason instanceof StatusFailure && reason.status === 404 && reason.code === 'Request_ResourceNotFound'
  );
}

/** What a failed call means to the admin, as a `BridgeError`; anything else is handed back as it is. */
export function explained(error: unknown): unknown {
  if (error instanceof TokenFailure)
    return new BridgeError('sourceUnreadable', `Entra gives no access token: ${error.reason.message}.`, {
      cause: error,
      retryable: true,
      remedy: 'Check the network, "cloud" and "endpoints"; if they are right, try again later.',
    });
  if (!(error instanceof CallFailure)) return error;
  const { reason, path } = error;
  if (reason instanceof HttpFailure && reason.kind === 'tooLarge')
    return new BridgeError('sourceInvalid', `${error.message}.`, { cause: error });
  if (!(reason instanceof StatusFailure) || passesByItself(reason.status))
    return unreadable(error, {
      retryable: true,
      remedy: 'Try again; if it stays, check the network and the state of Microsoft Graph.',
    });
  if (reason.status === 401)
    return unauthorized(
      error,
      'Check tenantId, "cloud" and the app registration: Graph takes no token of it.',
    );
  if (reason.status === 403)
    return unauthorized(
      error,
      `Give the app the application permission ${permissionFor(path)} and grant admin consent.`,
    );
  return unreadable(error, { remedy: remedyFor(path) });
}

function unauthorized(cause: CallFailure, remedy: string): BridgeError {
  return new BridgeError('sourceUnauthorized', `Microsoft Graph refuses ${cause.message}.`, {
    cause,
    remedy,
  });
}

function unreadable(
  cause: CallFailure,
  details: { readonly remedy: string; readonly retryable?: boolean },
): BridgeError {
  return new BridgeError('sourceUnreadable', `Microsoft Graph can't be read: ${cause.message}.`, {
    cause,
    ...details,
  });
}

/** The least application permission that lets an app read what lies under a path. */
function permissionFor(path: string): string {
  if (path.startsWith('/users')) return 'User.Read.All';
  if (path.startsWith('/servicePrincipals')) return 'Application.Read.All';
  return 'GroupMember.Read.All (and Member.Read.Hidden for groups with hidden membership)';
}

function remedyFor(path: string): string {
  return path.startsWith('/servicePrincipals')
    ? 'Check scope.enterpriseApp: it is the object id under "Enterprise applications", not the client id of the app.'
    : 'Check the tenant, the scope and the properties under "select".';
}

/** What error bodies say of themselves: Graph's are an object with a code, the token endpoint's a word. */
function detailOf(body: string): ReplyDetail {
  const { error, error_description: description } = jsonObjectIn(body) ?? {};
  if (typeof error === 'object' && error !== null) {
    const { code, message }: { readonly code?: unknown; readonly message?: unknown } = error;
    return { code: textOf(code), message: textOf(message) };
  }
  // What follows is for Microsoft's support and new each time.
  return { code: textOf(error), message: textOf(description)?.split(/\s+Trace ID:/, 1)[0] ?? null };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value.slice(0, 500) : null;
}
