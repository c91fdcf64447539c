import type { CurrentGroup, CurrentState, CurrentUser } from '../model/current-state.ts';
import { keyText, type SourceKey } from '../model/desired-state.ts';
import type { Memory } from '../model/store.ts';
import { folded } from '../model/text.ts';

/** The target and the memory, indexed the ways a plan looks things up. */
export interface Index {
  readonly userById: ReadonlyMap<string, CurrentUser>;
  /** By folded address; more than one is ambiguous. */
  readonly usersByAddress: ReadonlyMap<string, readonly CurrentUser[]>;
  /** Accounts whose folded address another account has as well: nothing is done to either. */
  readonly twins: ReadonlySet<string>;
  readonly groupById: ReadonlyMap<string, CurrentGroup>;
  readonly groupsByName: ReadonlyMap<string, readonly CurrentGroup[]>;
  /** `source:externalId` -> user id. */
  readonly linkedUser: ReadonlyMap<string, string>;
  /** User id -> what it is linked to. */
  readonly keysOfUser: ReadonlyMap<string, readonly SourceKey[]>;
  /** `source:externalId` -> group id. */
  readonly linkedGroup: ReadonlyMap<string, string>;
  readonly keysOfGroup: ReadonlyMap<string, readonly SourceKey[]>;
  /** Folded addresses with a live invite. */
  readonly invited: ReadonlySet<string>;
}

export function indexCurrent(current: CurrentState, memory: Memory): Index {
  const linkedUser = new Map<string, string>();
  const linkedGroup = new Map<string, string>();
  const keysOfUser = new Map<string, SourceKey[]>();
  const keysOfGroup = new Map<string, SourceKey[]>();
  for (const { type, source, externalId, targetId } of memory.links) {
    const key = { source, externalId };
    (type === 'user' ? linkedUser : linkedGroup).set(keyText(key), targetId);
    append(type === 'user' ? keysOfUser : keysOfGroup, targetId, key);
  }
  const usersByAddress = Map.groupBy(current.users, (user) => folded(user.email));
  const shared = [...usersByAddress.values()].filter((users) => users.length > 1);
  return {
    userById: new Map(current.users.map((user) => [user.id, user])),
    usersByAddress,
    twins: new Set(shared.flat().map((user) => user.id)),
    groupById: new Map(current.groups.map((group) => [group.id, group])),
    groupsByName: Map.groupBy(current.groups, (group) => group.name),
    linkedUser,
    keysOfUser,
    linkedGroup,
    keysOfGroup,
    invited: new Set(
      current.invites.filter((invite) => !invite.claimed).map((invite) => folded(invite.email)),
    ),
  };
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
