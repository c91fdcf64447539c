/** One thing wrong with an expression, a pattern or a template, and where in its text. */
export interface ExpressionProblem {
  readonly message: string;
  /** Offsets into the text in UTF-16 code units, end exclusive; equal at the end of the text. */
  readonly start: number;
  readonly end: number;
}

/**
 * An expression, pattern or template that cannot be compiled, or one that failed on a person's record for
 * another reason than a field that is not there. The message quotes the configuration and names types; it
 * never quotes what the record holds.
 */
export class ExpressionError extends Error {
  /** The text it is about. */
  readonly text: string;
  readonly problem: ExpressionProblem;

  constructor(text: string, problem: ExpressionProblem, options: ErrorOptions = {}) {
    super(
      `${text.length > longestQuote ? `${text.slice(0, longestQuote)}…` : text}: ${problem.message}`,
      options,
    );
    this.name = 'ExpressionError';
    this.text = text;
    this.problem = problem;
  }
}

/** How much of the text a message quotes. */
const longestQuote = 120;

/** The longest expression, pattern or template, in UTF-16 code units. */
const longestText = 4096;

/** The problem of a text that is too long to be looked at, or none. */
export function lengthProblems(text: string): readonly ExpressionProblem[] {
  if (text.length <= longestText) return [];
  return [{ message: `longer than ${longestText} characters`, start: 0, end: text.length }];
}
