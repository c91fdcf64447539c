import { EvaluationError, type ParseResult } from '@marcbachmann/cel-js';
import type { User } from '../model/user.ts';
import { checkingEnvironment, evaluatingEnvironment } from './environment.ts';
import { explain, overloadMessage, resultProblem, type ExpectedResult, type Explaining } from './explain.ts';
import { inspect } from './inspect.ts';
import { compileSearch } from './pattern.ts';
import { prepare, readsOf } from './prepare.ts';
import { ExpressionError, lengthProblems, type ExpressionProblem } from './problem.ts';
import { personVariables } from './schema.ts';
import { fromCel, toCel, type CelValue, type Reads, type Value } from './value.ts';

export { stringify, type Value } from './value.ts';
export { ExpressionError, type ExpressionProblem } from './problem.ts';

/** What an expression over one person sees. */
export interface PersonContext {
  /** The record the expression is asked about: `user`. */
  readonly user: User;
  /** Display names of the person's source groups: `groups`. */
  readonly groups: readonly string[];
  /** The id of the source that gave `user`: `source`. */
  readonly source: string;
  /** The person's record in each source that holds one, by source id: `from.<source id>`. */
  readonly from: ReadonlyMap<string, User>;
}

/** A CEL expression ready to be asked about people. */
export interface CompiledExpression {
  readonly text: string;
  /** Which of the variables `user`, `groups`, `source` and `from` it reads. */
  readonly reads: ReadonlySet<string>;
  /**
   * The expression's value for one person; undefined when it has none because it met a field that is absent
   * or null. Throws an `ExpressionError` when it fails for another reason, say a number where text is needed.
   */
  evaluate(context: PersonContext): Value | undefined;
}

/** What an expression is checked against. */
export interface ExpressionScope {
  /** The configured source ids, which `from.…` may name. */
  readonly sources: readonly string[];
  readonly result: ExpectedResult;
}

/** Everything wrong with a CEL expression over a person; empty when it may be compiled. */
export function checkExpression(text: string, scope: ExpressionScope): readonly ExpressionProblem[] {
  const unreadable = textProblems(text);
  if (unreadable.length > 0) return unreadable;
  const variables = personVariables(scope.sources);
  const environment = checkingEnvironment(variables);
  const explaining = { text, environment, variables: variables.keys() };
  const parsed = parse(explaining);
  if (!isParsed(parsed)) return [parsed];
  const found = inspect(parsed.ast, variables);
  const mistyped = typeProblem(parsed, scope.result, explaining);
  if (mistyped === undefined || found.some((problem) => overlap(problem, mistyped))) return found;
  return [...found, mistyped];
}

/**
 * Compiles an expression that `checkExpression` found nothing wrong with. Throws an `ExpressionError` when it
 * does not even parse. The result keeps scratch space of its own: it must not be asked while it answers.
 */
export function compileExpression(text: string): CompiledExpression {
  const [unreadable] = textProblems(text);
  if (unreadable !== undefined) throw new ExpressionError(text, unreadable);
  const searches = new Map<string, (subject: string) => boolean>();
  const environment = evaluatingEnvironment(searches);
  const parsed = parse({ text, environment, variables: [] });
  if (!isParsed(parsed)) throw new ExpressionError(text, parsed);
  const reads = readsOf(parsed.ast);
  for (const pattern of prepare(parsed.ast)) searches.set(pattern, compileSearch(pattern));
  return {
    text,
    reads: new Set(reads.keys()),
    evaluate: (context) => evaluate(text, parsed, variablesOf(text, context, reads)),
  };
}

function textProblems(text: string): readonly ExpressionProblem[] {
  if (text.trim() === '') return [{ message: 'the expression is empty', start: 0, end: text.length }];
  return lengthProblems(text);
}

function parse(explaining: Explaining): ParseResult | ExpressionProblem {
  try {
    return explaining.environment.parse(explaining.text);
  } catch (error) {
    return explain(error, explaining);
  }
}

function isParsed(parsed: ParseResult | ExpressionProblem): parsed is ParseResult {
  return typeof parsed === 'function';
}

function typeProblem(
  parsed: ParseResult,
  result: ExpectedResult,
  explaining: Explaining,
): ExpressionProblem | undefined {
  prepare(parsed.ast);
  const verdict = parsed.check();
  if (!verdict.valid) return explain(verdict.error, explaining);
  const message = resultProblem(verdict.type ?? 'dyn', result);
  return message === undefined ? undefined : { message, start: 0, end: explaining.text.length };
}

function overlap(a: ExpressionProblem, b: ExpressionProblem): boolean {
  return a.start <= b.end && b.start <= a.end;
}

type Variables = { [name: string]: CelValue | undefined };

/** The variables an expression reads, with those fields of them that it reads. */
function variablesOf(text: string, context: PersonContext, reads: ReadonlyMap<string, Reads>): Variables {
  const variables: Variables = Object.create(null);
  for (const name of ['user', 'groups', 'source', 'from'] as const) {
    const needed = reads.get(name);
    if (needed !== undefined) variables[name] = toCel(context[name], needed, text);
  }
  return variables;
}

/** The engine's codes for a field, an item or an optional value that is not there. */
const absent: ReadonlySet<string> = new Set(['no_such_key', 'index_out_of_bounds', 'optional_value_missing']);

function evaluate(text: string, parsed: ParseResult, variables: Variables): Value | undefined {
  let result: unknown;
  try {
    result = parsed(variables);
  } catch (error) {
    if (error instanceof EvaluationError && absent.has(error.code)) return undefined;
    throw failure(text, error);
  }
  return fromCel(result, text);
}

/** Codes under which the engine speaks of types alone; its other messages may quote what the record holds. */
const aboutTypes: ReadonlySet<string> = new Set([
  'no_such_overload',
  'no_matching_overload',
  'invalid_condition_type',
  'invalid_logical_operand',
]);

/** The cause is left out on purpose: it may quote personal data, and errors are logged with their causes. */
function failure(text: string, error: unknown): ExpressionError {
  const everything = { start: 0, end: text.length };
  if (!(error instanceof EvaluationError))
    return new ExpressionError(text, { message: 'cannot be worked out', ...everything });
  const message = aboutTypes.has(error.code)
    ? overloadMessage(error.summary)
    : error.code.replaceAll('_', ' ');
  return new ExpressionError(text, { message, ...(error.range ?? everything) });
}
