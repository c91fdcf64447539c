import type { SearchEntry } from 'ldapts';

/** An entry of the directory, its values as bytes: what they mean depends on the attribute. */
export interface LdapEntry {
  readonly dn: string;
  /** By name in lower case, since servers write names in their own way; attributes without values are absent. */
  readonly attributes: ReadonlyMap<string, LdapAttribute>;
}

export interface LdapAttribute {
  readonly values: readonly Uint8Array[];
  /** Of which part of a long list the values are; null when they are all. */
  readonly range: Range | null;
}

/** A part of the values of one attribute, counted from 0; `to` is null in the last part. */
export interface Range {
  readonly from: number;
  readonly to: number | null;
}

const rangeOption = /^range=(\d+)-(\d+|\*)$/i;

/**
 * An entry as the server gave it. Active Directory gives an attribute of very many values in parts, the first of them
 * as `member;range=0-1499` beside an empty `member` (MS-ADTS 3.1.1.3.1.3.3). Other options, such as languages, make
 * other attributes, which nobody asked for.
 */
export function entryOf({ name, attributes }: SearchEntry): LdapEntry {
  const kept = new Map<string, LdapAttribute>();
  for (const { type, parsedBuffers: values } of attributes) {
    const [attribute = '', ...options] = type.toLowerCase().split(';');
    const [, from, to] = rangeOption.exec(options[0] ?? '') ?? [];
    if (values.length === 0 && from === undefined) continue;
    if (options.length > 0 && from === undefined) continue;
    const range = from === undefined ? null : { from: Number(from), to: to === '*' ? null : Number(to) };
    kept.set(attribute, { values, range });
  }
  return { dn: name, attributes: kept };
}

/** The values of an attribute as text, sorted, since values have no order; null when one is no text. */
export function textsOf(entry: LdapEntry, attribute: string): readonly string[] | null {
  const texts: string[] = [];
  for (const value of entry.attributes.get(attribute.toLowerCase())?.values ?? []) {
    const text = textOf(value);
    if (text === null) return null;
    texts.push(text);
  }
  return texts.sort();
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Text of the directory is UTF-8; null for bytes that are not. */
export function textOf(value: Uint8Array): string | null {
  try {
    return utf8.decode(value);
  } catch {
    return null;
  }
}

/** How the sixteen bytes of a GUID are ordered: its first three numbers have their low byte first (MS-DTYP 2.3.4.2). */
const guidOrder = [3, 2, 1, 0, 5, 4, 7, 6, 8, 9, 10, 11, 12, 13, 14, 15];

/** A binary GUID as it is written everywhere else, in lower case; null for bytes that are none. */
export function guidText(bytes: Uint8Array): string | null {
  if (bytes.length !== guidOrder.length) return null;
  const hex = Buffer.from(guidOrder.map((index) => bytes[index] ?? 0)).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/** The bytes of a GUID in text; null for text that is none. */
export function guidBytes(text: string): Buffer | null {
  if (!/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text)) return null;
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  // Every part keeps its length, so the order undoes itself.
  return Buffer.from(guidOrder.map((index) => bytes[index] ?? 0));
}
