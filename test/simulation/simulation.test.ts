import { describe, expect, test } from 'vitest';
import { faults } from './faults.ts';
import { simulate, totalOf, type Verdict } from './simulate.ts';
import { callRatios, commandFor, simulateSteady, steadyFaults, type SteadyVerdict } from './steady.ts';

/** Enough to meet every fault many times; `npm run simulate -- --seeds N` runs more. */
const seeds = [
  ...Array.from({ length: 120 }, (_, index) => index + 1),
  // A run was killed right after its last answer; the next one read what was there before, and forgot who did it.
  5272,
];

/** `npm run simulate -- --seeds 1000 --faults 5%` runs more. */
const steadySeeds = Array.from({ length: 200 }, (_, index) => index + 1);
const oneInTwenty = { share: 0.05, people: 10 };

describe('in bad weather', () => {
  test(
    'no seed ends elsewhere than a calm one, doubles anything or sends too much',
    { timeout: 300_000 },
    async () => {
      const verdicts: Verdict[] = [];
      for (const seed of seeds) verdicts.push(await simulate(seed));
      const failing = verdicts
        .filter(({ breaches }) => breaches.length > 0)
        .map(({ seed, breaches }) => `${commandFor(seed, null)}: ${breaches.join('; ')}`);
      expect(failing).toEqual([]);
      const met = totalOf(verdicts);
      for (const fault of [...faults, 'crash' as const])
        expect(met.get(fault) ?? 0, fault).toBeGreaterThan(0);
    },
  );

  test('a seed tells the same story twice', async () => {
    expect(await simulate(7)).toEqual(await simulate(7));
  });
});

describe('while one call in twenty goes wrong', () => {
  test(
    'every run ends where a calm one does within two more, doubles nothing, sends not too much and little more',
    { timeout: 300_000 },
    async () => {
      const verdicts: SteadyVerdict[] = [];
      for (const seed of steadySeeds) verdicts.push(await simulateSteady(seed, oneInTwenty));
      const failing = verdicts
        .filter(({ breaches }) => breaches.length > 0)
        .map(({ seed, breaches }) => `${commandFor(seed, oneInTwenty)}: ${breaches.join('; ')}`);
      expect(failing).toEqual([]);
      const met = totalOf(verdicts);
      for (const fault of steadyFaults) expect(met.get(fault) ?? 0, fault).toBeGreaterThan(0);
      expect(callRatios(verdicts).mean).toBeLessThanOrEqual(1.1);
    },
  );

  test('a seed tells the same story twice', async () => {
    expect(await simulateSteady(7, oneInTwenty)).toEqual(await simulateSteady(7, oneInTwenty));
  });
});
