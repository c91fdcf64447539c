import { invalidSearch } from './answers.ts';

/** A value a filter compares with: times are epoch milliseconds. */
export type Comparable = string | number | boolean | null;

/** What may stand in a filter, and how a value is read from an item. */
export interface FilterGrammar<T> {
  /** By attribute: a `date` takes every operator, the others those named. A name ending in `*` stands for all that begin so. */
  readonly attributes: ReadonlyMap<
    string,
    { readonly kind: 'exact' | 'text' | 'date'; readonly operators: string }
  >;
  readonly read: (item: T, attribute: string) => Comparable;
}

type Test<T> = (item: T) => boolean;

interface Cursor {
  readonly tokens: readonly string[];
  position: number;
}

/**
 * Turns an expression such as `status eq "ACTIVE" and lastUpdated gt "2026-01-01T00:00:00.000Z"` into a
 * test (Okta: "Filter", "Search"). `and` binds tighter than `or`.
 * @throws OktaFault E0000031 for what the grammar does not allow.
 */
export function compileFilter<T>(expression: string, grammar: FilterGrammar<T>): Test<T> {
  const cursor = { tokens: tokenise(expression), position: 0 };
  const test = either(cursor, grammar);
  if (cursor.position < cursor.tokens.length) throw invalidSearch('Invalid search syntax.');
  return test;
}

function tokenise(expression: string): readonly string[] {
  const tokens = expression.match(/"(?:[^"\\]|\\.)*"|[()]|[^\s()"]+/g) ?? [];
  const read = tokens.join('').replaceAll(/\s/g, '');
  if (tokens.length === 0 || read !== expression.replaceAll(/\s/g, '')) {
    throw invalidSearch('Invalid search syntax.');
  }
  return tokens;
}

function either<T>(cursor: Cursor, grammar: FilterGrammar<T>): Test<T> {
  const tests = [both(cursor, grammar)];
  while (isWord(cursor, 'or')) tests.push(both(advance(cursor), grammar));
  return (item) => tests.some((test) => test(item));
}

function both<T>(cursor: Cursor, grammar: FilterGrammar<T>): Test<T> {
  const tests = [comparison(cursor, grammar)];
  while (isWord(cursor, 'and')) tests.push(comparison(advance(cursor), grammar));
  return (item) => tests.every((test) => test(item));
}

function comparison<T>(cursor: Cursor, grammar: FilterGrammar<T>): Test<T> {
  const attribute = take(cursor);
  if (attribute === '(') {
    const inner = either(cursor, grammar);
    if (take(cursor) !== ')') throw invalidSearch('Invalid search syntax.');
    return inner;
  }
  const rule = ruleFor(attribute, grammar);
  const operator = take(cursor).toLowerCase();
  if (!rule.operators.split(' ').includes(operator)) {
    throw invalidSearch(`${attribute} does not support ${operator}.`);
  }
  if (operator === 'pr') return (item) => grammar.read(item, attribute) !== null;
  const compare = comparer(operator);
  const wanted = literal(take(cursor), rule.kind);
  const folded = rule.kind === 'text' ? fold : (value: Comparable) => value;
  const right = folded(wanted);
  return (item) => {
    const left = folded(grammar.read(item, attribute));
    return left !== null && typeof left === typeof right && compare(left, right);
  };
}

function ruleFor<T>(attribute: string, grammar: FilterGrammar<T>) {
  const exact = grammar.attributes.get(attribute);
  if (exact !== undefined) return exact;
  for (const [name, rule] of grammar.attributes) {
    if (name.endsWith('*') && attribute.startsWith(name.slice(0, -1))) return rule;
  }
  throw invalidSearch(`${attribute} can't be used here.`);
}

function comparer(operator: string): (left: Comparable, right: Comparable) => boolean {
  switch (operator) {
    case 'eq':
      return (left, right) => left === right;
    case 'sw':
      return (left, right) => String(left).startsWith(String(right));
    case 'co':
      return (left, right) => String(left).includes(String(right));
    case 'gt':
      return (left, right) => Number(left) > Number(right);
    case 'ge':
      return (left, right) => Number(left) >= Number(right);
    case 'lt':
      return (left, right) => Number(left) < Number(right);
    case 'le':
      return (left, right) => Number(left) <= Number(right);
    default:
      throw invalidSearch(`There is no operator ${operator}.`);
  }
}

function literal(token: string, kind: 'exact' | 'text' | 'date'): Comparable {
  if (!token.startsWith('"')) return bareLiteral(token, kind);
  const text = token.slice(1, -1).replaceAll(/\\(.)/g, '$1');
  if (kind !== 'date') return text;
  const time = /^\d{4}-\d{2}-\d{2}T/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) throw invalidSearch(`${text} is no date.`);
  return time;
}

function bareLiteral(token: string, kind: 'exact' | 'text' | 'date'): Comparable {
  if (kind === 'text' && (token === 'true' || token === 'false')) return token === 'true';
  if (kind === 'text' && /^-?\d+(\.\d+)?$/.test(token)) return Number(token);
  throw invalidSearch(`${token} needs quotation marks.`);
}

function fold(value: Comparable): Comparable {
  return typeof value === 'string' ? value.toLowerCase() : value;
}

function isWord(cursor: Cursor, word: string): boolean {
  return cursor.tokens[cursor.position]?.toLowerCase() === word;
}

function advance(cursor: Cursor): Cursor {
  cursor.position += 1;
  return cursor;
}

function take(cursor: Cursor): string {
  const token = cursor.tokens[cursor.position];
  if (token === undefined) throw invalidSearch('Invalid search syntax.');
  cursor.position += 1;
  return token;
}
