import { blankUser, groupProperties } from './properties.ts';
import type { Properties } from './properties.ts';
import { assignmentOf } from './tenant.ts';
import type { EntraGroup, EntraUser } from './objects.ts';
import type { EntraTenant } from './tenant.ts';

/**
 * What an administrator does at Entra. A user is named by id or user principal name, a group by id or
 * display name; naming one that does not exist is an error.
 */
export interface EntraAdmin {
  /** A new enabled member of the tenant; returns the id. `properties` carries Graph's names. */
  createUser(user: { readonly userPrincipalName: string; readonly properties?: Properties }): string;
  disableUser(user: string): void;
  enableUser(user: string): void;
  /** Into the recycle bin: no list shows the user any more. */
  deleteUser(user: string): void;
  /** Out of the recycle bin for good, and out of all groups; named by id. */
  purgeUser(id: string): void;
  /** Out of the recycle bin, with the memberships of before; named by id. */
  restoreUser(id: string): void;
  /** Sets properties under Graph's names. */
  updateUser(user: string, changes: Properties): void;
  /** A new security group; returns the id. */
  createGroup(name: string, description?: string): string;
  renameGroup(group: string, name: string): void;
  deleteGroup(group: string): void;
  /** `member` is a user or a group. */
  addMember(group: string, member: string): void;
  removeMember(group: string, member: string): void;
  /** Assigns a user or group to the enterprise application, in place of what it was assigned; default access. */
  assign(principal: string, role?: string): void;
  unassign(principal: string): void;
  /** Takes back every delta token that was given out, as maintenance of a tenant may. */
  resetDelta(): void;
}

/** The administrator of one tenant. */
export function createEntraAdmin(tenant: EntraTenant, now: () => number, resetDelta: () => void): EntraAdmin {
  let created = 0;
  const nextId = (): string => {
    created += 1;
    return `fffffff0-0000-4000-8000-${String(created).padStart(12, '0')}`;
  };
  return {
    ...userAdmin(tenant, { now, nextId }),
    ...groupAdmin(tenant, { now, nextId }),
    ...appAdmin(tenant, now),
    resetDelta,
  };
}

interface AdminParts {
  readonly now: () => number;
  readonly nextId: () => string;
}

type UserAdmin = Pick<
  EntraAdmin,
  'createUser' | 'disableUser' | 'enableUser' | 'deleteUser' | 'purgeUser' | 'restoreUser' | 'updateUser'
>;

function userAdmin(tenant: EntraTenant, { now, nextId }: AdminParts): UserAdmin {
  const update = (user: string, changes: Properties): void => {
    const found = findUser(tenant, user);
    tenant.putUser({ ...found, properties: { ...found.properties, ...changes } });
  };
  return {
    createUser({ userPrincipalName, properties = {} }) {
      const id = nextId();
      const createdDateTime = new Date(now()).toISOString();
      const mail = userPrincipalName;
      tenant.putUser({
        kind: 'user',
        id,
        state: 'present',
        properties: { ...blankUser(id, userPrincipalName), createdDateTime, mail, ...properties },
      });
      return id;
    },
    disableUser: (user) => update(user, { accountEnabled: false }),
    enableUser: (user) => update(user, { accountEnabled: true }),
    updateUser: update,
    deleteUser: (user) => tenant.putUser({ ...findUser(tenant, user), state: 'deleted' }),
    purgeUser: (id) => tenant.purgeUser(deletedUser(tenant, id).id),
    restoreUser: (id) => tenant.putUser({ ...deletedUser(tenant, id), state: 'present' }),
  };
}

function deletedUser(tenant: EntraTenant, id: string): EntraUser {
  const user = tenant.users.get(id);
  if (user?.state !== 'deleted') throw new Error(`The Entra stand-in has no deleted user ${id}`);
  return user;
}

type GroupAdmin = Pick<
  EntraAdmin,
  'createGroup' | 'renameGroup' | 'deleteGroup' | 'addMember' | 'removeMember'
>;

function groupAdmin(tenant: EntraTenant, { now, nextId }: AdminParts): GroupAdmin {
  return {
    createGroup(name, description = '') {
      const id = nextId();
      const properties = groupProperties({ id, name, description, createdAt: now() });
      tenant.putGroup({ kind: 'group', id, properties, members: new Set() });
      return id;
    },
    renameGroup(group, name) {
      const found = findGroup(tenant, group);
      tenant.putGroup({ ...found, properties: { ...found.properties, displayName: name } });
    },
    deleteGroup: (group) => tenant.removeGroup(findGroup(tenant, group).id),
    addMember(group, member) {
      const found = findGroup(tenant, group);
      tenant.putGroup({ ...found, members: new Set(found.members).add(findPrincipal(tenant, member).id) });
    },
    removeMember(group, member) {
      const found = findGroup(tenant, group);
      const { id } = findPrincipal(tenant, member);
      tenant.putGroup({ ...found, members: new Set([...found.members].filter((kept) => kept !== id)) });
    },
  };
}

function appAdmin(tenant: EntraTenant, now: () => number): Pick<EntraAdmin, 'assign' | 'unassign'> {
  const others = (id: string) => tenant.assignments().filter(({ principalId }) => principalId !== id);
  return {
    assign(principal, role) {
      const { id, kind } = findPrincipal(tenant, principal);
      const principalType = kind === 'user' ? 'User' : 'Group';
      const assignment = assignmentOf({
        principalId: id,
        principalType,
        appRoleId: role ?? null,
        createdAt: now(),
      });
      tenant.putAssignments([...others(id), assignment]);
    },
    unassign: (principal) => tenant.putAssignments(others(findPrincipal(tenant, principal).id)),
  };
}

function findPrincipal(tenant: EntraTenant, name: string): EntraUser | EntraGroup {
  const found = lookUpUser(tenant, name) ?? lookUpGroup(tenant, name);
  if (found === undefined) throw new Error(`The Entra stand-in has no user or group ${name}`);
  return found;
}

function findUser(tenant: EntraTenant, name: string): EntraUser {
  const found = lookUpUser(tenant, name);
  if (found === undefined) throw new Error(`The Entra stand-in has no user ${name}`);
  return found;
}

function findGroup(tenant: EntraTenant, name: string): EntraGroup {
  const found = lookUpGroup(tenant, name);
  if (found === undefined) throw new Error(`The Entra stand-in has no group ${name}`);
  return found;
}

/** A user by id or user principal name, unless deleted. */
export function lookUpUser(tenant: EntraTenant, name: string): EntraUser | undefined {
  const byId = tenant.users.get(name);
  if (byId !== undefined) return byId.state === 'present' ? byId : undefined;
  const wanted = name.toLowerCase();
  return tenant
    .listUsers()
    .items.find(({ properties }) => String(properties['userPrincipalName']).toLowerCase() === wanted);
}

function lookUpGroup(tenant: EntraTenant, name: string): EntraGroup | undefined {
  const byId = tenant.groups.get(name);
  return byId ?? tenant.listGroups().items.find(({ properties }) => properties['displayName'] === name);
}
