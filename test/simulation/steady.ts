import type { RetoolState } from '../../src/sandbox/index.ts';
import { startInProcess, type InProcess } from '../support/bridge.ts';
import {
  createArrivals,
  startProcess,
  stormyNetwork,
  type Arrivals,
  type Counters,
  type Fault,
  type Weather,
} from './faults.ts';
import { createDice } from './random.ts';
import type { Verdict } from './simulate.ts';
import { digestOf, provisionOf, saysOf, stageOf, strangersIn, type Stage } from './world.ts';

/** What a network without storms does now and then, all the time. */
export const steadyFaults = [
  'resetBeforeCommit',
  'resetAfterCommit',
  'serverErrorAfterCommit',
  'htmlAfterCommit',
  'tooManyRequests',
] as const satisfies readonly Fault[];

export interface SteadyOptions {
  /** Share of calls that meet a fault, from 0 to 1. */
  readonly share: number;
  /** How many people the source may speak of. */
  readonly people: number;
}

export interface SteadyVerdict extends Verdict {
  /** Calls until everything was as it should be, and what an undisturbed bridge needs for the same. */
  readonly calls: { readonly made: number; readonly least: number };
  /** Runs after the first that each round needed. */
  readonly moreRuns: readonly number[];
}

/** More runs than this after the first mean that it does not converge. */
const moreRunsAllowed = 2;

interface Played {
  readonly bridge: InProcess;
  readonly arrived: Arrivals;
  readonly requestsPerMinute: number;
  readonly weather: Weather;
}

/**
 * One story: a few rounds of what the source says, while one call in so many goes wrong, also in the runs that are
 * to mend what the first left. After each round a plan, made when nothing goes wrong, has to be empty.
 */
export async function simulateSteady(seed: number, { share, people }: SteadyOptions): Promise<SteadyVerdict> {
  const dice = createDice(seed);
  const counters: Counters = new Map();
  const names = Array.from({ length: people }, (_, index) => `person${index}`);
  const stage = stageOf(dice, provisionOf(seed), names);
  const rounds = Array.from({ length: dice.between(1, 2) }, () => saysOf(dice, stage.foundThere, names));
  const weather: Weather = { faultShare: 0, callsToLive: Infinity, kinds: steadyFaults };
  const process = startProcess(weather, counters);
  const arrived = createArrivals();
  const requestsPerMinute = dice.between(20, 600);
  const bridge = await startInProcess({
    ...stage,
    requestsPerMinute,
    retryAfter: dice.pick(['seconds', 'none']),
    random: dice.next,
    network: (send, clock) =>
      stormyNetwork(send, clock, {
        dice,
        weather,
        counters,
        process,
        seen: new Map(),
        onArrival: arrived.record,
      }),
  });
  const played: Played = { bridge, arrived, requestsPerMinute, weather };
  const strangers = JSON.stringify(strangersIn(bridge.retool.state()));
  const breaches: string[] = [];
  const moreRuns: number[] = [];
  let made = 0;
  for (const says of rounds) {
    bridge.says({ staff: says });
    const round = await playRound(played, share);
    made += round.calls;
    moreRuns.push(round.moreRuns);
    breaches.push(...round.breaches);
  }
  const calm = await playCalmly(stage, rounds);
  breaches.push(...breachesOf(played));
  if (JSON.stringify(strangersIn(bridge.retool.state())) !== strangers)
    breaches.push('I1: something that no source knows was changed');
  const [here, there] = [digestOf(bridge.retool.state()), digestOf(calm.state)];
  if (here !== there) breaches.push(`I11: ends as\n${here}\ninstead of\n${there}`);
  return { seed, breaches, counters, calls: { made, least: calm.calls }, moreRuns };
}

interface Round {
  readonly calls: number;
  readonly moreRuns: number;
  readonly breaches: readonly string[];
}

/** Runs until a plan is empty, at most as often as is allowed. The plans that look are no part of the story. */
async function playRound({ bridge, arrived, weather }: Played, share: number): Promise<Round> {
  let calls = 0;
  for (let moreRuns = 0; ; moreRuns += 1) {
    const before = arrived.count();
    weather.faultShare = share;
    // A run that could not read says so and ends; what it leaves behind is what the next one is judged by.
    await runApproved(bridge).catch(() => undefined);
    weather.faultShare = 0;
    calls += arrived.count() - before;
    const left = (await bridge.plan()).plan.operations.map(({ id }) => id);
    if (left.length === 0) return { calls, moreRuns, breaches: [] };
    if (moreRuns === moreRunsAllowed)
      return { calls, moreRuns, breaches: [`I9: after ${moreRuns} more runs there is ${left.join(', ')}`] };
  }
}

/** A run, and what an admin does when it is held: here one that takes a group's last members away. */
async function runApproved(bridge: InProcess): Promise<void> {
  const { status } = await bridge.sync();
  if (status === 'held') await bridge.applyApproved();
}

/** The same rounds with nothing going wrong, one run each. */
async function playCalmly(
  stage: Stage,
  rounds: readonly string[],
): Promise<{ readonly state: RetoolState; readonly calls: number }> {
  const calm = await startInProcess(stage);
  for (const says of rounds) {
    calm.says({ staff: says });
    await runApproved(calm);
  }
  return { state: calm.retool.state(), calls: calm.retool.log.calls.length };
}

/** What the stand-in itself saw; the bridge is never asked about itself. */
function breachesOf({ bridge, arrived, requestsPerMinute }: Played): readonly string[] {
  const { retool, store } = bridge;
  const breaches: string[] = [];
  const most = arrived.mostInMinute();
  if (most > requestsPerMinute)
    breaches.push(`I5: ${most} calls within a minute, ${requestsPerMinute} allowed`);
  const { users, groups, invites } = retool.state();
  for (const [what, keys] of [
    ['accounts', users.map(({ email }) => email.toLowerCase())],
    ['invites', invites.map(({ invited_email: email }) => email.toLowerCase())],
    ['groups', groups.map(({ name }) => name)],
  ] as const)
    for (const key of twiceIn(keys)) breaches.push(`I3: two ${what} ${key}`);
  const creations = retool.log.calls.filter(({ method, path }) => method === 'POST' && isList(path));
  if (creations.some(({ status }) => status === 409))
    breaches.push('I3: a creation of what was there already');
  // Somebody who left and is back is invited once more; two open invites at once are a 409 to the stand-in.
  const lasting = creations.filter(({ status, path }) => status < 300 && !path.endsWith('/user_invites'));
  for (const body of twiceIn(lasting.map(({ body }) => body ?? '')))
    breaches.push(`I3: carried out twice: ${body}`);
  if (store.openIntents().length > 0) breaches.push('I8: intents are left open after a quiet run');
  return breaches;
}

/** Whether a POST to this path makes something new. */
function isList(path: string): boolean {
  return /^\/api\/v2\/\w+$/.test(path);
}

function twiceIn(keys: readonly string[]): readonly string[] {
  return [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))];
}

/** Calls made to the least that were needed: over all stories together, and story by story. */
export function callRatios(verdicts: readonly SteadyVerdict[]): {
  readonly mean: number;
  readonly p95: number;
  readonly most: number;
} {
  const sum = (of: 'made' | 'least'): number => verdicts.reduce((total, { calls }) => total + calls[of], 0);
  const ratios = verdicts.map(({ calls }) => calls.made / calls.least).toSorted((a, b) => a - b);
  return {
    mean: sum('made') / sum('least'),
    p95: ratios[Math.ceil(ratios.length * 0.95) - 1] ?? 1,
    most: ratios.at(-1) ?? 1,
  };
}

/** What repeats one seed; `options`: null for the storm. */
export function commandFor(seed: number, options: SteadyOptions | null): string {
  const again = `npm run simulate -- --from ${seed} --seeds 1`;
  return options === null ? again : `${again} --faults ${options.share * 100}% --people ${options.people}`;
}
