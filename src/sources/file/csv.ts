import { CsvError, parse } from 'csv-parse/sync';
import { didYouMean } from '../../model/closest.ts';
import { BridgeError } from '../../model/errors.ts';
import { count } from '../../model/text.ts';
import type { TextFile } from './files.ts';

/** A CSV file taken apart (RFC 4180, with any one character between cells). */
export interface Table {
  readonly name: string;
  readonly header: readonly string[];
  readonly rows: readonly TableRow[];
}

/** A row: its cells, as many as the header has; or what keeps it from being one. */
export type TableRow =
  | { readonly state: 'row'; readonly line: number; readonly cells: readonly string[] }
  | { readonly state: 'uneven'; readonly line: number; readonly text: string };

/** One record as the parser tells it; `lines` is the number of the line that the record ends in. */
interface CsvRecord {
  readonly record: readonly string[];
  readonly lines: number;
}

/**
 * Takes a file apart. A row with more or fewer cells than the header is told apart: which cell means what cannot be
 * known. Throws `sourceInvalid` for a header that says one thing twice and for quotes that do not match, as in a file
 * that was cut off, and `sourceEmpty` when there is no row below the header.
 */
export function tableOf({ name, text }: TextFile, delimiter: string): Table {
  const [first, ...records] = recordsOf(name, text, delimiter);
  if (first === undefined || records.length === 0)
    throw new BridgeError(
      'sourceEmpty',
      `${name} has no rows${first === undefined ? '' : ' below its header'}.`,
      {
        remedy: 'Check what writes it: an empty file is never taken to mean that everybody left.',
      },
    );
  const header = first.record.map((cell) => cell.trim());
  const repeated = repeatedIn(header.filter((cell) => cell !== ''));
  if (repeated !== undefined)
    throw new BridgeError('sourceInvalid', `${name} has the column ${JSON.stringify(repeated)} twice.`, {
      remedy: 'Give each column a name of its own.',
    });
  return { name, header, rows: records.map((record) => rowOf(record, header.length)) };
}

/** The first name that stood before; undefined when each is there once. */
function repeatedIn(names: readonly string[]): string | undefined {
  const met = new Set<string>();
  for (const name of names) {
    if (met.has(name)) return name;
    met.add(name);
  }
  return undefined;
}

function rowOf({ record, lines: line }: CsvRecord, width: number): TableRow {
  if (record.length === width) return { state: 'row', line, cells: record };
  const text = `it has ${count(record.length, 'cell')} where the header has ${width}`;
  return { state: 'uneven', line, text };
}

function recordsOf(name: string, text: string, delimiter: string): readonly CsvRecord[] {
  const records: CsvRecord[] = [];
  try {
    parse(text, {
      delimiter,
      relax_column_count: true,
      skip_empty_lines: true,
      record_delimiter: ['\r\n', '\n', '\r'],
      // Kept here, with its line and nothing else, so the parser need not keep it.
      on_record(record: string[], { lines }) {
        records.push({ record, lines });
        return null;
      },
    });
    return records;
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    // The parser's own message quotes the file, which is personal data.
    const line = typeof error['lines'] === 'number' ? `, near line ${error['lines']}` : '';
    throw new BridgeError('sourceInvalid', `${name} is not CSV: its quotes do not match${line}.`, {
      remedy:
        'Write it again in full: within quotes a quote is doubled, and a file that was cut off looks like this.',
    });
  }
}

/**
 * Where in a row the wanted columns are, by what they are wanted for. Throws `sourceInvalid` when the header lacks one:
 * what it holds would be missing of everybody.
 */
export function placesOf<Key extends string>(
  { name, header }: Table,
  wanted: ReadonlyMap<Key, string>,
): ReadonlyMap<Key, number> {
  const missing = [...wanted.values()].filter((column) => !header.includes(column));
  if (missing.length === 0) return new Map([...wanted].map(([key, column]) => [key, header.indexOf(column)]));
  const named = missing.map((column) => `${JSON.stringify(column)}${didYouMean(column, header)}`);
  throw new BridgeError('sourceInvalid', `${name} has no column ${named.join(', no column ')}.`, {
    remedy:
      header.length === 1
        ? 'Its header has one column only: check "delimiter", which is "," unless you say otherwise.'
        : 'Correct "columns", or what writes the file; its first line names the columns.',
  });
}
