/** One thing wrong with a configuration, and where. */
export interface ConfigProblem {
  /** The file as messages name it. */
  readonly file: string;
  /** Both from 1. */
  readonly line: number;
  readonly column: number;
  /** The key it is about, for example `mapping.groups[0].to`; empty for the file as a whole. */
  readonly path: string;
  readonly text: string;
}

/** A key or an index on the way to a value. */
export type Step = string | number;

/** All problems, one a line, in the order in which they stand in the file. */
export function formatProblems(problems: readonly ConfigProblem[]): string {
  const lines = problems.toSorted(byPosition).map(formatProblem);
  return [...new Set(lines)].join('\n');
}

function formatProblem({ file, line, column, path, text }: ConfigProblem): string {
  return `${file}:${line}:${column} ${path === '' ? '' : `${path}: `}${text}`;
}

function byPosition(a: ConfigProblem, b: ConfigProblem): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.line - b.line || a.column - b.column;
}

const plainKey = /^[A-Za-z_][A-Za-z0-9_-]*$/;

/** `mapping.groups[0].to`; keys that would not read well stand in brackets and quotes. */
export function pathText(path: readonly Step[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else if (plainKey.test(step)) text += text === '' ? step : `.${step}`;
    else text += `[${quoted(step)}]`;
  }
  return text;
}

/** Longer texts are cut. */
const longestQuote = 60;

/** A text from a file in quotes, safe for a terminal: whatever is not plain printable ASCII is escaped. */
export function quoted(text: string): string {
  const cut = text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text;
  return JSON.stringify(cut).replace(
    /[^ -~…]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
