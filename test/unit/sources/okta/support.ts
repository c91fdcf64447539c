import type { Source } from '../../../../src/model/source.ts';
import type { Logger } from '../../../../src/model/ports.ts';
import { Secret } from '../../../../src/model/secret.ts';
import {
  createOktaSandbox,
  generateWorld,
  type OktaSandbox,
  type OktaSandboxOptions,
  type World,
} from '../../../../src/sandbox/index.ts';
import { createOktaClient, type OktaClient } from '../../../../src/sources/okta/client.ts';
import { createSource } from '../../../../src/sources/okta/index.ts';
import { OktaOptions } from '../../../../src/sources/okta/schema.ts';
import { healthy, through, type Fault } from '../../../contract/source-faults.ts';
import { createVirtualClock, type VirtualClock } from '../../../support/virtual-clock.ts';

export const orgUrl = 'https://acme.okta.example';
export const never = new AbortController().signal;
export const token = new Secret('secret', 'environment variable OKTA_API_TOKEN');

/** Everything of an org, read with an API token, unless the changes say otherwise. */
export function optionsOf(changes: object = {}): OktaOptions {
  return OktaOptions.parse({
    type: 'okta',
    orgUrl,
    auth: { token },
    scope: { everything: true },
    ...changes,
  });
}

export interface Bench {
  readonly world: World;
  readonly sandbox: OktaSandbox;
  readonly clock: VirtualClock;
  readonly source: Source;
  readonly client: OktaClient;
  /** Every request sent, in order. */
  readonly seen: readonly Request[];
  readonly warnings: readonly object[];
}

export interface BenchOptions {
  readonly world?: World;
  readonly options?: object;
  readonly fault?: Fault;
  readonly sandbox?: Partial<OktaSandboxOptions>;
  readonly clock?: VirtualClock;
}

const smallWorld = generateWorld({ users: 60, groups: 6 });

/** A source and a client over an org of their own, in virtual time. */
export function setUp(given: BenchOptions = {}): Bench {
  const { world = smallWorld, fault = healthy, clock = createVirtualClock() } = given;
  const sandbox = createOktaSandbox({ world, token: 'secret', now: clock.now, ...given.sandbox });
  const seen: Request[] = [];
  const warnings: object[] = [];
  const parts = {
    clock,
    random: () => 0.5,
    fetch: through(sandbox.fetch, fault, seen),
    logger: loggerInto(warnings),
  };
  const options = optionsOf(given.options);
  return {
    world,
    sandbox,
    clock,
    source: createSource('okta', options, parts),
    client: createOktaClient(options, ['okta.users.read'], parts),
    seen,
    warnings,
  };
}

function loggerInto(warnings: object[]): Logger {
  const quiet = (): void => undefined;
  return { debug: quiet, info: quiet, warn: (fields) => void warnings.push(fields), error: quiet };
}

/** A call on nobody's behalf. */
export const use = { signal: never, onCall: (): void => undefined };

/** All rows of a list. */
export async function rowsOf(client: OktaClient, path: string): Promise<readonly unknown[]> {
  const rows: unknown[] = [];
  for await (const page of client.pages(path, use)) rows.push(...page);
  return rows;
}

/** What a promise rejects with. */
export async function errorOf(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it did not fail');
}
