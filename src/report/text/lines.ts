import { styleText } from 'node:util';
import { clip, displayWidth, padded, wrapped } from '../width.ts';

/** What a piece of text means; colours follow from it. */
export type Tone =
  | 'plain'
  | 'strong'
  | 'dim'
  | 'add'
  | 'remove'
  | 'change'
  | 'again'
  | 'same'
  | 'warn'
  | 'alarm';

/** A piece of one line. The text is printable and holds no line break. */
export interface Span {
  readonly text: string;
  readonly tone: Tone;
}

export type Line = readonly Span[];

const styles: Readonly<Record<Exclude<Tone, 'plain'>, Parameters<typeof styleText>[0]>> = {
  strong: 'bold',
  dim: 'dim',
  add: 'green',
  remove: 'red',
  change: 'yellow',
  again: 'cyan',
  same: 'blue',
  warn: ['bold', 'yellow'],
  alarm: ['bold', 'red'],
};

export function span(text: string, tone: Tone = 'plain'): Span {
  return { text, tone };
}

/** A line of one plain or toned text. */
export function line(text: string, tone: Tone = 'plain'): Line {
  return [span(text, tone)];
}

export const blank: Line = [];

/** The lines as text for a terminal: none wider than `width`, none with trailing spaces, each ended by a newline. */
export function paint(
  lines: readonly Line[],
  options: { readonly width: number; readonly color: 'always' | 'never' },
): string {
  return lines.map((spans) => `${paintLine(spans, options)}\n`).join('');
}

function paintLine(
  spans: Line,
  { width, color }: { readonly width: number; readonly color: 'always' | 'never' },
): string {
  const painted: string[] = [];
  let room = width;
  const last = spans.findLastIndex(({ text }) => text.trim() !== '');
  for (const [at, { text, tone }] of spans.slice(0, last + 1).entries()) {
    const kept = clip(at === last ? text.trimEnd() : text, room);
    room -= displayWidth(kept);
    painted.push(
      color === 'never' || tone === 'plain' || kept.trim() === ''
        ? kept
        : styleText(styles[tone], kept, { validateStream: false }),
    );
    if (kept.length < text.trimEnd().length) break;
  }
  return painted.join('').trimEnd();
}

/** A text in as many lines as it needs, at most `most`, each indented by `indent` columns. */
export function paragraph(
  text: string,
  options: { readonly indent: number; readonly width: number; readonly tone: Tone; readonly most: number },
): readonly Line[] {
  const { indent, width, tone, most } = options;
  return wrapped(text, width - indent, most).map((part) => [span(' '.repeat(indent)), span(part, tone)]);
}

/** `label  text`, the text wrapped beside the label. */
export function labelled(
  label: Span,
  text: string,
  options: {
    readonly indent: number;
    readonly labelWidth: number;
    readonly width: number;
    readonly tone: Tone;
    readonly most: number;
  },
): readonly Line[] {
  const { indent, labelWidth, width, tone, most } = options;
  const start = indent + labelWidth + 2;
  return wrapped(text, width - start, most).map((part, at) =>
    at === 0
      ? [
          span(' '.repeat(indent)),
          span(`${padded(clip(label.text, labelWidth), labelWidth)}  `, label.tone),
          span(part, tone),
        ]
      : [span(' '.repeat(start)), span(part, tone)],
  );
}

/** The widest of the texts, at most `most`. */
export function columnOf(texts: readonly string[], most: number): number {
  let widest = 0;
  for (const text of texts) widest = Math.max(widest, Math.min(most, displayWidth(text.slice(0, most * 24))));
  return widest;
}
