import { keyText, type SourceKey } from '../model/desired-state.ts';
import type { Plan } from '../model/plan.ts';
import type { LeaverReason } from '../model/rules.ts';
import type { PlanInput } from './input.ts';

/** When a leaver's access ends, epoch milliseconds; now, when this kind of leaver gets no grace. */
export function endOfGrace(
  { policy, observed, now }: Pick<PlanInput, 'policy' | 'observed' | 'now'>,
  reason: LeaverReason,
  key: SourceKey,
): number {
  const rule = policy.leavers[reason];
  return typeof rule === 'string' ? now : (observed.grace.get(keyText(key)) ?? now) + rule.afterMs;
}

/** To the minute, in UTC: `2026-01-12 09:00 UTC`. */
export function minuteText(ms: number): string {
  return `${new Date(ms).toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** What an applied run writes down about grace. */
export interface GraceChanges {
  /** First seen as leavers with a grace, by every link of theirs. */
  readonly begins: readonly SourceKey[];
  /** Back in time, or no longer linked to anything. */
  readonly ends: readonly SourceKey[];
}

/** Somebody who could not be judged in this run is neither back nor newly gone: the time goes on. */
export function graceChanges(
  { memory, desired, observed }: Pick<PlanInput, 'memory' | 'desired' | 'observed'>,
  { skips }: Pick<Plan, 'skips'>,
): GraceChanges {
  const waiting = new Set(skips.flatMap(({ code, subject }) => (code === 'grace' ? [subject.id] : [])));
  const people = memory.links.filter(({ type }) => type !== 'group');
  const linked = new Map(people.map((link) => [keyText(link), link]));
  const wanted = desired.people.filter(({ state }) => state === 'wanted');
  const back = new Set(wanted.flatMap(({ keys }) => keys.map(keyText)));
  return {
    begins: people.filter((link) => waiting.has(link.targetId) && !observed.grace.has(keyText(link))),
    ends: [...observed.grace.keys()].filter((key) => back.has(key) || !linked.has(key)).map(keyOf),
  };
}

/** Source ids hold no colon, so the first one splits the text again. */
function keyOf(text: string): SourceKey {
  const colon = text.indexOf(':');
  return { source: text.slice(0, colon), externalId: text.slice(colon + 1) };
}
