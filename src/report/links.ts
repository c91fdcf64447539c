import type { LinkChange, LinkRow } from '../model/links.ts';
import { describe } from './describe.ts';
import { jsonDocument, printable } from './escape.ts';
import { counted } from './words.ts';

/** The links for machines. */
export function linksJson(rows: readonly LinkRow[]): string {
  const links = rows.map(({ type, name, targetId, source, externalId, record }) => ({
    type,
    name,
    targetId,
    source,
    externalId,
    record,
  }));
  return jsonDocument({ format: 'retool-bridge/links', version: 1, links });
}

const remarks: Readonly<Record<LinkRow['record'], string>> = {
  read: '',
  notRead: '  (not in the last read)',
  sourceNotConfigured: '  (the configuration has no such source)',
  unknown: '',
};

/** The links for people, one a line. */
export function linksText(rows: readonly LinkRow[]): string {
  const width = Math.max(0, ...rows.map(({ name }) => printable(name).length));
  const lines = rows.map(({ type, name, targetId, source, externalId, record }) => {
    const shown = printable(name).padEnd(width);
    return `  ${type.padEnd(5)}  ${shown}  ${printable(`${targetId}  ${source}:${externalId}`)}${remarks[record]}`;
  });
  return `${[counted(rows.length, 'link'), ...lines].join('\n')}\n`;
}

/** What was written, and what comes of it, for machines. */
export function linkChangeJson(change: LinkChange): string {
  return jsonDocument(change);
}

/** What was written, and what comes of it, for people. */
export function linkChangeText({ done, next, conflicts }: LinkChange): string {
  const lines = [
    ...done.map((sentence) => `${sentence}.`),
    ...(next === null ? ['See `retool-bridge plan` for what comes of it.'] : []),
    ...(next?.length === 0 && conflicts.length === 0 ? ['The next plan does nothing about it.'] : []),
    ...(next === null || next.length === 0 ? [] : ['The next plan:']),
    ...(next ?? []).map((operation) => {
      const { symbol, sentence, reason } = describe(operation);
      return `  ${symbol} ${sentence} · ${reason}`;
    }),
    ...conflicts.map(({ code, text }) => `Still a conflict: ${code}: ${text}`),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}
