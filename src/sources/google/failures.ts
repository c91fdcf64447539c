import { z } from 'zod';
import {
  CallFailure,
  concernsOneResource,
  StatusFailure,
  TokenFailure,
  type ReplyDetail,
} from '../../http/call-failure.ts';
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

/** A reply of Google that says no. */
export function refusalIn(reply: Pick<HttpReply, 'status' | 'headers' | 'text'>): StatusFailure {
  return new StatusFailure(reply, detailOf(reply.text));
}

/** Whether there were too many requests, which Google says with 403 as well as with 429. */
export function isThrottling({ status, code }: StatusFailure): boolean {
  return status === 429 || (status === 403 && quotaReasons.includes(code));
}

/** Whether it says something of what was asked for and nothing of Google at large. */
export function concernsOneGroup(failure: CallFailure): boolean {
  const { reason } = failure;
  return concernsOneResource(failure) && !(reason instanceof StatusFailure && isThrottling(reason));
}

/** Whether Google itself says that there is no such user; a proxy's 404 proves nothing. */
export function provesAbsence({ reason }: CallFailure): boolean {
  return reason instanceof StatusFailure && reason.status === 404 && reason.code === 'notFound';
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
  if (!(reason instanceof StatusFailure) || passesByItself(reason.status) || isThrottling(reason))
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

function detailOf(body: string): ReplyDetail {
  const json = jsonObjectIn(body);
  const api = ApiError.safeParse(json).data?.error;
  if (api !== undefined) return { code: shortened(api.errors?.[0]?.reason), message: shortened(api.message) };
  const oauth = OAuthError.safeParse(json).data;
  return { code: shortened(oauth?.error), message: shortened(oauth?.error_description) };
}

function shortened(value: string | undefined): string | null {
  return value === undefined || value === '' ? null : value.slice(0, 500);
}
