import { byId, byTypeIdAndText, type Content } from '../../model/collection.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Group } from '../../model/group.ts';
import { complete, partial, type Completeness, type RejectedRow } from '../../model/snapshot.ts';
import { count } from '../../model/text.ts';
import type { User } from '../../model/user.ts';
import type { Converted, NestedGroup } from './convert.ts';
import type { Files, List } from './files.ts';
import { flatMembers } from './flatten.ts';

/**
 * What the files say as one, and how complete that is; the order of files and rows never matters. Throws
 * `sourceInvalid` when one id stands for two rows.
 */
export function contentOf({ people, groups, called, unseenGroups }: Files): Content {
  const ids = idsOf(people);
  idsOf(groups);
  const { users, rejected: rejectedUsers } = usersOf(people);
  const nested = groupsOf(groups, ids);
  const seen =
    groups.length === 0
      ? partial('the file has no "Groups"')
      : completenessOf(nested.nameless, called.groups);
  return {
    users,
    groups: nested.groups,
    completeness: {
      users: completenessOf(rejectedUsers.length, called.people),
      groups: unseenGroups === null ? seen : partial(unseenGroups),
      partialGroups: nested.partialGroups,
    },
    rejected: [...rejectedUsers, ...nested.rejected].sort(byTypeIdAndText),
  };
}

/** The ids of rows, each once or not at all, in whatever file. */
function idsOf(lists: readonly List<{ readonly externalId: string }>[]): ReadonlySet<string> {
  const places = new Map<string, string>();
  for (const { name, rows } of lists) {
    for (const row of rows) {
      const id = row.state === 'converted' ? row.value.externalId : row.externalId;
      if (id === null) continue;
      const other = places.get(id);
      if (other !== undefined) throw twice(id, other, name);
      places.set(id, name);
    }
  }
  return new Set(places.keys());
}

function twice(id: string, one: string, other: string): BridgeError {
  const named = JSON.stringify(id);
  const message =
    one === other ? `${one} has the id ${named} twice.` : `${one} and ${other} both have the id ${named}.`;
  return new BridgeError('sourceInvalid', message, {
    remedy: 'An id stands for one row; check what writes the file.',
  });
}

function usersOf(lists: readonly List<User>[]): {
  readonly users: readonly User[];
  readonly rejected: readonly RejectedRow[];
} {
  const users: User[] = [];
  const rejected: RejectedRow[] = [];
  for (const row of rowsOf(lists)) {
    if (row.state === 'converted') users.push(row.value);
    else rejected.push({ type: 'user', externalId: row.externalId, text: row.text });
  }
  return { users: users.sort(byId), rejected };
}

interface Groups {
  readonly groups: readonly Group[];
  readonly rejected: readonly RejectedRow[];
  readonly partialGroups: ReadonlyMap<string, string>;
  /** How many rows were left out altogether: any rule might have been about them. */
  readonly nameless: number;
}

function groupsOf(lists: readonly List<NestedGroup>[], people: ReadonlySet<string>): Groups {
  const nested = new Map<string, NestedGroup>();
  const rejected: RejectedRow[] = [];
  const partialGroups = new Map<string, string>();
  for (const row of rowsOf(lists)) {
    if (row.state === 'converted') nested.set(row.value.externalId, row.value);
    else {
      const { externalId, text } = row;
      rejected.push({ type: 'group', externalId, text });
      if (externalId !== null) partialGroups.set(externalId, text);
    }
  }
  const nameless = rejected.length;
  const groups: Group[] = [];
  for (const group of nested.values()) {
    const { externalId, displayName, extra } = group;
    const { members, through, because } = flatMembers(group, { people, groups: nested });
    groups.push({ externalId, displayName, members, ...(through.length === 0 ? {} : { through }), extra });
    if (because === null) continue;
    partialGroups.set(externalId, because);
    if (group.members === null) rejected.push({ type: 'group', externalId, text: because });
  }
  return { groups: groups.sort(byId), rejected, partialGroups, nameless };
}

function rowsOf<Value>(lists: readonly List<Value>[]): readonly Converted<Value>[] {
  return lists.flatMap(({ rows }) => rows);
}

function completenessOf(leftOut: number, list: string): Completeness {
  return leftOut === 0 ? complete : partial(`${count(leftOut, 'row')} of ${list} could not be read`);
}
