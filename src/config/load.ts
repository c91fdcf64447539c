import { BridgeError } from '../model/errors.ts';
import { mappingProblems } from './check-mapping.ts';
import { ruleProblems } from './check-rules.ts';
import { chosenConfig } from './chosen.ts';
import { configFrom } from './convert.ts';
import { withBase } from './extends.ts';
import { parsePart } from './parse.ts';
import { parseSource, sourcePositions } from './parse-source.ts';
import { positionOf } from './positions.ts';
import { formatProblems, type ConfigProblem } from './problem.ts';
import { keysOf } from './reading.ts';
import { followReferences } from './references.ts';
import { Config } from './schema.ts';
import { sharingProblems, targetTrees, type TargetTree } from './targets.ts';
import { problemAt, type MapNode } from './tree.ts';
import type { BridgeConfig, LoadRequest } from './types.ts';
import { parseYaml, type ParsedFile } from './yaml.ts';

/**
 * Reads a configuration and checks all of it before anything else happens. Throws `configUnreadable` when
 * the file cannot be read, `secretMissing` when a variable or file that it refers to is not there or is
 * empty, and `configInvalid` when it is wrong alone; the message names every problem with line and column.
 */
export async function loadConfigs(request: LoadRequest): Promise<readonly BridgeConfig[]> {
  const { root, problems: inText } = await readTree(request);
  const { trees, problems: inTargets } = targetTrees(root);
  const checked = await Promise.all(trees.map((tree) => checkTree(tree, requestFor(tree, request))));
  const said = new Set([...inText, ...inTargets].map(({ path }) => path));
  const inValues = checked.flatMap(({ inValues }) => inValues).filter(({ path }) => !said.has(path));
  const inReferences = checked.flatMap(({ inReferences }) => inReferences);
  const missing = checked.flatMap(({ missing }) => missing);
  refuse([...inText, ...inTargets, ...inReferences, ...inValues], missing);
  const configs = checked.flatMap(({ config }) => config ?? []);
  if (configs.length < checked.length)
    throw new BridgeError('internal', 'a configuration was refused without a reason', {
      audience: 'developer',
    });
  refuse(sharingProblems(root, configs), []);
  return configs;
}

/** The configuration of one target: the one that is asked for, or the only one. Throws `badCommand` as well. */
export async function loadConfig(request: LoadRequest): Promise<BridgeConfig> {
  return chosenConfig(await loadConfigs(request), request.target ?? null);
}

/** What one target's tree came to. */
interface CheckedTree {
  /** Undefined when something is wrong with it. */
  readonly config: BridgeConfig | undefined;
  readonly inReferences: readonly ConfigProblem[];
  readonly inValues: readonly ConfigProblem[];
  readonly missing: readonly ConfigProblem[];
}

async function checkTree(tree: TargetTree, request: LoadRequest): Promise<CheckedTree> {
  const { root, writtenAt } = tree;
  const positions = sourcePositions(root, request);
  const reading = await followReferences(root, positionOf(Config), positions, request);
  const whole = parsePart({ schema: Config, reading, path: [] });
  const sources = keysOf(reading, ['sources']).map((id) => parseSource(id, reading, request.sourceOptions));
  const problems = [
    ...whole.problems,
    ...sources.flatMap((source) => source.problems),
    ...mappingProblems(reading),
    ...ruleProblems(reading),
  ];
  const parsed = sources.flatMap(({ data }) => data ?? []);
  const named = (found: readonly ConfigProblem[]): readonly ConfigProblem[] =>
    found.map((problem) => ({ ...problem, path: writtenAt(problem.path) }));
  return {
    config:
      whole.data === undefined || parsed.length < sources.length
        ? undefined
        : configFrom(whole.data, parsed, reading, { file: request.path, tree }),
    inReferences: named(reading.problems),
    inValues: named(problems),
    missing: named(reading.missing),
  };
}

/** Secrets of targets that nothing is sent to need not be there. */
function requestFor({ name }: TargetTree, request: LoadRequest): LoadRequest {
  const isAnother = request.target !== undefined && name !== null && name !== request.target;
  return isAnother ? { ...request, secrets: 'ignore' } : request;
}

/** The file and the one it extends as one tree. Throws when either is not understood at all. */
async function readTree(request: LoadRequest): Promise<ParsedFile & { readonly root: MapNode }> {
  const own = parseYaml(request.path, await readConfigFile(request));
  if (own.root === null) throw invalid(own.problems);
  if (own.root.kind !== 'map')
    throw invalid([...own.problems, problemAt(own.root.at, [], 'expected a map of keys')]);
  const whole = await withBase(own.root, request);
  const problems = [...own.problems, ...whole.problems];
  if (whole.root?.kind !== 'map') throw invalid(problems);
  return { root: whole.root, problems };
}

async function readConfigFile({ path, readFile }: LoadRequest): Promise<string> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new BridgeError(
      'configUnreadable',
      `the configuration ${path} cannot be read: ${reasonOf(error)}`,
      {
        remedy: 'Write one with retool-bridge init, or name another with --config.',
        cause: error,
      },
    );
  }
}

const reasons: ReadonlyMap<unknown, string> = new Map([
  ['ENOENT', 'there is no such file'],
  ['EACCES', 'permission denied'],
  ['EISDIR', 'it is a folder'],
]);

function reasonOf(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return reasons.get(code) ?? 'reading it failed';
}

function refuse(problems: readonly ConfigProblem[], missing: readonly ConfigProblem[]): void {
  if (missing.length > 0)
    throw new BridgeError('secretMissing', messageFor([...problems, ...missing]), {
      remedy:
        'Set what is missing, in the environment or the file, and correct the other lines if there are any.',
    });
  if (problems.length > 0) throw invalid(problems);
}

function invalid(problems: readonly ConfigProblem[]): BridgeError {
  return new BridgeError('configInvalid', messageFor(problems), {
    remedy: 'Correct these lines, then run the command again.',
  });
}

function messageFor(problems: readonly ConfigProblem[]): string {
  return `the configuration cannot be used:\n${formatProblems(problems)}`;
}
