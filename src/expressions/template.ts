import { didYouMean } from '../model/closest.ts';
import { ExpressionError, lengthProblems, type ExpressionProblem } from './problem.ts';

/** A `${name}` in a template, or a `${` that is not one. */
interface Reference {
  /** null when what follows `${` is no name in braces. */
  readonly name: string | null;
  readonly start: number;
  readonly end: number;
}

/** What may stand between the braces: the names RE2 allows for groups. */
const reference = /\$\{(?:([A-Za-z_][A-Za-z0-9_]*)\})?/g;

/** Everything wrong with a template whose `${name}` may name these groups of its pattern. */
export function checkTemplate(text: string, groupNames: readonly string[]): readonly ExpressionProblem[] {
  const tooLong = lengthProblems(text);
  if (tooLong.length > 0) return tooLong;
  const problems: ExpressionProblem[] = [];
  for (const { name, start, end } of referencesIn(text)) {
    if (name === null) problems.push({ message: '"${" needs the name of a group and "}"', start, end });
    else if (!groupNames.includes(name))
      problems.push({ message: unknownName(name, groupNames), start, end });
  }
  return problems;
}

/** Whether a text names any group, so that what it gives depends on the match. */
export function isTemplate(text: string): boolean {
  return referencesIn(text).length > 0;
}

/** Puts what the groups captured in place of each `${name}`. Throws an `ExpressionError` for a name without a value. */
export function fillTemplate(text: string, captured: ReadonlyMap<string, string>): string {
  return text.replace(reference, (whole, name: string | undefined, offset: number) => {
    const value = name === undefined ? undefined : captured.get(name);
    if (value !== undefined) return value;
    const problem = {
      message: `nothing was captured for ${whole}`,
      start: offset,
      end: offset + whole.length,
    };
    throw new ExpressionError(text, problem);
  });
}

function referencesIn(text: string): readonly Reference[] {
  return [...text.matchAll(reference)].map((found) => ({
    name: found[1] ?? null,
    start: found.index,
    end: found.index + found[0].length,
  }));
}

function unknownName(name: string, groupNames: readonly string[]): string {
  if (groupNames.length === 0) return `"\${${name}}" names no group: there is no (?P<${name}>…) in "match"`;
  return `the pattern has no group "${name}"${didYouMean(name, groupNames)}`;
}
