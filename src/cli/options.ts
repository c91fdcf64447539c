import type { ReportFormat } from '../run/write-report.ts';
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

/** Options of `plan`. */
export interface PlanOptions extends CommonOptions {
  readonly out?: string;
  readonly format: ReportFormat;
  readonly report?: string;
  readonly exitCode?: boolean;
  readonly moved?: boolean;
  readonly rehearse?: boolean;
  readonly against?: string;
  readonly only?: string;
  readonly fromSnapshot?: string;
}
