/*
 * Runs more seeds of the simulation than the tests do:
 *
 *   npm run simulate -- --seeds 2000            seeds 1 to 2000
 *   npm run simulate -- --from 4711 --seeds 1   one seed again
 */
import { parseArgs } from 'node:util';
import { simulate, totalOf, type Verdict } from '../test/simulation/simulate.ts';

const { values } = parseArgs({
  options: { seeds: { type: 'string', default: '500' }, from: { type: 'string', default: '1' } },
});
const from = Number(values.from);
const seeds = Number(values.seeds);
const verdicts: Verdict[] = [];
for (let seed = from; seed < from + seeds; seed += 1) {
  const verdict = await simulate(seed);
  verdicts.push(verdict);
  for (const breach of verdict.breaches) console.log(`seed ${seed}: ${breach}`);
}
const failed = verdicts.filter(({ breaches }) => breaches.length > 0).length;
for (const [what, times] of [...totalOf(verdicts)].toSorted(([a], [b]) => (a < b ? -1 : 1)))
  console.log(`${what.padEnd(24)}${times}`);
console.log(`${seeds - failed} of ${seeds} seeds without a breach`);
process.exitCode = failed === 0 ? 0 : 1;
