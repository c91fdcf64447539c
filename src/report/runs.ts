import type { UnrecordedRun } from '../model/begun-run.ts';
import type { RunRow } from '../model/store.ts';
import { jsonDocument, printable } from './escape.ts';
import { durationBetween, minuteOf, numeral } from './words.ts';

const headings = ['run', 'kind', 'status', 'began', 'took', 'operations', 'plan'] as const;

/** What is to be told of a run that left no record so far. */
export type Unrecorded = Pick<UnrecordedRun, 'id' | 'kind' | 'startedAt'> | null;

/** The run history as a table, newest first, and the run that is in no history yet. */
export function runsText(rows: readonly RunRow[], unrecorded: Unrecorded): string {
  const table = rows.length === 0 ? 'This state has no runs yet.\n' : tableOf(rows);
  return unrecorded === null ? table : `${table}\n${unrecordedText(unrecorded)}\n`;
}

function unrecordedText({ id, kind, startedAt }: NonNullable<Unrecorded>): string {
  const began = minuteOf(new Date(startedAt).toISOString().replace(/\.\d+Z$/, 'Z'));
  const what = `Run ${id} (${kind}) began ${began}. It left no record so far: it is going on, or was cut short.`;
  return `${printable(what)}\n\`retool-bridge runs show last\` tells how far it came; the next run that writes records it.`;
}

function tableOf(rows: readonly RunRow[]): string {
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
export function runsJson(rows: readonly RunRow[], unrecorded: Unrecorded): string {
  const runs = rows.map(({ id, kind, status, startedAt, finishedAt, fingerprint, operations }) => ({
    id,
    kind,
    status,
    startedAt,
    finishedAt,
    plan: { fingerprint, operations },
  }));
  const open =
    unrecorded === null
      ? null
      : { id: unrecorded.id, kind: unrecorded.kind, startedAt: new Date(unrecorded.startedAt).toISOString() };
  return jsonDocument({ format: 'retool-bridge/runs', version: 1, runs, unrecorded: open });
}
