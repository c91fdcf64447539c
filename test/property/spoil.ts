import * as fc from 'fast-check';

/*
 * JSON documents in which one place is not what it was: what somebody who controls one value, or a server with a
 * mistake, can send. Nothing here makes another document of the same shape: a place is of another type or not there.
 */

/** Where in a document, and what to do there: put something in its place, or beside it, or take it away. */
export interface Spoiling {
  /** Of all places of the document, counted in order, modulo their number. */
  readonly place: number;
  readonly how: 'replace' | 'add' | 'drop';
  readonly by: Junk;
}

/** `deep`: lists in lists, more than any walk over them may follow call by call. */
export type Junk = { readonly value: unknown } | 'deep';

const depth = 50_000;
const marker = '@@deep@@';
/** Built as text: to write so deep a value down takes more calls than the platform allows. */
const deepText = `${'['.repeat(depth)}1${']'.repeat(depth)}`;

const junk: fc.Arbitrary<Junk> = fc.oneof(
  fc.constantFrom<Junk>(
    'deep',
    { value: null },
    { value: 7 },
    { value: true },
    { value: {} },
    { value: [null] },
  ),
  fc.constantFrom<Junk>({ value: { __proto__: null, a: 1 } }, { value: 1e308 }, { value: '\ud800' }),
);

export const spoiling: fc.Arbitrary<Spoiling> = fc.record({
  place: fc.nat(),
  how: fc.constantFrom('replace', 'replace', 'replace', 'add', 'drop'),
  by: junk,
});

/** What happened to a document: the new text, and which place it was, such as `value.3.id`. */
export interface Spoilt {
  readonly text: string;
  readonly at: string;
}

interface Place {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  readonly path: string;
}

/** Spoils one place of a JSON document; one is only dropped when it `mayDrop`. As it was when there is no such place. */
export function spoil(
  json: string,
  { place, how, by }: Spoiling,
  mayDrop: (path: string) => boolean,
): Spoilt {
  const root = { '': JSON.parse(json) as unknown };
  const places = placesIn(root, '').filter(({ path }) => how !== 'drop' || mayDrop(path));
  const chosen = places[place % Math.max(1, places.length)];
  if (chosen === undefined) return { text: json, at: 'nowhere' };
  const { holder, key, path } = chosen;
  if (how === 'drop') delete holder[key];
  else if (how === 'replace') holder[key] = by === 'deep' ? marker : another(holder[key], by.value);
  else if (!Array.isArray(holder) && path !== '') holder['further'] = by === 'deep' ? marker : by.value;
  return {
    text: (JSON.stringify(root['']) ?? '').replace(JSON.stringify(marker), deepText),
    at: `${path} (${how} by ${by === 'deep' ? by : JSON.stringify(by.value)})`,
  };
}

/** Another value of the same type may be the truth; nothing is not. */
function another(value: unknown, by: unknown): unknown {
  return typeof value === typeof by && typeof value !== 'object' ? null : by;
}

function placesIn(holder: object, above: string): readonly Place[] {
  return Object.entries(holder).flatMap(([key, value]) => {
    const path = above === '' ? key : `${above}.${key}`;
    const here: Place = { holder: holder as Record<string, unknown>, key, path };
    return [here, ...(typeof value === 'object' && value !== null ? placesIn(value, path) : [])];
  });
}
