import { escapeHtml } from './escape.ts';

/** HTML that is safe to send: made by {@link html} only, which escapes everything else. */
export interface Markup {
  readonly markup: string;
}

/** What may stand in a template: text is escaped, null is nothing. */
export type Piece = Markup | string | number | null | readonly Piece[];

/**
 * HTML from a template; every value that is not markup itself is escaped. The template's own indentation is
 * taken away: a table has thousands of rows.
 */
export function html(strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup {
  const parts = strings.map((text, at) => {
    const own = text.replace(/\n\s+/g, '\n');
    return at === 0 ? own : markupOf(pieces[at - 1] ?? null) + own;
  });
  return { markup: parts.join('') };
}

/** Markup that the templates of this folder hold as constants, such as the style sheet: never text from outside. */
export function trusted(markup: string): Markup {
  return { markup };
}

function markupOf(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'string') return escapeHtml(piece);
  if (typeof piece === 'number') return String(piece);
  return 'markup' in piece ? piece.markup : piece.map(markupOf).join('');
}
