import { addAccessRequest } from './access-requests.ts';
import { addAttribute, keepShownDefault } from './attributes.ts';
import { isBuiltIn } from './built-in-groups.ts';
import { addGroup } from './groups.ts';
import { foldEmail, timestamp, userIdFrom } from './identifiers.ts';
import { addInvite } from './invites.ts';
import {
  addInviteToGroup,
  deleteAttribute,
  deleteGroup,
  deleteInvite,
  nextNumber,
  putGroup,
  putInvite,
  putMember,
  putUser,
  removeMember,
  userByEmail,
  type Organization,
  type StoredGroup,
  type StoredUser,
} from './organization.ts';
import { removeGrant, setGrant } from './permissions.ts';
import { userIdPattern } from './schemas.ts';
import { tableOf } from './table.ts';
import type { GroupSettings } from './wire.ts';
import type { HandChanges, SeedGroup, SeedInvite, SeedUser, SeedUserAttribute, UserPatch } from './types.ts';

/** The changes a person makes in the user interface; `now` in epoch milliseconds. */
export function createHandChanges(org: Organization, now: () => number): HandChanges {
  return {
    addUser: (user) => placeUser(org, user, now()).id,
    updateUser: (userId, patch) => updateUser(org, userId, patch),
    addGroup: (group) => placeGroup(org, group, now()),
    renameGroup(groupId, name) {
      if (org.groupIdByName.has(name)) throw new Error(`There is a group ${name} already`);
      putGroup(org, { ...groupAt(org, groupId), name, updated_at: timestamp(now()) });
    },
    updateGroup(groupId, settings) {
      putGroup(org, { ...groupAt(org, groupId), ...settings, updated_at: timestamp(now()) });
    },
    deleteGroup(groupId) {
      if (isBuiltIn(org.builtIn, groupId)) throw new Error(`Group ${groupId} is built in`);
      deleteGroup(org, groupAt(org, groupId));
    },
    addMember(groupId, userId, options = {}) {
      const group = groupAt(org, groupId);
      if (groupId === org.builtIn['All Users']) throw new Error(`Membership of ${group.name} is automatic`);
      const role = options.groupAdmin === true ? 'admin' : 'member';
      putMember(org, groupId, userAt(org, userId).id, role);
    },
    removeMember(groupId, userId) {
      if (!removeMember(org, groupId, userId)) throw new Error(`${userId} is not in group ${groupId}`);
    },
    addInvite: (invite) => placeInvite(org, invite, now()),
    claimInvite: (inviteId, names) => claimInvite(org, inviteId, names, now()),
    deleteInvite: (inviteId) => deleteInvite(org, inviteAt(org, inviteId)),
    setGrant(groupId, object, level) {
      const subject = { type: 'group', id: groupAt(org, groupId).id } as const;
      if (level === null) removeGrant(org, subject, object);
      else setGrant(org, subject, { ...object, access_level: level });
    },
    addUserAttribute: (attribute) => placeAttribute(org, attribute),
    deleteUserAttribute(attributeId) {
      const attribute = org.attributes.get(attributeId);
      if (attribute === undefined) throw new Error(`There is no user attribute ${attributeId}`);
      keepShownDefault(org, attribute.name, attribute.default_value);
      deleteAttribute(org, attribute);
    },
    addAccessRequest: (request) => addAccessRequest(org, request, now()).id,
    setSsoConfig(config) {
      org.ssoConfig = config;
    },
  };
}

/** Adds an account as a seed describes it; a taken address or id is a mistake of the seed. */
export function placeUser(org: Organization, seed: SeedUser, now: number): StoredUser {
  const sequence = nextNumber(org, 'user');
  const id = seed.id ?? userIdFrom(sequence);
  if (!userIdPattern.test(id)) throw new Error(`${id} is not a user id`);
  if (org.users.has(id)) throw new Error(`There is a user ${id} already`);
  refuseSecondAccount(org, seed.email);
  const user: StoredUser = {
    id,
    legacy_id: sequence,
    first_name: seed.firstName,
    last_name: seed.lastName,
    created_at: timestamp(now),
    last_active: seed.lastActive ?? null,
    email: seed.email,
    active: seed.active ?? true,
    metadata: tableOf(Object.entries(seed.metadata ?? {})),
    two_factor_auth_enabled: false,
    user_type: seed.userType ?? 'default',
  };
  putUser(org, user);
  if (seed.admin === true) putMember(org, org.builtIn.admin, id, 'member');
  return user;
}

function refuseSecondAccount(org: Organization, email: string): void {
  if (userByEmail(org, email) !== undefined) throw new Error(`There is an account for ${email} already`);
}

function updateUser(org: Organization, userId: string, patch: UserPatch): void {
  const user = userAt(org, userId);
  const email = patch.email ?? user.email;
  if (foldEmail(email) !== foldEmail(user.email)) refuseSecondAccount(org, email);
  putUser(org, {
    ...user,
    email,
    first_name: patch.firstName === undefined ? user.first_name : patch.firstName,
    last_name: patch.lastName === undefined ? user.last_name : patch.lastName,
    active: patch.active ?? user.active,
    metadata: patch.metadata === undefined ? user.metadata : tableOf(Object.entries(patch.metadata)),
    user_type: patch.userType ?? user.user_type,
    last_active: patch.lastActive === undefined ? user.last_active : patch.lastActive,
    two_factor_auth_enabled: patch.twoFactor ?? user.two_factor_auth_enabled,
  });
}

/** Adds a group with its members, or adds to a built-in group; returns its id. */
export function placeGroup(org: Organization, seed: SeedGroup, now: number): number {
  const { id: given, name, members = [], admins = [], ...settings } = seed;
  const existing = org.groupIdByName.get(name);
  if (existing === org.builtIn['All Users'] && members.length + admins.length > 0)
    throw new Error(`Membership of ${name} is automatic`);
  if (existing !== undefined && !isBuiltIn(org.builtIn, existing))
    throw new Error(`There is a group ${name} already`);
  if (existing !== undefined) putGroup(org, { ...groupAt(org, existing), ...settings });
  const id = existing ?? addSeededGroup(org, name, settings, now, given).id;
  for (const email of members) putMember(org, id, accountOf(org, email).id, 'member');
  for (const email of admins) putMember(org, id, accountOf(org, email).id, 'admin');
  return id;
}

function addSeededGroup(
  org: Organization,
  name: string,
  settings: Partial<GroupSettings>,
  now: number,
  given: number | undefined,
): StoredGroup {
  if (given === undefined) return addGroup(org, name, settings, now);
  if (org.groups.has(given)) throw new Error(`There is a group ${given} already`);
  org.sequences.group = Math.max(org.sequences.group, given);
  return addGroup(org, name, settings, now, given);
}

/** Adds an invite into the groups named; returns its id. */
export function placeInvite(org: Organization, seed: SeedInvite, now: number): number {
  const { groups = [], ...fields } = seed;
  refuseSecondAccount(org, seed.email);
  const groupIds = groups.map((name) => {
    const groupId = org.groupIdByName.get(name);
    if (groupId === undefined) throw new Error(`There is no group ${name}`);
    return groupId;
  });
  const invite = addInvite(org, fields, now);
  for (const groupId of groupIds) addInviteToGroup(org, groupId, invite.id);
  return invite.id;
}

/** Adds a definition of a user attribute; returns its id. */
export function placeAttribute(org: Organization, seed: SeedUserAttribute): string {
  if (org.attributeIdByName.has(seed.name)) throw new Error(`There is a user attribute ${seed.name} already`);
  return addAttribute(org, { ...seed, defaultValue: seed.defaultValue ?? null }).id;
}

function claimInvite(
  org: Organization,
  inviteId: number,
  names: { readonly firstName: string; readonly lastName: string },
  now: number,
): string {
  const invite = inviteAt(org, inviteId);
  if (invite.claimed_at !== null) throw new Error(`Invite ${inviteId} is claimed already`);
  const user = placeUser(org, { email: invite.invited_email, ...names, metadata: invite.metadata }, now);
  for (const groupId of org.groupsOfInvite.get(inviteId) ?? []) putMember(org, groupId, user.id, 'member');
  putInvite(org, { ...invite, claimed_by: user.id, claimed_at: timestamp(now) });
  return user.id;
}

function accountOf(org: Organization, email: string): StoredUser {
  const user = userByEmail(org, email);
  if (user === undefined) throw new Error(`There is no account for ${email}`);
  return user;
}

function userAt(org: Organization, userId: string): StoredUser {
  const user = org.users.get(userId);
  if (user === undefined) throw new Error(`There is no user ${userId}`);
  return user;
}

function groupAt(org: Organization, groupId: number) {
  const group = org.groups.get(groupId);
  if (group === undefined) throw new Error(`There is no group ${groupId}`);
  return group;
}

function inviteAt(org: Organization, inviteId: number) {
  const invite = org.invites.get(inviteId);
  if (invite === undefined) throw new Error(`There is no invite ${inviteId}`);
  return invite;
}
