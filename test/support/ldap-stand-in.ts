import { once } from 'node:events';
import net from 'node:net';
import {
  BerReader,
  BerWriter,
  ControlParser,
  PagedResultsControl,
  PresenceFilter,
  ProtocolOperation,
  SearchRequest,
} from 'ldapts';
import { framesOf } from '../../src/sources/ldap/frames.ts';

/*
 * A directory server in this process, for what OpenLDAP does not show: its answers are the test's. Everybody may sign
 * in to it.
 */

/** A search as it came; the library that reads it writes names of attributes in lower case. */
export interface Asked {
  readonly base: string;
  readonly scope: string;
  readonly filter: string;
  readonly attributes: readonly string[];
  /** Where the page begins, as the stand-in itself called it; empty for the first. Null without pages. */
  readonly cookie: string | null;
}

/** What comes back. */
export interface Told {
  readonly entries?: readonly {
    readonly dn: string;
    readonly attributes: Readonly<Record<string, string | Buffer | readonly (string | Buffer)[]>>;
  }[];
  readonly references?: readonly string[];
  /** A result code; default success. */
  readonly code?: number;
  /** Where the next page begins; default empty, which says that this is the last. `none`: nothing is said of pages. */
  readonly cookie?: string;
}

export interface StandInDirectory {
  readonly url: string;
  /** Every search, in order. */
  readonly asked: readonly Asked[];
  stop(): Promise<void>;
}

export async function startDirectory(answer: (asked: Asked) => Told): Promise<StandInDirectory> {
  const asked: Asked[] = [];
  const open = new Set<net.Socket>();
  const listener = net.createServer((socket) => {
    open.add(socket);
    socket.on('error', () => undefined).on('close', () => void open.delete(socket));
    socket.on(
      'data',
      framesOf((frame) => {
        const reader = new BerReader(Buffer.from(frame));
        reader.readSequence();
        const id = reader.readInt() ?? 0;
        const operation = reader.readSequence();
        if (operation === ProtocolOperation.LDAP_REQ_BIND)
          socket.write(result(id, ProtocolOperation.LDAP_RES_BIND, 0, null));
        if (operation !== ProtocolOperation.LDAP_REQ_SEARCH) return;
        const search = searchIn(id, reader);
        asked.push(search);
        for (const message of messagesOf(id, search, answer(search))) socket.write(message);
      }),
    );
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const address = listener.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return {
    url: `ldap://127.0.0.1:${port}`,
    asked,
    async stop() {
      for (const socket of open) socket.destroy();
      listener.close();
      await once(listener, 'close');
    },
  };
}

function searchIn(messageId: number, reader: BerReader): Asked {
  const request = new SearchRequest({ messageId, filter: new PresenceFilter({ attribute: 'objectClass' }) });
  request.parseMessage(reader);
  let cookie: string | null = null;
  if (reader.peek() === ProtocolOperation.LDAP_CONTROLS) {
    reader.readSequence();
    const control = ControlParser.parse(reader, []);
    if (control instanceof PagedResultsControl) cookie = control.value?.cookie?.toString() ?? '';
  }
  const { baseDN: base, scope, filter, attributes } = request;
  return { base, scope, filter: filter.toString(), attributes, cookie };
}

function* messagesOf(id: number, { cookie: page }: Asked, told: Told): Generator<Buffer> {
  for (const { dn, attributes } of told.entries ?? []) {
    yield message(id, ProtocolOperation.LDAP_RES_SEARCH_ENTRY, (writer) => {
      writer.writeString(dn);
      writer.startSequence();
      for (const [name, values] of Object.entries(attributes)) writeAttribute(writer, name, [values].flat());
      writer.endSequence();
    });
  }
  for (const reference of told.references ?? [])
    yield message(id, ProtocolOperation.LDAP_RES_SEARCH_REF, (writer) => writer.writeString(reference));
  const { code = 0, cookie = '' } = told;
  yield result(
    id,
    ProtocolOperation.LDAP_RES_SEARCH,
    code,
    page === null || cookie === 'none' ? null : cookie,
  );
}

function writeAttribute(writer: BerWriter, name: string, values: readonly (string | Buffer)[]): void {
  writer.startSequence();
  writer.writeString(name);
  writer.startSequence(ProtocolOperation.LBER_SET);
  for (const value of values) writer.writeBuffer(Buffer.from(value), 0x04);
  writer.endSequence();
  writer.endSequence();
}

function result(id: number, operation: number, code: number, cookie: string | null): Buffer {
  const control =
    cookie === null ? null : new PagedResultsControl({ value: { size: 0, cookie: Buffer.from(cookie) } });
  return message(
    id,
    operation,
    (writer) => {
      writer.writeEnumeration(code);
      writer.writeString('');
      writer.writeString('');
    },
    control,
  );
}

function message(
  id: number,
  operation: number,
  write: (writer: BerWriter) => void,
  control: PagedResultsControl | null = null,
): Buffer {
  const writer = new BerWriter();
  writer.startSequence();
  writer.writeInt(id);
  writer.startSequence(operation);
  write(writer);
  writer.endSequence();
  if (control !== null) {
    writer.startSequence(ProtocolOperation.LDAP_CONTROLS);
    control.write(writer);
    writer.endSequence();
  }
  writer.endSequence();
  return writer.buffer;
}
