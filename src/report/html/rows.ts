import type { Change, Entry, Section } from '../changes.ts';
import { originOf } from '../describe.ts';
import { printable } from '../escape.ts';
import type { ChangeSymbol } from '../kinds.ts';
import { labelOf } from '../kinds.ts';
import type { ReportSummary } from '../summary.ts';
import { counted, listed, numeral, stateWord } from '../words.ts';

/** The longest value shown, in UTF-16 code units; the CSV report holds the whole of it. */
const longestValue = 300;
/** The most fields of one change that are shown. */
const mostFields = 40;

/** Name, before, after; null is no value. */
export type FieldRow = readonly [name: string, before: string | null, after: string | null];

/** One change as the page shows it; everything is printable and cut to a length that a page can bear. */
export interface ChangeRow {
  readonly symbol: ChangeSymbol;
  readonly kind: string;
  readonly action: string;
  readonly group: string;
  readonly source: string;
  readonly fields: readonly FieldRow[];
  readonly why: string;
  readonly origin: string;
  /** `held`, or what became of it in a run. */
  readonly state: string;
  readonly stateText: string;
  /** What makes it a risk; see {@link riskTitles}. */
  readonly risks: readonly Risk[];
}

/** Everything about one person or group: one block of rows. */
export interface EntryRow {
  readonly section: number;
  readonly type: Entry['type'];
  readonly key: string;
  readonly name: string;
  readonly admin: boolean;
  readonly changes: readonly ChangeRow[];
}

/** What a reader may want to look at by itself. */
export type Risk = 'admin' | 'takes' | 'held' | 'problem';

/** Risks in words, in the order of the filter. */
export const riskTitles: Readonly<Record<Risk, string>> = {
  admin: 'Admin rights at stake',
  takes: 'Takes access away',
  held: 'Held for approval',
  problem: 'Not applied as planned',
};

/** Every person and group of the plan as the page shows it, in the order of the sections. */
export function entryRows(summary: ReportSummary): readonly EntryRow[] {
  return summary.sections.flatMap((section, at) => section.entries.map((entry) => entryRow(entry, at)));
}

function entryRow(entry: Entry, section: number): EntryRow {
  return {
    section,
    type: entry.type,
    key: shown(entry.key),
    name: shown(entry.name ?? ''),
    admin: entry.admin,
    changes: entry.changes.map((change) => changeRow(change, entry)),
  };
}

function changeRow(change: Change, entry: Entry): ChangeRow {
  const { outcome, reason } = change;
  const told =
    outcome === null ? '' : [outcome.code, outcome.text].filter((part) => part !== null).join(': ');
  return {
    symbol: change.symbol,
    kind: labelOf(change.kind),
    action: change.action,
    group: shown(change.group ?? (entry.type === 'group' ? entry.key : '')),
    source: shown(reason.source ?? ''),
    fields: fieldRows(change),
    why: shown(reason.text),
    origin: shown(originOf(reason)),
    state: outcome === null ? (change.held ? 'held' : '') : stateWord(outcome.state),
    stateText: shown(told),
    risks: risksOf(change, entry),
  };
}

function risksOf(change: Change, entry: Entry): readonly Risk[] {
  const risks: Readonly<Record<Risk, boolean>> = {
    admin: entry.admin,
    takes: change.symbol === '-',
    held: change.held,
    problem: change.outcome !== null && change.outcome.state !== 'applied',
  };
  return (Object.keys(riskTitles) as readonly Risk[]).filter((risk) => risks[risk]);
}

function fieldRows(change: Change): readonly FieldRow[] {
  const rows = change.fields
    .slice(0, mostFields)
    .map(({ name, before, after }): FieldRow => [shown(name), valueOf(before), valueOf(after)]);
  const cut = change.fields.length - rows.length;
  return cut <= 0 ? rows : [...rows, [`… ${counted(cut, 'more field')}`, null, null]];
}

function valueOf(value: string | null): string | null {
  return value === null ? null : shown(value);
}

/** Printable text of a bearable length; what was cut is counted. */
export function shown(text: string): string {
  if (text.length <= longestValue) return printable(text);
  // A surrogate pair is never split: `toWellFormed` would show half of it as a character of its own.
  const kept = text.slice(0, longestValue).replace(/[\ud800-\udbff]$/, '');
  return `${printable(kept)}… (${numeral(text.length)} characters)`;
}

/** How many changes there are in all: the rows of the page. */
export function countChanges(rows: readonly EntryRow[]): number {
  return rows.reduce((sum, row) => sum + row.changes.length, 0);
}

/** The first entries, whole, that have at most so many changes together. */
export function firstEntries(rows: readonly EntryRow[], mostChanges: number): readonly EntryRow[] {
  let sum = 0;
  const end = rows.findIndex((row) => {
    sum += row.changes.length;
    return sum > mostChanges;
  });
  return end === -1 ? rows : rows.slice(0, end);
}

/** `12 people`, `2 groups`, `12 people and 2 groups`. */
export function sizeText(section: Section): string {
  const people = section.entries.filter((entry) => entry.type === 'person').length;
  const groups = section.entries.length - people;
  return listed([
    ...(people > 0 ? [counted(people, 'person', 'people')] : []),
    ...(groups > 0 ? [counted(groups, 'group')] : []),
  ]);
}
