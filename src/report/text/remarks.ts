import { printable } from '../escape.ts';
import type { Line } from './lines.ts';
import { blank, columnOf, labelled, paragraph, span } from './lines.ts';
import type { RemarkList } from '../remarks.ts';
import { codesText, remarkText } from '../remarks.ts';
import { displayWidth } from '../width.ts';
import { counted, numeral } from '../words.ts';

/** How sections are drawn. */
export interface Drawing {
  readonly width: number;
  /** The most entries of a section, and lines of an entry. */
  readonly limit: number;
  /** Whether held changes are marked one by one, as when others of the plan go on. */
  readonly partlyHeld: 'mark' | 'plain';
}

/** `── Leavers · 3 ────`, across the whole width. */
export function heading(title: string, count: number, width: number): readonly Line[] {
  const text = ` ${title} · ${numeral(count)} `;
  const rule = '─'.repeat(Math.max(2, width - displayWidth(text) - 2));
  return [[span('──', 'dim'), span(text, 'strong'), span(rule, 'dim')]];
}

/** What a limit cut off. */
export function remainder(count: number, noun: string, indent: number): readonly Line[] {
  return count <= 0 ? [] : [[span(' '.repeat(indent)), span(`… ${counted(count, `more ${noun}`)}`, 'warn')]];
}

/** A list of remarks; the heading counts them, and by code when there are several codes. */
export function remarkLines({ title, remarks }: RemarkList, drawing: Drawing): readonly Line[] {
  const { width, limit } = drawing;
  const shown = remarks.slice(0, limit);
  const labelWidth = columnOf(
    shown.map((remark) => printable(remark.code)),
    Math.floor(width / 3),
  );
  return [
    ...heading(title, remarks.length, width),
    ...shown.flatMap((remark) => [
      ...labelled(span(printable(remark.code), 'change'), printable(remarkText(remark)), {
        indent: 2,
        labelWidth,
        width,
        tone: 'plain',
        most: 5,
      }),
    ]),
    ...remainder(remarks.length - shown.length, 'like these', 2),
    ...(shown.length < remarks.length
      ? paragraph(printable(codesText(remarks)), { indent: 4, width, tone: 'dim', most: 4 })
      : []),
    blank,
  ];
}
