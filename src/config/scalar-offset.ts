import type { ScalarStyle } from './tree.ts';

/** A scalar as it stands in its file. */
export interface WrittenScalar {
  readonly text: string;
  readonly start: number;
  readonly end: number;
  readonly style: ScalarStyle;
}

/**
 * Where the character at `offset` of a scalar's value stands in the file. White space is not counted, since
 * YAML folds lines and strips indentation but never drops or adds anything else; escapes count as what they
 * stand for. Exact for every style but inside a double-quoted escape, which is shown at its backslash.
 */
export function offsetWithin(scalar: WrittenScalar, value: string, offset: number): number {
  const blank = /\s/;
  let wanted = 0;
  for (const character of value.slice(0, offset)) if (!blank.test(character)) wanted += character.length;
  const inValue = value.slice(offset).search(/\S/);
  let seen = 0;
  for (const unit of unitsOf(scalar)) {
    if (unit.blank) continue;
    if (seen >= wanted && inValue === 0) return unit.start;
    seen += unit.length;
    if (seen >= wanted && inValue !== 0) return unit.end;
  }
  return scalar.start;
}

/** One character of the value, as it is written. */
interface Unit {
  readonly start: number;
  readonly end: number;
  /** In UTF-16 code units of the value. */
  readonly length: number;
  readonly blank: boolean;
}

const escapeLengths: ReadonlyMap<string, number> = new Map([
  ['x', 4],
  ['u', 6],
  ['U', 10],
]);

function* unitsOf({ text, start, end, style }: WrittenScalar): Generator<Unit> {
  const last = style === 'single' || style === 'double' ? end - 1 : end;
  let at = bodyStart(text, start, style);
  while (at < last) {
    const length = writtenLength(text, at, style);
    const written = text.slice(at, at + length);
    const blank = /^\s/.test(written) || /^\\[\sntrvf_NLP]/.test(written);
    const isAstral = written.startsWith('\\U') && Number.parseInt(written.slice(2), 16) > 0xffff;
    yield { start: at, end: at + length, length: isAstral ? 2 : 1, blank };
    at += length;
  }
}

function bodyStart(text: string, start: number, style: ScalarStyle): number {
  if (style === 'plain') return start;
  if (style !== 'block') return start + 1;
  const header = text.indexOf('\n', start);
  return header === -1 ? start : header + 1;
}

function writtenLength(text: string, at: number, style: ScalarStyle): number {
  if (style === 'single' && text.startsWith("''", at)) return 2;
  if (style === 'double' && text[at] === '\\') return escapeLengths.get(text[at + 1] ?? '') ?? 2;
  return 1;
}
