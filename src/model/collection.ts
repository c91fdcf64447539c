import { BridgeError } from './errors.ts';
import type { Group } from './group.ts';
import { complete, partial, type Completeness, type RejectedRow, type Snapshot } from './snapshot.ts';
import { compareText } from './text.ts';
import type { User } from './user.ts';

/** The part of a snapshot that a read decides. */
export type Content = Pick<Snapshot, 'users' | 'groups' | 'completeness' | 'rejected'>;

/** A group without its members. */
export type GroupRecord = Omit<Group, 'members'>;

/** What a row comes to: a value, somebody who is not to be seen, or what is wrong with it. */
export type Row<Value> =
  | { readonly state: 'read'; readonly value: Value }
  | { readonly state: 'leftOut'; readonly externalId: string }
  | { readonly state: 'rejected'; readonly externalId: string | null; readonly text: string };

/** What one read of a directory has gathered so far, with everything that it could not see. */
export interface Collection {
  /** Takes over a row of people. Somebody read twice is as the later row says. */
  addPerson(row: Row<User>): void;
  hasPerson(externalId: string): boolean;
  /** Forgets everybody who is not among these. */
  keepPeople(ids: ReadonlySet<string>): void;
  /** Takes over a group; `because` says why `members` may not be all, and is null when they are. */
  addGroup(group: GroupRecord, members: ReadonlySet<string>, because: string | null): void;
  /** Notes a row of groups that can't be used: any rule might have been about it. */
  rejectGroup(externalId: string | null, text: string): void;
  /** Notes that a group which the configuration names by id or exact name is not to be seen. */
  missGroup(selector: string): void;
  /** Notes that there may be people who were not seen. */
  missPeople(because: string): void;
  counts(): { readonly users: number; readonly groups: number };
  /** Throws `sourceEmpty`, with `remedy`, when there was nobody. Everything is sorted: lists may be read at once. */
  content(remedy: string): Content;
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
      } else if (row.state === 'leftOut') {
        users.delete(row.externalId);
      } else {
        users.set(row.value.externalId, row.value);
      }
    },
    hasPerson: (externalId) => users.has(externalId),
    keepPeople(ids) {
      for (const externalId of users.keys()) if (!ids.has(externalId)) users.delete(externalId);
    },
    addGroup(group, members, because) {
      // An id comes with the person and with every group: kept once, memberships take a fraction of the memory.
      const ids = Array.from(members, (id) => users.get(id)?.externalId ?? id);
      groups.set(group.externalId, { ...group, members: ids.sort() });
      if (because !== null) partialGroups.set(group.externalId, because);
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
    content(remedy) {
      const people = completenessOf(unseenPeople);
      const rows = [...rejected.values()].sort(byTypeIdAndText);
      if (users.size === 0 && !rows.some(({ type }) => type === 'user')) throw nobody(people, remedy);
      return {
        users: [...users.values()].sort(byId),
        groups: [...groups.values()].sort(byId),
        completeness: { users: people, groups: completenessOf(unseenGroups), partialGroups },
        rejected: rows,
      };
    },
  };
}

function nobody(people: Completeness, remedy: string): BridgeError {
  const because = people.state === 'partial' ? `: ${people.because}` : '';
  return new BridgeError('sourceEmpty', `Nobody is to be seen in the scope${because}.`, { remedy });
}

function completenessOf(unseen: ReadonlySet<string>): Completeness {
  return unseen.size === 0 ? complete : partial([...unseen].sort().join('; '));
}

/** Sorts by id. */
export function byId(one: { readonly externalId: string }, other: { readonly externalId: string }): number {
  return compareText(one.externalId, other.externalId);
}

/** Sorts rejected rows, in whatever order they were met. */
export function byTypeIdAndText(one: RejectedRow, other: RejectedRow): number {
  return (
    compareText(one.type, other.type) ||
    compareText(one.externalId ?? '', other.externalId ?? '') ||
    compareText(one.text, other.text)
  );
}
