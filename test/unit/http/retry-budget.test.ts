import { expect, test } from 'vitest';
import { createRetryBudget } from '../../../src/http/retry-budget.ts';
import { createVirtualClock } from '../../support/virtual-clock.ts';

function taken(take: () => boolean, tries: number): number {
  return Array.from({ length: tries }, take).filter(Boolean).length;
}

test('ten retries are always there', () => {
  const budget = createRetryBudget(createVirtualClock());
  expect(taken(budget.take, 30)).toBe(10);
});

test('beyond ten, a tenth of the requests of the last two minutes', async () => {
  const clock = createVirtualClock({ advance: 'manual' });
  const budget = createRetryBudget(clock);
  for (let request = 0; request < 250; request += 1) budget.sent();
  expect(taken(budget.take, 100)).toBe(25);
  await clock.advance(119_999);
  expect(taken(budget.take, 100)).toBe(0);
  await clock.advance(1);
  expect(taken(budget.take, 100)).toBe(10);
});

test('a share that is no whole number is not rounded up', () => {
  const budget = createRetryBudget(createVirtualClock());
  for (let request = 0; request < 259; request += 1) budget.sent();
  expect(taken(budget.take, 100)).toBe(25);
});
