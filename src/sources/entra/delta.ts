import type { Row } from '../../model/collection.ts';
import { faultOf } from '../../model/stated.ts';
import { groupSelect, userSelect } from './convert.ts';
import { CallFailure, StatusFailure } from '../../http/call-failure.ts';
import type { ReadParts } from './reading.ts';
import { DeltaMember, DeltaRow } from './schema.ts';

/** Where first rounds begin. What they select is all that later ones ever tell of. */
export const firstGroups = `/groups/delta?$select=${groupSelect},members`;
export function firstUsers(select: readonly string[]): string {
  return `/users/delta?$select=${userSelect(select)}`;
}

/** Why changes alone are not enough this time: everything is to be read. No failure of the read. */
export class CannotGoOn extends Error {
  override readonly name = 'CannotGoOn';
}

/**
 * What a round says of one group, all its rows taken together: a group comes as often as Graph likes, in pieces
 * anywhere in the round, and what was said last counts.
 */
export interface GroupChange {
  /** The last row with its properties; null when there was none. */
  row: unknown;
  removed: boolean;
  readonly people: Map<string, 'joined' | 'left'>;
  readonly groups: Map<string, 'joined' | 'left'>;
}

/** Follows a round of people to its end; `onRow` hears of every row. Returns where the next round begins. */
export async function followUsers(
  path: string,
  parts: ReadParts,
  onRow: (row: DeltaRow) => void,
): Promise<string> {
  return follow(path, parts, onRow);
}

/** Follows a round of groups to its end, and keeps what is said of those that `wants` any. */
export async function followGroups(
  path: string,
  parts: ReadParts,
  wants: (row: DeltaRow) => boolean,
): Promise<{ readonly changes: ReadonlyMap<string, GroupChange>; readonly next: string }> {
  const changes = new Map<string, GroupChange>();
  const next = await follow(path, parts, (row) => {
    if (!changes.has(row.id) && !wants(row)) return;
    const change: GroupChange = changes.get(row.id) ?? {
      row: null,
      removed: false,
      people: new Map(),
      groups: new Map(),
    };
    changes.set(row.id, merged(change, row));
  });
  return { changes, next };
}

function merged(change: GroupChange, row: DeltaRow): GroupChange {
  change.removed = row['@removed'] !== undefined;
  if (!change.removed) change.row = row;
  for (const raw of row['members@delta'] ?? []) {
    const member = DeltaMember.safeParse(raw);
    if (!member.success) throw new CannotGoOn(`a changed member can't be read: ${faultOf(member.error)}`);
    const { id, '@odata.type': type, '@removed': removed } = member.data;
    const which = removed === undefined ? 'joined' : 'left';
    if (type === '#microsoft.graph.user') change.people.set(id, which);
    else if (type === '#microsoft.graph.group') change.groups.set(id, which);
  }
  return change;
}

async function follow(path: string, parts: ReadParts, onRow: (row: DeltaRow) => void): Promise<string> {
  const { client, use, onPage } = parts;
  const round = client.round(path, use);
  for (;;) {
    const step = await orCannotGoOn(round.next());
    if (step.done === true) return step.value;
    for (const raw of step.value) {
      const row = DeltaRow.safeParse(raw);
      if (!row.success) throw new CannotGoOn(`a changed row can't be read: ${faultOf(row.error)}`);
      onRow(row.data);
    }
    onPage({ users: 0, groups: 0 });
  }
}

/**
 * A definite no to a state token, or to the query itself, is no failure of the read: a token dies after seven days
 * (`syncStateNotFound`), a tenant may be reset (410), and not every tenant and property has deltas. Reading lists
 * will show whether more than that is wrong.
 */
async function orCannotGoOn<Value>(asked: Promise<Value>): Promise<Value> {
  try {
    return await asked;
  } catch (error) {
    if (!(error instanceof CallFailure) || !(error.reason instanceof StatusFailure)) throw error;
    if (![400, 403, 404, 405, 409, 410, 501].includes(error.reason.status)) throw error;
    throw new CannotGoOn(error.message, { cause: error });
  }
}

/** Takes a row that was read by id; a row that can't be read ends the reading of changes. */
export function usable<Value>(row: Row<Value>): Exclude<Row<Value>, { state: 'rejected' }> {
  if (row.state === 'rejected') throw new CannotGoOn(`a row can't be read: ${row.text}`);
  return row;
}
