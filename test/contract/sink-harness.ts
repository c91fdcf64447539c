import type { Fetch, Logger } from '../../src/model/ports.ts';
import { Secret } from '../../src/model/secret.ts';
import type { PerformContext, Sink } from '../../src/model/sink.ts';
import type { Store } from '../../src/model/store.ts';
import {
  createRetoolSandbox,
  type RetoolSandbox,
  type RetoolSandboxOptions,
  type RetoolSeed,
} from '../../src/sandbox/retool/index.ts';
import { createCallLog, type CallLog } from '../../src/sandbox/stand-in.ts';
import { createRetoolSink, type RetoolSinkParts } from '../../src/sink-retool/index.ts';
import { createMemoryStore } from '../../src/state/memory.ts';
import { createVirtualClock, type VirtualClock } from '../support/virtual-clock.ts';

export const token = 'retool_01sink-contract';
export const origin = 'https://acme.retool.example';
export const never = new AbortController().signal;

/**
 * What goes wrong with one request. `Before` and `After` say on which side of the commit: the target did not, or
 * did, carry the request out.
 */
export type Fault =
  | 'none'
  | 'resetBefore'
  | 'resetAfter'
  | 'hangBefore'
  | 'hangAfter'
  | 'http500After'
  | 'http503Before'
  | 'htmlBefore'
  | 'htmlAfter'
  | 'truncatedAfter'
  | 'redirectBefore'
  | 'unauthorizedBefore'
  | 'throttledBefore';

export const faults: readonly Fault[] = [
  'none',
  'resetBefore',
  'resetAfter',
  'hangBefore',
  'hangAfter',
  'http500After',
  'http503Before',
  'htmlBefore',
  'htmlAfter',
  'truncatedAfter',
  'redirectBefore',
  'unauthorizedBefore',
  'throttledBefore',
];

/** Which fault the request meets; `index` counts the requests that were asked about, from 0. */
export type FaultsOf = (request: Request, index: number) => Fault;

/** The faults of writes, in their order; what comes after the last goes well. */
export function faultsOnWrites(sequence: readonly Fault[]): FaultsOf {
  let writes = 0;
  return (request) => (isRead(request) ? 'none' : (sequence[writes++] ?? 'none'));
}

/** Grants are listed with POST. */
export function isRead({ method, url }: Pick<Request, 'method' | 'url'>): boolean {
  return method === 'GET' || url.endsWith('/permissions/listObjects');
}

export interface World {
  readonly sandbox: RetoolSandbox;
  readonly clock: VirtualClock;
  readonly store: Store;
  readonly sink: Sink;
  /** Every request that left, answered or not. */
  readonly arrived: CallLog;
  /** Another command over the same state. */
  another(parts?: Partial<RetoolSinkParts>): Sink;
}

export interface WorldOptions {
  readonly seed: RetoolSeed;
  readonly faults?: FaultsOf;
  /** How long a request is on its way, milliseconds; `index` as in `FaultsOf`. */
  readonly delayOf?: (index: number) => number;
  readonly sandbox?: Partial<RetoolSandboxOptions>;
  readonly sink?: Partial<RetoolSinkParts>;
}

export const silent: Logger = { debug() {}, info() {}, warn() {}, error() {} };

/** The sink over a strict stand-in of Retool in this process, under a clock of the test. */
export function createWorld({ seed, faults: faultsOf, delayOf, ...options }: WorldOptions): World {
  const clock = createVirtualClock();
  const arrived = createCallLog();
  const sandbox = createRetoolSandbox({
    token,
    now: clock.now,
    requestsPerMinute: 'unlimited',
    seed,
    ...options.sandbox,
  });
  const store = createMemoryStore();
  const answer = faultyFetch(sandbox, faultsOf ?? (() => 'none'));
  const fetch: Fetch = async (input, init) => {
    await clock.sleep(delayOf?.(arrived.calls.length) ?? 0);
    const { pathname: path, search: query } = new URL(input);
    // By the clock that nobody sets, so that a test may put the other one forward.
    arrived.record({
      at: clock.monotonic(),
      method: init?.method ?? 'GET',
      path,
      query,
      status: 0,
      body: null,
    });
    return answer(input, init);
  };
  const another = (parts: Partial<RetoolSinkParts> = {}): Sink =>
    createRetoolSink({
      baseUrl: origin,
      token: new Secret(token, 'a test'),
      requestsPerMinute: 10_000,
      window: store.window,
      clock,
      random: () => 0.5,
      fetch,
      logger: silent,
      ...options.sink,
      ...parts,
    });
  return { sandbox, clock, store, arrived, sink: another(), another };
}

/** A stand-in's handler as the platform's `fetch`, with faults put in between. */
export function faultyFetch(sandbox: Pick<RetoolSandbox, 'fetch'>, faultsOf: FaultsOf): Fetch {
  let received = 0;
  return async (input, init) => {
    const request = new Request(input, init);
    const fault = faultsOf(request, received++);
    if (fault.endsWith('Before')) return answerTo(fault, null);
    const reply = await sandbox.fetch(request);
    return fault === 'none' ? reply : answerTo(fault, reply);
  };
}

async function answerTo(fault: Fault, reply: Response | null): Promise<Response> {
  const page = '<!doctype html><title>Sign in</title>';
  switch (fault) {
    case 'resetBefore':
    case 'resetAfter':
      throw new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
    case 'hangBefore':
    case 'hangAfter':
      return new Promise(() => {});
    case 'http500After':
      return Response.json({ success: false, message: 'Internal error' }, { status: 500 });
    case 'http503Before':
      return new Response('Service Unavailable', { status: 503 });
    case 'htmlBefore':
    case 'htmlAfter':
      return new Response(page, { status: 200, headers: { 'content-type': 'text/html' } });
    case 'truncatedAfter':
      return new Response((await reply?.text())?.slice(0, 20) ?? '', { status: 200 });
    case 'redirectBefore':
      return new Response(null, { status: 302, headers: { location: 'https://login.example/' } });
    case 'unauthorizedBefore':
      return Response.json({ success: false, message: 'Authentication failure' }, { status: 401 });
    case 'throttledBefore':
      return Response.json({ success: false, message: 'Too many requests' }, { status: 429 });
    case 'none':
      throw new Error('No fault has no answer of its own');
  }
}

/** A context that knows nothing made earlier in the run, for metadata as given, noting each send. */
export function contextWith(parts: Partial<PerformContext> = {}): PerformContext {
  return { idOf: () => null, metadataOf: () => null, onSend: () => undefined, ...parts };
}
