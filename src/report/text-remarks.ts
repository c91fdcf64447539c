import type { SkipSubject } from '../model/desired-state.ts';
import { printable } from './escape.ts';
import type { Line } from './lines.ts';
import { blank, columnOf, labelled, paragraph, span } from './lines.ts';
import { displayWidth } from './width.ts';
import { counted, listed, numeral } from './words.ts';

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

/** A skip, conflict or notice. */
export interface Remark {
  readonly subject?: SkipSubject;
  readonly code: string;
  readonly text: string;
  /** What else belongs to it, such as the candidates of a conflict. */
  readonly more: readonly string[];
}

/** A list of remarks; the heading counts them, and by code when there are several codes. */
export function remarkLines(title: string, remarks: readonly Remark[], drawing: Drawing): readonly Line[] {
  if (remarks.length === 0) return [];
  const { width, limit } = drawing;
  const shown = remarks.slice(0, limit);
  const labelWidth = columnOf(
    shown.map((remark) => printable(remark.code)),
    Math.floor(width / 3),
  );
  return [
    ...heading(title, remarks.length, width),
    ...shown.flatMap((remark) => [
      ...labelled(span(printable(remark.code), 'change'), remarkText(remark), {
        indent: 2,
        labelWidth,
        width,
        tone: 'plain',
        most: 5,
      }),
    ]),
    ...remainder(remarks.length - shown.length, 'like these', 2),
    ...(shown.length < remarks.length
      ? paragraph(codesText(remarks), { indent: 4, width, tone: 'dim', most: 4 })
      : []),
    blank,
  ];
}

/** A remark's sentence, with its subject and candidates where the sentence does not name them. */
function remarkText(remark: Remark): string {
  const key = remark.subject?.key ?? '';
  const named = key === '' || remark.text.includes(key) ? remark.text : `${key}: ${remark.text}`;
  return printable(remark.more.length === 0 ? named : `${named} (candidates: ${remark.more.join(', ')})`);
}

function codesText(remarks: readonly Remark[]): string {
  const counts = new Map<string, number>();
  for (const { code } of remarks) counts.set(code, (counts.get(code) ?? 0) + 1);
  return printable(`in all: ${listed([...counts].map(([code, count]) => `${numeral(count)} ${code}`))}`);
}
