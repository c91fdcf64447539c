import type { Json, JsonObject } from './json.ts';

/** Facts as a provider writes them: what it does not state may be absent, null or empty text. */
export type Facts<Shape> = { readonly [Key in keyof Shape]?: Shape[Key] | null | undefined };

/** Keeps what is stated: null and empty text state nothing. */
export function stated<Shape>(facts: Facts<Shape>): Partial<Shape> {
  return keptOf(facts, (fact) => fact !== null && fact !== undefined && fact !== '');
}

/** Keeps what is stated, blank text as well: that a name is blank is a fact, and `mapping.names` has a rule for it. */
export function statedOrBlank<Shape>(facts: Facts<Shape>): Partial<Shape> {
  return keptOf(facts, (fact) => fact !== null && fact !== undefined);
}

/** Called for every record of a source, several times: a loop, since lists of entries cost more than all else. */
function keptOf<Shape>(facts: Facts<Shape>, isKept: (fact: unknown) => boolean): Partial<Shape> {
  const kept: Partial<Shape> = {};
  for (const key of Object.keys(facts) as (keyof Shape)[]) {
    const fact = facts[key];
    // What is kept is neither null nor undefined.
    if (isKept(fact)) kept[key] = fact as Shape[keyof Shape];
  }
  return kept;
}

/** Null for an object in which nothing is stated, so that it is left out itself. */
export function unlessEmpty<Shape extends object>(facts: Shape): Shape | null {
  return Object.keys(facts).length === 0 ? null : facts;
}

/**
 * What of a parsed JSON object is stated, at any depth, in objects without prototypes; empty lists state nothing. Its
 * own attributes of the names in `without` are left out.
 */
export function statedJson(
  attributes: Readonly<Record<string, unknown>>,
  without: ReadonlySet<string> = nothing,
): JsonObject {
  const kept: Record<string, Json> = Object.create(null);
  for (const name of Object.keys(attributes)) {
    if (without.has(name)) continue;
    const json = statedValue(attributes[name]);
    if (json !== null) kept[name] = json;
  }
  return kept;
}

const nothing: ReadonlySet<string> = new Set();

function statedValue(value: unknown): Json {
  if (Array.isArray(value)) return unlessEmpty(value.map(statedValue).filter((part) => part !== null));
  if (typeof value === 'object' && value !== null) return unlessEmpty(statedJson({ ...value }));
  // What is left of JSON is a scalar.
  return value === undefined || value === '' ? null : (value as Json);
}

/** How many levels of lists and objects a row may have: no directory comes near, and walks over it are calls within calls. */
export const deepestJson = 32;

/**
 * Whether no text and no name in it, at any depth, holds half a character: a surrogate without its other half can be
 * neither stored nor sent as it came. What is deeper than `deepestJson` is not looked at, and not well formed either.
 */
export function isWellFormed(value: unknown, levels: number = deepestJson): boolean {
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  if (levels === 0) return false;
  if (Array.isArray(value)) return value.every((part) => isWellFormed(part, levels - 1));
  // Asked of every row that is read: it makes nothing that would have to be cleared away.
  const members = value as Readonly<Record<string, unknown>>;
  for (const name in members)
    if (!name.isWellFormed() || !isWellFormed(members[name], levels - 1)) return false;
  return true;
}

/** Whether it has no more levels of lists and objects than this. */
export function isShallow(value: unknown, levels: number = deepestJson): boolean {
  if (typeof value !== 'object' || value === null) return true;
  return levels > 0 && Object.values(value).every((part) => isShallow(part, levels - 1));
}

/** What schemas say of JSON that is not shallow, and what of JSON that is not well formed. */
export const tooDeep = { error: `it is nested deeper than ${deepestJson} levels`, abort: true } as const;
export const halfCharacter = { error: 'it holds half a character' } as const;

/** The first thing wrong with a row: the field and what was expected, never the value. Takes a `ZodError`. */
export function faultOf(error: {
  readonly issues: readonly { readonly path: readonly PropertyKey[]; readonly message: string }[];
}): string {
  const [issue] = error.issues;
  if (issue === undefined) return 'it breaks its schema';
  return issue.path.length === 0 ? issue.message : `${issue.path.join('.')}: ${issue.message}`;
}
