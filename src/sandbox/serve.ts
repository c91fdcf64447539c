import { createEntraSandbox } from './entra/index.ts';
import type { EntraSandbox, EntraSandboxOptions } from './entra/index.ts';
import { listen } from './listen.ts';
import type { Listener } from './listen.ts';
import { createOktaSandbox } from './okta/index.ts';
import type { OktaSandbox, OktaSandboxOptions } from './okta/index.ts';
import { createRetoolSandbox } from './retool/index.ts';
import type { RetoolSandbox, RetoolSandboxOptions } from './retool/index.ts';
import type { StandIn } from './stand-in.ts';
import type { World } from './world/types.ts';

/** Where the three stand-ins listen, and what they hold. */
export interface ServeOptions {
  /** Okta's port; Graph and login take the next one, Retool the one after. 0 takes any three free ones. */
  readonly port: number;
  readonly world: World;
  /** The clock of all three, epoch milliseconds. */
  readonly now: () => number;
  readonly retoolRequestsPerMinute: RetoolSandboxOptions['requestsPerMinute'];
  readonly okta?: Omit<OktaSandboxOptions, 'world' | 'token' | 'now'>;
  readonly entra?: Omit<EntraSandboxOptions, 'world' | 'tenantId' | 'clientId' | 'clientSecret' | 'now'>;
  readonly retool?: Omit<RetoolSandboxOptions, 'token' | 'now' | 'requestsPerMinute' | 'seed'>;
}

/** Three stand-ins on loopback, and how to sign in to each. URLs have no slash at the end. */
export interface ServedSandbox {
  readonly okta: { readonly url: string; readonly token: string; readonly standIn: OktaSandbox };
  readonly entra: {
    /** Graph's base, without `/v1.0`. */
    readonly url: string;
    readonly loginUrl: string;
    readonly tenantId: string;
    readonly clientId: string;
    readonly clientSecret: string;
    readonly standIn: EntraSandbox;
  };
  readonly retool: { readonly url: string; readonly token: string; readonly standIn: RetoolSandbox };
  /** Ends every connection at once. */
  close(): Promise<void>;
}

/** Never another: what the stand-ins hold is made up, but their tokens are the same everywhere. */
const HOST = '127.0.0.1';
const LARGEST_PORT = 65_535;

const OKTA_TOKEN = '00sandbox-okta-api-token';
const RETOOL_TOKEN = 'retool_01sandbox-api-token';
const ENTRA_CLIENT = {
  tenantId: 'ac3e0000-0000-4000-8000-000000000001',
  clientId: 'ac3e0000-0000-4000-8000-000000000002',
  clientSecret: 'sandbox-entra-client-secret',
};

/**
 * Starts Okta, Entra and Retool over one world.
 * @throws Error when a port can't be had; then nothing is left listening.
 */
export async function serveSandbox(options: ServeOptions): Promise<ServedSandbox> {
  const { port, world, now } = options;
  const okta = createOktaSandbox({ ...options.okta, world, now, token: OKTA_TOKEN });
  const entra = createEntraSandbox({ ...options.entra, world, now, ...ENTRA_CLIENT });
  const retool = createRetoolSandbox({
    ...options.retool,
    now,
    token: RETOOL_TOKEN,
    requestsPerMinute: options.retoolRequestsPerMinute,
    seed: world.retool,
  });
  const [atOkta, atEntra, atRetool] = await listenInARow([okta, entra, retool], port);
  return {
    okta: { url: atOkta.url, token: OKTA_TOKEN, standIn: okta },
    entra: { url: atEntra.url, loginUrl: atEntra.url, ...ENTRA_CLIENT, standIn: entra },
    retool: { url: atRetool.url, token: RETOOL_TOKEN, standIn: retool },
    close: () => closeAll([atOkta, atEntra, atRetool]),
  };
}

async function listenInARow(
  [first, second, third]: readonly [StandIn, StandIn, StandIn],
  port: number,
): Promise<readonly [Listener, Listener, Listener]> {
  if (!Number.isInteger(port) || port < 0 || port + 2 > LARGEST_PORT) {
    throw new RangeError(`The sandbox needs three ports in a row; ${port} can't be the first of them`);
  }
  const opened: Listener[] = [];
  const open = async (standIn: StandIn, offset: number): Promise<Listener> => {
    const listener = await listen(standIn.fetch, { host: HOST, port: port === 0 ? 0 : port + offset });
    opened.push(listener);
    return listener;
  };
  try {
    return [await open(first, 0), await open(second, 1), await open(third, 2)];
  } catch (error) {
    await closeAll(opened);
    throw error;
  }
}

async function closeAll(listeners: readonly Listener[]): Promise<void> {
  await Promise.all(listeners.map((listener) => listener.close()));
}
