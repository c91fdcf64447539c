import { z } from 'zod';
import { didYouMean } from '../model/closest.ts';
import { alternatives } from './issues.ts';
import { parsePart, type ParsedPart } from './parse.ts';
import { positionOf } from './positions.ts';
import type { ConfigProblem, Step } from './problem.ts';
import { scalarAt, type Reading } from './reading.ts';
import { variable, type PositionLookup } from './references.ts';
import { nodeAt, problemAt, type ConfigNode } from './tree.ts';
import type { LoadRequest, SourceConfig, SourceOptions } from './types.ts';

/** The entry of one source, checked by the schema of its type. */
export function parseSource(
  id: string,
  reading: Reading,
  sourceOptions: SourceOptions,
): ParsedPart<SourceConfig> {
  const path = ['sources', id];
  const node = nodeAt(reading.root, path);
  if (node?.kind !== 'map') return { data: undefined, problems: [] };
  const type = scalarAt(reading, [...path, 'type']);
  const schema = typeof type === 'string' ? schemaOf(type, sourceOptions) : undefined;
  if (typeof type !== 'string' || schema === undefined)
    return { data: undefined, problems: typeProblems(reading, path, sourceOptions) };
  const { data, problems } = parsePart({ schema, reading, path });
  if (problems.length > 0) return { data: undefined, problems };
  return { data: { id, type, options: data, directory: directoryOf(node) }, problems };
}

function schemaOf(type: string, sourceOptions: SourceOptions): z.ZodType | undefined {
  return Object.hasOwn(sourceOptions, type) ? sourceOptions[type] : undefined;
}

function typeProblems(
  reading: Reading,
  source: readonly Step[],
  sourceOptions: SourceOptions,
): readonly ConfigProblem[] {
  const path = [...source, 'type'];
  const node = nodeAt(reading.root, path);
  const known = Object.keys(sourceOptions);
  const expected = `expected ${alternatives(known)}`;
  if (node === undefined)
    return [problemAt(nodeAt(reading.root, source)?.at ?? reading.root.at, path, `missing; ${expected}`)];
  if (node.kind === 'reference' && !reading.values.has(node)) return [];
  const type = scalarAt(reading, path);
  const meant = typeof type === 'string' ? didYouMean(type, known) : '';
  return [problemAt(node.at, path, `${expected}${meant}`)];
}

/** The folder of the file in which the options stand; that it is one folder is checked elsewhere. */
function directoryOf(node: ConfigNode): string {
  const [first] = node.kind === 'map' ? node.entries.values() : [];
  return (first?.value ?? node).at.file.directory;
}

/** What of a source is known before its type is. */
const anySource = positionOf(z.looseObject({ type: z.string() }));

/** Where references in a source may stand depends on its type, which may itself be a reference. */
export function sourcePositions(
  root: ConfigNode,
  { env, sourceOptions }: Pick<LoadRequest, 'env' | 'sourceOptions'>,
): PositionLookup {
  return (path) => {
    if (path.length !== 2 || path[0] !== 'sources') return undefined;
    const node = nodeAt(root, [...path, 'type']);
    const type =
      node?.kind === 'reference' ? variable(env, node.name) : node?.kind === 'scalar' && node.value;
    const schema = typeof type === 'string' ? schemaOf(type, sourceOptions) : undefined;
    return schema === undefined ? anySource : positionOf(schema);
  };
}
