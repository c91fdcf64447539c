/*
 * Runs more seeds of the simulations than the tests do:
 *
 *   npm run simulate -- --seeds 2000               storms and deaths, seeds 1 to 2000
 *   npm run simulate -- --from 4711 --seeds 1      one seed again
 *   npm run simulate -- --seeds 1000 --faults 5%   one call in twenty goes wrong, all the time
 *   npm run simulate -- --seeds 100 --faults 5% --people 150
 */
import { parseArgs } from 'node:util';
import { simulate, totalOf, type Verdict } from '../test/simulation/simulate.ts';
import { callRatios, commandFor, simulateSteady, type SteadyVerdict } from '../test/simulation/steady.ts';

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '500' },
    from: { type: 'string', default: '1' },
    faults: { type: 'string' },
    people: { type: 'string', default: '10' },
  },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const people = Number(values.people);
const share = values.faults === undefined ? null : shareOf(values.faults);
const began = performance.now();
const verdicts: Verdict[] = [];
const steady: SteadyVerdict[] = [];
for (let seed = from; seed < from + seeds; seed += 1) {
  const verdict = await play(seed);
  verdicts.push(verdict);
  for (const breach of verdict.breaches)
    console.log(`${commandFor(seed, share === null ? null : { share, people })}: ${breach}`);
}
const seconds = (performance.now() - began) / 1_000;
const failed = verdicts.filter(({ breaches }) => breaches.length > 0).length;
for (const [what, times] of [...totalOf(verdicts)].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${what.padEnd(24)}${times}`);
if (steady.length > 0) tellSteady();
console.log(`${seeds - failed} of ${seeds} seeds without a breach, ${seconds.toFixed(1)} s`);
process.exitCode = failed === 0 ? 0 : 1;

async function play(seed: number): Promise<Verdict> {
  if (share === null) return simulate(seed);
  const verdict = await simulateSteady(seed, { share, people });
  steady.push(verdict);
  return verdict;
}

function tellSteady(): void {
  const { mean, p95, most } = callRatios(steady);
  const rounds = steady.flatMap(({ moreRuns }) => moreRuns);
  for (const more of [0, 1, 2])
    console.log(
      `${`rounds with ${more} more runs`.padEnd(24)}${rounds.filter((one) => one === more).length}`,
    );
  console.log(
    `calls to the least      ${mean.toFixed(3)} over all, p95 ${p95.toFixed(3)}, most ${most.toFixed(3)}`,
  );
}

/** `5%` or `0.05`. */
function shareOf(text: string): number {
  const share = text.endsWith('%') ? Number(text.slice(0, -1)) / 100 : Number(text);
  if (!(share >= 0 && share <= 1)) throw new Error(`--faults ${text}: expected a share such as 5%`);
  return share;
}
