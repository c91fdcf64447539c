import { mapSnapshots } from '../../mapping/map.ts';
import { BridgeError } from '../../model/errors.ts';
import type { RunRecord } from '../../model/outcome.ts';
import type { CallCosts } from '../../model/sink.ts';
import { configHash } from '../../plan/fingerprint.ts';
import type { PlanInput } from '../../plan/input.ts';
import { planChanges } from '../../plan/plan.ts';
import { onlyOf } from '../only.ts';
import { recordOf } from '../record.ts';
import { readsIn, sizesOf } from '../reads-summary.ts';
import type { BundleContent } from './format.ts';

/**
 * Plans once more what a bundle holds, with the rules that it holds, as of the time it was made at. Pure: no network,
 * no state, no configuration. Throws `badCommand` for an `only` that nobody in the bundle is known by.
 */
export function planSnapshot(content: BundleContent, costs: CallCosts, only?: string): RunRecord {
  const { manifest, snapshots, current, memory, absences, observed, decisions } = content;
  const now = Date.parse(manifest.madeAt);
  const { mapping, policy, guard, requestsPerMinute, seats } = decisions;
  const unread = mapping.precedence.filter((id) => !snapshots.some(({ source }) => source === id));
  if (unread.length > 0)
    throw new BridgeError('planUnreadable', `the bundle holds nothing of ${unread.join(', ')}`, {
      remedy: 'Make it anew after a run that has read every source.',
    });
  const input: PlanInput = {
    desired: mapSnapshots(snapshots, mapping),
    current,
    memory,
    policy,
    guard,
    absences,
    sizes: sizesOf(snapshots),
    observed,
    costs,
    target: manifest.target,
    config: configHash(mapping, policy),
    requestsPerMinute,
    seats,
    now,
  };
  const request = { kind: 'dryRun', target: 'moved', ...(only === undefined ? {} : { only }) } as const;
  const plan = planChanges({ ...input, ...onlyOf(request, input, snapshots) });
  return recordOf({
    id: `snapshot-${manifest.madeAt}`,
    kind: 'dryRun',
    plan: { ...plan, reads: readsIn(snapshots) },
    outcomes: [],
    calls: { target: 0, source: 0 },
    startedAt: now,
    finishedAt: now,
    approved: null,
  });
}
