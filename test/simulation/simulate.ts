import type { RunLock, Store } from '../../src/model/store.ts';
import { startInProcess, type InProcess } from '../support/bridge.ts';
import {
  count,
  createArrivals,
  mortalStore,
  startProcess,
  stormyNetwork,
  type Counters,
  type Process,
  type Weather,
} from './faults.ts';
import { createDice } from './random.ts';
import { differences, provisionOf, saysOf, stageOf, strangersIn } from './world.ts';

/** What went wrong in one simulation; empty when nothing did. */
export interface Verdict {
  readonly seed: number;
  readonly breaches: readonly string[];
  readonly counters: Counters;
}

/** More runs than this after the last fault mean that it does not converge. */
const runsToConverge = 2;

/**
 * One story: an organisation, a few rounds of what the sources say, each carried out in bad weather by processes
 * that may die at any call; then the weather clears and at most two runs must lead where an undisturbed bridge is.
 */
export async function simulate(seed: number): Promise<Verdict> {
  const dice = createDice(seed);
  const counters: Counters = new Map();
  const breaches: string[] = [];
  const weather: Weather = { faultShare: 0, callsToLive: Infinity };
  let process = startProcess(weather, counters);
  const arrived = createArrivals();
  const seen = new Map<string, { readonly at: number; readonly body: string }>();
  const unlock = unlockedByDeath();
  const requestsPerMinute = dice.between(20, 600);
  const stage = stageOf(dice, provisionOf(seed));
  const bridge = await startInProcess({
    ...stage,
    requestsPerMinute,
    retryAfter: dice.pick(['seconds', 'none']),
    random: dice.next,
    network: (send, clock) =>
      stormyNetwork(send, clock, { dice, weather, counters, process, seen, onArrival: arrived.record }),
    state: (store) => mortalStore(unlock(store), process),
  });
  const strangers = JSON.stringify(strangersIn(bridge.retool.state()));
  const rounds = Array.from({ length: dice.between(1, 3) }, () => saysOf(dice, stage.foundThere));

  for (const says of rounds) {
    bridge.says({ staff: says });
    for (let attempt = dice.between(1, 3); attempt > 0; attempt -= 1) {
      weather.faultShare = dice.pick([0.02, 0.05, 0.15]);
      weather.callsToLive = dice.chance(0.5) ? dice.between(1, 80) : Infinity;
      process = startProcess(weather, counters);
      await runUntilDeath(bridge, process);
      if (dice.chance(0.3)) await bridge.clock.advance(dice.between(0, 120_000));
    }
  }
  weather.faultShare = 0;
  weather.callsToLive = Infinity;
  process = startProcess(weather, counters);
  breaches.push(...(await convergence(bridge)));
  breaches.push(...breachesOf(bridge, arrived.mostInMinute(), requestsPerMinute));
  if (JSON.stringify(strangersIn(bridge.retool.state())) !== strangers)
    breaches.push('I1: something that no source knows was changed');
  breaches.push(...(await differences(bridge, stage, rounds)));
  return { seed, breaches, counters };
}

async function runUntilDeath(bridge: InProcess, process: Process): Promise<void> {
  const run = bridge.sync().then(
    () => undefined,
    // A run that could not read says so and ends; what it leaves behind is what the next one is judged by.
    () => undefined,
  );
  await Promise.race([run, process.death]);
}

/** A lock that dies with its holder, as the operating system's does. */
function unlockedByDeath(): (store: Store) => Store {
  let held: RunLock | null = null;
  return (store) =>
    new Proxy(store, {
      get(target, name, receiver) {
        const value: unknown = Reflect.get(target, name, receiver);
        if (name !== 'lock') return typeof value === 'function' ? value.bind(target) : value;
        return () => {
          held?.release();
          held = target.lock();
          return held;
        };
      },
    });
}

async function convergence(bridge: InProcess): Promise<readonly string[]> {
  for (let run = 0; run < runsToConverge; run += 1) await bridge.applyApproved();
  const { plan } = await bridge.plan();
  const left = plan.operations.map((operation) => operation.id);
  return left.length === 0
    ? []
    : [`I9: after ${runsToConverge} quiet runs there is still ${left.join(', ')}`];
}

/** What the stand-in itself saw; the bridge is never asked about itself. */
function breachesOf(
  { retool, store }: InProcess,
  most: number,
  requestsPerMinute: number,
): readonly string[] {
  const breaches: string[] = [];
  if (most > requestsPerMinute)
    breaches.push(`I5: ${most} calls within a minute, ${requestsPerMinute} allowed`);
  const refused = retool.log.calls.filter(({ status }) => status === 429).length;
  if (refused > 0) breaches.push(`I5: Retool itself refused ${refused} calls as too many`);
  const doubled = retool.log.calls.filter(({ status, method }) => status === 409 && method === 'POST');
  if (doubled.length > 0) breaches.push(`I3: ${doubled.length} creations of what was there already`);
  if (store.openIntents().length > 0) breaches.push('I8: intents are left open after a quiet run');
  return breaches;
}

/** Adds up what several simulations met. */
export function totalOf(verdicts: readonly Verdict[]): Counters {
  const total: Counters = new Map();
  for (const { counters } of verdicts)
    for (const [what, times] of counters) for (let time = 0; time < times; time += 1) count(total, what);
  return total;
}
