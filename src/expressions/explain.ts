import { ParseError, TypeError as CheckError, type Environment } from '@marcbachmann/cel-js';
import { didYouMean } from '../model/closest.ts';
import { publicName } from './environment.ts';
import type { ExpressionProblem } from './problem.ts';
import { recordTypes } from './schema.ts';

/** What is needed to say more than the engine does. */
export interface Explaining {
  readonly text: string;
  readonly environment: Environment;
  readonly variables: Iterable<string>;
}

/** What the engine found wrong while parsing or checking, in our words. */
export function explain(error: unknown, context: Explaining): ExpressionProblem {
  const everything = { start: 0, end: context.text.length };
  if (error instanceof RangeError) return { message: 'nested too deeply', ...everything };
  if (!(error instanceof ParseError) && !(error instanceof CheckError)) throw error;
  const { start, end } = error.range ?? everything;
  return { message: publicName(messageFor(error, context, context.text.slice(start, end))), start, end };
}

function messageFor(error: ParseError | CheckError, context: Explaining, part: string): string {
  switch (error.code) {
    case 'unknown_variable':
      return unknownVariable(part, context);
    case 'no_matching_overload':
      return unknownFunction(error, context);
    case 'no_such_overload':
      return overloadMessage(error.summary);
    default:
      return plainWords(error.summary);
  }
}

/** How the engine's names of tokens are written. */
const tokens: ReadonlyMap<string, string> = new Map([
  ['EOF', 'the end'],
  ['LPAREN', '"("'],
  ['RPAREN', '")"'],
  ['LBRACKET', '"["'],
  ['RBRACKET', '"]"'],
  ['LBRACE', '"{"'],
  ['RBRACE', '"}"'],
  ['COLON', '":"'],
  ['COMMA', '","'],
  ['DOT', '"."'],
  ['QUESTION', '"?"'],
  ['IDENTIFIER', 'a name'],
]);

function plainWords(summary: string): string {
  const named = summary.replace(/\b[A-Z]{2,}\b/g, (token) => tokens.get(token) ?? token.toLowerCase());
  return `${named.charAt(0).toLowerCase()}${named.slice(1)}`;
}

function unknownVariable(name: string, { text, variables }: Explaining): string {
  const meant = didYouMean(name, variables);
  const isWhole = name === text.trim();
  return `unknown variable "${name}"${meant}${isWhole && meant === '' ? `; for the text itself write '"${name}"'` : ''}`;
}

function unknownFunction(error: ParseError | CheckError, { environment }: Explaining): string {
  const node = error.node;
  const called =
    Array.isArray(node?.args) && typeof node.args[0] === 'string' ? publicName(node.args[0]) : '';
  const known = environment
    .getDefinitions()
    .functions.filter((one) => (one.receiverType !== null) === (node?.op === 'rcall'));
  const names = new Set(known.map((one) => publicName(one.name)));
  if (names.has(called)) return overloadMessage(error.summary);
  return `unknown function "${called}"${didYouMean(called, names)}`;
}

/** Says which operator or function does not take what it is given; only types are named. */
export function overloadMessage(summary: string): string {
  const operation = publicName(summary)
    .replace(/^(?:no such overload: |found no matching overload for )/, '')
    .replaceAll("'", '')
    .replace(/\bdyn<([^<>]*)>/g, '$1');
  return `nothing fits ${operation}${hintFor(operation)}`;
}

function hintFor(operation: string): string {
  if (/\bnull\b/.test(operation)) return '; whether a field is there is asked with has(…)';
  if (/\bdouble\b/.test(operation) && /\bint\b/.test(operation))
    return '; the numbers of a source are doubles: write 1.0 instead of 1';
  return '';
}

/** What an expression may have to give: a bool, or anything that can be written as text. */
export type ExpectedResult = 'bool' | 'value';

const writable = /^(?:string|bool|int|uint|double|dyn|list|map|(?:list|map)<.*>)$/;

/** What is wrong with the type of an expression's result, as the engine names it; undefined when it will do. */
export function resultProblem(type: string, expected: ExpectedResult): string | undefined {
  if (expected === 'bool') {
    return type === 'bool' || type === 'dyn'
      ? undefined
      : `gives ${nounOf(type)} where a bool (true or false) is needed`;
  }
  const given = /^optional<(.*)>$/.exec(type)?.[1] ?? type;
  if (writable.test(given) || recordTypes.some(({ name }) => name === given)) return undefined;
  return `gives ${nounOf(given)} where text, a number, a bool, a list or a map is needed`;
}

function nounOf(type: string): string {
  return /^[A-Z]$|^null$/.test(type) ? 'no value' : `a value of type ${type}`;
}
