import { expect } from 'vitest';
import type { RunRecord } from '../../src/model/outcome.ts';
import type { InProcess } from './bridge.ts';

/** The ids of what a plan does, in its order. */
export function kindsOf({ plan }: RunRecord): readonly string[] {
  return plan.operations.map(({ id }) => id);
}

/** The codes of what a plan leaves alone. */
export function codesOf({ plan }: RunRecord): readonly string[] {
  return plan.skips.map(({ code }) => code);
}

/**
 * A run that does all it planned, with as many writes as were forecast, and after which a second plan is empty.
 * `approved`: the plan is looked at and approved first.
 */
export async function synced(bridge: InProcess, how: 'sync' | 'approved' = 'sync'): Promise<RunRecord> {
  const before = writesTo(bridge);
  const record = how === 'approved' ? await bridge.applyApproved() : await bridge.sync();
  expect(record.outcomes.filter(({ state }) => state !== 'applied')).toEqual([]);
  expect(writesTo(bridge) - before).toBe(record.plan.forecast.calls);
  expect(kindsOf(await bridge.plan())).toEqual([]);
  return record;
}

/** Grants are listed with POST. */
export function writesTo({ retool }: InProcess): number {
  return retool.log.calls.filter(({ method, path }) => method !== 'GET' && !path.endsWith('/listObjects'))
    .length;
}
