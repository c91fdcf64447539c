import { BridgeError } from '../../model/errors.ts';
import type { Group } from '../../model/group.ts';
import {
  complete,
  partial,
  type Completeness,
  type RejectedRow,
  type Snapshot,
} from '../../model/snapshot.ts';
import type { User } from '../../model/user.ts';
import type { GroupRecord, PersonRow } from './convert.ts';

/** The part of a snapshot that a read decides. */
export type Content = Pick<Snapshot, 'users' | 'groups' | 'completeness' | 'rejected'>;

/** What one read has gathered so far, with everything that it could not see. */
export interface Collection {
  /** Takes over a row of people. Somebody read twice is as the later row says. */
  addPerson(row: PersonRow): void;
  /** Takes over a group; `because` says why `members` may not be all, and is null when they are. */
  addGroup(group: GroupRecord, members: ReadonlySet<string>, because: string | null): void;
  /** Notes a row of groups that can't be used: any rule might have been about it. */
  rejectGroup(externalId: string | null, text: string): void;
  /** Notes that a group which the configuration names by id or exact name is not to be seen. */
  missGroup(selector: string): void;
  /** Notes that there may be people who were not seen. */
  missPeople(because: string): void;
  counts(): { readonly users: number; readonly groups: number };
  /** Throws `sourceEmpty` when there was nobody. */
  content(): Content;
}

export function createCollection(): Collection {
  const users = new Map<string, User>();
  const groups = new Map<string, Group>();
  const rejected = new Map<string, RejectedRow>();
  const partialGroups = new Map<string, string>();
  const unseenPeople = new Set<string>();
  const unseenGroups = new Set<string>();

  function reject(row: RejectedRow): void {
    rejected.set(JSON.stringify([row.type, row.externalId, row.text]), row);
  }

  return {
    addPerson(row) {
      if (row.state === 'rejected') {
        unseenPeople.add('rows of people could not be read');
        reject({ type: 'user', externalId: row.externalId, text: row.text });
      } else if (row.standing === 'absent') {
        users.delete(row.user.externalId);
      } else {
        users.set(row.user.externalId, row.user);
      }
    },
    addGroup({ externalId, displayName, extra }, members, because) {
      groups.set(externalId, { externalId, displayName, members: [...members].sort(), extra });
      if (because !== null) partialGroups.set(externalId, because);
    },
    rejectGroup(externalId, text) {
      unseenGroups.add('rows of groups could not be read');
      if (externalId !== null) partialGroups.set(externalId, text);
      reject({ type: 'group', externalId, text });
    },
    missGroup(selector) {
      const because = `the group ${JSON.stringify(selector)} was not found`;
      unseenGroups.add(because);
      unseenPeople.add(because);
      if (selector.startsWith('id:')) partialGroups.set(selector.slice('id:'.length), because);
    },
    missPeople: (because) => void unseenPeople.add(because),
    counts: () => ({ users: users.size, groups: groups.size }),
    content() {
      const people = completenessOf(unseenPeople);
      const rows = [...rejected.values()].sort(byTypeIdAndText);
      if (users.size === 0 && !rows.some(({ type }) => type === 'user')) throw nobody(people);
      return {
        users: [...users.values()].sort(byId),
        groups: [...groups.values()].sort(byId),
        completeness: { users: people, groups: completenessOf(unseenGroups), partialGroups },
        rejected: rows,
      };
    },
  };
}

function nobody(people: Completeness): BridgeError {
  const because = people.state === 'partial' ? `: ${people.because}` : '';
  return new BridgeError('sourceEmpty', `Okta shows nobody in the scope${because}.`, {
    remedy:
      'Check the scope. To a service app without an admin role Okta shows no people at all: give the app the role "Read-only Administrator".',
  });
}

function completenessOf(unseen: ReadonlySet<string>): Completeness {
  return unseen.size === 0 ? complete : partial([...unseen].sort().join('; '));
}

function byId(one: { readonly externalId: string }, other: { readonly externalId: string }): number {
  return compare(one.externalId, other.externalId);
}

function byTypeIdAndText(one: RejectedRow, other: RejectedRow): number {
  return (
    compare(one.type, other.type) ||
    compare(one.externalId ?? '', other.externalId ?? '') ||
    compare(one.text, other.text)
  );
}

/** By code unit: the same order on every machine. */
function compare(one: string, other: string): number {
  if (one === other) return 0;
  return one < other ? -1 : 1;
}
