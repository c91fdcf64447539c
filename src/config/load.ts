import { BridgeError } from '../model/errors.ts';
import { mappingProblems } from './check-mapping.ts';
import { ruleProblems } from './check-rules.ts';
import { configFrom } from './convert.ts';
import { withBase } from './extends.ts';
import { parsePart } from './parse.ts';
import { parseSource, sourcePositions } from './parse-source.ts';
import { positionOf } from './positions.ts';
import { formatProblems, type ConfigProblem } from './problem.ts';
import { keysOf } from './reading.ts';
import { followReferences } from './references.ts';
import { Config } from './schema.ts';
import { problemAt, type ConfigNode } from './tree.ts';
import type { BridgeConfig, LoadRequest } from './types.ts';
import { parseYaml, type ParsedFile } from './yaml.ts';

/**
 * Reads a configuration and checks all of it before anything else happens. Throws `configUnreadable` when
 * the file cannot be read, `secretMissing` when a variable or file that it refers to is not there or is
 * empty, and `configInvalid` when it is wrong alone; the message names every problem with line and column.
 */
export async function loadConfig(request: LoadRequest): Promise<BridgeConfig> {
  const { root: written, problems: inText } = await readTree(request);
  const reading = await followReferences(
    written,
    positionOf(Config),
    sourcePositions(written, request),
    request,
  );
  const config = parsePart({ schema: Config, reading, path: [], laterKeys: [] });
  const sources = keysOf(reading, ['sources']).map((id) => parseSource(id, reading, request.sourceOptions));
  const said = new Set(inText.map(({ path }) => path));
  const inValues = [
    ...config.problems,
    ...sources.flatMap(({ problems }) => problems),
    ...mappingProblems(reading),
    ...ruleProblems(reading),
  ].filter(({ path }) => !said.has(path));
  refuse([...inText, ...reading.problems, ...inValues], reading.missing);
  const parsed = sources.flatMap(({ data }) => data ?? []);
  if (config.data === undefined || parsed.length < sources.length)
    throw new BridgeError('internal', 'a configuration was refused without a reason', {
      audience: 'developer',
    });
  return configFrom(config.data, parsed, reading, request.path);
}

/** The file and the one it extends as one tree. Throws when either is not understood at all. */
async function readTree(request: LoadRequest): Promise<ParsedFile & { readonly root: ConfigNode }> {
  const own = parseYaml(request.path, await readConfigFile(request));
  if (own.root === null) throw invalid(own.problems);
  if (own.root.kind !== 'map')
    throw invalid([...own.problems, problemAt(own.root.at, [], 'expected a map of keys')]);
  const whole = await withBase(own.root, request);
  const problems = [...own.problems, ...whole.problems];
  if (whole.root === null) throw invalid(problems);
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
