import type { PlacedChange } from './changes.ts';
import { changesOf } from './changes.ts';
import { csvRow } from './escape.ts';
import { heldOf } from './held.ts';
import { carriedOut, type ReportInput } from './summary.ts';
import { stateWord } from './words.ts';

type Column = readonly [name: string, valueOf: (placed: PlacedChange) => string | null];

const planColumns: readonly Column[] = [
  ['operation', ({ change }) => change.operation],
  ['kind', ({ change }) => change.kind],
  ['person', ({ type, key }) => (type === 'person' ? key : null)],
  ['group', ({ type, key, change }) => (type === 'group' ? key : change.group)],
  ['target_id', ({ id }) => id],
  ['before', (placed) => valuesOf(placed, 'before')],
  ['after', (placed) => valuesOf(placed, 'after')],
  ['reason', ({ change }) => change.reason.text],
  ['reason_code', ({ change }) => change.reason.code],
  ['rule', ({ change }) => change.reason.rule],
  ['source', ({ change }) => change.reason.source],
  ['external_id', ({ change }) => change.reason.externalId],
  ['held', ({ change }) => (change.held ? 'yes' : 'no')],
];

const outcomeColumns: readonly Column[] = [
  ['outcome', ({ change }) => (change.outcome === null ? null : stateWord(change.outcome.state))],
  ['outcome_code', ({ change }) => change.outcome?.code ?? null],
  ['outcome_text', ({ change }) => change.outcome?.text ?? null],
];

/**
 * The plan for auditors: a head row, then one row for each operation and for each new member of a group, in plan
 * order; with what became of it when a run carried it out. RFC 4180, UTF-8 without byte order mark, every cell
 * quoted, nothing cut, and no cell that a spreadsheet would take for a formula.
 */
export function planCsv(input: ReportInput): string {
  const { plan, run } = input;
  const held = heldOf(plan, run);
  const outcomes = carriedOut(input)?.outcomes ?? null;
  const outcomeOf = new Map(outcomes?.map((outcome) => [outcome.operation, outcome]));
  const columns = outcomes === null ? planColumns : [...planColumns, ...outcomeColumns];
  const rows = plan.operations
    .flatMap((operation) => changesOf(operation, held, outcomeOf.get(operation.id) ?? null))
    .map((placed) => columns.map(([, valueOf]) => valueOf(placed) ?? ''));
  return [columns.map(([name]) => name), ...rows].map(csvRow).join('');
}

/** The role for memberships, else `name: value` of every field that has one, each in a part of its own. */
function valuesOf({ change }: PlacedChange, side: 'before' | 'after'): string {
  if (change.group !== null) return change.fields[0]?.[side] ?? '';
  return change.fields
    .flatMap((field) => (field[side] === null ? [] : [`${field.name}: ${field[side]}`]))
    .join('; ');
}
