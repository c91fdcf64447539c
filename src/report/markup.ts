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
  // Added up, never joined: a page is put together on many levels, and joining would copy it on each.
  let markup = '';
  for (const [at, text] of strings.entries()) {
    if (at > 0) markup += markupOf(pieces[at - 1] ?? null);
    markup += text.includes('\n') ? text.replace(/\n\s+/g, '\n') : text;
  }
  return { markup };
}

/** Markup that the templates of this folder hold as constants, such as the style sheet: never text from outside. */
export function trusted(markup: string): Markup {
  return { markup };
}

function markupOf(piece: Piece): string {
  if (piece === null) return '';
  if (typeof piece === 'string') return escapeHtml(piece);
  if (typeof piece === 'number') return String(piece);
  if ('markup' in piece) return piece.markup;
  let markup = '';
  for (const inner of piece) markup += markupOf(inner);
  return markup;
}
