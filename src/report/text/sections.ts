import type { Change, Entry, Section } from '../changes.ts';
import { printable } from '../escape.ts';
import type { GroupTally } from '../groups.ts';
import type { ChangeSymbol } from '../kinds.ts';
import type { Line } from './lines.ts';
import { blank, columnOf, line, paragraph } from './lines.ts';
import type { ReportSummary } from '../summary.ts';
import type { Columns, Head } from './entry.ts';
import {
  columnsFor,
  detailLines,
  headAction,
  headLines,
  membershipLines,
  reasonText,
  tagsOf,
} from './entry.ts';
import type { Drawing } from './remarks.ts';
import { heading, remainder } from './remarks.ts';
import { counted, numeral } from '../words.ts';

/** One section: everything by person or group, a heading above. */
export function sectionLines(section: Section, drawing: Drawing): readonly Line[] {
  const shown = section.entries.slice(0, drawing.limit);
  const columns = columnsFor(shown, shown.map(headAction), drawing.width);
  const cut = section.entries.length - shown.length;
  const noun = section.entries.every((entry) => entry.type === 'person')
    ? counted(cut, 'person', 'people')
    : counted(cut, 'entry', 'entries');
  return [
    ...heading(section.title, section.entries.length, drawing.width),
    ...shown.flatMap((entry) => entryLines(entry, columns, drawing)),
    ...(cut > 0 ? [line(`  … ${noun} more`, 'warn')] : []),
    blank,
  ];
}

function entryLines(entry: Entry, columns: Columns, drawing: Drawing): readonly Line[] {
  const whole = entry.changes.filter((change) => change.group === null);
  const memberships = entry.changes.filter((change) => change.group !== null);
  const { head, below } = headLines(headOf(entry, whole, drawing), columns);
  const all = [
    ...detailLines(entry, columns),
    ...below,
    ...memberships.flatMap((change) => membershipLines(change, columns, drawing)),
  ];
  const shown = all.slice(0, drawing.limit);
  return [...head, ...shown, ...remainder(all.length - shown.length, 'line', 6)];
}

function headOf(entry: Entry, whole: readonly Change[], drawing: Drawing): Head {
  return {
    symbol: symbolFor(entry),
    key: entry.key,
    keyTone: entry.admin ? 'alarm' : 'strong',
    action: headAction(entry),
    tags: tagsOf(whole, drawing),
    reasons: whole.map(reasonText),
  };
}

/** The symbol of what is done to the whole account or group; a person whose memberships alone change is changed. */
function symbolFor(entry: Entry): ChangeSymbol {
  const symbols = entry.changes.filter((change) => change.group === null).map((change) => change.symbol);
  const strongest = symbols.find((symbol) => symbol !== '=') ?? symbols[0];
  if (strongest !== undefined) return strongest;
  return entry.changes.every((change) => change.symbol === '=') ? '=' : '~';
}

/** The groups of the plan: how many join and leave each, and what changes of the group itself. */
export function groupLines(summary: ReportSummary, drawing: Drawing): readonly Line[] {
  if (summary.groups.length === 0) return [];
  const changed = summary.sections.find((section) => section.name === 'groups')?.entries ?? [];
  const entries = new Map(changed.map((entry) => [entry.key, entry]));
  const shown = summary.groups.slice(0, drawing.limit);
  const names = shown.map((group) => printable(group.name));
  const columns: Columns = {
    ...columnsFor(changed, [], drawing.width),
    key: columnOf(names, Math.max(16, Math.floor(drawing.width * 0.42))),
    action: 12,
  };
  return [
    ...heading('Groups', summary.groups.length, drawing.width),
    ...shown.flatMap((group) => tallyLines(group, entries.get(group.name) ?? null, columns, drawing)),
    ...remainder(summary.groups.length - shown.length, 'group', 2),
    blank,
  ];
}

function tallyLines(
  group: GroupTally,
  entry: Entry | null,
  columns: Columns,
  drawing: Drawing,
): readonly Line[] {
  const counts = [
    ...(group.added > 0 ? [`+${numeral(group.added)}`] : []),
    ...(group.removed > 0 ? [`−${numeral(group.removed)}`] : []),
    ...(group.admins > 0 ? [counted(group.admins, 'group admin change')] : []),
  ];
  const head: Head = {
    symbol: group.change === 'created' ? '+' : '~',
    key: group.name,
    keyTone: 'strong',
    action: [...(entry === null ? [] : [headAction(entry)]), ...counts].join('  '),
    tags: tagsOf(entry?.changes ?? [], drawing),
    reasons: [],
  };
  const reasons = (entry?.changes ?? []).map(reasonText);
  return [
    ...headLines(head, columns).head,
    ...(entry === null ? [] : detailLines(entry, columns)),
    ...reasons.flatMap((reason) =>
      paragraph(reason, { indent: 6, width: drawing.width, tone: 'dim', most: 3 }),
    ),
  ];
}
