import type { ExpressionProblem } from '../expressions/problem.ts';
import type { ConfigProblem, Step } from './problem.ts';
import type { Referenced, ResolvedTree } from './references.ts';
import { offsetWithin } from './scalar-offset.ts';
import { nodeAt, problemAt, type ConfigNode, type Place } from './tree.ts';

/**
 * The configuration as it stands, for checks that look at several values: each sees what is there, whatever
 * is wrong elsewhere, so that one mistake does not hide another.
 */
export interface Reading {
  readonly root: ConfigNode;
  readonly values: ResolvedTree['values'];
}

/** A text of the configuration, and where it stands. */
export interface WrittenText {
  readonly text: string;
  readonly path: readonly Step[];
  readonly node: ConfigNode;
}

/** The scalar at a path, whether it is written out or referred to; undefined for anything else. */
export function scalarAt(
  { root, values }: Reading,
  path: readonly Step[],
): Exclude<Referenced, object> | null | undefined {
  const node = nodeAt(root, path);
  if (node?.kind === 'scalar') return node.value;
  const value = node?.kind === 'reference' ? values.get(node) : undefined;
  return typeof value === 'object' ? undefined : value;
}

/** The text at a path; undefined when something else stands there, or nothing. */
export function textAt(reading: Reading, path: readonly Step[]): WrittenText | undefined {
  const text = scalarAt(reading, path);
  const node = nodeAt(reading.root, path);
  return typeof text === 'string' && node !== undefined ? { text, path, node } : undefined;
}

/** The keys of the map at a path, in their order; none when no map stands there. */
export function keysOf({ root }: Reading, path: readonly Step[]): readonly string[] {
  const node = nodeAt(root, path);
  return node?.kind === 'map' ? [...node.entries.keys()] : [];
}

/** The paths of the items of the list at a path; none when no list stands there. */
export function itemsOf({ root }: Reading, path: readonly Step[]): readonly (readonly Step[])[] {
  const node = nodeAt(root, path);
  return node?.kind === 'list' ? node.items.map((_, index) => [...path, index]) : [];
}

/** A problem with a text as a whole. */
export function textProblem({ node, path }: WrittenText, text: string): ConfigProblem {
  return problemAt(node.at, path, text);
}

/**
 * Problems with parts of a text, each where the part stands in the file. What a variable holds is not
 * quoted: it may have been meant for another key.
 */
export function partProblems(
  written: WrittenText,
  problems: readonly ExpressionProblem[],
): readonly ConfigProblem[] {
  const { node, path } = written;
  if (node.kind === 'reference')
    return problems.map(({ start }) =>
      problemAt(
        node.at,
        path,
        `what environment variable ${node.name} holds is wrong at character ${start + 1}`,
      ),
    );
  return problems.map(({ message, start }) => problemAt(partPlace(written, start), path, message));
}

function partPlace({ node, text }: WrittenText, offset: number): Place {
  if (node.kind !== 'scalar') return node.at;
  const { file } = node.at;
  const scalar = { text: file.text, start: node.at.offset, end: node.end, style: node.style };
  return { file, offset: offsetWithin(scalar, text, offset) };
}
