import { z } from 'zod';
import { jsonObjectIn } from '../../http/json-object.ts';
import { HttpFailure, type HttpReply } from '../../http/request.ts';
import { passesByItself } from '../../http/retry.ts';
import { BridgeError } from '../../model/errors.ts';

/** What error bodies say of themselves: those of the Directory API. */
const ApiError = z.object({
  error: z.object({
    message: z.string().optional(),
    errors: z.array(z.object({ reason: z.string().optional() })).optional(),
  }),
});
/** Those of the token endpoint (RFC 6749 section 5.2). */
const OAuthError = z.object({ error: z.string(), error_description: z.string().optional() });

/** Reasons of a 403 that mean too many requests (Directory API: "Limits and quotas"). */
const quotaReasons: readonly (string | null)[] = [
  'quotaExceeded',
  'userRateLimitExceeded',
  'rateLimitExceeded',
];

/** A reply that says no. */
export class StatusFailure extends Error {
  override readonly name = 'StatusFailure';
  readonly status: number;
  /** Google's own word for what is wrong; null when the reply has none. */
  readonly reason: string | null;
  /** The header as it came. */
  readonly retryAfter: string | null;

  constructor(reply: Pick<HttpReply, 'status' | 'headers' | 'text'>) {
    const { reason, message } = detailOf(reply.text);
    const parts = [reason, message].filter((part) => part !== null);
    super(`answered ${reply.status}${parts.length === 0 ? '' : `, ${parts.join(': ')}`}`);
    this.status = reply.status;
    this.reason = reason;
    this.retryAfter = reply.headers.get('retry-after');
  }

  /** Whether there were too many requests, which Google says with 403 as well as with 429. */
  isThrottling(): boolean {
    return this.status === 429 || (this.status === 403 && quotaReasons.includes(this.reason));
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
  /** Below `/admin/directory/v1`. */
  readonly path: string;
  readonly reason: Reason;

  constructor(path: string, reason: Reason) {
    super(`GET ${path}: ${reason.message}`, { cause: reason });
    this.path = path;
    this.reason = reason;
  }

  /** Whether it says something of what was asked for and nothing of Google at large: forbidden, not there, too slow. */
  concernsOneResource(): boolean {
    if (this.reason instanceof HttpFailure) return this.reason.kind === 'timeout';
    if (!(this.reason instanceof StatusFailure) || this.reason.isThrottling()) return false;
    return [403, 404].includes(this.reason.status);
  }

  /** Whether Google itself says that there is no such user; a proxy's 404 proves nothing. */
  provesAbsence(): boolean {
    const { reason } = this;
    return reason instanceof StatusFailure && reason.status === 404 && reason.reason === 'notFound';
  }
}

/** What a failed call means to the admin, as a `BridgeError`; anything else is handed back as it is. */
export function explained(error: unknown): unknown {
  if (error instanceof TokenFailure)
    return new BridgeError('sourceUnreadable', `Google gives no access token: ${error.reason.message}.`, {
      cause: error,
      retryable: true,
      remedy: 'Check the network and "endpoints"; if they are right, try again later.',
    });
  if (!(error instanceof CallFailure)) return error;
  const { reason, path } = error;
  if (reason instanceof HttpFailure && reason.kind === 'tooLarge')
    return new BridgeError('sourceInvalid', `${error.message}.`, { cause: error });
  if (!(reason instanceof StatusFailure) || passesByItself(reason.status) || reason.isThrottling())
    return new BridgeError('sourceUnreadable', `The Directory API can't be read: ${error.message}.`, {
      cause: error,
      retryable: true,
      remedy:
        'Try again; if it stays, check the network, the state of Google Workspace and the quota of the project.',
    });
  if (reason.status === 401 || reason.status === 403)
    return new BridgeError('sourceUnauthorized', `The Directory API refuses ${error.message}.`, {
      cause: error,
      remedy: `Let auth.subject be an administrator who may read people and groups, delegate the scope ${scopeFor(path)} to the service account, and enable the Admin SDK API in its project.`,
    });
  return new BridgeError('sourceUnreadable', `The Directory API can't be read: ${error.message}.`, {
    cause: error,
    remedy: 'Check customer, query and groups.',
  });
}

/** What has to be delegated to the service account: reading, and no more. */
export const scopes = {
  people: 'https://www.googleapis.com/auth/admin.directory.user.readonly',
  groups: 'https://www.googleapis.com/auth/admin.directory.group.readonly',
} as const;

function scopeFor(path: string): string {
  return path.startsWith('/users') ? scopes.people : scopes.groups;
}

function detailOf(body: string): { readonly reason: string | null; readonly message: string | null } {
  const json = jsonObjectIn(body);
  const api = ApiError.safeParse(json).data?.error;
  if (api !== undefined)
    return { reason: shortened(api.errors?.[0]?.reason), message: shortened(api.message) };
  const oauth = OAuthError.safeParse(json).data;
  return { reason: shortened(oauth?.error), message: shortened(oauth?.error_description) };
}

function shortened(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value.slice(0, 500);
}
