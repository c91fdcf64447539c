import type { Comparison, RuleDifference } from '../model/comparison.ts';
import { BridgeError } from '../model/errors.ts';
import type { GroupRule, GuardLimits, MappingRules, Policy } from '../model/rules.ts';
import type { DryRun, Recording } from './recorded.ts';
import { reconcile } from './reconcile.ts';

/** What a configuration decides over what was read. */
export interface Decisions {
  readonly path: string;
  /** Each source with its options as text, to tell whether it would be read otherwise. */
  readonly sources: ReadonlyMap<string, string>;
  readonly target: { readonly baseUrl: string; readonly seats: number | null };
  readonly mapping: MappingRules;
  readonly policy: Policy;
  readonly guard: GuardLimits;
}

/**
 * Plans once more with what another configuration decides, over what the first plan read and with the same memory.
 * Throws `badCommand` when that configuration speaks of another target or of a source that was not read.
 */
export async function planAgainst(
  { plan, request }: DryRun,
  own: Decisions,
  other: Decisions,
  { parts, sources, current }: Recording,
  signal: AbortSignal,
): Promise<Comparison> {
  refuseIncomparable(own, other);
  const held = current();
  const read = new Map(sources().map((source) => [source.id, source]));
  const again = await reconcile(
    {
      ...parts,
      sources: other.mapping.precedence.flatMap((id) => read.get(id) ?? []),
      sink: { ...parts.sink, read: async () => held },
      mapping: other.mapping,
      policy: other.policy,
      guard: other.guard,
      seats: other.target.seats,
    },
    request,
    signal,
  );
  return {
    files: { before: own.path, after: other.path },
    before: plan,
    after: again.plan,
    rules: ruleDifferences(own, other),
    limits: limitsOf(own, other),
  };
}

function refuseIncomparable(own: Decisions, other: Decisions): void {
  if (own.target.baseUrl !== other.target.baseUrl)
    throw new BridgeError(
      'badCommand',
      `${other.path} is about ${other.target.baseUrl}, ${own.path} about ${own.target.baseUrl}`,
      { remedy: 'Compare two configurations of one organisation.' },
    );
  const unread = [...other.sources.keys()].filter((id) => !own.sources.has(id));
  if (unread.length > 0)
    throw new BridgeError(
      'badCommand',
      `${other.path} reads ${unread.join(', ')}, which ${own.path} does not`,
      {
        remedy: `Compare over the reads of both the other way round: plan --config ${other.path} --against ${own.path}.`,
      },
    );
}

/** Reads are not repeated: what another scope at a source would show is not known. */
function limitsOf(own: Decisions, other: Decisions): readonly string[] {
  return [...other.sources].flatMap(([id, options]) =>
    own.sources.get(id) === options
      ? []
      : [`source ${id} has other options in ${other.path}; this compares over what ${own.path} read`],
  );
}

/** Everything the two decide differently, in the order of the configuration file. */
export function ruleDifferences(own: Decisions, other: Decisions): readonly RuleDifference[] {
  const before = textsOf(own);
  const after = textsOf(other);
  return [...new Set([...before.keys(), ...after.keys()])].flatMap((rule): readonly RuleDifference[] => {
    const texts = { before: before.get(rule) ?? null, after: after.get(rule) ?? null };
    return texts.before === texts.after ? [] : [{ rule, ...texts }];
  });
}

/** Every rule with its text; null for one that could be there and is not, so that it keeps its place. */
function textsOf({ mapping, policy, guard, target }: Decisions): ReadonlyMap<string, string | null> {
  const { scope, user, attributes, groups, precedence, names } = mapping;
  const { protect, ...switches } = policy;
  const all: readonly (readonly [string, unknown])[] = [
    ['precedence', precedence],
    ['target.seats', target.seats],
    ['scope', scope],
    ...Object.entries(user).map(([key, text]) => [`user.${key}`, text] as const),
    ...[...attributes].map(([name, text]) => [`attributes.${name}`, text] as const),
    ...groups.map((rule) => [rule.name, groupText(rule)] as const),
    ...Object.entries(switches),
    ...Object.entries(protect).map(([key, value]) => [`protect.${key}`, value] as const),
    ['names', names],
    ...Object.entries(guard).map(([key, value]) => [`guard.${key}`, value] as const),
  ];
  return new Map(all.map(([rule, value]) => [rule, value === null ? null : textOf(value)]));
}

function groupText({ select, source, to, create, access, admins }: GroupRule): string {
  const selector =
    select.by === 'pattern'
      ? `match ${select.pattern}`
      : select.by === 'id'
        ? `id ${select.id}`
        : `when ${select.expression}`;
  return [
    ...(source === null ? [] : [`source ${source}`]),
    selector,
    `to ${to}`,
    ...(create ? ['create'] : []),
    ...(access === null ? [] : [`access ${textOf(access)}`]),
    ...(admins === null ? [] : [`admins ${admins}`]),
  ].join(', ');
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.length === 0 ? 'none' : value.map(textOf).join(', ');
  if (typeof value !== 'object' || value === null) return String(value);
  return Object.entries(value)
    .map(([key, inner]) => `${key} ${textOf(inner)}`)
    .join(', ');
}
