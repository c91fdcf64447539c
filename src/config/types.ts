import type { z } from 'zod';
import type { GuardLimits, MappingRules, Policy, Retention } from '../model/rules.ts';
import type { Secret } from '../model/secret.ts';

/** The schema of each source type's options, by the name that stands under `type`; options include `type`. */
export type SourceOptions = Readonly<Record<string, z.ZodType>>;

/** What loading needs from outside: nothing is read but through these. */
export interface LoadRequest {
  /** The configuration file, absolute or relative to the working directory; messages name it as it is given here. */
  readonly path: string;
  /** Reads a whole text file as UTF-8; rejects when it cannot. */
  readFile(path: string): Promise<string>;
  /** The same for a file that a secret stands in. Default `readFile`. */
  readonly readSecret?: (path: string) => Promise<string>;
  readonly env: ReadonlyMap<string, string> | Readonly<Record<string, string | undefined>>;
  readonly sourceOptions: SourceOptions;
  /** `ignore`: a secret that is not set is empty instead of an error, for commands that send nothing. Default `require`. */
  readonly secrets?: 'require' | 'ignore';
  /** The target that something will be sent to, of several: the secrets of the others may be missing. */
  readonly target?: string;
}

/** One entry of `sources`. */
export interface SourceConfig {
  readonly id: string;
  readonly type: string;
  /** As the source type's own schema parsed them. */
  readonly options: unknown;
  /** The absolute folder of the file the entry stands in, which its relative paths are relative to. */
  readonly directory: string;
}

export interface TargetConfig {
  /** Ends in `/api/v2`, without a slash after it. */
  readonly baseUrl: string;
  readonly token: Secret;
  readonly requestsPerMinute: number;
  /** How many seats the organisation has; null when the file does not say. */
  readonly seats: number | null;
  /** How long after a write was sent a read must begin to prove that it did not happen. */
  readonly settleMs: number;
}

export interface ScheduleConfig {
  readonly cron: string;
  /** An IANA time zone. */
  readonly timezone: string;
  readonly fullReadEveryMs: number;
}

export type StateConfig =
  | { readonly kind: 'sqlite'; /** Absolute. */ readonly path: string }
  | { readonly kind: 'postgres'; /** It may carry a password. */ readonly url: Secret };

export type ReportFormat = 'html' | 'json' | 'markdown' | 'text' | 'csv';

/** The configuration of one target, in which nothing is wrong, with every default filled in. */
export interface BridgeConfig {
  /** The target's key under `targets`; null in the form with `target:`. */
  readonly name: string | null;
  /** As it was asked for. */
  readonly path: string;
  /** The absolute folder of the configuration file. */
  readonly directory: string;
  /** In the order in which they stand. */
  readonly sources: readonly SourceConfig[];
  readonly target: TargetConfig;
  readonly mapping: MappingRules;
  readonly policy: Policy;
  readonly guard: GuardLimits;
  readonly schedule: ScheduleConfig;
  readonly state: StateConfig;
  readonly reports: {
    /** Absolute. */
    readonly directory: string;
    readonly formats: readonly ReportFormat[];
  };
  readonly retention: Retention;
}
