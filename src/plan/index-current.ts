import type { CurrentGroup, CurrentInvite, CurrentState, CurrentUser } from '../model/current-state.ts';
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
  readonly inviteById: ReadonlyMap<string, CurrentInvite>;
  /** Invites that nobody has claimed, by folded address; expired ones are among them. */
  readonly invitesByAddress: ReadonlyMap<string, readonly CurrentInvite[]>;
  /** Folded addresses that have claimed an invite, and so have an account. */
  readonly claimedAddresses: ReadonlySet<string>;
  /** `source:externalId` -> invite id. */
  readonly linkedInvite: ReadonlyMap<string, string>;
  readonly keysOfInvite: ReadonlyMap<string, readonly SourceKey[]>;
}

export const sharesAddress = 'has several accounts whose addresses differ by case only';

/** The accounts that share a folded address with this one, itself included. */
export function twinsOf({ usersByAddress }: Index, user: CurrentUser): readonly string[] {
  return (usersByAddress.get(folded(user.email)) ?? []).map((one) => one.id);
}

export function indexCurrent(current: CurrentState, memory: Memory): Index {
  const linked = {
    user: new Map<string, string>(),
    group: new Map<string, string>(),
    invite: new Map<string, string>(),
  };
  const keysOf = {
    user: new Map<string, SourceKey[]>(),
    group: new Map<string, SourceKey[]>(),
    invite: new Map<string, SourceKey[]>(),
  };
  for (const { type, source, externalId, targetId } of memory.links) {
    const key = { source, externalId };
    linked[type].set(keyText(key), targetId);
    append(keysOf[type], targetId, key);
  }
  const usersByAddress = Map.groupBy(current.users, (user) => folded(user.email));
  const shared = [...usersByAddress.values()].filter((users) => users.length > 1);
  return {
    userById: new Map(current.users.map((user) => [user.id, user])),
    usersByAddress,
    twins: new Set(shared.flat().map((user) => user.id)),
    groupById: new Map(current.groups.map((group) => [group.id, group])),
    groupsByName: Map.groupBy(current.groups, (group) => group.name),
    linkedUser: linked.user,
    keysOfUser: keysOf.user,
    linkedGroup: linked.group,
    keysOfGroup: keysOf.group,
    inviteById: new Map(current.invites.map((invite) => [invite.id, invite])),
    invitesByAddress: Map.groupBy(
      current.invites.filter(({ claimed }) => !claimed),
      ({ email }) => folded(email),
    ),
    claimedAddresses: new Set(
      current.invites.filter(({ claimed }) => claimed).map(({ email }) => folded(email)),
    ),
    linkedInvite: linked.invite,
    keysOfInvite: keysOf.invite,
  };
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
