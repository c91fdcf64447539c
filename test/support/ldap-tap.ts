import { once } from 'node:events';
import net from 'node:net';

/*
 * A listener between a source and a directory server, on loopback: it counts the searches that pass, and it can be the
 * bad line that they meet.
 */

/** What becomes of a search: `cut` lets the beginning of its answer pass, `garbage` answers in another language. */
export type Fate = 'pass' | 'drop' | 'hang' | 'cut' | 'garbage';

export interface Tap {
  readonly url: string;
  /** How many searches were sent so far. */
  searches(): number;
  /** Connections that were opened so far. */
  connections(): number;
  stop(): Promise<void>;
}

/** Listens in front of a server at `url`; `fateOf` is asked for each search, which are counted from 1. */
export async function tapLdap(url: string, fateOf: (search: number) => Fate = () => 'pass'): Promise<Tap> {
  const target = new URL(url);
  const open = new Set<net.Socket>();
  let searches = 0;
  let connections = 0;

  function onConnection(client: net.Socket): void {
    connections += 1;
    const server = net.connect(Number(target.port), target.hostname);
    for (const socket of [client, server]) {
      open.add(socket);
      socket.on('error', () => undefined).on('close', () => void open.delete(socket));
    }
    let left = Number.POSITIVE_INFINITY;
    const end = (): void => {
      client.destroy();
      server.destroy();
    };
    const frames = framesOf((frame) => {
      if (!isSearch(frame)) return void server.write(frame);
      searches += 1;
      const fate = fateOf(searches);
      if (fate === 'drop') end();
      if (fate === 'garbage') client.write('<html><body>Sign in</body></html>');
      if (fate === 'cut') left = 10;
      if (fate === 'pass' || fate === 'cut') server.write(frame);
    });
    client.on('data', frames).on('close', end);
    server.on('close', end).on('data', (data) => {
      client.write(data.subarray(0, left));
      left -= data.length;
      if (left <= 0) client.end(end);
    });
  }

  const listener = net.createServer(onConnection).listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `ldap://127.0.0.1:${port}`,
    searches: () => searches,
    connections: () => connections,
    async stop() {
      for (const socket of open) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

/** Puts what a stream brings together to whole messages (X.690 section 8.1: a tag, a length, and that many bytes). */
function framesOf(take: (frame: Buffer) => void): (data: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (data) => {
    rest = Buffer.concat([rest, data]);
    for (let size = sizeOf(rest); size !== null && size <= rest.length; size = sizeOf(rest)) {
      take(rest.subarray(0, size));
      rest = rest.subarray(size);
    }
  };
}

/** How long the message is that begins here; null while that cannot be told. */
function sizeOf(bytes: Buffer): number | null {
  const first = bytes[1];
  if (first === undefined) return null;
  if (first < 0x80) return 2 + first;
  const digits = first - 0x80;
  return bytes.length < 2 + digits ? null : 2 + digits + bytes.readUIntBE(2, digits);
}

/** Whether a message asks for a search: what comes after its number (RFC 4511 section 4.5.1). */
function isSearch(frame: Buffer): boolean {
  const first = frame[1] ?? 0;
  const number = 2 + (first < 0x80 ? 0 : first - 0x80);
  return frame[number + 2 + (frame[number + 1] ?? 0)] === 0x63;
}
