import { describe, expect, test } from 'vitest';
import { faults } from './faults.ts';
import { simulate, totalOf, type Verdict } from './simulate.ts';

/** Enough to meet every fault many times; `npm run simulate -- --seeds N` runs more. */
const seeds = [
  ...Array.from({ length: 120 }, (_, index) => index + 1),
  // A run was killed right after its last answer; the next one read what was there before, and forgot who did it.
  5272,
];

describe('in bad weather', () => {
  test(
    'no seed ends elsewhere than a calm one, doubles anything or sends too much',
    { timeout: 300_000 },
    async () => {
      const verdicts: Verdict[] = [];
      for (const seed of seeds) verdicts.push(await simulate(seed));
      const failing = verdicts
        .filter(({ breaches }) => breaches.length > 0)
        .map(({ seed, breaches }) => `npm run simulate -- --from ${seed} --seeds 1: ${breaches.join('; ')}`);
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
