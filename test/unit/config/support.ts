import path from 'node:path';
import { z } from 'zod';
import { loadConfig, loadConfigs } from '../../../src/config/load.ts';
import type { BridgeConfig, LoadRequest } from '../../../src/config/types.ts';
import { BridgeError } from '../../../src/model/errors.ts';
import { Secret } from '../../../src/model/secret.ts';
import { FileOptions } from '../../../src/sources/file/schema.ts';
import { OktaOptions } from '../../../src/sources/okta/schema.ts';

/** Options that use every kind of value a source may have. */
const MadeUp = z.strictObject({
  type: z.literal('madeUp'),
  size: z.number().optional(),
  loud: z.boolean().optional(),
  level: z.union([z.literal(1), z.literal(2)]).optional(),
  secret: z.instanceof(Secret).optional(),
  tags: z.record(z.string(), z.string()).optional(),
  way: z.union([z.enum(['short', 'long']), z.strictObject({ metres: z.int() })]).optional(),
});

export const sourceOptions = { okta: OktaOptions, file: FileOptions, madeUp: MadeUp };

export const home = path.resolve('/srv/bridge');

/** What a test changes of an otherwise working surrounding. */
export interface World {
  readonly env?: LoadRequest['env'];
  /** Further files, by absolute path. */
  readonly files?: Readonly<Record<string, string>>;
  readonly secrets?: LoadRequest['secrets'];
  readonly target?: string;
}

export const token = 'retool_01_very-secret';

/** Loads `text` as bridge.yaml in the home folder. */
export function load(text: string, world: World = {}): Promise<BridgeConfig> {
  return loadConfig(requestOf(text, world));
}

/** The same, with all of its targets. */
export function loadAll(text: string, world: World = {}): Promise<readonly BridgeConfig[]> {
  return loadConfigs(requestOf(text, world));
}

function requestOf(text: string, world: World): LoadRequest {
  const { env = { RETOOL_API_TOKEN: token }, files = {}, secrets = 'require', target } = world;
  const file = path.join(home, 'bridge.yaml');
  const all = new Map(Object.entries({ ...files, [file]: text }));
  return {
    path: file,
    env,
    secrets,
    ...(target === undefined ? {} : { target }),
    sourceOptions,
    readFile: async (name) => {
      const content = all.get(name);
      if (content === undefined) throw Object.assign(new Error('no such file'), { code: 'ENOENT' });
      return content;
    },
  };
}

/** The error that loading ends with. */
export async function failure(text: string, world: World = {}): Promise<BridgeError> {
  try {
    await load(text, world);
  } catch (error) {
    if (error instanceof BridgeError) return error;
    throw error;
  }
  throw new Error('it loaded');
}

/** The lines of the message that name problems, without the folder. */
export async function problems(text: string, world: World = {}): Promise<readonly string[]> {
  const { message } = await failure(text, world);
  return message
    .split('\n')
    .slice(1)
    .map((line) => line.replace(`${home}${path.sep}`, ''));
}

/** The least that loads, by top-level key; each is one line, in this order. */
const least = {
  version: '1',
  sources: '{ staff: { type: file, path: ./people.json } }',
  target: '{ baseUrl: https://acme.retool.com, token: { env: RETOOL_API_TOKEN } }',
  mapping:
    '{ user: { email: user.email, first_name: user.name.givenName, last_name: user.name.familyName } }',
  policy: 'sync',
  leavers: 'disable',
  state: 'sqlite:./bridge.db',
} as const;

/** The least configuration with some top-level keys replaced or added, and those that are null left out. */
export function config(changes: Readonly<Record<string, string | null>> = {}): string {
  const lines = Object.entries({ ...least, ...changes }).flatMap(([key, value]) =>
    value === null ? [] : [`${key}: ${value}\n`],
  );
  return lines.join('');
}

/** A mapping with further keys, in one line. */
export function mapping(rest: string): { readonly mapping: string } {
  return { mapping: `${least.mapping.slice(0, -2)}, ${rest} }` };
}
