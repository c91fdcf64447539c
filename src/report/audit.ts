import { type AuditRecord, type AuditVerdict, headText } from '../model/audit.ts';
import { csvRow, jsonDocument, printable, visibleJson } from './escape.ts';
import { counted } from './words.ts';

/** What ids and marks stand for, as far as it was not forgotten. */
type Names = ReadonlyMap<string, string>;

/** The audit chain as JSON in lines: each record as it is hashed, and what its ids stand for beside it. */
export function* auditLines(records: Iterable<AuditRecord>, names: Names): Generator<string> {
  for (const record of records)
    yield `${visibleJson(JSON.stringify({ ...record, names: namesIn(record, names) }))}\n`;
}

const columns = [
  'seq',
  'at',
  'event',
  'run',
  'kind',
  'state',
  'code',
  'accounts',
  'account_names',
  'group',
  'group_name',
  'rule',
  'source',
  'approval',
  'by',
  'note',
  'digest',
  'previous',
  'hash',
] as const;

/** The audit chain for a spreadsheet: RFC 4180, one record a row, names beside the ids. */
export function* auditCsv(records: Iterable<AuditRecord>, names: Names): Generator<string> {
  yield csvRow(columns);
  for (const record of records) yield csvRow(cellsOf(record, names));
}

function cellsOf(record: AuditRecord, names: Names): readonly string[] {
  const { accounts, group } = record;
  const nameOf = (id: string | null): string => (id === null ? '' : (names.get(id) ?? ''));
  return [
    String(record.seq),
    new Date(record.at).toISOString(),
    record.event,
    record.run ?? '',
    record.kind ?? '',
    record.state ?? '',
    record.code ?? '',
    accounts.join(' '),
    accounts.map(nameOf).join(' '),
    group ?? '',
    nameOf(group),
    record.rule ?? '',
    record.source ?? '',
    record.approval ?? '',
    nameOf(record.by),
    nameOf(record.note),
    record.digest ?? '',
    record.previous,
    record.hash,
  ];
}

function namesIn({ accounts, group, by, note }: AuditRecord, names: Names): Readonly<Record<string, string>> {
  const tokens = [...accounts, group, by, note].filter((token) => token !== null);
  return Object.fromEntries(
    tokens.flatMap((token) => (names.has(token) ? [[token, names.get(token) ?? '']] : [])),
  );
}

/** What a verification found, for people. */
export function verdictText(verdict: AuditVerdict): string {
  if (verdict.state === 'broken')
    return `The audit chain is broken at record ${verdict.seq}: ${printable(verdict.text)}.\n`;
  return `The audit chain is whole: ${counted(verdict.records, 'record')}, head ${headText(verdict.head)}\n`;
}

/** What a verification found, for machines. */
export function verdictJson(verdict: AuditVerdict): string {
  const rest =
    verdict.state === 'broken'
      ? { seq: verdict.seq, text: verdict.text }
      : { records: verdict.records, head: headText(verdict.head) };
  const document = { format: 'retool-bridge/audit', version: 1, state: verdict.state, ...rest };
  return jsonDocument(document);
}
