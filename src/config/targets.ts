import { folded } from '../model/text.ts';
import { merged } from './extends.ts';
import { pathText, type ConfigProblem, type Step } from './problem.ts';
import { nodeAt, problemAt, type ConfigNode, type MapEntry, type MapNode } from './tree.ts';
import type { BridgeConfig } from './types.ts';

/** The configuration of one target as if it were the only one, in the form with `target:`. */
export interface TargetTree {
  /** Its key under `targets`; null in the form with `target:`. */
  readonly name: string | null;
  readonly root: ConfigNode;
  /** Whether its reports get a folder of its name below `reports.directory`: unless it names one itself. */
  readonly reports: 'shared' | 'named';
  /** How a path of this tree is called in the file. */
  writtenAt(path: string): string;
}

/** One tree for each target, in their order. */
export interface TargetTrees {
  readonly trees: readonly TargetTree[];
  readonly problems: readonly ConfigProblem[];
}

/** Names are words of the command line and names of folders. */
const namePattern = /^[A-Za-z][A-Za-z0-9_-]{0,62}$/;

/** What stands under a target and is laid over what all of them share; the rest of it is its `target:`. */
const overrides = ['mapping', 'reports'] as const;

/** Takes the targets of a configuration apart; one with `target:` stays as it is. */
export function targetTrees(root: MapNode): TargetTrees {
  const several = root.entries.get('targets');
  if (several === undefined)
    return {
      trees: [{ name: null, root, reports: 'shared', writtenAt: (path) => path }],
      problems: [],
    };
  const { value } = several;
  const targets = value.kind === 'reference' ? value.map : value;
  if (targets.kind !== 'map' || targets.entries.size === 0) {
    const text = 'expected a map of targets, each under a name of your choice';
    return { trees: [], problems: [problemAt(value.at, ['targets'], text)] };
  }
  const named = [...targets.entries];
  const whole = named.filter(([, entry]) => mapOf(entry) !== null);
  return {
    trees: whole.flatMap(([name, entry]) => treeOf(root, name, entry) ?? []),
    problems: [
      ...sharedProblems(root),
      ...named.flatMap(([name, entry]) => entryProblems(named, name, entry)),
    ],
  };
}

/** A target of the name `env` with nothing but a text in it looks like a reference. */
function mapOf({ value }: MapEntry): MapNode | null {
  const map = value.kind === 'reference' ? value.map : value;
  return map.kind === 'map' ? map : null;
}

function treeOf(root: MapNode, name: string, entry: MapEntry): TargetTree | null {
  const own = mapOf(entry);
  if (own === null) return null;
  const { mapping, reports, state, ...rest } = Object.fromEntries(own.entries);
  const target: MapNode = { ...own, entries: new Map(Object.entries(rest)) };
  const entries = new Map(root.entries);
  for (const key of ['targets', 'state']) entries.delete(key);
  entries.set('target', { keyAt: entry.keyAt, value: target });
  if (state !== undefined) entries.set('state', state);
  for (const [key, over] of Object.entries({ mapping, reports })) {
    const shared = root.entries.get(key)?.value;
    if (over === undefined) continue;
    const { keyAt, value } = over;
    const both = shared?.kind === 'map' && value.kind === 'map' ? merged(shared, value) : value;
    entries.set(key, { keyAt, value: both });
  }
  return {
    name,
    root: { ...root, entries },
    reports: nodeAt(own, ['reports', 'directory']) === undefined ? 'named' : 'shared',
    writtenAt: pathsOf(root, name, own),
  };
}

/** What is wrong at the top level when there are several targets. */
function sharedProblems(root: MapNode): readonly ConfigProblem[] {
  const misplaced = [
    ['target', 'expected target or targets, not both'],
    ['state', 'stands under each of the targets, which remember apart'],
  ] as const;
  return misplaced.flatMap(([key, text]) => {
    const entry = root.entries.get(key);
    return entry === undefined ? [] : [problemAt(entry.keyAt, [key], text)];
  });
}

function entryProblems(
  all: readonly (readonly [string, MapEntry])[],
  name: string,
  entry: MapEntry,
): readonly ConfigProblem[] {
  const path = ['targets', name];
  const own = mapOf(entry);
  const twin = all.find(([other]) => other !== name && folded(other) === folded(name))?.[0];
  return [
    ...(namePattern.test(name)
      ? []
      : [
          problemAt(
            entry.keyAt,
            path,
            'expected a name: a letter, then letters, digits, "_" and "-", at most 63 characters',
          ),
        ]),
    ...(twin === undefined
      ? []
      : [problemAt(entry.keyAt, path, `differs from "${twin}" in upper and lower case alone`)]),
    ...(own === null ? [problemAt(entry.value.at, path, 'expected a map')] : []),
    ...(own === null || own.entries.has('state')
      ? []
      : [problemAt(entry.keyAt, [...path, 'state'], 'missing; each target has a state of its own')]),
  ];
}

/**
 * The way back from a tree's paths to those of the file. What the target lays over the shared part is called by its
 * place under `targets`; a value that is missing, by the map it is missing from.
 */
function pathsOf(root: MapNode, name: string, own: MapNode): TargetTree['writtenAt'] {
  const start = pathText(['targets', name]);
  const laidOver = new Set(overrides.flatMap((key) => pathsBelow(own.entries.get(key)?.value, [key])));
  const shared = new Set(overrides.flatMap((key) => pathsBelow(root.entries.get(key)?.value, [key])));
  return (path) => {
    if (isBelow(path, 'target')) return start + path.slice('target'.length);
    if (isBelow(path, 'state')) return `${start}.${path}`;
    const known = prefixesOf(path).find((prefix) => laidOver.has(prefix) || shared.has(prefix));
    return known !== undefined && laidOver.has(known) ? `${start}.${path}` : path;
  };
}

function isBelow(path: string, top: string): boolean {
  return path === top || path.startsWith(`${top}.`) || path.startsWith(`${top}[`);
}

/** The path and what it leads through, the longest first. */
function prefixesOf(path: string): readonly string[] {
  const ends = [...path.matchAll(/[.[]/g)].map(({ index }) => index);
  return [path, ...ends.toReversed().map((end) => path.slice(0, end))];
}

function pathsBelow(node: ConfigNode | undefined, path: readonly Step[]): readonly string[] {
  switch (node?.kind) {
    case undefined:
      return [];
    case 'map':
      return [
        pathText(path),
        ...[...node.entries].flatMap(([key, { value }]) => pathsBelow(value, [...path, key])),
      ];
    case 'list':
      return [pathText(path), ...node.items.flatMap((item, index) => pathsBelow(item, [...path, index]))];
    case 'scalar':
    case 'reference':
      return [pathText(path)];
  }
}

/** What two targets may not have in common: a state remembers one organisation, and an organisation has one bridge. */
export function sharingProblems(root: MapNode, configs: readonly BridgeConfig[]): readonly ConfigProblem[] {
  return configs.flatMap((config, index) =>
    configs.slice(0, index).flatMap((earlier) => {
      const { name } = config;
      if (name === null || earlier.name === null) return [];
      const other = pathText(['targets', earlier.name]);
      const found: readonly (readonly [key: string, text: string])[] = [
        ...(stateAddress(config) === stateAddress(earlier)
          ? [['state', `is the state of ${other}; each target has a state of its own`] as const]
          : []),
        ...(config.target.baseUrl === earlier.target.baseUrl
          ? [['baseUrl', `is the address of ${other}; name each organisation and Space by its own`] as const]
          : []),
        ...(folded(config.reports.directory) === folded(earlier.reports.directory)
          ? [['reports', `is the reports folder of ${other}; each target has one of its own`] as const]
          : []),
      ];
      return found.map(([key, text]) => {
        const path = ['targets', name, key];
        return problemAt((nodeAt(root, path) ?? root).at, path, text);
      });
    }),
  );
}

function stateAddress({ state }: BridgeConfig): string {
  return state.kind === 'sqlite' ? state.path : state.url.reveal();
}
