import { badRequest, unsupportedQuery } from './answers.ts';
import type { Properties } from './properties.ts';

/** What a property of an object type may be asked for. */
export type FilterRules = ReadonlyMap<string, 'text' | 'boolean'>;

export const USER_FILTERS: FilterRules = new Map([
  ['id', 'text'],
  ['displayName', 'text'],
  ['userPrincipalName', 'text'],
  ['mail', 'text'],
  ['accountEnabled', 'boolean'],
]);

export const GROUP_FILTERS: FilterRules = new Map([
  ['id', 'text'],
  ['displayName', 'text'],
  ['securityEnabled', 'boolean'],
]);

export const SERVICE_PRINCIPAL_FILTERS: FilterRules = new Map([
  ['id', 'text'],
  ['appId', 'text'],
  ['displayName', 'text'],
]);

type Test = (properties: Properties) => boolean;

const TEXT = String.raw`'((?:[^']|'')*)'`;
const EQUAL_TEXT = new RegExp(`^(\\w+) eq ${TEXT}$`);
const EQUAL_BOOLEAN = /^(\w+) eq (true|false)$/;
const STARTS_WITH = new RegExp(`^startswith\\((\\w+), ?${TEXT}\\)$`, 'i');
const ONE_OF = new RegExp(`^(\\w+) in \\((${TEXT}(?:, ?${TEXT})*)\\)$`);
/** Text is stepped over as a whole: it may hold the very words. */
const CONNECTIVES = /'(?:[^']|'')*'|\s+(and|or)\s+/g;

/**
 * Turns a filter into a test: `eq`, `in` and `startswith`, joined by `and` and `or`, without parentheses
 * (Microsoft Graph: "Use the $filter query parameter"; comparison of text ignores case).
 * @throws GraphFault 400 for anything else, as for a property that can't be filtered by.
 */
export function compileFilter(filter: string, rules: FilterRules): Test {
  const alternatives = splitAt(filter.trim(), 'or').map((alternative) =>
    splitAt(alternative, 'and').map((clause) => compileClause(clause.trim(), rules)),
  );
  return (properties) => alternatives.some((tests) => tests.every((test) => test(properties)));
}

function splitAt(filter: string, word: 'and' | 'or'): readonly string[] {
  const parts: string[] = [];
  let start = 0;
  for (const match of filter.matchAll(CONNECTIVES)) {
    if (match[1] !== word) continue;
    parts.push(filter.slice(start, match.index));
    start = match.index + match[0].length;
  }
  return [...parts, filter.slice(start)];
}

function compileClause(clause: string, rules: FilterRules): Test {
  const boolean = EQUAL_BOOLEAN.exec(clause);
  if (boolean !== null) {
    const name = propertyOf(boolean[1], 'boolean', rules);
    return (properties) => properties[name] === (boolean[2] === 'true');
  }
  const equal = EQUAL_TEXT.exec(clause);
  if (equal !== null) {
    const name = propertyOf(equal[1], 'text', rules);
    const wanted = folded(equal[2]);
    return (properties) => textOf(properties, name) === wanted;
  }
  const start = STARTS_WITH.exec(clause);
  if (start !== null) {
    const name = propertyOf(start[1], 'text', rules);
    const wanted = folded(start[2]);
    return (properties) => textOf(properties, name)?.startsWith(wanted) === true;
  }
  const one = ONE_OF.exec(clause);
  if (one !== null) {
    const name = propertyOf(one[1], 'text', rules);
    const wanted = new Set(
      Array.from((one[2] ?? '').matchAll(new RegExp(TEXT, 'g')), (match) => folded(match[1])),
    );
    return (properties) => wanted.has(textOf(properties, name) ?? '');
  }
  throw badRequest(`Invalid filter clause: '${clause}'.`);
}

function propertyOf(name: string | undefined, kind: 'text' | 'boolean', rules: FilterRules): string {
  if (name !== undefined && rules.get(name) === kind) return name;
  throw unsupportedQuery(`Unsupported or invalid query filter clause specified for property '${name}'.`);
}

function textOf(properties: Properties, name: string): string | undefined {
  const value = properties[name];
  return typeof value === 'string' ? value.toLowerCase() : undefined;
}

function folded(quoted: string | undefined): string {
  return (quoted ?? '').replaceAll("''", "'").toLowerCase();
}
