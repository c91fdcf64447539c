import { jsonObjectIn } from '../../http/json-object.ts';
import { HttpFailure, type HttpReply } from '../../http/request.ts';
import { passesByItself } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';

/** A reply that says no. */
export class StatusFailure extends Error {
  override readonly name = 'StatusFailure';
  readonly status: number;
  /** Graph's or the token endpoint's own word for what is wrong; null when the reply has none. */
  readonly code: string | null;
  /** The header as it came. */
  readonly retryAfter: string | null;

  constructor(reply: Pick<HttpReply, 'status' | 'headers' | 'text'>) {
    const { code, message } = detailOf(reply.text);
    const parts = [code, message].filter((part) => part !== null);
    super(`answered ${reply.status}${parts.length === 0 ? '' : `, ${parts.join(': ')}`}`);
    this.status = reply.status;
    this.code = code;
    this.retryAfter = reply.headers.get('retry-after');
  }
}

/** No token could be had, for a reason that may pass. */
export class TokenFailure extends Error {
  override readonly name = 'TokenFailure';
  readonly reason: StatusFailure | HttpFailure;

  constructor(reason: StatusFailure | HttpFailure) {
    super(`the token endpoint: ${reason.message}`, { cause: reason });
    this.reason = reason;
  }
}

/** Why a call brought no answer. */
export type Reason = StatusFailure | HttpFailure | TokenFailure;

export function isReason(error: unknown): error is Reason {
  return error instanceof StatusFailure || error instanceof HttpFailure || error instanceof TokenFailure;
}

/** A call that brought no answer after all tries. */
export class CallFailure extends Error {
  override readonly name = 'CallFailure';
  /** Below `/v1.0`, without its query. */
  readonly path: string;
  readonly reason: Reason;

  constructor(path: string, reason: Reason) {
    super(`GET ${path}: ${reason.message}`, { cause: reason });
    this.path = path;
    this.reason = reason;
  }

  /** Whether it says something of what was asked for and nothing of Graph at large: forbidden, not there, too slow. */
  concernsOneResource(): boolean {
    if (this.reason instanceof HttpFailure) return this.reason.kind === 'timeout';
    return this.reason instanceof StatusFailure && [403, 404].includes(this.reason.status);
  }

  /** Whether Graph itself says that the object is not there; a proxy's 404 proves nothing. */
  provesAbsence(): boolean {
    return (
      this.reason instanceof StatusFailure &&
      this.reason.status === 404 &&
      this.reason.code === 'Request_ResourceNotFound'
    );
  }
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
function detailOf(body: string): { readonly code: string | null; readonly message: string | null } {
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
