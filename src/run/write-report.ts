import { BridgeError } from '../model/errors.ts';
import type { RunRecord } from '../model/outcome.ts';
import { planCsv } from '../report/csv.ts';
import { planHtml } from '../report/html.ts';
import { planJson, runJson } from '../report/json.ts';
import { planMarkdown } from '../report/markdown.ts';
import { runText } from '../report/text.ts';
import type { WriteFile } from '../runtime/files.ts';

export type ReportFormat = 'text' | 'json' | 'markdown' | 'html' | 'csv';

export const reportFormats: readonly ReportFormat[] = ['text', 'json', 'markdown', 'html', 'csv'];

const extensions: Readonly<Record<ReportFormat, string>> = {
  text: 'txt',
  json: 'json',
  markdown: 'md',
  html: 'html',
  csv: 'csv',
};

/** Columns of a text report in a file. */
const fileWidth = 120;

/** Renders one run in one format. A dry run in `json` is the plan itself. */
export function render(record: RunRecord, format: ReportFormat, requestsPerMinute: number): string {
  const input = { plan: record.plan, run: record.kind === 'dryRun' ? null : record };
  switch (format) {
    case 'text':
      return runText(record, { width: fileWidth, color: 'never', requestsPerMinute });
    case 'json':
      return record.kind === 'dryRun' ? planJson(record.plan) : runJson(record);
    case 'markdown':
      return planMarkdown(input, { requestsPerMinute });
    case 'html':
      return planHtml(input, { requestsPerMinute });
    case 'csv':
      return planCsv(input);
  }
}

/** The format a file name asks for by its ending; throws `badCommand` for another. */
export function formatOf(path: string): ReportFormat {
  const format = reportFormats.find((one) => path.endsWith(`.${extensions[one]}`));
  if (format !== undefined) return format;
  throw new BridgeError('badCommand', `no report format is known for ${path}`, {
    remedy: `Give the file one of these endings: ${Object.values(extensions)
      .map((ending) => `.${ending}`)
      .join(', ')}.`,
  });
}

/** Whether a run is worth a report: something changed, is held or failed. */
export function isWorthReporting(record: RunRecord): boolean {
  return record.status !== 'unchanged';
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
