import type { LineCounter } from 'yaml';
import type { ConfigProblem, Step } from './problem.ts';
import { pathText } from './problem.ts';

/** One file of the configuration. */
export interface SourceFile {
  /** As messages name it. */
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  readonly text: string;
  readonly lines: LineCounter;
}

/** A place in a file, as an offset into its text. */
export interface Place {
  readonly file: SourceFile;
  readonly offset: number;
}

/** A value with the place where it stands. */
export type ConfigNode = ScalarNode | ListNode | MapNode | ReferenceNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: Place;
  readonly value: string | number | boolean | null;
  /** Where each character of a text stands, see `offsetWithin`. */
  readonly style: ScalarStyle;
  /** The end of the scalar in its file. */
  readonly end: number;
}

export type ScalarStyle = 'plain' | 'single' | 'double' | 'block';

export interface ListNode {
  readonly kind: 'list';
  readonly at: Place;
  readonly items: readonly ConfigNode[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: Place;
  readonly entries: ReadonlyMap<string, MapEntry>;
}

export interface MapEntry {
  readonly keyAt: Place;
  readonly value: ConfigNode;
}

/** `{ env: NAME }` or `{ file: PATH }`: a value that stands elsewhere. */
export interface ReferenceNode {
  readonly kind: 'reference';
  readonly at: Place;
  readonly from: 'env' | 'file';
  readonly name: string;
  /** The map it was written as, for positions where no reference can be meant. */
  readonly map: MapNode;
}

/** The node at a path; undefined when the path leads nowhere. */
export function nodeAt(root: ConfigNode, path: readonly Step[]): ConfigNode | undefined {
  let node: ConfigNode | undefined = root;
  for (const step of path) node = node === undefined ? undefined : below(node, step);
  return node;
}

function below(node: ConfigNode, step: Step): ConfigNode | undefined {
  if (node.kind === 'list') return typeof step === 'number' ? node.items[step] : undefined;
  return node.kind === 'map' ? node.entries.get(String(step))?.value : undefined;
}

/** Where the key of a path stands; for an item of a list, where the item stands; for the root, its start. */
export function keyPlace(root: ConfigNode, path: readonly Step[]): Place {
  const step = path.at(-1);
  if (step === undefined) return root.at;
  const parent = nodeAt(root, path.slice(0, -1));
  if (parent?.kind === 'map') return parent.entries.get(String(step))?.keyAt ?? parent.at;
  return nodeAt(root, path)?.at ?? root.at;
}

/** A problem at a place. */
export function problemAt(place: Place, path: readonly Step[], text: string): ConfigProblem {
  const { line, col } = place.file.lines.linePos(place.offset);
  return {
    file: place.file.name,
    line: Math.max(line, 1),
    column: Math.max(col, 1),
    path: pathText(path),
    text,
  };
}
