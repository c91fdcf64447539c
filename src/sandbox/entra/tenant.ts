import { createHash } from 'node:crypto';
import { createListingCache, listingOf } from '../listing.ts';
import type { Listing } from '../listing.ts';
import type { World } from '../world/types.ts';
import { createChangeLog, groupChange, lossOf, userChange } from './changes.ts';
import type { ChangeLog, MemberRef } from './changes.ts';
import type { DirectoryObject, EntraDevice, EntraGroup, EntraUser } from './objects.ts';
import { groupProperties, userProperties } from './properties.ts';
import type { Properties } from './properties.ts';

/** That a user or group is assigned to the enterprise application. */
export interface AppRoleAssignment {
  readonly id: string;
  readonly appRoleId: string;
  readonly principalId: string;
  readonly principalType: 'User' | 'Group';
  readonly createdDateTime: string;
}

/** Everything the Graph stand-in knows; each write drops the kept listings. */
export interface EntraTenant {
  readonly id: string;
  readonly users: ReadonlyMap<string, EntraUser>;
  readonly groups: ReadonlyMap<string, EntraGroup>;
  readonly servicePrincipal: Properties & { readonly id: string; readonly appId: string };
  assignments(): readonly AppRoleAssignment[];
  /** What has happened since the tenant began. */
  readonly changes: Pick<ChangeLog, 'length' | 'between'>;
  putUser(user: EntraUser): void;
  /** Deletes for good, out of all groups. */
  purgeUser(id: string): void;
  putGroup(group: EntraGroup): void;
  removeGroup(id: string): void;
  putAssignments(assignments: readonly AppRoleAssignment[]): void;
  /** By id, without the deleted. */
  listUsers(): Listing<EntraUser>;
  /** By id. */
  listGroups(): Listing<EntraGroup>;
  /** By id; `all` follows groups in groups to any depth and holds those groups too. */
  listMembers(group: EntraGroup, depth: 'direct' | 'all'): Listing<DirectoryObject>;
}

const DEFAULT_ROLE = '00000000-0000-0000-0000-000000000000';

/** A tenant filled with the world's people, groups and devices. */
export function createEntraTenant(world: World, tenantId: string): EntraTenant {
  const users = new Map(usersOf(world).map((user) => [user.id, user]));
  const groups = new Map(groupsOf(world).map((group) => [group.id, group]));
  const devices = new Map(devicesOf(world).map((device) => [device.id, device]));
  let assignments = assignmentsOf(world);
  const userListings = createListingCache<EntraUser>();
  const groupListings = createListingCache<EntraGroup>();
  const memberListings = createListingCache<DirectoryObject>();
  const changes = createChangeLog();
  const write = (change: () => void): void => {
    change();
    userListings.clear();
    groupListings.clear();
    memberListings.clear();
  };
  const present = (id: string): DirectoryObject | undefined => {
    const user = users.get(id);
    if (user !== undefined) return user.state === 'present' ? user : undefined;
    return groups.get(id) ?? devices.get(id);
  };
  return {
    id: tenantId,
    users,
    groups,
    servicePrincipal: servicePrincipalOf(world),
    assignments: () => assignments,
    changes,
    ...writesOf({ users, groups, devices, changes, write }),
    putAssignments: (next) =>
      write(() => {
        assignments = next;
      }),
    listUsers: () =>
      userListings.get('', () =>
        listingOf(
          [...users.values()].filter((user) => user.state === 'present'),
          ({ id }) => id,
        ),
      ),
    listGroups: () => groupListings.get('', () => listingOf(groups.values(), ({ id }) => id)),
    listMembers: (group, depth) =>
      memberListings.get(`${group.id} ${depth}`, () =>
        listingOf(membersOf(group, { depth, present }), ({ id }) => id),
      ),
  };
}

type Writes = Pick<EntraTenant, 'putUser' | 'purgeUser' | 'putGroup' | 'removeGroup'>;

function writesOf(parts: {
  readonly users: Map<string, EntraUser>;
  readonly groups: Map<string, EntraGroup>;
  readonly devices: ReadonlyMap<string, EntraDevice>;
  readonly changes: ChangeLog;
  readonly write: (change: () => void) => void;
}): Writes {
  const { users, groups, devices, changes, write } = parts;
  const refOf = (id: string): MemberRef => {
    const { kind } = users.get(id) ?? groups.get(id) ?? devices.get(id) ?? { kind: 'user' };
    return { id, kind };
  };
  const putGroup = (group: EntraGroup): void =>
    write(() => {
      changes.record(groupChange(groups.get(group.id), group, refOf));
      groups.set(group.id, group);
    });
  return {
    putUser: (user) =>
      write(() => {
        changes.record(userChange(users.get(user.id), user));
        users.set(user.id, user);
      }),
    purgeUser(id) {
      for (const group of [...groups.values()].filter(({ members }) => members.has(id)))
        putGroup({ ...group, members: new Set([...group.members].filter((kept) => kept !== id)) });
      write(() => {
        users.delete(id);
        changes.record(lossOf('users', id));
      });
    },
    putGroup,
    // The groups that held it are not told, and its id is given to nobody else.
    removeGroup: (id) =>
      write(() => {
        groups.delete(id);
        changes.record(lossOf('groups', id));
      }),
  };
}

/** A group may hold itself, directly or in a circle: each object counts once. */
function membersOf(
  group: EntraGroup,
  options: {
    readonly depth: 'direct' | 'all';
    readonly present: (id: string) => DirectoryObject | undefined;
  },
): readonly DirectoryObject[] {
  const found = new Map<string, DirectoryObject>();
  const open = [group];
  for (const holder of open) {
    for (const id of holder.members) {
      const member = found.has(id) ? undefined : options.present(id);
      if (member === undefined) continue;
      found.set(id, member);
      if (member.kind === 'group' && options.depth === 'all') open.push(member);
    }
  }
  return [...found.values()];
}

function usersOf(world: World): readonly EntraUser[] {
  return world.people.flatMap(({ entra, ...person }) =>
    entra === null
      ? []
      : [{ kind: 'user', id: entra.id, state: 'present', properties: userProperties({ ...person, entra }) }],
  );
}

function groupsOf(world: World): readonly EntraGroup[] {
  const createdAt = world.people[0]?.hiredAt ?? 0;
  return world.entra.groups.map(({ id, name, description, users, groups, devices }) => ({
    kind: 'group',
    id,
    properties: groupProperties({ id, name, description, createdAt }),
    members: new Set([...users, ...groups, ...devices]),
  }));
}

function devicesOf(world: World): readonly EntraDevice[] {
  return world.entra.devices.map(({ id, name }) => ({
    kind: 'device',
    id,
    properties: {
      id,
      deletedDateTime: null,
      accountEnabled: true,
      deviceId: id,
      displayName: name,
      operatingSystem: 'Android',
      operatingSystemVersion: '14.0',
    },
  }));
}

function servicePrincipalOf(world: World): EntraTenant['servicePrincipal'] {
  const { id, appId, name, roles } = world.entra.app;
  return {
    id,
    appId,
    displayName: name,
    appDisplayName: name,
    accountEnabled: true,
    appRoleAssignmentRequired: true,
    deletedDateTime: null,
    servicePrincipalType: 'Application',
    tags: ['WindowsAzureActiveDirectoryIntegratedApp'],
    appRoles: roles.map((role) => ({
      id: role.id,
      displayName: role.name,
      description: role.name,
      value: role.name.toLowerCase(),
      isEnabled: true,
      allowedMemberTypes: ['User'],
      origin: 'Application',
    })),
  };
}

function assignmentsOf(world: World): readonly AppRoleAssignment[] {
  const createdAt = world.people[0]?.hiredAt ?? 0;
  return world.entra.app.assignments.map(({ principal, kind, role }) =>
    assignmentOf({ principalId: principal, principalType: kind, appRoleId: role, createdAt }),
  );
}

/** An assignment; without a role it gives default access. */
export function assignmentOf(assignment: {
  readonly principalId: string;
  readonly principalType: 'User' | 'Group';
  readonly appRoleId: string | null;
  readonly createdAt: number;
}): AppRoleAssignment {
  const { principalId, principalType, createdAt } = assignment;
  const appRoleId = assignment.appRoleId ?? DEFAULT_ROLE;
  const id = createHash('sha256').update(`${principalId} ${appRoleId}`).digest('base64url');
  return { id, appRoleId, principalId, principalType, createdDateTime: new Date(createdAt).toISOString() };
}
