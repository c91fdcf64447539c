import { builtInGroups, type BuiltInIds } from './built-in-groups.ts';
import { foldEmail, listingKey, timestamp } from './identifiers.ts';
import type { SsoConfig } from './types.ts';
import type {
  ApiAccessRequest,
  ApiAccessToken,
  ApiApp,
  ApiFolder,
  ApiGrant,
  ApiGroup,
  ApiResource,
  ApiResourceConfiguration,
  ApiSpace,
  ApiUser,
  ApiUserAttribute,
  ApiUserInvite,
  GrantSubject,
} from './wire.ts';

/** An account as it is kept; `is_admin` follows from membership of `admin`. */
export type StoredUser = Omit<ApiUser, 'is_admin'>;

/** A group as it is kept; its lists stand in the tables of memberships. */
export type StoredGroup = Omit<ApiGroup, 'members' | 'user_invites'>;

/** An invite as it is kept; its groups stand in the tables of memberships. */
export type StoredInvite = Omit<ApiUserInvite, 'groups'>;

/** The grants of one subject, by `<type>:<object id>`. */
export interface SubjectGrants {
  readonly subject: GrantSubject;
  readonly byObject: Map<string, ApiGrant>;
}

/** What the bridge's routes only read. */
export interface Catalogue {
  readonly folders: readonly ApiFolder[];
  readonly apps: readonly ApiApp[];
  readonly resources: readonly ApiResource[];
  readonly resourceConfigurations: readonly ApiResourceConfiguration[];
  readonly spaces: readonly ApiSpace[];
  readonly accessTokens: readonly ApiAccessToken[];
}

/**
 * One organisation in memory. The tables index each other in both directions, so that no request walks
 * all accounts or all memberships; write them through the functions below, which keep them in step.
 */
export interface Organization {
  readonly users: Map<string, StoredUser>;
  readonly userIdByEmail: Map<string, string>;
  /** Accounts in listing order; sorted when it is read. */
  readonly listing: ListingEntry[];
  readonly groups: Map<number, StoredGroup>;
  readonly groupIdByName: Map<string, number>;
  readonly builtIn: BuiltInIds;
  /** Group id -> user id -> is group admin. `All Users` has no entries: everybody belongs to it. */
  readonly membersOfGroup: Map<number, Map<string, boolean>>;
  readonly groupsOfUser: Map<string, Set<number>>;
  readonly invites: Map<number, StoredInvite>;
  readonly invitesByEmail: Map<string, Set<number>>;
  readonly groupsOfInvite: Map<number, Set<number>>;
  readonly invitesOfGroup: Map<number, Set<number>>;
  readonly attributes: Map<string, ApiUserAttribute>;
  readonly attributeIdByName: Map<string, string>;
  readonly accessRequests: Map<number, ApiAccessRequest>;
  /** By `<type>:<subject id>`. */
  readonly grants: Map<string, SubjectGrants>;
  readonly emailsElsewhere: Set<string>;
  /** The last number given away of each kind. */
  readonly sequences: {
    user: number;
    group: number;
    invite: number;
    attribute: number;
    accessRequest: number;
  };
  catalogue: Catalogue;
  ssoConfig: SsoConfig | null;
  /** Who made the API token: invites and decisions are in this account's name. */
  tokenOwnerId: string | null;
}

interface ListingEntry {
  readonly key: string;
  readonly userId: string;
}

/** The next number of a kind; numbers are never given away twice. */
export function nextNumber(org: Organization, kind: keyof Organization['sequences']): number {
  org.sequences[kind] += 1;
  return org.sequences[kind];
}

/** An organisation with nothing in it but the four built-in groups. */
export function createOrganization(now: number, builtIn: BuiltInIds): Organization {
  const org: Organization = {
    users: new Map(),
    userIdByEmail: new Map(),
    listing: [],
    groups: new Map(),
    groupIdByName: new Map(),
    builtIn,
    membersOfGroup: new Map(),
    groupsOfUser: new Map(),
    invites: new Map(),
    invitesByEmail: new Map(),
    groupsOfInvite: new Map(),
    invitesOfGroup: new Map(),
    attributes: new Map(),
    attributeIdByName: new Map(),
    accessRequests: new Map(),
    grants: new Map(),
    emailsElsewhere: new Set(),
    sequences: {
      user: 0,
      group: Math.max(...Object.values(builtIn)),
      invite: 0,
      attribute: 0,
      accessRequest: 0,
    },
    catalogue: {
      folders: [],
      apps: [],
      resources: [],
      resourceConfigurations: [],
      spaces: [],
      accessTokens: [],
    },
    ssoConfig: null,
    tokenOwnerId: null,
  };
  const at = timestamp(now);
  for (const { name, settings } of builtInGroups) {
    const id = builtIn[name];
    putGroup(org, { id, legacy_id: id, name, ...settings, updated_at: at, created_at: at });
  }
  return org;
}

/** Adds an account or replaces the one with this id. The address must be free. */
export function putUser(org: Organization, user: StoredUser): void {
  const before = org.users.get(user.id);
  if (before === undefined) {
    org.listing.push({ key: listingKey(user.id), userId: user.id });
    org.groupsOfUser.set(user.id, new Set());
  } else {
    org.userIdByEmail.delete(foldEmail(before.email));
  }
  org.users.set(user.id, user);
  org.userIdByEmail.set(foldEmail(user.email), user.id);
}

/** All accounts, disabled ones included, in an order that follows nothing a client can see. */
export function listingOf(org: Organization): readonly ListingEntry[] {
  // Sorting what is already sorted is linear, so there is no flag to keep.
  return org.listing.sort((a, b) => (a.key < b.key ? -1 : 1));
}

export function putGroup(org: Organization, group: StoredGroup): void {
  const before = org.groups.get(group.id);
  if (before === undefined) {
    org.membersOfGroup.set(group.id, new Map());
    org.invitesOfGroup.set(group.id, new Set());
  } else {
    org.groupIdByName.delete(before.name);
  }
  org.groups.set(group.id, group);
  org.groupIdByName.set(group.name, group.id);
}

export function deleteGroup(org: Organization, group: StoredGroup): void {
  for (const userId of org.membersOfGroup.get(group.id)?.keys() ?? []) {
    org.groupsOfUser.get(userId)?.delete(group.id);
  }
  for (const inviteId of org.invitesOfGroup.get(group.id) ?? []) {
    org.groupsOfInvite.get(inviteId)?.delete(group.id);
  }
  org.membersOfGroup.delete(group.id);
  org.invitesOfGroup.delete(group.id);
  org.groupIdByName.delete(group.name);
  org.grants.delete(`group:${group.id}`);
  org.groups.delete(group.id);
}

/** Adds a membership or updates its admin flag. */
export function putMember(
  org: Organization,
  groupId: number,
  userId: string,
  groupAdmin: 'admin' | 'member',
): void {
  org.membersOfGroup.get(groupId)?.set(userId, groupAdmin === 'admin');
  org.groupsOfUser.get(userId)?.add(groupId);
}

/** Whether there was such a membership. */
export function removeMember(org: Organization, groupId: number, userId: string): boolean {
  org.groupsOfUser.get(userId)?.delete(groupId);
  return org.membersOfGroup.get(groupId)?.delete(userId) ?? false;
}

/** Adds an invite or replaces the one with this id; its address never changes. */
export function putInvite(org: Organization, invite: StoredInvite): void {
  const email = foldEmail(invite.invited_email);
  const sameEmail = org.invitesByEmail.get(email) ?? new Set();
  org.invitesByEmail.set(email, sameEmail.add(invite.id));
  if (!org.invites.has(invite.id)) org.groupsOfInvite.set(invite.id, new Set());
  org.invites.set(invite.id, invite);
}

export function deleteInvite(org: Organization, invite: StoredInvite): void {
  for (const groupId of org.groupsOfInvite.get(invite.id) ?? []) {
    org.invitesOfGroup.get(groupId)?.delete(invite.id);
  }
  org.groupsOfInvite.delete(invite.id);
  org.invitesByEmail.get(foldEmail(invite.invited_email))?.delete(invite.id);
  org.invites.delete(invite.id);
}

export function addInviteToGroup(org: Organization, groupId: number, inviteId: number): void {
  org.invitesOfGroup.get(groupId)?.add(inviteId);
  org.groupsOfInvite.get(inviteId)?.add(groupId);
}

/** Whether the invite was in the group. */
export function removeInviteFromGroup(org: Organization, groupId: number, inviteId: number): boolean {
  org.groupsOfInvite.get(inviteId)?.delete(groupId);
  return org.invitesOfGroup.get(groupId)?.delete(inviteId) ?? false;
}

export function putAttribute(org: Organization, attribute: ApiUserAttribute): void {
  org.attributes.set(attribute.id, attribute);
  org.attributeIdByName.set(attribute.name, attribute.id);
}

export function deleteAttribute(org: Organization, attribute: ApiUserAttribute): void {
  org.attributes.delete(attribute.id);
  org.attributeIdByName.delete(attribute.name);
}

export function userByEmail(org: Organization, email: string): StoredUser | undefined {
  const userId = org.userIdByEmail.get(foldEmail(email));
  return userId === undefined ? undefined : org.users.get(userId);
}

export function attributeByName(org: Organization, name: string): ApiUserAttribute | undefined {
  const attributeId = org.attributeIdByName.get(name);
  return attributeId === undefined ? undefined : org.attributes.get(attributeId);
}

/** Whether an unclaimed invite for this address has not expired yet. */
export function hasLiveInvite(org: Organization, email: string, now: number): boolean {
  for (const inviteId of org.invitesByEmail.get(foldEmail(email)) ?? []) {
    const invite = org.invites.get(inviteId);
    if (invite?.claimed_at === null && Date.parse(invite.expires_at) > now) return true;
  }
  return false;
}
