import type { Comparison } from '../model/comparison.ts';
import type { Plan } from '../model/plan.ts';
import { changesOf, type PlacedChange } from './changes.ts';

/** One change that another configuration brings, takes out, or makes with other values. */
export interface Effect {
  readonly effect: 'added' | 'dropped' | 'altered';
  /** The change as the other configuration plans it; as this one does when it is dropped. */
  readonly change: PlacedChange;
  /** The change as this configuration plans it, when it is altered. */
  readonly instead: PlacedChange | null;
}

/** Everything that one rule has to do with. */
export interface RuleEffects {
  /** null: what no rule calls for. */
  readonly rule: string | null;
  /** The rule's text on either side; null where it is not there; undefined when it is the same on both. */
  readonly difference?: { readonly before: string | null; readonly after: string | null };
  readonly effects: readonly Effect[];
}

/** How many changes there are of each effect. */
export type EffectCounts = Readonly<Record<Effect['effect'], number>>;

/** The differences between two plans of one state, by rule: rules that differ first, in their order. */
export function effectsByRule({ before, after, rules }: Comparison): readonly RuleEffects[] {
  const effects = effectsBetween(before, after);
  const byRule = new Map<string | null, Effect[]>(rules.map(({ rule }) => [rule, []]));
  for (const effect of effects) {
    const { rule } = effect.change.change.reason;
    const known = byRule.get(rule);
    if (known === undefined) byRule.set(rule, [effect]);
    else known.push(effect);
  }
  const differences = new Map(rules.map((difference) => [difference.rule, difference]));
  return [...byRule].map(([rule, of]) => {
    const difference = rule === null ? undefined : differences.get(rule);
    return { rule, effects: of, ...(difference === undefined ? {} : { difference }) };
  });
}

/** Counts over all rules. */
export function countEffects(rules: readonly RuleEffects[]): EffectCounts {
  const counts = { added: 0, dropped: 0, altered: 0 };
  for (const { effects } of rules) for (const { effect } of effects) counts[effect] += 1;
  return counts;
}

function effectsBetween(before: Plan, after: Plan): readonly Effect[] {
  const old = changesByKey(before);
  const now = changesByKey(after);
  const brought = [...now].flatMap(([key, change]): readonly Effect[] => {
    const instead = old.get(key);
    if (instead === undefined) return [{ effect: 'added', change, instead: null }];
    return valuesOf(instead) === valuesOf(change) ? [] : [{ effect: 'altered', change, instead }];
  });
  const dropped = [...old].flatMap(([key, change]): readonly Effect[] =>
    now.has(key) ? [] : [{ effect: 'dropped', change, instead: null }],
  );
  return [...brought, ...dropped];
}

function changesByKey(plan: Plan): ReadonlyMap<string, PlacedChange> {
  const placed = plan.operations.flatMap((operation) => changesOf(operation, null, null));
  return new Map(
    placed.map((one) => [JSON.stringify([one.type, one.key, one.change.kind, one.change.group]), one]),
  );
}

function valuesOf({ change }: PlacedChange): string {
  return JSON.stringify([change.action, change.fields]);
}
