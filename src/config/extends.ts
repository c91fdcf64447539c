import path from 'node:path';
import type { ConfigProblem } from './problem.ts';
import { problemAt, type ConfigNode, type MapEntry, type MapNode } from './tree.ts';
import { variable } from './references.ts';
import type { LoadRequest } from './types.ts';
import { parseYaml, type ParsedFile } from './yaml.ts';

/** Reads the file that `extends` names and lays the configuration over it; without `extends`, does nothing. */
export async function withBase(
  root: MapNode,
  { readFile, env }: Pick<LoadRequest, 'readFile' | 'env'>,
): Promise<ParsedFile> {
  const written = root.entries.get('extends')?.value;
  if (written === undefined) return { root, problems: [] };
  const fail = (text: string): ParsedFile => ({
    root: null,
    problems: [problemAt(written.at, ['extends'], text)],
  });
  const name = written.kind === 'reference' ? variable(env, written.name) : scalarOf(written);
  if (typeof name !== 'string' || name === '')
    return fail('expected the path of a file below the same folder');
  const { file } = written.at;
  const full = path.resolve(file.directory, name);
  if (!isBelow(file.directory, full)) return fail('must lie below the folder of the file it stands in');
  let text: string;
  try {
    text = await readFile(full);
  } catch {
    return fail('this file cannot be read');
  }
  return laidOver(parseYaml(path.join(path.dirname(file.name), name), text), root);
}

function scalarOf(node: ConfigNode): unknown {
  return node.kind === 'scalar' ? node.value : undefined;
}

function isBelow(folder: string, file: string): boolean {
  const relative = path.relative(folder, file);
  return relative !== '' && !path.isAbsolute(relative) && relative.split(path.sep)[0] !== '..';
}

function laidOver(base: ParsedFile, root: MapNode): ParsedFile {
  if (base.root === null) return base;
  if (base.root.kind !== 'map')
    return { root: null, problems: [problemAt(base.root.at, [], 'expected a map of keys')] };
  return { root: merged(base.root, root), problems: [...base.problems, ...chainProblems(base.root)] };
}

function chainProblems(base: MapNode): readonly ConfigProblem[] {
  const again = base.entries.get('extends');
  if (again === undefined) return [];
  const text = 'goes one level deep: a file that another one extends cannot extend a third';
  return [problemAt(again.keyAt, ['extends'], text)];
}

/** Maps merge; lists, scalars and references replace. */
export function merged(base: MapNode, over: MapNode): MapNode {
  const entries = new Map<string, MapEntry>(base.entries);
  for (const [key, { keyAt, value }] of over.entries)
    entries.set(key, { keyAt, value: mergedValue(base.entries.get(key)?.value, value) });
  return { kind: 'map', at: over.at, entries };
}

function mergedValue(base: ConfigNode | undefined, over: ConfigNode): ConfigNode {
  return base?.kind === 'map' && over.kind === 'map' ? merged(base, over) : over;
}
