import type { z } from 'zod';
import type { Clock, Fetch, Logger, Random } from '../model/ports.ts';
import type { Source } from '../model/source.ts';
import { EntraOptions } from './entra/schema.ts';
import { FileOptions } from './file/schema.ts';
import { GoogleOptions } from './google/schema.ts';
import { LdapOptions } from './ldap/schema.ts';
import { OktaOptions } from './okta/schema.ts';

/** What an adapter may use of the world. */
export interface SourceParts {
  readonly clock: Clock;
  readonly random: Random;
  readonly fetch: Fetch;
  readonly logger: Logger;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly readFile: (path: string) => Promise<Uint8Array>;
  /** The names of the files directly in a folder. */
  readonly listFolder: (path: string) => Promise<readonly string[]>;
  /** The absolute folder that relative paths of the options are relative to. */
  readonly directory: string;
}

/** One kind of source: the schema of its options, and its adapter, which loads only when it is configured. */
export interface SourceType {
  readonly options: z.ZodType;
  /** Options are what `options` parsed. */
  load(): Promise<(id: string, options: unknown, parts: SourceParts) => Source>;
}

/** The source types by the name that stands under `type`: a new source is a folder and one line here. */
export const sourceTypes: Readonly<Record<string, SourceType>> = {
  okta: sourceType(OktaOptions, async () => (await import('./okta/index.ts')).createSource),
  entra: sourceType(EntraOptions, async () => (await import('./entra/index.ts')).createSource),
  file: sourceType(FileOptions, async () => (await import('./file/index.ts')).createSource),
  google: sourceType(GoogleOptions, async () => (await import('./google/index.ts')).createSource),
  ldap: sourceType(LdapOptions, async () => (await import('./ldap/index.ts')).createSource),
};

/** The schema is what makes the options safe to hand over: they are parsed by it and by nothing else. */
function sourceType<Options>(
  options: z.ZodType<Options>,
  load: () => Promise<(id: string, options: Options, parts: SourceParts) => Source>,
): SourceType {
  return { options, load: load as SourceType['load'] };
}
