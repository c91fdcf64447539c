import { byId, byTypeIdAndText, type Content } from '../../model/collection.ts';
import { BridgeError } from '../../model/errors.ts';
import type { Group } from '../../model/group.ts';
import { complete, partial, type Completeness, type RejectedRow } from '../../model/snapshot.ts';
import { count } from '../../model/text.ts';
import type { User } from '../../model/user.ts';
import type { ScimDocument } from './client.ts';
import { groupOf, idOf, userOf, type NestedGroup } from './convert.ts';
import { flatMembers } from './flatten.ts';

/**
 * What a document says, and how complete that is; the order of its rows never matters. Throws `sourceEmpty`
 * when it lists nobody and `sourceInvalid` when one id stands for two rows.
 */
export function contentOf(document: ScimDocument, name: string): Content {
  if (document.users.length === 0) {
    throw new BridgeError('sourceEmpty', `${name} lists no people.`, {
      remedy: 'Check what writes it: an empty list is never taken to mean that everybody left.',
    });
  }
  const people = idsOf(document.users, `"Users" of ${name}`);
  idsOf(document.groups ?? [], `"Groups" of ${name}`);
  const { users, rejected: rejectedUsers } = usersOf(document.users);
  const {
    groups,
    rejected: rejectedGroups,
    partialGroups,
    nameless,
  } = groupsOf(document.groups ?? [], people);
  return {
    users,
    groups,
    completeness: {
      users: completenessOf(rejectedUsers.length, 'Users'),
      groups:
        document.groups === null ? partial('the file has no "Groups"') : completenessOf(nameless, 'Groups'),
      partialGroups,
    },
    rejected: [...rejectedUsers, ...rejectedGroups].sort(byTypeIdAndText),
  };
}

/** The ids of rows, each once or not at all. */
function idsOf(rows: readonly unknown[], list: string): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const row of rows) {
    const id = idOf(row);
    if (id === null) continue;
    if (ids.has(id)) {
      throw new BridgeError('sourceInvalid', `${list} has the id ${JSON.stringify(id)} twice.`, {
        remedy: 'An id stands for one row; check what writes the file.',
      });
    }
    ids.add(id);
  }
  return ids;
}

function usersOf(rows: readonly unknown[]): {
  readonly users: readonly User[];
  readonly rejected: readonly RejectedRow[];
} {
  const users: User[] = [];
  const rejected: RejectedRow[] = [];
  for (const row of rows) {
    const converted = userOf(row);
    if (converted.state === 'converted') users.push(converted.value);
    else rejected.push({ type: 'user', externalId: converted.externalId, text: converted.text });
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

function groupsOf(rows: readonly unknown[], people: ReadonlySet<string>): Groups {
  const nested = new Map<string, NestedGroup>();
  const rejected: RejectedRow[] = [];
  const partialGroups = new Map<string, string>();
  for (const row of rows) {
    const converted = groupOf(row);
    if (converted.state === 'converted') nested.set(converted.value.externalId, converted.value);
    else {
      const { externalId, text } = converted;
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

function completenessOf(leftOut: number, list: 'Users' | 'Groups'): Completeness {
  return leftOut === 0 ? complete : partial(`${count(leftOut, 'row')} of "${list}" could not be read`);
}
