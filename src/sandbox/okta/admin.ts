import type { OktaStatus } from '../world/types.ts';
import { nameOf } from './directory.ts';
import type { OktaDirectory, OktaGroup, OktaProfile, OktaUser } from './directory.ts';

/**
 * What an administrator does at Okta. A user is named by id or login, a group by id or name; naming
 * one that does not exist is an error.
 */
export interface OktaAdmin {
  /** A new active user; returns the id. */
  createUser(user: {
    readonly email: string;
    readonly firstName: string;
    readonly lastName: string;
    readonly profile?: OktaProfile;
    readonly status?: OktaStatus;
  }): string;
  suspendUser(user: string): void;
  unsuspendUser(user: string): void;
  /** The user keeps the groups and loses the app (Okta: "Deactivate a user"). */
  deactivateUser(user: string): void;
  activateUser(user: string): void;
  /** For good: nothing of the user stays. */
  deleteUser(user: string): void;
  /** Sets attributes; undefined takes one away. */
  updateProfile(user: string, changes: Readonly<Record<string, OktaProfile[string] | undefined>>): void;
  /** A new group; returns the id. */
  createGroup(name: string, description?: string): string;
  renameGroup(group: string, name: string): void;
  deleteGroup(group: string): void;
  addMember(group: string, user: string): void;
  removeMember(group: string, user: string): void;
  assignUser(user: string): void;
  unassignUser(user: string): void;
  assignGroup(group: string): void;
  unassignGroup(group: string): void;
}

/** The administrator of one directory. */
export function createOktaAdmin(directory: OktaDirectory, now: () => number): OktaAdmin {
  // People and groups carry whole seconds.
  const stamp = (): number => Math.floor(now() / 1000) * 1000;
  return {
    ...userAdmin(directory, stamp),
    ...groupAdmin(directory, stamp),
    ...appAdmin(directory),
  };
}

type UserAdmin = Pick<
  OktaAdmin,
  | 'createUser'
  | 'suspendUser'
  | 'unsuspendUser'
  | 'deactivateUser'
  | 'activateUser'
  | 'deleteUser'
  | 'updateProfile'
>;

function userAdmin(directory: OktaDirectory, stamp: () => number): UserAdmin {
  let created = 0;
  const become = (user: string, status: OktaStatus): void => {
    const at = stamp();
    directory.putUser({ ...findUser(directory, user), status, statusChanged: at, lastUpdated: at });
  };
  return {
    createUser({ email, firstName, lastName, profile = {}, status = 'ACTIVE' }) {
      created += 1;
      const id = `00unew${String(created).padStart(14, '0')}`;
      const at = stamp();
      const base = { login: email, email, secondEmail: null, mobilePhone: null, firstName, lastName };
      const times = { created: at, activated: at, statusChanged: at, lastUpdated: at };
      const never = { lastLogin: null, passwordChanged: null };
      directory.putUser({ id, status, ...times, ...never, profile: { ...base, ...profile } });
      return id;
    },
    suspendUser: (user) => become(user, 'SUSPENDED'),
    unsuspendUser: (user) => become(user, 'ACTIVE'),
    deactivateUser: (user) => {
      const { id } = findUser(directory, user);
      become(id, 'DEPROVISIONED');
      directory.putApp({ ...directory.app(), users: without(directory.app().users, id) });
    },
    activateUser: (user) => become(user, 'ACTIVE'),
    deleteUser: (user) => {
      const { id } = findUser(directory, user);
      for (const group of directory.groups.values()) {
        if (group.members.has(id))
          setMembers(directory, group, { members: without(group.members, id), at: stamp() });
      }
      directory.putApp({ ...directory.app(), users: without(directory.app().users, id) });
      directory.removeUser(id);
    },
    updateProfile: (user, changes) => {
      const found = findUser(directory, user);
      const kept = Object.entries({ ...found.profile, ...changes }).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, value] as const],
      );
      directory.putUser({ ...found, profile: Object.fromEntries(kept), lastUpdated: stamp() });
    },
  };
}

type GroupAdmin = Pick<
  OktaAdmin,
  'createGroup' | 'renameGroup' | 'deleteGroup' | 'addMember' | 'removeMember'
>;

function groupAdmin(directory: OktaDirectory, stamp: () => number): GroupAdmin {
  let created = 0;
  return {
    createGroup(name, description = '') {
      created += 1;
      const id = `00gnew${String(created).padStart(14, '0')}`;
      const at = stamp();
      const times = { created: at, lastUpdated: at, lastMembershipUpdated: at };
      directory.putGroup({
        id,
        type: 'OKTA_GROUP',
        ...times,
        profile: { name, description },
        members: new Set(),
      });
      return id;
    },
    renameGroup(group, name) {
      const found = findGroup(directory, group);
      directory.putGroup({ ...found, profile: { ...found.profile, name }, lastUpdated: stamp() });
    },
    deleteGroup(group) {
      const { id } = findGroup(directory, group);
      const app = directory.app();
      directory.putApp({ ...app, groups: app.groups.filter((assigned) => assigned !== id) });
      directory.removeGroup(id);
    },
    addMember(group, user) {
      const found = findGroup(directory, group);
      const members = new Set(found.members).add(findUser(directory, user).id);
      setMembers(directory, found, { members, at: stamp() });
    },
    removeMember(group, user) {
      const found = findGroup(directory, group);
      const members = without(found.members, findUser(directory, user).id);
      setMembers(directory, found, { members, at: stamp() });
    },
  };
}

type AppAdmin = Pick<OktaAdmin, 'assignUser' | 'unassignUser' | 'assignGroup' | 'unassignGroup'>;

function appAdmin(directory: OktaDirectory): AppAdmin {
  return {
    assignUser(user) {
      const app = directory.app();
      directory.putApp({ ...app, users: new Set(app.users).add(findUser(directory, user).id) });
    },
    unassignUser(user) {
      const app = directory.app();
      directory.putApp({ ...app, users: without(app.users, findUser(directory, user).id) });
    },
    assignGroup(group) {
      const app = directory.app();
      const { id } = findGroup(directory, group);
      directory.putApp({ ...app, groups: [...app.groups.filter((assigned) => assigned !== id), id] });
    },
    unassignGroup(group) {
      const app = directory.app();
      const { id } = findGroup(directory, group);
      directory.putApp({ ...app, groups: app.groups.filter((assigned) => assigned !== id) });
    },
  };
}

/** A user by id or login; undefined when there is none. */
export function lookUpUser(directory: OktaDirectory, user: string): OktaUser | undefined {
  const byId = directory.users.get(user);
  if (byId !== undefined) return byId;
  const login = user.toLowerCase();
  for (const candidate of directory.users.values()) {
    if (String(candidate.profile['login']).toLowerCase() === login) return candidate;
  }
  return undefined;
}

function findUser(directory: OktaDirectory, user: string): OktaUser {
  const found = lookUpUser(directory, user);
  if (found === undefined) throw new Error(`The Okta stand-in has no user ${user}`);
  return found;
}

function findGroup(directory: OktaDirectory, group: string): OktaGroup {
  const found =
    directory.groups.get(group) ??
    [...directory.groups.values()].find((candidate) => nameOf(candidate) === group);
  if (found === undefined) throw new Error(`The Okta stand-in has no group ${group}`);
  return found;
}

function setMembers(
  directory: OktaDirectory,
  group: OktaGroup,
  change: { readonly members: ReadonlySet<string>; readonly at: number },
): void {
  directory.putGroup({ ...group, members: change.members, lastMembershipUpdated: change.at });
}

function without(set: ReadonlySet<string>, item: string): ReadonlySet<string> {
  return new Set([...set].filter((kept) => kept !== item));
}
