import {
  listingOf,
  type Organization,
  type StoredGroup,
  type StoredInvite,
  type StoredUser,
} from './organization.ts';
import { tableOf } from './table.ts';
import type {
  ApiGroup,
  ApiGroupMember,
  ApiGroupReference,
  ApiUser,
  ApiUserInvite,
  Metadata,
} from './wire.ts';

/** The account as replies show it: admin by membership, attributes filled with their defaults. */
export function viewUser(org: Organization, user: StoredUser): ApiUser {
  return {
    id: user.id,
    legacy_id: user.legacy_id,
    first_name: user.first_name,
    last_name: user.last_name,
    created_at: user.created_at,
    last_active: user.last_active,
    email: user.email,
    active: user.active,
    metadata: shownMetadata(org, user),
    is_admin: org.groupsOfUser.get(user.id)?.has(org.builtIn.admin) ?? false,
    two_factor_auth_enabled: user.two_factor_auth_enabled,
    user_type: user.user_type,
  };
}

/** The defaults of the organisation's attributes stand in for the keys that the account lacks. */
export function shownMetadata(org: Organization, user: StoredUser): Metadata {
  const missing: (readonly [string, string])[] = [];
  for (const { name, default_value } of org.attributes.values()) {
    if (default_value !== null && !Object.hasOwn(user.metadata, name)) missing.push([name, default_value]);
  }
  return missing.length === 0 ? user.metadata : tableOf([...Object.entries(user.metadata), ...missing]);
}

/**
 * What to keep when `shown` is to be the account's metadata: a default that was only filled in, and that
 * the client sent back as it was, stays a default and keeps following its definition.
 */
export function storedMetadata(org: Organization, user: StoredUser, shown: Metadata): Metadata {
  const before = shownMetadata(org, user);
  return tableOf(
    Object.entries(shown).filter(
      ([key, value]) => Object.hasOwn(user.metadata, key) || before[key] !== value,
    ),
  );
}

/** The groups an account belongs to, `All Users` among them, by id. */
export function groupsOfUser(org: Organization, userId: string): readonly ApiGroupReference[] {
  const groupIds = [...(org.groupsOfUser.get(userId) ?? []), org.builtIn['All Users']];
  return viewReferences(org, groupIds);
}

function viewReferences(org: Organization, groupIds: Iterable<number>): readonly ApiGroupReference[] {
  const references: ApiGroupReference[] = [];
  for (const groupId of groupIds) {
    const group = org.groups.get(groupId);
    if (group !== undefined) references.push({ legacy_id: group.legacy_id, id: group.id, name: group.name });
  }
  return references.sort((a, b) => a.id - b.id);
}

export function viewInvite(org: Organization, invite: StoredInvite): ApiUserInvite {
  return { ...invite, groups: viewReferences(org, org.groupsOfInvite.get(invite.id) ?? []) };
}

/** The group with its members and invites inline; disabled members only when asked for. */
export function viewGroup(
  org: Organization,
  group: StoredGroup,
  disabledUsers: 'included' | 'excluded',
): ApiGroup {
  const { id, legacy_id, name, updated_at, created_at, ...settings } = group;
  const members = membersOf(org, id, disabledUsers);
  const userInvites: ApiUserInvite[] = [];
  for (const inviteId of org.invitesOfGroup.get(id) ?? []) {
    const invite = org.invites.get(inviteId);
    if (invite !== undefined) userInvites.push(viewInvite(org, invite));
  }
  return { id, legacy_id, name, members, user_invites: userInvites, ...settings, updated_at, created_at };
}

function membersOf(
  org: Organization,
  groupId: number,
  disabledUsers: 'included' | 'excluded',
): readonly ApiGroupMember[] {
  const members: ApiGroupMember[] = [];
  for (const [userId, groupAdmin] of membershipsOf(org, groupId)) {
    const user = org.users.get(userId);
    if (user === undefined || (disabledUsers === 'excluded' && !user.active)) continue;
    members.push({ id: userId, email: user.email, is_group_admin: groupAdmin });
  }
  return members;
}

/** User ids with whether each is a group admin; everybody is in `All Users`, nobody its admin. */
export function* membershipsOf(org: Organization, groupId: number): Iterable<readonly [string, boolean]> {
  if (groupId !== org.builtIn['All Users']) {
    yield* org.membersOfGroup.get(groupId) ?? [];
    return;
  }
  for (const { userId } of listingOf(org)) yield [userId, false];
}
