import {
  MessageParser,
  SearchEntry,
  SearchReference,
  type BindRequest,
  type BindResponse,
  type Control,
  type ExtendedRequest,
  type ExtendedResponse,
  type SearchRequest,
  type SearchResponse,
  type UnbindRequest,
} from 'ldapts';
import type { Duplex } from 'node:stream';
import { LdapFailure } from './failures.ts';
import { framesOf } from './frames.ts';

/** A message from the server. */
type Message = BindResponse | ExtendedResponse | SearchEntry | SearchReference | SearchResponse;

type Request = BindRequest | ExtendedRequest | SearchRequest | UnbindRequest;

/** The last message that answers a request, and what came before it. */
export interface Answer {
  readonly status: number;
  readonly diagnostic: string;
  readonly controls: readonly Control[];
  readonly entries: readonly SearchEntry[];
  /** Addresses of servers that hold the rest of what was asked for (RFC 4511 section 4.5.3). */
  readonly references: readonly string[];
}

/** Requests and answers over one stream, which ends with the first thing that goes wrong on it. */
export interface Wire {
  /** Rejects with `LdapFailure` when no whole answer comes. */
  ask(make: (messageId: number) => Request): Promise<Answer>;
  /** Goes on over another stream, as after StartTLS; nothing may be under way. Rejects as `open` does. */
  moveTo(open: () => Promise<Duplex>): Promise<void>;
  /** What is under way, and whatever is asked later, fails. */
  close(): void;
}

interface Pending {
  readonly message: Request;
  readonly entries: SearchEntry[];
  readonly references: string[];
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: LdapFailure) => void;
}

/**
 * The messages are the library's. The connection is ours, since the library's reconnects by itself and is then signed
 * in as nobody, whose view of the directory may be a smaller one.
 */
export function createWire(first: Duplex): Wire {
  const pending = new Map<string, Pending>();
  const parser = new MessageParser();
  let stream = first;
  let failure: LdapFailure | null = null;
  let lastId = 0;

  function fail(error: LdapFailure): void {
    failure ??= error;
    for (const { reject } of pending.values()) reject(failure);
    pending.clear();
    stream.destroy();
  }

  const frames = framesOf((frame) => parser.read(frame, pending));
  function onData(data: Buffer): void {
    try {
      frames(data);
    } catch (error) {
      if (!(error instanceof LdapFailure)) throw error;
      fail(error);
    }
  }
  const onError = (error: Error): void =>
    fail(new LdapFailure('network', error.message, null, { cause: error }));
  const onClose = (): void => fail(new LdapFailure('network', 'the connection was closed'));

  function listen(): void {
    stream.on('data', onData).on('error', onError).on('close', onClose);
  }

  // What can't be read may have been an answer, or part of one.
  parser.on('error', (error) =>
    fail(new LdapFailure('malformed', 'an answer is not LDAP', null, { cause: error })),
  );
  // Message 0 is the server's own notice that it ends the connection (RFC 4511 section 4.4.1).
  parser.on('message', (message) => {
    if (!deliver(message, pending)) fail(new LdapFailure('network', 'the server ended the connection'));
  });
  listen();

  return {
    ask(make) {
      if (failure !== null) return Promise.reject(failure);
      lastId += 1;
      const message = make(lastId);
      return new Promise((resolve, reject) => {
        pending.set(String(lastId), { message, entries: [], references: [], resolve, reject });
        stream.write(message.write());
      });
    },
    async moveTo(open) {
      // The old stream carries the new one from now on: what it brings, and what goes wrong on it, is for that one.
      stream
        .off('data', onData)
        .off('error', onError)
        .off('close', onClose)
        .on('error', () => undefined);
      stream = await open();
      listen();
    },
    close: () => fail(new LdapFailure('network', 'the connection was closed')),
  };
}

/** Gives a message to whoever waits for it; returns false when nobody does. */
function deliver(message: Message, pending: Map<string, Pending>): boolean {
  const key = String(message.messageId);
  const asked = pending.get(key);
  if (asked === undefined) return false;
  if (message instanceof SearchEntry) asked.entries.push(message);
  else if (message instanceof SearchReference) asked.references.push(...message.uris);
  else {
    pending.delete(key);
    const { status, errorMessage: diagnostic, controls = [] } = message;
    asked.resolve({ status, diagnostic, controls, entries: asked.entries, references: asked.references });
  }
  return true;
}
