import { Secret } from '../../../../src/model/secret.ts';
import type { Source } from '../../../../src/model/source.ts';
import {
  createEntraSandbox,
  generateWorld,
  type EntraSandbox,
  type EntraSandboxOptions,
  type World,
} from '../../../../src/sandbox/index.ts';
import { createSource } from '../../../../src/sources/entra/index.ts';
import { EntraOptions } from '../../../../src/sources/entra/schema.ts';
import { healthy, through, type Fault } from '../../../contract/source-faults.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

export const origin = 'https://graph.example';
export const never = new AbortController().signal;
export const app = {
  tenantId: 'ac3e0000-0000-4000-8000-000000000001',
  clientId: 'app',
  clientSecret: 'hush',
};
export const secret = new Secret(app.clientSecret, 'environment variable ENTRA_CLIENT_SECRET');

/** 67 people and 6 groups at Entra; `Field Sales North` is inside `Retool Field Sales`. */
export const smallWorld = generateWorld({ users: 200, groups: 20, seed: 1 });

/** The groups named `Retool …` of the stand-in's tenant, unless the changes say otherwise. */
export function optionsOf(changes: object = {}): EntraOptions {
  return EntraOptions.parse({
    type: 'entra',
    tenantId: app.tenantId,
    auth: { clientSecret: { clientId: app.clientId, secret } },
    scope: { groups: ['Retool *'] },
    endpoints: { login: origin, graph: origin },
    ...changes,
  });
}

export interface Bench {
  readonly world: World;
  readonly sandbox: EntraSandbox;
  readonly clock: VirtualClock;
  readonly source: Source;
  /** Every request sent, in order, those for tokens included. */
  readonly seen: readonly Request[];
  readonly warnings: readonly object[];
}

export interface BenchOptions {
  readonly world?: World;
  readonly options?: object;
  readonly fault?: Fault;
  readonly sandbox?: Partial<EntraSandboxOptions>;
}

/** A source over a tenant of its own, in virtual time. */
export function setUp({
  world = smallWorld,
  options = {},
  fault = healthy,
  sandbox: more = {},
}: BenchOptions = {}): Bench {
  const clock = createVirtualClock();
  const sandbox = createEntraSandbox({ ...app, world, now: clock.now, ...more });
  const seen: Request[] = [];
  const warnings: object[] = [];
  const ignore = (): void => undefined;
  const source = createSource('entra', optionsOf(options), {
    clock,
    random: () => 0.5,
    fetch: through(sandbox.fetch, fault, seen),
    logger: { debug: ignore, info: ignore, warn: (fields) => void warnings.push(fields), error: ignore },
    env: {},
    directory: '.',
  });
  return { world, sandbox, clock, source, seen, warnings };
}

/** How often Graph was asked, and not the token endpoint. */
export function graphCalls({ seen }: Pick<Bench, 'seen'>): number {
  return seen.filter(({ url }) => new URL(url).pathname.startsWith('/v1.0/')).length;
}

export function tokenCalls({ seen }: Pick<Bench, 'seen'>): number {
  return seen.length - graphCalls({ seen });
}

/** The fewest calls that pages of 999 rows take. */
export function pagesOf(rows: number): number {
  return Math.max(1, Math.ceil(rows / 999));
}
