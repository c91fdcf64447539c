import type { BridgeError } from './errors.ts';
import type { Snapshot } from './snapshot.ts';
import type { User } from './user.ts';

/** One thing `check` looked at. */
export interface CheckResult {
  /** What was looked at, for example `okta: token`. */
  readonly subject: string;
  readonly verdict: 'ok' | 'warning' | 'failed';
  readonly text: string;
  readonly remedy?: string;
  /** Where the docs explain it: a file of the checkout and a heading, `docs/check.md#clock`. */
  readonly docs?: string;
}

/** An error as what `check` found. */
export function failedCheck(subject: string, { message: text, remedy }: BridgeError): CheckResult {
  return { subject, verdict: 'failed', text, ...(remedy === null ? {} : { remedy }) };
}

/** What a source says of one person asked for by id. `unknown`: it could not say. */
export type Lookup =
  | { readonly state: 'found'; readonly user: User }
  | { readonly state: 'absent' }
  | { readonly state: 'unknown'; readonly because: string };

/**
 * The port to a system of record. An adapter reads; it never sees the target. A read either returns a
 * snapshot that says truthfully how complete it is, or throws a `BridgeError` (`sourceUnauthorized`,
 * `sourceUnreadable`, `sourceInvalid`, `sourceEmpty`): an error never looks like an absence.
 */
export interface Source {
  /** The key under `sources:` in the configuration; part of every link. */
  readonly id: string;
  readonly type: string;
  /** Whether a complete list proves that somebody it lacks is gone, or each has to be asked for by id. */
  readonly absence: 'provenByList' | 'needsLookup';
  /**
   * Whether its lists are of everybody there is, or of those a scope names: somebody active whom a list of
   * everybody lacks was missed by it, and has not left the scope.
   */
  readonly covers: 'everybody' | 'scope';
  /**
   * Says everything in the source's own scope. `onProgress` hears of each page. With a `baseline`, its own last
   * snapshot with a cursor, it may ask for changes only; what it then returns must equal what reading everything
   * would return, but for what `schedule.fullReadEvery` is there for. When it cannot go on from there (other options,
   * a cursor that expired) it reads everything.
   */
  read(
    signal: AbortSignal,
    onProgress?: (seen: ReadProgress) => void,
    baseline?: Snapshot | null,
  ): Promise<Snapshot>;
  /** Asks for one person by immutable id: the proof that somebody missing from a list is gone. */
  find(externalId: string, signal: AbortSignal): Promise<Lookup>;
  /** Credentials, scopes and limits, for `check`; changes nothing, and reports failures as results. */
  check(signal: AbortSignal): Promise<readonly CheckResult[]>;
}

/** How far a read has come; counts so far. */
export interface ReadProgress {
  readonly source: string;
  readonly users: number;
  readonly groups: number;
  readonly calls: number;
}
