import type { Json } from '../model/json.ts';

/**
 * Characters that a reader cannot see or that rearrange what he sees: controls (with those that start
 * terminal escape sequences), line and paragraph separators, bidirectional overrides, lone surrogates
 * and invisible fillers. Joiners and variation selectors stay: names and emoji are written with them.
 */
const invisible =
  /(?!\u034f|[\u180b-\u180d]|\u200c|\u200d|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}])[\p{Cc}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu;

function codeOf(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const hex = code.toString(16).padStart(4, '0');
  return code > 0xff_ff ? `\\u{${hex}}` : `\\u${hex}`;
}

/** Makes every invisible or rearranging character visible as `\u….`; nothing else is changed. */
export function printable(text: string): string {
  return text.replace(invisible, codeOf);
}

const htmlEntities: ReadonlyMap<string, string> = new Map([
  ['&', '&amp;'],
  ['<', '&lt;'],
  ['>', '&gt;'],
  ['"', '&quot;'],
  ["'", '&#39;'],
]);

/** Printable text for HTML, safe between tags and inside quoted attributes. */
export function escapeHtml(text: string): string {
  return printable(text).replace(/[&<>"']/g, (character) => htmlEntities.get(character) ?? '');
}

/**
 * Printable text for a line of GitHub flavoured Markdown: no emphasis, link, table cell, tag, formula, mention,
 * issue reference or automatic address comes of it. Numeric references never act as Markdown; a zero-width space
 * behind `@`, `#` and before `://` and `.` of `www.` keeps what works on the rendered text from seeing a name or
 * an address. What is harmless without these, such as parentheses and quotes, stays readable as it is.
 */
export function escapeMarkdown(text: string): string {
  return printable(text)
    .replace(/[&<>`*_[\]|~\\$@#]/g, (character) =>
      character === '@' || character === '#' ? `${character}&#8203;` : `&#${character.charCodeAt(0)};`,
    )
    .replace(/^[-+=]|^\d+(?=[.)])/, (start) => `&#8203;${start}`)
    .replace(/(?=:\/\/)|(?<=\bwww)(?=\.)/gi, '&#8203;');
}

/**
 * One CSV cell (RFC 4180), always quoted. A cell that a spreadsheet would take for a formula is
 * preceded by an apostrophe (OWASP ASVS 5.0, 1.2.10), full-width signs included.
 */
export function csvCell(text: string): string {
  const formula = /^[\s\0]*[=+\-@\uff1d\uff0b\uff0d\uff20]/.test(text) || /^[\t\r\n\0]/.test(text);
  const quoted = printable(text).replaceAll('"', '""');
  return `"${formula ? "'" : ''}${quoted}"`;
}

/** One word of a POSIX shell command, quoted only when it must be. */
export function shellWord(word: string): string {
  if (/^[\w@%+=:,./-]+$/.test(word)) return word;
  return `'${printable(word).replaceAll("'", String.raw`'\''`)}'`;
}

/** JSON text that may stand inside a `<script>` element: it cannot end it, and no line separator is left. */
export function scriptJson(json: string): string {
  return json.replace(/[<>&\u2028\u2029]/g, jsonEscape);
}

/** One row of a CSV file (RFC 4180), with its line break. */
export function csvRow(cells: readonly string[]): string {
  return `${cells.map(csvCell).join(',')}\r\n`;
}

/**
 * JSON text without any invisible or rearranging character: such characters stand only inside strings,
 * where JSON has an escape for each, so the value stays the same.
 */
export function visibleJson(json: string): string {
  return json.replace(invisible, (character) => (character === '\n' ? character : jsonEscape(character)));
}

/** A value as the one JSON document that a command prints or a file holds, with nothing invisible in it. */
export function jsonDocument(value: Json | object): string {
  return `${visibleJson(JSON.stringify(value, null, 2))}\n`;
}

/** Escapes each UTF-16 code unit. */
function jsonEscape(character: string): string {
  let escaped = '';
  for (let at = 0; at < character.length; at += 1) {
    escaped += `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`;
  }
  return escaped;
}
