import type { Fetch } from '../../src/model/ports.ts';
import type { Store } from '../../src/model/store.ts';
import { createCallLog } from '../../src/sandbox/stand-in.ts';
import type { VirtualClock } from '../support/virtual-clock.ts';
import type { Dice } from './random.ts';

/** What can happen to a call, and how often among faults. */
export const faults = [
  'resetBeforeCommit',
  'resetAfterCommit',
  'serverErrorAfterCommit',
  'htmlAfterCommit',
  'unavailable',
  'tooManyRequests',
  'hangBeforeCommit',
  'hangAfterCommit',
  'staleRead',
] as const;
export type Fault = (typeof faults)[number];

/** The weather of one simulation: how often calls fail, and whether the process may die. */
export interface Weather {
  /** Share of calls that meet a fault; 0 when the storm is over. */
  faultShare: number;
  /** Which faults there are; all of them when absent. */
  readonly kinds?: readonly Fault[];
  /** Port calls until the process dies; infinite when it lives. */
  callsToLive: number;
}

/** What a simulation counts, so that each fault is known to have happened. */
export type Counters = Map<Fault | 'crash' | 'call', number>;

/** The process died: nothing that it still tries can have an effect. */
class Dead extends Error {
  override readonly name = 'Dead';
}

/** One process of the bridge: everything it does passes through here, until it dies. */
export interface Process {
  /** Counts one call of a port; dies at the one that was chosen. Throws `Dead` from then on. */
  live(): void;
  isDead(): boolean;
  /** Resolves when the process dies. */
  readonly death: Promise<void>;
}

export function startProcess(weather: Weather, counters: Counters): Process {
  const death = Promise.withResolvers<void>();
  let left = weather.callsToLive;
  let dead = false;
  return {
    death: death.promise,
    isDead: () => dead,
    live() {
      if (!dead) left -= 1;
      if (!dead && left < 0) {
        dead = true;
        count(counters, 'crash');
        death.resolve();
      }
      if (dead) throw new Dead('the process died');
    },
  };
}

export function count(counters: Counters, what: Fault | 'crash' | 'call'): void {
  counters.set(what, (counters.get(what) ?? 0) + 1);
}

/** A reply of the past is served again at most this long after it was true, well within `settle`. */
const staleForMs = 10_000;

/** The calls that reached the target's side, answered or not, by the target's clock. */
export interface Arrivals {
  record(at: number): void;
  count(): number;
  /** The largest number of them in any sliding minute. */
  mostInMinute(): number;
}

export function createArrivals(): Arrivals {
  const log = createCallLog();
  return {
    record: (at) => log.record({ at, method: '', path: '', query: '', status: 0, body: null }),
    count: () => log.calls.length,
    mostInMinute: () => log.mostInWindow(60_000),
  };
}

export interface NetworkParts {
  readonly dice: Dice;
  readonly weather: Weather;
  readonly counters: Counters;
  /** The process that the network is used by. */
  readonly process: Process;
  /** What reads were answered before, by address. */
  readonly seen: Map<string, { readonly at: number; readonly body: string }>;
  /** Told when a call reaches the target's side, whatever comes of it. */
  readonly onArrival: (at: number) => void;
}

/** In bad weather, a read that can be stale is so this often: it needs an earlier one of the same within seconds. */
const staleShare = 0.3;

function faultOf({ dice, weather }: NetworkParts, stale: string | null): Fault | null {
  const { kinds = faults, faultShare } = weather;
  if (faultShare > 0 && kinds.includes('staleRead') && stale !== null && dice.chance(staleShare))
    return 'staleRead';
  const fault = dice.chance(faultShare) ? dice.pick(kinds) : null;
  return fault === 'staleRead' ? null : fault;
}

/** The network as it may be: every call may be slow, fail before or after it took effect, or be answered by something else. */
export function stormyNetwork(send: Fetch, clock: VirtualClock, parts: NetworkParts): Fetch {
  const { dice, counters, process, seen } = parts;
  return async (input, init) => {
    const method = init?.method ?? 'GET';
    process.live();
    count(counters, 'call');
    await clock.sleep(dice.between(5, 400));
    process.live();
    parts.onArrival(clock.now());
    const answer = async (): Promise<Response> => {
      const response = await send(input, init);
      if (method !== 'GET' || response.status !== 200) return response;
      const body = await response.text();
      seen.set(String(input), { at: clock.now(), body });
      return new Response(body, response);
    };
    const stale = staleFor(method, String(input));
    const met = faultOf(parts, stale);
    if (met !== null) count(counters, met);
    const response = await meet(met, { answer, clock, signal: init?.signal ?? null, stale: stale ?? '' });
    process.live();
    return response;
  };

  function staleFor(method: string, url: string): string | null {
    const earlier = method === 'GET' ? seen.get(url) : undefined;
    return earlier !== undefined && clock.now() - earlier.at <= staleForMs ? earlier.body : null;
  }
}

interface Meeting {
  answer(): Promise<Response>;
  readonly clock: VirtualClock;
  readonly signal: AbortSignal | null;
  /** An earlier reply to the same read. */
  readonly stale: string;
}

async function meet(fault: Fault | null, { answer, clock, signal, stale }: Meeting): Promise<Response> {
  switch (fault) {
    case null:
      return answer();
    case 'resetBeforeCommit':
      throw reset();
    case 'resetAfterCommit':
      await answer();
      throw reset();
    case 'serverErrorAfterCommit':
      await answer();
      return json(500, { success: false, message: 'Internal error' });
    case 'htmlAfterCommit':
      await answer();
      return html();
    case 'unavailable':
      return json(503, { success: false, message: 'Try again later' });
    case 'tooManyRequests':
      return json(429, { success: false, message: 'Too many requests' });
    case 'hangBeforeCommit':
      await clock.sleep(hangMs, signal ?? undefined);
      throw reset();
    case 'hangAfterCommit':
      await answer();
      await clock.sleep(hangMs, signal ?? undefined);
      throw reset();
    case 'staleRead':
      return new Response(stale, { headers: { 'content-type': 'application/json' } });
  }
}

/** Longer than any deadline of the bridge. */
const hangMs = 15 * 60_000;

function reset(): TypeError {
  return new TypeError('fetch failed', { cause: new Error('read ECONNRESET') });
}

function json(status: number, body: object): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'content-type': 'application/json' } });
}

function html(): Response {
  return new Response('<html><body>Sign in</body></html>', { headers: { 'content-type': 'text/html' } });
}

/** The state as a process sees it: each use may be its last, and a dead process writes nothing. */
export function mortalStore(store: Store, process: Process): Store {
  const writes = new Set<PropertyKey>([
    'intend',
    'sent',
    'settle',
    'saveSnapshots',
    'saveAppliedConfig',
    'saveRun',
  ]);
  return new Proxy(store, {
    get(target, name, receiver) {
      const value: unknown = Reflect.get(target, name, receiver);
      if (typeof value !== 'function') return value;
      return (...args: readonly unknown[]): unknown => {
        if (writes.has(name)) process.live();
        const result: unknown = Reflect.apply(value, target, args);
        // Dying right after a write is another place than dying right before it.
        if (writes.has(name)) process.live();
        return result;
      };
    },
  });
}
