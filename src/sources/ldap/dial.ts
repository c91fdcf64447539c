import { once } from 'node:events';
import net from 'node:net';
import type { Duplex } from 'node:stream';
import tls from 'node:tls';
import { LdapFailure } from './failures.ts';

/** Where a directory server answers. */
export interface Place {
  readonly host: string;
  readonly port: number;
  readonly encrypted: boolean;
}

/** Certificates in PEM of the authorities that are believed; undefined for those that Node knows. */
export type Authorities = string | undefined;

/** The place that an address means. */
export function placeOf(url: URL): Place {
  const encrypted = url.protocol === 'ldaps:';
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  return { host, encrypted, port: url.port === '' ? (encrypted ? 636 : 389) : Number(url.port) };
}

/** Opens a connection. Rejects with `LdapFailure`, or with the signal's reason when aborted. */
export async function dial(
  { host, port, encrypted }: Place,
  ca: Authorities,
  signal: AbortSignal,
): Promise<Duplex> {
  const socket = encrypted ? tls.connect({ port, ...identity(host, ca) }) : net.connect(port, host);
  return ready(socket, encrypted ? 'secureConnect' : 'connect', signal);
}

/** Encrypts a connection that is open (RFC 4511 section 4.14). Rejects as `dial` does. */
export async function encrypt(
  plain: Duplex,
  host: string,
  ca: Authorities,
  signal: AbortSignal,
): Promise<Duplex> {
  return ready(tls.connect({ socket: plain, ...identity(host, ca) }), 'secureConnect', signal);
}

/** Whose certificate is expected: over an open socket the platform would not know, and take any host's for it. */
function identity(host: string, ca: Authorities): tls.ConnectionOptions {
  const named = net.isIP(host) === 0 ? { servername: host } : {};
  return { host, ...named, ...(ca === undefined ? {} : { ca }) };
}

async function ready(socket: net.Socket, event: string, signal: AbortSignal): Promise<Duplex> {
  try {
    await once(socket, event, { signal });
    return socket;
  } catch (error) {
    // Until it is gone it may fail again, and nobody listens any more.
    socket.on('error', () => undefined).destroy();
    if (signal.aborted) throw signal.reason;
    throw new LdapFailure('network', error instanceof Error ? error.message : String(error), null, {
      cause: error,
    });
  }
}
