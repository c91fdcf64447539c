import type { LogLevel } from '../runtime/logger.ts';

/** Options every command takes. */
export interface CommonOptions {
  readonly config: string;
  /** `--target`: the one that is meant, of several. */
  readonly target?: string;
  readonly json?: boolean;
  readonly quiet?: boolean;
  /** false: `--no-color`. */
  readonly color?: boolean;
  readonly logLevel: LogLevel;
}
