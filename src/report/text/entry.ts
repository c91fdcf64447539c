import type { OperationKind } from '../../model/operation.ts';
import type { Change, Entry } from '../changes.ts';
import type { FieldChange } from '../describe.ts';
import { originOf } from '../describe.ts';
import { printable } from '../escape.ts';
import { tones, type ChangeSymbol } from '../kinds.ts';
import type { Line, Span, Tone } from './lines.ts';
import { columnOf, paragraph, span } from './lines.ts';
import type { Drawing } from './remarks.ts';
import { clip, displayWidth, padded, wrapped } from '../width.ts';
import { listed, numeral, stateWord } from '../words.ts';

/** Reasons stand beside what they explain when at least this many columns are left there. */
const besideWidth = 56;

/** The columns of one section, the same for all its entries. */
export interface Columns {
  readonly key: number;
  readonly action: number;
  /** Group names of memberships. */
  readonly group: number;
  /** Names of changed fields. */
  readonly field: number;
  readonly width: number;
}

/** Columns wide enough for the entries, within a share of the width. */
export function columnsFor(entries: readonly Entry[], actions: readonly string[], width: number): Columns {
  const changes = entries.flatMap((entry) => entry.changes);
  const groups = changes.flatMap((change) => (change.group === null ? [] : [printable(change.group)]));
  const fields = changes
    .filter(isDiff)
    .flatMap((change) => change.fields.map((field) => printable(field.name)));
  const keys = entries.map((entry) => printable(entry.key));
  return {
    key: columnOf(keys, Math.max(16, Math.floor(width * 0.42))),
    action: columnOf(actions, 30),
    group: columnOf(groups, Math.floor(width / 3)),
    field: columnOf(fields, Math.floor(width / 4)),
    width,
  };
}

/** The first line of an entry. */
export interface Head {
  readonly symbol: ChangeSymbol;
  readonly key: string;
  /** A key that stands out: admin rights are at stake. */
  readonly keyTone: 'strong' | 'alarm';
  readonly action: string;
  readonly tags: readonly Span[];
  readonly reasons: readonly string[];
}

/** The first line of an entry, and its reasons where there is no room for them beside it. */
export interface HeadLines {
  readonly head: readonly Line[];
  readonly below: readonly Line[];
}

/** Draws the first line of an entry: symbol, key, action, tags and, where there is room, the reasons. */
export function headLines(head: Head, columns: Columns): HeadLines {
  const tone = tones[head.symbol];
  const key = printable(head.key);
  const below = head.reasons.flatMap((reason) =>
    paragraph(reason, { indent: 6, width: columns.width, tone: 'dim', most: 4 }),
  );
  const symbol = [span('  '), span(head.symbol, tone), span(' ')];
  if (displayWidth(key) > columns.key) {
    const [first = '', ...others] = wrapped(key, columns.width - 4, 3);
    const keyLines = [
      [...symbol, span(first, head.keyTone)],
      ...others.map((part): Line => [span('    '), span(part, head.keyTone)]),
    ];
    return {
      head: [...keyLines, [span('      '), span(head.action, tone), span('  '), ...head.tags]],
      below,
    };
  }
  const line = [
    ...symbol,
    span(padded(key, columns.key), head.keyTone),
    span('  '),
    span(padded(head.action, columns.action), tone),
    span('  '),
    ...head.tags,
  ];
  const start = 4 + columns.key + 2 + columns.action + 2 + tagsWidth(head.tags);
  if (columns.width - start < besideWidth) return { head: [line], below };
  const [next = '', ...others] = head.reasons.flatMap((reason) => wrapped(reason, columns.width - start, 4));
  const rest = others.map((text): Line => [span(' '.repeat(start)), span(text, 'dim')]);
  return { head: [[...line, span(next, 'dim')], ...rest], below: [] };
}

function tagsWidth(tags: readonly Span[]): number {
  return tags.reduce((sum, tag) => sum + displayWidth(tag.text), 0);
}

const leaving: ReadonlySet<OperationKind> = new Set(['removeMember', 'removeInviteFromGroup']);
const joining: ReadonlySet<OperationKind> = new Set(['addMembers', 'addInvitesToGroup']);

/** What is done to a person or group, in a few words: `create account`, `leaves, joins 2`. */
export function headAction(entry: Entry): string {
  const whole = entry.changes.filter((change) => change.group === null);
  if (whole.length > 0) return listed([...new Set(whole.map((change) => change.action))]);
  const counts = new Map<string, number>();
  for (const { kind, action } of entry.changes) {
    const verb = leaving.has(kind) ? 'leaves' : joining.has(kind) ? 'joins' : action;
    counts.set(verb, (counts.get(verb) ?? 0) + 1);
  }
  return [...counts].map(([verb, count]) => (count > 1 ? `${verb} ${numeral(count)}` : verb)).join(', ');
}

/** What sets changes apart from the others: that they are held, or that a run did not apply them. */
export function tagsOf(changes: readonly Change[], drawing: Drawing): readonly Span[] {
  const words = new Map<string, Tone>();
  for (const change of changes) {
    if (change.held && drawing.partlyHeld === 'mark') words.set('held', 'warn');
    const state = change.outcome?.state ?? 'applied';
    if (state === 'applied') continue;
    const tone = state === 'failed' || state === 'unknown' ? 'alarm' : 'change';
    words.set(stateWord(state), tone);
  }
  return [...words].flatMap(([word, tone]) => [span(`[${word}]`, tone), span('  ')]);
}

/** Why, and what called for it, on one line. */
export function reasonText(change: Change): string {
  const parts = [change.reason.text, originOf(change.reason)];
  return printable(parts.filter((part) => part !== '').join(' · '));
}

/** Why, and the rule: whose membership it is stands in the entry's head already. */
function shortReason({ reason }: Change): string {
  return printable([reason.text, reason.rule].filter((part) => part !== null && part !== '').join(' · '));
}

/** Kinds whose action says all there is to say. */
const ending: ReadonlySet<OperationKind> = new Set(['deactivateUser', 'revokeInvite', 'decideAccessRequest']);

/** Only changes of what was there are drawn as before and after; the rest is a row of values. */
function isDiff(change: Change): boolean {
  const { kind, group, fields } = change;
  return !ending.has(kind) && group === null && fields.some((field) => field.before !== null);
}

/** What changes of a person or group as a whole: new values in a row, changed ones as before and after. */
export function detailLines(entry: Entry, columns: Columns): readonly Line[] {
  const whole = entry.changes.filter((change) => change.group === null);
  const values = whole.filter((change) => !isDiff(change)).flatMap(valueTexts);
  const text = [...(entry.name === null ? [] : [entry.name]), ...values].join(' · ');
  const diffs = whole.filter(isDiff).flatMap((change) => change.fields.filter(isWorthShowing));
  return [
    ...(text === ''
      ? []
      : paragraph(printable(text), { indent: 6, width: columns.width, tone: 'plain', most: 8 })),
    ...diffs.map((field) => diffLine(field, columns)),
  ];
}

/** Fields that the first line of a created account or group says already. */
const saidByHead: ReadonlySet<string> = new Set(['first_name', 'last_name', 'name']);

function valueTexts(change: Change): readonly string[] {
  if (ending.has(change.kind)) return [];
  const created = change.kind === 'createUser' || change.kind === 'createGroup';
  return change.fields
    .filter((field) => !(created && saidByHead.has(field.name)) && isWorthShowing(field))
    .map((field) => `${field.name} ${field.after ?? '—'}`);
}

/** That an account is switched on again is its action already, and `default` is what every new account is. */
function isWorthShowing(field: FieldChange): boolean {
  if (field.name === 'active') return field.after !== 'true';
  return !(field.name === 'user_type' && field.before === null && field.after === 'default');
}

/** `department  Sales → Finance`; a missing value is a dash. */
function diffLine(field: FieldChange, columns: Columns): Line {
  const room = columns.width - 6 - columns.field - 2 - 3;
  const after = printable(field.after ?? '—');
  const before = printable(field.before ?? '—');
  const afterWidth = displayWidth(clip(after, room));
  const shownBefore = clip(before, Math.max(Math.floor(room / 2), room - afterWidth));
  return [
    span('      '),
    span(padded(clip(printable(field.name), columns.field), columns.field), 'dim'),
    span('  '),
    span(shownBefore, field.before === null ? 'dim' : 'remove'),
    span(' → ', 'dim'),
    span(clip(after, room - displayWidth(shownBefore)), field.after === null ? 'dim' : 'add'),
  ];
}

/** One membership: `+ Finance  member of "retool-finance" in okta · groups[0]`. */
export function membershipLines(change: Change, columns: Columns, drawing: Drawing): readonly Line[] {
  const tone = tones[change.symbol];
  const group = clip(printable(change.group ?? ''), columns.width - 8);
  const tags = tagsOf([change], drawing);
  const text = [...roleTexts(change), shortReason(change)].filter((part) => part !== '').join(' · ');
  const head = [
    span('      '),
    span(change.symbol, tone),
    span(' '),
    span(padded(group, columns.group), tone),
    span('  '),
  ];
  const start = 8 + columns.group + 2 + tagsWidth(tags);
  if (columns.width - start < besideWidth || displayWidth(group) > columns.group) {
    return [
      [...head, ...tags],
      ...paragraph(text, { indent: 10, width: columns.width, tone: 'dim', most: 3 }),
    ];
  }
  const [next = '', ...others] = wrapped(text, columns.width - start, 3);
  const rest = others.map((more): Line => [span(' '.repeat(start)), span(more, 'dim')]);
  return [[...head, ...tags, span(next, 'dim')], ...rest];
}

function roleTexts(change: Change): readonly string[] {
  const [role] = change.fields;
  if (change.kind === 'setGroupAdmin') return [`${role?.before ?? '—'} → ${role?.after ?? '—'}`];
  return change.kind === 'addMembers' && role?.after === 'group admin' ? ['as group admin'] : [];
}
