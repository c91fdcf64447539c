import { Optional } from '@marcbachmann/cel-js';
import { ExpressionError } from './problem.ts';

/** What an expression can give. Numbers are finite; maps have no prototype. */
export type Value = string | number | bigint | boolean | readonly Value[] | { readonly [key: string]: Value };

/** A value in the engine's terms: records are `Map`s, so that no attribute name can be taken for a method. */
export type CelValue = string | number | boolean | readonly CelValue[] | ReadonlyMap<string, CelValue>;

/** Which fields of a record an expression reads: all of it, or these. */
export type Reads = 'all' | ReadonlyMap<string, Reads>;

/** Records nested deeper than this are refused rather than walked: they could exhaust the stack. */
const deepestRecord = 100;

/**
 * A part of a source record in the engine's terms, with only what is read. What is null is left out, in
 * lists too: to an expression a null is a fact that the source does not state. Throws an `ExpressionError`
 * about `text` when what is read is nested too deeply.
 */
export function toCel(value: unknown, reads: Reads, text: string, depth = 0): CelValue | undefined {
  if (value === null || value === undefined) return undefined;
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (typeof value !== 'object') return undefined;
  if (depth === deepestRecord) throw failed(text, 'reads a value that is nested too deeply');
  if (Array.isArray(value))
    return value.map((item) => toCel(item, 'all', text, depth + 1)).filter((item) => item !== undefined);
  const record = new Map<string, CelValue>();
  for (const [key, part] of partsOf(value, reads)) {
    const converted = toCel(part, reads === 'all' ? 'all' : (reads.get(key) ?? 'all'), text, depth + 1);
    if (converted !== undefined) record.set(key, converted);
  }
  return record;
}

function partsOf(record: object, reads: Reads): Iterable<readonly [string, unknown]> {
  const own = record instanceof Map ? record : null;
  if (reads === 'all') return own ?? Object.entries(record);
  const parts: [string, unknown][] = [];
  for (const key of reads.keys()) {
    if (own !== null) parts.push([key, own.get(key)]);
    else if (Object.hasOwn(record, key)) parts.push([key, Reflect.get(record, key)]);
  }
  return parts;
}

/** What the engine gave, as a value; undefined when that is null or an empty optional. */
export function fromCel(result: unknown, text: string): Value | undefined {
  switch (typeof result) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return result;
    case 'number':
      if (Number.isFinite(result)) return result;
      throw failed(text, 'gives a number that is not finite');
    case 'object':
      return result === null ? undefined : fromObject(result, text);
    default:
      return undefined;
  }
}

function fromObject(result: object, text: string): Value | undefined {
  if (result instanceof Optional) return result.hasValue() ? fromCel(result.value(), text) : undefined;
  if (Array.isArray(result))
    return result.map((item) => fromCel(item, text)).filter((item) => item !== undefined);
  const prototype: unknown = Object.getPrototypeOf(result);
  if (result instanceof Map) return fromEntries(result, text);
  if (prototype === Object.prototype || prototype === null) return fromEntries(Object.entries(result), text);
  const primitive: unknown = result.valueOf();
  if (typeof primitive === 'bigint') return primitive;
  throw failed(text, 'gives something that is no text, number, bool, list or map');
}

function fromEntries(entries: Iterable<readonly [unknown, unknown]>, text: string): Value {
  const map: { [key: string]: Value } = Object.create(null);
  for (const [key, part] of entries) {
    const value = fromCel(part, text);
    if (value !== undefined) map[String(key)] = value;
  }
  return map;
}

function failed(text: string, message: string): ExpressionError {
  return new ExpressionError(text, { message, start: 0, end: text.length });
}

/**
 * A value as the text that is written to the target: numbers in their shortest form (`7`, never `7.0`),
 * booleans `true` and `false`, lists and maps as canonical JSON (RFC 8785: sorted keys, no white space).
 * Halves of surrogate pairs, which no UTF-8 can carry, become U+FFFD.
 */
export function stringify(value: Value): string {
  return typeof value === 'string' ? value.toWellFormed() : json(value);
}

function json(value: Value): string {
  if (typeof value === 'string') return JSON.stringify(value.toWellFormed());
  if (typeof value === 'number') return JSON.stringify(value);
  if (typeof value !== 'object') return String(value);
  if (isList(value)) return `[${value.map(json).join(',')}]`;
  const members = Object.entries(value).toSorted(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([key, member]) => `${json(key)}:${json(member)}`).join(',')}}`;
}

function isList(value: object): value is readonly Value[] {
  return Array.isArray(value);
}
