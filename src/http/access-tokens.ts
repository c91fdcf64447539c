import type { Clock } from '../model/ports.ts';
import { StatusFailure, TokenFailure } from './call-failure.ts';
import { HttpFailure } from './request.ts';

/** A token is renewed before it dies, so that none dies on its way. */
const usedShare = 0.8;

/** A fresh access token. */
export interface IssuedToken {
  readonly text: string;
  readonly lifetimeMs: number;
}

/**
 * Asks for a token. Rejects with `sourceUnauthorized` when these credentials give none, and with a
 * `StatusFailure` or `HttpFailure` when another try may.
 */
export type IssueToken = (signal: AbortSignal) => Promise<IssuedToken>;

/** The one access token in use, kept in memory only. */
export interface AccessTokens {
  /** Rejects as `IssueToken` does, but with a `TokenFailure` for what may pass. */
  current(signal: AbortSignal): Promise<string>;
  /** A token other than `stale`, which was refused. */
  renewed(stale: string, signal: AbortSignal): Promise<string>;
}

/** Several callers that need a token wait for one request, which ends with the read of whoever came first. */
export function createAccessTokens(issue: IssueToken, clock: Clock): AccessTokens {
  let held: { readonly text: string; readonly until: number } | null = null;
  let underWay: Promise<string> | null = null;

  async function issueOne(signal: AbortSignal): Promise<string> {
    const askedAt = clock.monotonic();
    try {
      const { text, lifetimeMs } = await issue(signal);
      held = { text, until: askedAt + usedShare * lifetimeMs };
      return text;
    } catch (error) {
      throw error instanceof StatusFailure || error instanceof HttpFailure ? new TokenFailure(error) : error;
    } finally {
      underWay = null;
    }
  }

  async function current(signal: AbortSignal): Promise<string> {
    if (held !== null && clock.monotonic() < held.until) return held.text;
    underWay ??= issueOne(signal);
    return underWay;
  }

  return {
    current,
    renewed(stale, signal) {
      if (held?.text === stale) held = null;
      return current(signal);
    },
  };
}
