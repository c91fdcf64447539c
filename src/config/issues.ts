import type { z } from 'zod';
import { didYouMean } from '../model/closest.ts';

/** Text for what a schema found wrong, in the words of the configuration; schemas' own texts come before it. */
export function issueText(issue: z.core.$ZodRawIssue): string {
  switch (issue.code) {
    case 'invalid_type':
      return `expected ${nounOf(issue.expected)}${foundText(issue.input, issue.expected)}`;
    case 'invalid_value':
      return `expected ${alternatives(issue.values)}${meantText(issue.input, issue.values)}`;
    case 'too_small':
      return `expected ${sizeText('at least', issue.origin, Number(issue.minimum))}`;
    case 'too_big':
      return `expected ${sizeText('at most', issue.origin, Number(issue.maximum))}`;
    case 'invalid_format':
      return 'expected text of another form';
    case 'not_multiple_of':
      return `expected a multiple of ${issue.divisor}`;
    default:
      return 'expected another value';
  }
}

const nouns: ReadonlyMap<string, string> = new Map([
  ['string', 'text'],
  ['number', 'a number'],
  ['int', 'a whole number'],
  ['boolean', 'true or false'],
  ['array', 'a list'],
  ['object', 'a map'],
  ['record', 'a map'],
]);

function nounOf(expected: string): string {
  return nouns.get(expected) ?? 'another value';
}

/** Never the value itself, only what kind of value it is: it may be a secret in the wrong place. */
function foundText(input: unknown, expected: string): string {
  if (input === undefined) return '';
  if (input === null) return ', found nothing';
  if (Array.isArray(input)) return ', found a list';
  switch (typeof input) {
    case 'string':
      return ', found text';
    case 'number':
      if (expected === 'int' || expected === 'number') return '';
      return expected === 'string' ? ', found a number (put it in quotes)' : ', found a number';
    case 'boolean':
      return expected === 'string' ? `, found ${input} (put it in quotes)` : `, found ${input}`;
    default:
      return ', found a map';
  }
}

/** `"a", "b" or "c"`. */
export function alternatives(values: readonly unknown[]): string {
  const shown = values.map((value) => (typeof value === 'string' ? `"${value}"` : String(value)));
  const last = shown.pop() ?? 'nothing';
  return shown.length === 0 ? last : `${shown.join(', ')} or ${last}`;
}

function meantText(input: unknown, values: readonly unknown[]): string {
  if (typeof input !== 'string') return '';
  return didYouMean(
    input,
    values.filter((value) => typeof value === 'string'),
  );
}

function sizeText(bound: string, origin: string, size: number): string {
  if (origin === 'string')
    return bound === 'at least' && size === 1 ? 'text that is not empty' : `${bound} ${size} characters`;
  if (origin === 'array' || origin === 'set') return `${bound} ${size === 1 ? 'one item' : `${size} items`}`;
  return `a number of ${bound} ${size}`;
}

/** One thing that a schema found wrong. */
export interface Finding {
  readonly path: readonly PropertyKey[];
  readonly text: string;
  /** Whether it is about the key itself and not about its value. */
  readonly about: 'key' | 'value';
  /** The key is none that the map knows. */
  readonly unknown: boolean;
}

/** Everything that a schema found wrong, one finding for each key and value. */
export function findingsOf(issues: readonly z.core.$ZodIssue[]): readonly Finding[] {
  return issues.flatMap((issue): readonly Finding[] => {
    const { path } = issue;
    switch (issue.code) {
      case 'unrecognized_keys':
        return issue.keys.map((key) => ({
          path: [...path, key],
          text: 'unknown key',
          about: 'key',
          unknown: true,
        }));
      case 'invalid_key':
        return issue.issues.map(({ message }) => ({ path, text: message, about: 'key', unknown: false }));
      case 'invalid_union':
        return unionFindings(path, issue.errors);
      default:
        return [{ path, text: issue.message, about: 'value', unknown: false }];
    }
  });
}

/** The findings of the one form that was meant; when the value is of no form's kind, what the forms expect. */
function unionFindings(
  path: readonly PropertyKey[],
  forms: readonly (readonly z.core.$ZodIssue[])[],
): readonly Finding[] {
  const meant = forms.map(findingsOf).find((findings) => findings.every((one) => one.path.length > 0));
  if (meant !== undefined && meant.length > 0)
    return meant.map((finding) => ({ ...finding, path: [...path, ...finding.path] }));
  const issues = forms.flat().filter((issue) => issue.path.length === 0);
  const ofItsKind = issues.filter((issue) => issue.code !== 'invalid_type');
  const texts = new Set((ofItsKind.length > 0 ? ofItsKind : issues).map(({ message }) => message));
  const text = texts.size === 0 ? 'expected another value' : [...texts].join('; or ');
  return [{ path, text, about: 'value', unknown: false }];
}
