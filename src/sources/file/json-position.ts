/** A place in a text, both counted from 1. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

type Expected = 'value' | 'itemOrEnd' | 'keyOrEnd' | 'key' | 'colon' | 'commaOrEnd' | 'nothing';

const token =
  // eslint-disable-next-line no-control-regex -- JSON forbids control characters inside strings
  /(?<mark>[{}[\],:])|(?<string>"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null/y;
const space = /[ \t\n\r]*/y;

/**
 * Where a text stops being JSON (RFC 8259). `JSON.parse` tells the place of some errors only, and quotes
 * the text around others, which may be personal data.
 */
export function jsonErrorPosition(text: string): Position {
  const open: ('{' | '[')[] = [];
  let expected: Expected = 'value';
  let index = 0;
  for (;;) {
    index = endOfMatch(space, text, index);
    token.lastIndex = index;
    const match = token.exec(text);
    const next: Expected | null = match === null ? null : step(expected, match, open);
    if (match === null || next === null) return positionOf(text, index);
    expected = next;
    index += match[0].length;
  }
}

/** What may follow a token, or null when it does not belong here; `open` holds the brackets still open. */
function step(
  expected: Expected,
  { 0: symbol, groups }: RegExpExecArray,
  open: ('{' | '[')[],
): Expected | null {
  if (expected === 'colon') return symbol === ':' ? 'value' : null;
  if (expected === 'commaOrEnd' && symbol === ',') return open.at(-1) === '{' ? 'key' : 'value';
  if (
    expected === 'commaOrEnd' ||
    (expected === 'keyOrEnd' && symbol === '}') ||
    (expected === 'itemOrEnd' && symbol === ']')
  ) {
    return symbol === closing(open.pop()) ? afterValue(open) : null;
  }
  if (expected === 'key' || expected === 'keyOrEnd') return groups?.['string'] === undefined ? null : 'colon';
  if (expected === 'nothing') return null;
  if (symbol === '{' || symbol === '[') {
    open.push(symbol);
    return symbol === '{' ? 'keyOrEnd' : 'itemOrEnd';
  }
  return groups?.['mark'] === undefined ? afterValue(open) : null;
}

function afterValue(open: readonly string[]): Expected {
  return open.length === 0 ? 'nothing' : 'commaOrEnd';
}

function closing(bracket: string | undefined): string | undefined {
  return bracket === '{' ? '}' : ']';
}

function endOfMatch(pattern: RegExp, text: string, index: number): number {
  pattern.lastIndex = index;
  return index + (pattern.exec(text)?.[0].length ?? 0);
}

function positionOf(text: string, index: number): Position {
  const lines = text.slice(0, index).split('\n');
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}
