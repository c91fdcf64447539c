import { didYouMean } from '../model/closest.ts';
import { BridgeError } from '../model/errors.ts';
import type { RunRecord } from '../model/outcome.ts';
import type { Rehearsal } from '../model/rehearsal.ts';
import { planCsv } from '../report/csv.ts';
import { planHtml } from '../report/html.ts';
import { planJson, runJson } from '../report/json.ts';
import { planJunit } from '../report/junit.ts';
import { planMarkdown } from '../report/markdown.ts';
import type { ReportInput } from '../report/summary.ts';
import { planText, runText, type TextOptions } from '../report/text.ts';
import type { WriteFile } from '../runtime/files.ts';

export type ReportFormat = 'text' | 'json' | 'markdown' | 'html' | 'csv' | 'junit';

export const reportFormats: readonly ReportFormat[] = ['text', 'json', 'markdown', 'html', 'csv', 'junit'];

const extensions: Readonly<Record<ReportFormat, string>> = {
  text: 'txt',
  json: 'json',
  markdown: 'md',
  html: 'html',
  csv: 'csv',
  junit: 'xml',
};

/** Columns of a text report in a file. */
const fileWidth = 120;

/** What a report tells beside the run. */
export interface Beside {
  readonly rehearsal?: Rehearsal;
  /** Where the plan was saved: then the report names the whole command that applies it. */
  readonly planFile?: string;
}

/** Renders one run in one format. A dry run in `json` is the plan itself. */
export function render(
  record: RunRecord,
  format: ReportFormat,
  requestsPerMinute: number,
  { rehearsal, planFile }: Beside = {},
): string {
  const run = record.kind === 'dryRun' ? null : record;
  const options = { requestsPerMinute, ...(planFile === undefined ? {} : { planFile }) };
  const input = { plan: record.plan, run, ...(rehearsal === undefined ? {} : { rehearsal }) };
  switch (format) {
    case 'text':
      return textOf(input, { width: fileWidth, color: 'never', ...options });
    case 'json':
      return run === null ? planJson(record.plan, rehearsal) : runJson(run);
    case 'markdown':
      return planMarkdown(input, options);
    case 'html':
      return planHtml(input, options);
    case 'csv':
      return planCsv(input);
    case 'junit':
      return planJunit(input);
  }
}

function textOf(input: ReportInput, options: TextOptions): string {
  return input.run === null ? planText(input, options) : runText(input.run, options);
}

/** The format a file name asks for by its ending; throws `badCommand` for another. */
export function formatOf(path: string): ReportFormat {
  const format = reportFormats.find((one) => path.endsWith(`.${extensions[one]}`));
  if (format !== undefined) return format;
  const endings = Object.values(extensions).map((ending) => `.${ending}`);
  const [given = ''] = /\.[A-Za-z]+$/.exec(path) ?? [];
  throw new BridgeError(
    'badCommand',
    `no report format is known for ${path}${given === '' ? '' : didYouMean(given, endings)}`,
    { remedy: `Give the file one of these endings: ${endings.join(', ')}.` },
  );
}

/** Whether a run is worth a report: something changed, is held or failed. */
export function isWorthReporting(record: RunRecord): boolean {
  return record.status !== 'unchanged';
}

/** A report's file name begins with its run's id, and that with the time at which the run began, in UTC. */
const reportName = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)-[0-9a-f]{6}\.(?:txt|json|md|html|csv|xml)$/;

/** Whether a file of the reports' folder is the report of a run that began before `before`, epoch milliseconds. */
export function isOldReport(name: string, before: number): boolean {
  const parts = reportName.exec(name);
  if (parts === null) return false;
  const [, year, month, day, hours, minutes, seconds] = parts;
  return Date.parse(`${year}-${month}-${day}T${hours}:${minutes}:${seconds}Z`) < before;
}

/** Writes the configured reports of one run and returns their paths. */
export async function writeReports(
  record: RunRecord,
  reports: {
    readonly directory: string;
    readonly formats: readonly ReportFormat[];
    readonly requestsPerMinute: number;
  },
  write: WriteFile,
): Promise<string[]> {
  if (!isWorthReporting(record)) return [];
  const paths: string[] = [];
  for (const format of reports.formats) {
    const path = `${reports.directory}/${record.id}.${extensions[format]}`;
    await write(path, render(record, format, reports.requestsPerMinute));
    paths.push(path);
  }
  return paths;
}
