/** Who can do something about an error: the admin who runs the bridge, or the people who write it. */
export type Audience = 'admin' | 'developer';

/**
 * Every way in which a command can fail as a whole. Failures of single operations are outcomes
 * ({@link import('./outcome.ts').Outcome}), not errors. What each means stands in `error-codes.ts`.
 */
export type ErrorCode =
  | 'badCommand'
  | 'configUnreadable'
  | 'configInvalid'
  | 'secretMissing'
  | 'sourceUnauthorized'
  | 'sourceUnreadable'
  | 'sourceInvalid'
  | 'sourceEmpty'
  | 'targetUnauthorized'
  | 'targetUnreadable'
  | 'targetInvalid'
  | 'targetMoved'
  | 'attributeUndefined'
  | 'mappingConflict'
  | 'planUnreadable'
  | 'planEdited'
  | 'planExpired'
  | 'planForeign'
  | 'stateLocked'
  | 'stateUnreadable'
  | 'stateTooNew'
  | 'stateUnwritable'
  | 'reportUnwritable'
  | 'portTaken'
  | 'insecureTls'
  | 'paused'
  | 'interrupted'
  | 'internal';

/** What an error says beside its message. */
export interface ErrorDetails {
  /** What the reader can do next, one sentence. */
  readonly remedy?: string;
  /** Whether the same command may succeed later with nothing changed. Default false. */
  readonly retryable?: boolean;
  /** Default `admin`. */
  readonly audience?: Audience;
  readonly cause?: unknown;
}

/** The one error class of the bridge: a stable code for machines, a message and a remedy for people. */
export class BridgeError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | null;
  readonly retryable: boolean;
  readonly audience: Audience;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? {} : { cause: details.cause });
    this.name = 'BridgeError';
    this.code = code;
    this.remedy = details.remedy ?? null;
    this.retryable = details.retryable ?? false;
    this.audience = details.audience ?? 'admin';
  }
}

/** The message of anything that was thrown, without its stack. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
