import type { RunRow } from '../model/store.ts';
import { jsonDocument, printable } from './escape.ts';
import { durationBetween, minuteOf, numeral } from './words.ts';

const headings = ['run', 'kind', 'status', 'began', 'took', 'operations', 'plan'] as const;

/** The run history as a table, newest first. */
export function runsText(rows: readonly RunRow[]): string {
  if (rows.length === 0) return 'This state has no runs yet.\n';
  const lines = [headings, ...rows.map(cellsOf)];
  const widths = headings.map((_, column) => Math.max(...lines.map((cells) => (cells[column] ?? '').length)));
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  return `${lines.map(line).join('\n')}\n`;
}

function cellsOf(row: RunRow): readonly string[] {
  const { id, kind, status, startedAt, finishedAt, operations, fingerprint } = row;
  return [
    id,
    kind,
    status,
    minuteOf(startedAt.replace(/\.\d+Z$/, 'Z')),
    durationBetween(startedAt, finishedAt),
    numeral(operations),
    fingerprint.slice(0, 12),
  ].map(printable);
}

/** The run history for machines. */
export function runsJson(rows: readonly RunRow[]): string {
  const runs = rows.map(({ id, kind, status, startedAt, finishedAt, fingerprint, operations }) => ({
    id,
    kind,
    status,
    startedAt,
    finishedAt,
    plan: { fingerprint, operations },
  }));
  const document = { format: 'retool-bridge/runs', version: 1, runs };
  return jsonDocument(document);
}
