import {
  BindRequest,
  ExtendedRequest,
  FilterParser,
  PagedResultsControl,
  SearchRequest,
  type Filter,
} from 'ldapts';
import { DeadlineExceeded, withinDeadline } from '../../http/deadline.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Clock } from '../../model/ports.ts';
import type { Secret } from '../../model/secret.ts';
import { dial, encrypt, placeOf, type Authorities } from './dial.ts';
import { entryOf, type LdapEntry } from './entry.ts';
import { LdapFailure, refusal, resultCodes } from './failures.ts';
import { createWire, type Answer, type Wire } from './wire.ts';

/** For connecting and signing in, and for each request, in milliseconds. */
const connectMs = 30_000;
const requestMs = 120_000;
/** Active Directory gives 1,000 entries at most, OpenLDAP 500 unless it is told otherwise. */
const pageSize = 500;
const maxPages = 10_000;
const startTlsOid = '1.3.6.1.4.1.1466.20037';

export interface LdapSettings {
  readonly url: URL;
  readonly startTls: boolean;
  readonly ca: Authorities;
  readonly bind: { readonly dn: string; readonly password: Secret };
}

/** On whose behalf a request is made. */
export interface CallUse {
  readonly signal: AbortSignal;
  /** Called for every search that is sent. */
  readonly onCall: () => void;
}

/** What is looked for (RFC 4511 section 4.5.1). */
export interface Search {
  readonly base: string;
  readonly scope: 'base' | 'sub';
  readonly filter: string | Filter;
  readonly attributes: readonly string[];
}

export interface Page {
  readonly entries: readonly LdapEntry[];
  /** Addresses of servers that hold more of what was looked for. */
  readonly references: readonly string[];
}

/** One connection to a directory, signed in: pages of entries, and nothing of what they mean. */
export interface LdapClient {
  /** All that a search finds, page by page. One at a time: servers keep the place of one on each connection. */
  pages(search: Search, use: CallUse): AsyncGenerator<Page>;
  /** What a search of little finds, at once; may run beside others. */
  look(search: Search, use: CallUse): Promise<Page>;
  close(): void;
}

/**
 * Connects and signs in. Rejects with `LdapFailure`. The connection is never renewed by itself: the place in a list
 * is lost with it, so whoever reads begins again.
 */
export async function openLdap(
  settings: LdapSettings,
  clock: Clock,
  signal: AbortSignal,
): Promise<LdapClient> {
  const wire = await within('connecting', connectMs, clock, signal, (stop) => connect(settings, stop));
  const asking: Asking = { wire, clock };
  try {
    const { dn, password } = settings.bind;
    const answer = await ask(
      'bind',
      connectMs,
      asking,
      signal,
      (messageId) => new BindRequest({ messageId, dn, password: password.reveal() }),
    );
    if (answer.status !== resultCodes.success) throw refusal('bind', answer.status, answer.diagnostic);
  } catch (error) {
    wire.close();
    throw error;
  }
  return {
    pages: (search, use) => pages(search, asking, use),
    look: (search, use) => onePage(search, asking, use),
    close: () => wire.close(),
  };
}

async function connect({ url, startTls, ca }: LdapSettings, signal: AbortSignal): Promise<Wire> {
  const place = placeOf(url);
  const stream = await dial(place, ca, signal);
  const wire = createWire(stream);
  const stop = (): void => wire.close();
  signal.addEventListener('abort', stop, { once: true });
  try {
    if (!startTls) return wire;
    const answer = await wire.ask((messageId) => new ExtendedRequest({ messageId, oid: startTlsOid }));
    if (answer.status !== resultCodes.success) throw refusal('StartTLS', answer.status, answer.diagnostic);
    await wire.moveTo(() => encrypt(stream, place.host, ca, signal));
    return wire;
  } catch (error) {
    wire.close();
    throw error;
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

interface Asking {
  readonly wire: Wire;
  readonly clock: Clock;
}

async function* pages(search: Search, asking: Asking, use: CallUse): AsyncGenerator<Page> {
  let cookie: Buffer | null = null;
  for (let number = 0; number < maxPages; number += 1) {
    const control: PagedResultsControl = new PagedResultsControl({
      critical: true,
      value: cookie === null ? { size: pageSize } : { size: pageSize, cookie },
    });
    const answer: Answer = await find(search, [control], asking, use);
    yield pageOf(answer);
    cookie = cookieIn(answer, search);
    // An empty page may be followed by others: only the cookie says that this was the last (RFC 2696 section 3).
    if (cookie === null) return;
  }
  throw new BridgeError('sourceInvalid', `A search below ${search.base} has more than ${maxPages} pages.`);
}

/** Where the next page begins; null after the last. A server that pages says so with every page. */
function cookieIn({ controls }: Answer, { base }: Search): Buffer | null {
  const control = controls.find((one) => one instanceof PagedResultsControl);
  if (control?.value === undefined)
    throw new BridgeError(
      'sourceInvalid',
      `The directory does not say whether a list below ${base} goes on.`,
      {
        remedy: 'Switch paged results (RFC 2696) on at the server.',
      },
    );
  const { cookie } = control.value;
  return cookie === undefined || cookie.length === 0 ? null : cookie;
}

async function onePage(search: Search, asking: Asking, use: CallUse): Promise<Page> {
  return pageOf(await find(search, [], asking, use));
}

function pageOf({ entries, references }: Answer): Page {
  return { entries: entries.map(entryOf), references };
}

async function find(
  { base, scope, filter, attributes }: Search,
  controls: PagedResultsControl[],
  asking: Asking,
  { signal, onCall }: CallUse,
): Promise<Answer> {
  const parsed = typeof filter === 'string' ? parsedFilter(filter) : filter;
  onCall();
  const what = `search below ${base === '' ? 'the root' : base}`;
  const answer = await ask(
    what,
    requestMs,
    asking,
    signal,
    (messageId) =>
      new SearchRequest({
        messageId,
        baseDN: base,
        scope,
        filter: parsed,
        attributes: [...attributes],
        controls,
      }),
  );
  if (answer.status === resultCodes.success) return answer;
  throw refusal(what, answer.status, answer.diagnostic);
}

/** A filter of the configuration; throws `sourceInvalid` when it is none. */
export function parsedFilter(text: string): Filter {
  try {
    return FilterParser.parseString(text);
  } catch (error) {
    throw new BridgeError('sourceInvalid', `The filter ${text} can't be read.`, {
      cause: error,
      remedy: 'Write it as RFC 4515 says, such as (&(objectClass=person)(mail=*)).',
    });
  }
}

type Make = Parameters<Wire['ask']>[0];

/** A request whose answer does not come in time ends the connection: a late answer would be somebody else's. */
async function ask(
  what: string,
  timeoutMs: number,
  { wire, clock }: Asking,
  signal: AbortSignal,
  make: Make,
): Promise<Answer> {
  try {
    return await within(what, timeoutMs, clock, signal, () => wire.ask(make));
  } catch (error) {
    if (signal.aborted || (error instanceof LdapFailure && error.kind === 'timeout')) wire.close();
    throw error;
  }
}

async function within<Result>(
  what: string,
  timeoutMs: number,
  clock: Clock,
  signal: AbortSignal,
  work: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  try {
    return await withinDeadline(work, timeoutMs, clock, signal);
  } catch (error) {
    if (signal.aborted) throw signal.reason;
    if (error instanceof DeadlineExceeded)
      throw new LdapFailure('timeout', `${what}: no answer within ${timeoutMs} ms`, null, { cause: error });
    if (!(error instanceof LdapFailure) || error.kind === 'refused') throw error;
    throw new LdapFailure(error.kind, `${what}: ${error.message}`, null, { cause: error });
  }
}
