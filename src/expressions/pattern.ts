import { RE2JS, RE2JSException, RE2JSSyntaxException } from 're2js';
import { ExpressionError, lengthProblems, type ExpressionProblem } from './problem.ts';

/** Patterns that compile to more instructions than this are refused: matching costs length times instructions. */
const largestProgram = 10_000;

/** An RE2 pattern over whole names. */
export interface CompiledPattern {
  /** The names of its groups, in the order in which they stand. */
  readonly groups: readonly string[];
  /** The one name that the pattern fits, when it is written without anything that could fit another; else null. */
  readonly literal: string | null;
  /**
   * What its named groups captured when the pattern fits the whole name, else null. A group that took no
   * part in the match is empty text.
   */
  match(name: string): ReadonlyMap<string, string> | null;
}

/** Everything wrong with a pattern; empty when it compiles. */
export function checkPattern(text: string): readonly ExpressionProblem[] {
  return problemsOf(() => compilePattern(text));
}

/**
 * Compiles an RE2 pattern, which matches in time linear in the name whatever the pattern is; named groups
 * are written `(?P<name>…)`. Throws an `ExpressionError` that says where the pattern is wrong.
 */
export function compilePattern(text: string): CompiledPattern {
  if (text === '') throw new ExpressionError(text, { message: 'the pattern is empty', start: 0, end: 0 });
  const regex = compileRe2(text);
  const groups = Object.keys(regex.namedGroups());
  return {
    groups,
    literal: literalOf(text),
    match(name) {
      const matcher = regex.matcher(name);
      if (!matcher.matches()) return null;
      return new Map(groups.map((group) => [group, matcher.group(group) ?? '']));
    },
  };
}

/** Plain characters and escaped punctuation, which RE2 takes as they are; anchors change nothing. */
const literal = /^\^?((?:[^\\^$.|?*+()[\]{}]|\\[^A-Za-z0-9])*)\$?$/;

function literalOf(text: string): string | null {
  return literal.exec(text)?.[1]?.replace(/\\(.)/gs, '$1') ?? null;
}

/** Compiles the pattern of a `matches()` call, which looks for it anywhere in a text. */
export function compileSearch(text: string): (subject: string) => boolean {
  const regex = compileRe2(text);
  return (subject) => regex.matcher(subject).find();
}

/** Everything wrong with the pattern of a `matches()` call. */
export function checkSearch(text: string): readonly ExpressionProblem[] {
  return problemsOf(() => compileSearch(text));
}

function problemsOf(compile: () => unknown): readonly ExpressionProblem[] {
  try {
    compile();
    return [];
  } catch (error) {
    if (error instanceof ExpressionError) return [error.problem];
    throw error;
  }
}

function compileRe2(text: string): RE2JS {
  const [tooLong] = lengthProblems(text);
  if (tooLong !== undefined) throw new ExpressionError(text, tooLong);
  const regex = parse(text);
  if (regex.programSize() <= largestProgram) return regex;
  throw new ExpressionError(text, { message: 'the pattern is too large', start: 0, end: text.length });
}

function parse(text: string): RE2JS {
  try {
    return RE2JS.compile(text);
  } catch (error) {
    // Deep nesting exhausts the parser's stack before it meets a limit of its own.
    if (error instanceof RangeError)
      throw new ExpressionError(
        text,
        { message: 'nested too deeply', start: 0, end: text.length },
        { cause: error },
      );
    if (!(error instanceof RE2JSException)) throw error;
    throw new ExpressionError(text, re2Problem(text, error), { cause: error });
  }
}

/** RE2 names the wrong fragment, not its place; the first one like it is shown. */
function re2Problem(text: string, error: RE2JSException): ExpressionProblem {
  if (!(error instanceof RE2JSSyntaxException)) return { message: error.message, start: 0, end: text.length };
  const fragment = error.getPattern() ?? '';
  const found = fragment === '' ? -1 : text.indexOf(fragment);
  const start = Math.max(found, 0);
  const end = found === -1 ? text.length : start + fragment.length;
  const hint = fragment.startsWith('(?') ? '; RE2 has no look-around and no back-references' : '';
  return { message: `${error.getDescription()} at "${text.slice(start, end)}"${hint}`, start, end };
}
