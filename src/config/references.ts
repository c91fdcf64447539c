import path from 'node:path';
import { Secret } from '../model/secret.ts';
import { positionBelow, scalarsAt, takesSecret, type Position, type ScalarKind } from './positions.ts';
import { quoted, type ConfigProblem, type Step } from './problem.ts';
import { problemAt, type ConfigNode, type MapEntry, type ReferenceNode } from './tree.ts';
import type { LoadRequest } from './types.ts';

/** What a reference came to. */
export type Referenced = Secret | string | number | boolean;

/** A tree in which what every reference stands for is known. */
export interface ResolvedTree {
  /** As it was, but what looked like a reference where a map stands is a map. */
  readonly root: ConfigNode;
  /** What the references came to; one that is missing came to nothing. */
  readonly values: ReadonlyMap<ReferenceNode, Referenced>;
  /** References that cannot be followed for a reason that lies in the file. */
  readonly problems: readonly ConfigProblem[];
  /** Variables and files that are not there or are empty. */
  readonly missing: readonly ConfigProblem[];
}

type World = Pick<LoadRequest, 'readFile' | 'readSecret' | 'env' | 'secrets'>;

interface Work {
  readonly world: World;
  readonly positionAt: PositionLookup;
  readonly values: Map<ReferenceNode, Referenced>;
  readonly problems: ConfigProblem[];
  readonly missing: ConfigProblem[];
}

/** The position of a path where it does not follow from the position above; undefined where it does. */
export type PositionLookup = (path: readonly Step[]) => Position | undefined;

/** Follows every reference of a tree, by what may stand where it stands. */
export async function followReferences(
  root: ConfigNode,
  position: Position,
  positionAt: PositionLookup,
  world: World,
): Promise<ResolvedTree> {
  const work: Work = { world, positionAt, values: new Map(), problems: [], missing: [] };
  const followed = await follow(work, root, position, []);
  return { root: followed, values: work.values, problems: work.problems, missing: work.missing };
}

async function follow(
  work: Work,
  node: ConfigNode,
  position: Position,
  path: readonly Step[],
): Promise<ConfigNode> {
  switch (node.kind) {
    case 'scalar':
      return node;
    case 'reference':
      return followReference(work, node, position, path);
    case 'list': {
      const items: ConfigNode[] = [];
      for (const [index, item] of node.items.entries())
        items.push(await followBelow(work, item, position, path, index));
      return { ...node, items };
    }
    case 'map': {
      const entries = new Map<string, MapEntry>();
      for (const [key, { keyAt, value }] of node.entries)
        entries.set(key, { keyAt, value: await followBelow(work, value, position, path, key) });
      return { ...node, entries };
    }
  }
}

function followBelow(
  work: Work,
  node: ConfigNode,
  position: Position,
  path: readonly Step[],
  step: Step,
): Promise<ConfigNode> {
  const below = [...path, step];
  return follow(work, node, work.positionAt(below) ?? positionBelow(position, step), below);
}

async function followReference(
  work: Work,
  node: ReferenceNode,
  position: Position,
  path: readonly Step[],
): Promise<ConfigNode> {
  if (takesSecret(position)) {
    await followSecret(work, node, path);
    return node;
  }
  const kinds = scalarsAt(position);
  if (kinds.size === 0) return node.map;
  if (node.from === 'file')
    work.problems.push(problemAt(node.at, path, 'only a secret can stand in a file; expected { env: NAME }'));
  else followScalar(work, node, kinds, path);
  return node;
}

function followScalar(
  work: Work,
  node: ReferenceNode,
  kinds: ReadonlySet<ScalarKind>,
  path: readonly Step[],
): void {
  if (!isVariableName(node.name)) {
    work.problems.push(problemAt(node.at, path, variableNameExpected));
    return;
  }
  const text = variable(work.world.env, node.name);
  if (text === undefined)
    work.missing.push(problemAt(node.at, path, `environment variable ${node.name} is not set`));
  else work.values.set(node, asKind(text, kinds));
}

/** The environment holds nothing but text: it becomes a number or a truth value where only such can stand. */
function asKind(text: string, kinds: ReadonlySet<ScalarKind>): string | number | boolean {
  if (kinds.has('string')) return text;
  if (kinds.has('number') && /^-?\d{1,15}(?:\.\d{1,15})?$/.test(text)) return Number(text);
  if (kinds.has('boolean') && (text === 'true' || text === 'false')) return text === 'true';
  return text;
}

async function followSecret(work: Work, node: ReferenceNode, path: readonly Step[]): Promise<void> {
  const { from, name } = node;
  if (from === 'env' ? !isVariableName(name) : !isFilePath(name)) {
    work.problems.push(
      problemAt(node.at, path, from === 'env' ? variableNameExpected : 'expected the path of a file'),
    );
    return;
  }
  const origin = from === 'env' ? `environment variable ${name}` : `file ${quoted(name)}`;
  const read = from === 'env' ? fromVariable(work.world.env, name) : await fromFile(work.world, node);
  const text = read.text.replace(/[\r\n]+$/, '');
  if (work.world.secrets !== 'ignore' && text.trim() === '')
    work.missing.push(problemAt(node.at, path, `${origin} ${read.problem ?? 'is empty'}`));
  else work.values.set(node, new Secret(text, origin));
}

/** The text of a secret, empty when there is none, and then why. */
interface SecretRead {
  readonly text: string;
  readonly problem: string | null;
}

function fromVariable(env: LoadRequest['env'], name: string): SecretRead {
  const text = variable(env, name);
  return { text: text ?? '', problem: text === undefined ? 'is not set' : null };
}

async function fromFile(
  { readFile, readSecret = readFile }: World,
  { at, name }: ReferenceNode,
): Promise<SecretRead> {
  try {
    return { text: await readSecret(path.resolve(at.file.directory, name)), problem: null };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    return { text: '', problem: unreadable.get(code) ?? 'cannot be read' };
  }
}

/** Why a file is none that a secret could stand in, by the code that reading it ends with. */
const unreadable: ReadonlyMap<unknown, string> = new Map([
  ['EFTYPE', 'is no regular file'],
  ['EFBIG', 'is too long for a secret'],
]);

const variableNameExpected = 'expected the name of an environment variable';

/** A text that is no name is not looked up and never quoted: it may be the secret itself. */
function isVariableName(name: string): boolean {
  return /^[A-Za-z_][A-Za-z0-9_]{0,254}$/.test(name);
}

function isFilePath(name: string): boolean {
  return name !== '' && name.length <= 1024 && !/[\0\r\n]/.test(name);
}

/** What the environment holds under a name; undefined when the name is not set. */
export function variable(env: LoadRequest['env'], name: string): string | undefined {
  if (env instanceof Map) return env.get(name);
  const record = env as Readonly<Record<string, string | undefined>>;
  return Object.hasOwn(record, name) ? record[name] : undefined;
}
