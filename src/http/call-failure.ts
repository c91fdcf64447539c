import { HttpFailure, type HttpReply } from './request.ts';
import type { Failure } from './retry.ts';

/** What a reply says of itself; null where it has no word for it. */
export interface ReplyDetail {
  /** The API's own word for what is wrong. */
  readonly code: string | null;
  readonly message: string | null;
}

/** A reply that says no. */
export class StatusFailure extends Error {
  override readonly name = 'StatusFailure';
  readonly status: number;
  /** The API's, or its token endpoint's, own word for what is wrong; null when the reply has none. */
  readonly code: string | null;
  /** The header as it came. */
  readonly retryAfter: string | null;

  constructor({ status, headers }: Pick<HttpReply, 'status' | 'headers'>, { code, message }: ReplyDetail) {
    const parts = [code, message].filter((part) => part !== null);
    super(`answered ${status}${parts.length === 0 ? '' : `, ${parts.join(': ')}`}`);
    this.status = status;
    this.code = code;
    this.retryAfter = headers.get('retry-after');
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
  /** Below the API's own path, without its query. */
  readonly path: string;
  readonly reason: Reason;

  constructor(path: string, reason: Reason) {
    super(`GET ${path}: ${reason.message}`, { cause: reason });
    this.path = path;
    this.reason = reason;
  }
}

/** Whether it says something of what was asked for and nothing of the API at large: forbidden, not there, too slow. */
export function concernsOneResource({ reason }: CallFailure): boolean {
  if (reason instanceof HttpFailure) return reason.kind === 'timeout';
  return reason instanceof StatusFailure && [403, 404].includes(reason.status);
}

/** The same for the rules of retrying. */
export function failureOf(reason: Reason): Failure {
  if (reason instanceof TokenFailure) return failureOf(reason.reason);
  if (reason instanceof StatusFailure)
    return { kind: 'status', status: reason.status, retryAfter: reason.retryAfter };
  return reason.kind === 'timeout' ? { kind: 'timeout' } : { kind: 'network', cause: reason };
}
