const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });

/** East Asian Width W and F (Unicode TR 11), by block, and what is drawn as an emoji. */
const wide =
  /^(?:[\u1100-\u115f\u2329\u232a\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97f\uac00-\ud7a3\uf900-\ufaff\ufe10-\ufe19\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{16fe0}-\u{18dff}\u{1aff0}-\u{1b2ff}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}|.\ufe0f)/u;
const noWidth = /^[\p{Mn}\p{Me}\p{Cf}]+$/u;
const narrowOnly = /^[\u0020-\u007e\u00a0-\u02ff]*$/;

/** One character as a reader counts them, with the terminal columns it takes. */
interface Grapheme {
  readonly text: string;
  readonly columns: number;
}

function columnsOf(grapheme: string): number {
  if (wide.test(grapheme)) return 2;
  return noWidth.test(grapheme) ? 0 : 1;
}

function* graphemesOf(text: string): Generator<Grapheme> {
  for (const { segment } of segmenter.segment(text)) yield { text: segment, columns: columnsOf(segment) };
}

/** Terminal columns that printable text takes; what a terminal draws differently for itself is approximate. */
export function displayWidth(text: string): number {
  if (narrowOnly.test(text)) return text.length;
  let columns = 0;
  for (const grapheme of graphemesOf(text)) columns += grapheme.columns;
  return columns;
}

/** The longest beginning that fits into `columns`, cut between graphemes. */
function beginning(text: string, columns: number): string {
  // No more than a few code units share a column, so that a very long value costs no more than a short one.
  const considered = text.slice(0, columns * 24 + 24);
  let kept = '';
  let used = 0;
  for (const grapheme of graphemesOf(considered)) {
    if (used + grapheme.columns > columns) break;
    kept += grapheme.text;
    used += grapheme.columns;
  }
  return kept;
}

/** The text, cut with an ellipsis when it is wider than `columns`. */
export function clip(text: string, columns: number): string {
  if (columns <= 0) return '';
  if (fits(text, columns)) return text;
  return `${beginning(text, columns - 1)}…`;
}

/** The text followed by spaces up to `columns`. */
export function padded(text: string, columns: number): string {
  return text + ' '.repeat(Math.max(0, columns - displayWidth(text)));
}

/**
 * The text in lines of at most `columns`, broken at spaces and, where a word is longer than a line,
 * between graphemes. At most `most` lines; when that is not all of it the last one ends in an ellipsis.
 */
export function wrapped(text: string, columns: number, most: number): readonly string[] {
  const room = Math.max(1, columns);
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (lines.length > most) break;
    const joined = line === '' ? word : `${line} ${word}`;
    if (fits(joined, room)) {
      line = joined;
      continue;
    }
    if (line !== '') lines.push(line);
    line = word;
    while (lines.length <= most && !fits(line, room)) {
      const piece = beginning(line, room) || line.slice(0, 1);
      lines.push(piece);
      line = line.slice(piece.length);
    }
  }
  lines.push(line);
  if (lines.length <= most) return lines;
  return [...lines.slice(0, most - 1), clip(`${lines[most - 1] ?? ''} …`, room)];
}

function fits(text: string, columns: number): boolean {
  return text.length <= columns * 24 && displayWidth(text) <= columns;
}
