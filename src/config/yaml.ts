import path from 'node:path';
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  type Alias,
  type Node,
  type Scalar,
  type YAMLError,
  type YAMLMap,
} from 'yaml';
import type { ConfigProblem, Step } from './problem.ts';
import {
  problemAt,
  type ConfigNode,
  type MapEntry,
  type MapNode,
  type Place,
  type ScalarNode,
  type ScalarStyle,
  type SourceFile,
} from './tree.ts';

/** A file as a tree; without one when its text is not understood. */
export type ParsedFile =
  | { readonly root: ConfigNode; readonly problems: readonly ConfigProblem[] }
  | { readonly root: null; readonly problems: readonly [ConfigProblem, ...ConfigProblem[]] };

/** The longest file, in UTF-16 code units. */
const longestFile = 1024 * 1024;

/** How many values a file may come to; an alias counts as all that it repeats. */
const mostNodes = 50_000;

const deepest = 64;

/** Turns the text of a file into a tree. Whatever is wrong with it as YAML is a problem, never a throw. */
export function parseYaml(name: string, text: string): ParsedFile {
  const lines = new LineCounter();
  const file: SourceFile = {
    name,
    directory: path.dirname(path.resolve(name)),
    text: text.startsWith('\uFEFF') ? text.slice(1) : text,
    lines,
  };
  if (text.length > longestFile)
    return {
      root: null,
      problems: [problemAt({ file, offset: 0 }, [], `is longer than ${longestFile} characters`)],
    };
  const document = parseDocument(file.text, {
    lineCounter: lines,
    prettyErrors: false,
    schema: 'core',
    uniqueKeys: false,
    resolveKnownTags: false,
  });
  const unreadable = [...document.errors, ...document.warnings].map((error) => syntaxProblem(file, error));
  const directive = document.directives?.yaml;
  if (directive?.explicit === true && directive.version !== '1.2')
    unreadable.push(problemAt({ file, offset: 0 }, [], 'expected YAML 1.2, which needs no %YAML directive'));
  const [first, ...others] = unreadable;
  if (first !== undefined) return { root: null, problems: [first, ...others] };
  const building: Building = { file, anchors: new Map(), open: new Set(), problems: [], nodes: 0 };
  return { root: build(building, document.contents, [], 0), problems: building.problems };
}

/** What the parser says, without the parts of the text that it would quote: one of them may be a secret. */
const syntaxTexts: ReadonlyMap<string, string> = new Map([
  ['BAD_DIRECTIVE', 'this directive is not understood'],
  ['BAD_DQ_ESCAPE', 'this escape does not exist in double quotes; write "\\\\" for a backslash'],
  ['BAD_SCALAR_START', 'a text cannot start with this character; put it in quotes'],
  ['BLOCK_AS_IMPLICIT_KEY', 'a map cannot begin here; put a text with ": " in it in quotes'],
  ['MULTIPLE_DOCS', 'a second document begins here; expected one'],
  ['TAB_AS_INDENT', 'a tab cannot indent; use spaces'],
  ['TAG_RESOLVE_FAILED', 'tags are not allowed'],
  ['UNEXPECTED_TOKEN', 'did not expect this here; is a quote, a comma or a line break missing?'],
]);

/** Messages of these kinds name punctuation alone. */
const harmless: ReadonlySet<string> = new Set(['BAD_INDENT', 'MISSING_CHAR', 'MULTILINE_IMPLICIT_KEY']);

function syntaxProblem(file: SourceFile, { code, message, pos }: YAMLError): ConfigProblem {
  const text = syntaxTexts.get(code) ?? (harmless.has(code) ? message : 'is not YAML');
  return problemAt({ file, offset: pos[0] }, [], `${text.charAt(0).toLowerCase()}${text.slice(1)}`);
}

interface Building {
  readonly file: SourceFile;
  readonly anchors: Map<string, Node>;
  /** The nodes around the one being built. */
  readonly open: Set<Node>;
  readonly problems: ConfigProblem[];
  nodes: number;
}

function build(building: Building, node: Node | null, path: readonly Step[], around: number): ConfigNode {
  const place = placeOf(building, node, around);
  building.nodes += 1;
  const refusal = refusalOf(building, node, path);
  if (refusal !== null) {
    if (building.nodes <= mostNodes + 1) building.problems.push(problemAt(place, path, refusal));
    return nothing(place);
  }
  if (node === null) return nothing(place);
  if (isAlias(node)) return buildAlias(building, node, path, place);
  if (node.anchor !== undefined) building.anchors.set(node.anchor, node);
  building.open.add(node);
  try {
    if (isMap(node)) return referenceOr(buildMap(building, node, path, place));
    if (isSeq(node)) {
      const items = node.items.map((item, index) =>
        build(building, item as Node | null, [...path, index], place.offset),
      );
      return { kind: 'list', at: place, items };
    }
    return isScalar(node) ? buildScalar(building, node, path, place) : nothing(place);
  } finally {
    building.open.delete(node);
  }
}

function refusalOf(building: Building, node: Node | null, path: readonly Step[]): string | null {
  if (building.nodes > mostNodes) return `comes to more than ${mostNodes} values`;
  if (path.length > deepest) return `is nested deeper than ${deepest} levels`;
  return node !== null && node.tag !== undefined ? 'tags are not allowed' : null;
}

function placeOf({ file }: Building, node: Node | null, around: number): Place {
  return { file, offset: node?.range?.[0] ?? around };
}

function nothing(at: Place): ScalarNode {
  return { kind: 'scalar', at, value: null, style: 'plain', end: at.offset };
}

function buildAlias(building: Building, alias: Alias, path: readonly Step[], place: Place): ConfigNode {
  const meant = building.anchors.get(alias.source);
  if (meant !== undefined && !building.open.has(meant)) return build(building, meant, path, place.offset);
  const text =
    meant === undefined
      ? 'no anchor of this name stands before it'
      : 'this alias repeats what it is a part of';
  building.problems.push(problemAt(place, path, text));
  return nothing(place);
}

function buildMap(building: Building, map: YAMLMap, path: readonly Step[], place: Place): MapNode {
  const entries = new Map<string, MapEntry>();
  for (const { key, value } of map.items as readonly {
    readonly key: Node | null;
    readonly value: Node | null;
  }[]) {
    const keyAt = placeOf(building, key, place.offset);
    const name = keyName(key);
    const below = name === null ? path : [...path, name];
    const built = build(building, value, below, keyAt.offset);
    const refusal = keyRefusal(name, entries);
    if (name === null || refusal !== null)
      building.problems.push(problemAt(keyAt, below, refusal ?? 'expected a key that is plain text'));
    else entries.set(name, { keyAt, value: built });
  }
  return { kind: 'map', at: place, entries };
}

function keyName(key: Node | null): string | null {
  if (!isScalar(key) || key.tag !== undefined) return null;
  if (typeof key.value === 'string') return key.value;
  return typeof key.value === 'number' || typeof key.value === 'boolean'
    ? (key.source ?? String(key.value))
    : null;
}

function keyRefusal(name: string | null, entries: ReadonlyMap<string, MapEntry>): string | null {
  if (name === '__proto__') return 'is not allowed as a key';
  return name !== null && entries.has(name) ? 'stands twice in this map' : null;
}

const styles: ReadonlyMap<string | undefined, ScalarStyle> = new Map([
  ['QUOTE_SINGLE', 'single'],
  ['QUOTE_DOUBLE', 'double'],
  ['BLOCK_FOLDED', 'block'],
  ['BLOCK_LITERAL', 'block'],
]);

function buildScalar(building: Building, scalar: Scalar, path: readonly Step[], at: Place): ScalarNode {
  const { value, type, range } = scalar;
  const end = range?.[1] ?? at.offset;
  const style = styles.get(type) ?? 'plain';
  if (value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean')
    return { kind: 'scalar', at, value, style, end };
  building.problems.push(problemAt(at, path, 'expected text, a number, true or false'));
  return nothing(at);
}

/** `{ env: NAME }` and `{ file: PATH }`, which may still turn out to be an ordinary map. */
function referenceOr(map: MapNode): ConfigNode {
  const [only, ...others] = map.entries;
  if (only === undefined || others.length > 0) return map;
  const [from, { value }] = only;
  if ((from !== 'env' && from !== 'file') || value.kind !== 'scalar') return map;
  return typeof value.value === 'string'
    ? { kind: 'reference', at: map.at, from, name: value.value, map }
    : map;
}
