import { carriesPassword } from './addresses.ts';
import { sourceProblems } from './check-mapping.ts';
import { alternatives } from './issues.ts';
import type { ConfigProblem, Step } from './problem.ts';
import { itemsOf, keysOf, textAt, textProblem, type Reading } from './reading.ts';
import { durationMs } from './scalars.ts';
import { keyPlace, nodeAt, problemAt, type ConfigNode } from './tree.ts';

/** What is wrong with values outside the mapping that depend on one another, or on how they are written. */
export function ruleProblems(reading: Reading): readonly ConfigProblem[] {
  return [
    ...sourcesProblems(reading),
    ...precedenceProblems(reading),
    ...windowProblems(reading),
    ...stateProblems(reading),
  ];
}

function sourcesProblems(reading: Reading): readonly ConfigProblem[] {
  const path = ['sources'];
  const node = nodeAt(reading.root, path);
  if (node?.kind !== 'map') return [];
  if (node.entries.size === 0) return [problemAt(node.at, path, 'expected at least one source')];
  return [...node.entries].flatMap(([id, { value }]) =>
    foldersOf(value).size < 2
      ? []
      : [
          problemAt(
            value.at,
            [...path, id],
            'stands in files of two folders, so that its relative paths could mean two things; write it in one of them',
          ),
        ],
  );
}

/** The folders that relative paths among these values would be relative to. */
function foldersOf(node: ConfigNode): ReadonlySet<string> {
  switch (node.kind) {
    case 'scalar':
      return new Set([node.at.file.directory]);
    case 'reference':
      return new Set();
    case 'list':
      return new Set(node.items.flatMap((item) => [...foldersOf(item)]));
    case 'map':
      return new Set([...node.entries.values()].flatMap(({ value }) => [...foldersOf(value)]));
  }
}

function precedenceProblems(reading: Reading): readonly ConfigProblem[] {
  const path = ['precedence'];
  const sources = keysOf(reading, ['sources']);
  const node = nodeAt(reading.root, path);
  if (node === undefined) {
    if (sources.length < 2) return [];
    const text = `missing; with several sources, expected each once, the one that wins first: ${sources.join(', ')}`;
    return [problemAt(reading.root.at, path, text)];
  }
  if (node.kind !== 'list') return [];
  const named = itemsOf(reading, path).flatMap((item) => textAt(reading, item) ?? []);
  const texts = named.map(({ text }) => text);
  const absent = sources.filter((source) => !texts.includes(source));
  return [
    ...named.flatMap((written, index) =>
      texts.indexOf(written.text) < index
        ? [textProblem(written, 'stands in the list already')]
        : sourceProblems(written, sources),
    ),
    ...(absent.length === 0 ? [] : [problemAt(node.at, path, `does not name ${alternatives(absent)}`)]),
  ];
}

/** `1d` and `24h` would be two limits over one window. */
function windowProblems(reading: Reading): readonly ConfigProblem[] {
  const path = ['guard', 'windows'];
  const seen = new Map<number, string>();
  const problems: ConfigProblem[] = [];
  for (const name of keysOf(reading, path)) {
    const length = durationMs(name);
    if (length === null) continue;
    const first = seen.get(length);
    const own: readonly Step[] = [...path, name];
    if (first === undefined) seen.set(length, name);
    else problems.push(problemAt(keyPlace(reading.root, own), own, `is as long as "${first}"`));
  }
  return problems;
}

/** A database's password may come from the environment and nowhere else. */
function stateProblems(reading: Reading): readonly ConfigProblem[] {
  const written = textAt(reading, ['state']);
  if (written === undefined || written.node.kind === 'reference' || !carriesPassword(written.text)) return [];
  return [textProblem(written, 'must not carry a password; expected { env: NAME } for the whole address')];
}
