import { createListingCache, listingOf } from '../listing.ts';
import type { Listing } from '../listing.ts';
import type { OktaStatus, Person, World } from '../world/types.ts';

/** A user as the directory keeps it; times are epoch milliseconds of whole seconds. */
export interface OktaUser {
  readonly id: string;
  readonly status: OktaStatus;
  readonly created: number;
  readonly activated: number | null;
  readonly statusChanged: number | null;
  readonly lastLogin: number | null;
  readonly lastUpdated: number;
  readonly passwordChanged: number | null;
  readonly profile: OktaProfile;
}

/** Base attributes, and whatever the organisation added. */
export type OktaProfile = Readonly<Record<string, string | number | boolean | null>>;

/** A group as the directory keeps it. `Everyone` has no members of its own: it holds all users. */
export interface OktaGroup {
  readonly id: string;
  readonly type: 'OKTA_GROUP' | 'BUILT_IN';
  readonly created: number;
  readonly lastUpdated: number;
  readonly lastMembershipUpdated: number;
  readonly profile: OktaProfile;
  readonly members: ReadonlySet<string>;
}

/** The application and who is assigned to it, by id. */
export interface OktaApp {
  readonly id: string;
  readonly label: string;
  readonly created: number;
  /** Highest priority first. */
  readonly groups: readonly string[];
  readonly users: ReadonlySet<string>;
}

/** A user's assignment to the app: on its own, or through the first assigned group that holds the user. */
export interface OktaAppUser {
  readonly user: OktaUser;
  readonly scope: 'USER' | 'GROUP';
  readonly group: string | null;
}

/** Everything the Okta stand-in knows; each write replaces a record and drops the kept listings. */
export interface OktaDirectory {
  readonly users: ReadonlyMap<string, OktaUser>;
  readonly groups: ReadonlyMap<string, OktaGroup>;
  app(): OktaApp;
  putUser(user: OktaUser): void;
  removeUser(id: string): void;
  putGroup(group: OktaGroup): void;
  removeGroup(id: string): void;
  putApp(app: OktaApp): void;
  /** By status, then id. */
  listUsers(): Listing<OktaUser>;
  /** By name. */
  listGroups(): Listing<OktaGroup>;
  /** By id; whatever the members' status. */
  listMembers(group: OktaGroup): Listing<OktaUser>;
  /** By id; deactivated users have lost their apps. */
  listAppUsers(): Listing<OktaAppUser>;
  /** By priority. */
  listAppGroups(): Listing<OktaGroup>;
}

/** The digit that begins the cursor of the user list. */
const STATUS_ORDER: readonly OktaStatus[] = [
  'STAGED',
  'PROVISIONED',
  'ACTIVE',
  'RECOVERY',
  'LOCKED_OUT',
  'PASSWORD_EXPIRED',
  'SUSPENDED',
  'DEPROVISIONED',
];

const EVERYONE_ID = '00geveryone000000001';

/** A directory filled with the world's people and groups. */
export function createOktaDirectory(world: World): OktaDirectory {
  const names = new Map(world.people.map((person) => [person.email, displayName(person)]));
  const users = new Map(
    world.people.flatMap((person) => userOf(person, names)).map((user) => [user.id, user]),
  );
  const groups = new Map(groupsOf(world).map((group) => [group.id, group]));
  const { id, label, groups: assigned, users: direct } = world.okta.app;
  let app: OktaApp = { id, label, created: foundedAt(world), groups: assigned, users: new Set(direct) };
  const userListings = createListingCache<OktaUser>();
  const groupListings = createListingCache<OktaGroup>();
  const appListings = createListingCache<OktaAppUser>();
  const write = (change: () => void): void => {
    change();
    userListings.clear();
    groupListings.clear();
    appListings.clear();
  };
  return {
    users,
    groups,
    app: () => app,
    putUser: (user) => write(() => users.set(user.id, user)),
    removeUser: (userId) => write(() => users.delete(userId)),
    putGroup: (group) => write(() => groups.set(group.id, group)),
    removeGroup: (groupId) => write(() => groups.delete(groupId)),
    putApp: (next) =>
      write(() => {
        app = next;
      }),
    listUsers: () =>
      userListings.get('', () =>
        listingOf(users.values(), (user) => `${STATUS_ORDER.indexOf(user.status)}${user.id}`),
      ),
    listGroups: () =>
      groupListings.get('', () => listingOf(groups.values(), (group) => `${nameOf(group)} ${group.id}`)),
    listMembers: (group) =>
      userListings.get(group.id, () => listingOf(membersOf(group, users), (user) => user.id)),
    listAppUsers: () =>
      appListings.get('', () => listingOf(appUsersOf({ app, users, groups }), ({ user }) => user.id)),
    listAppGroups: () =>
      groupListings.get('app', () => {
        const priority = new Map(
          app.groups.map((groupId, index) => [groupId, String(index).padStart(6, '0')]),
        );
        const present = app.groups.flatMap((groupId) => groups.get(groupId) ?? []);
        return listingOf(present, (group) => priority.get(group.id) ?? '');
      }),
  };
}

/** A group's name; every group has one. */
export function nameOf(group: OktaGroup): string {
  return String(group.profile['name']);
}

function membersOf(group: OktaGroup, users: ReadonlyMap<string, OktaUser>): Iterable<OktaUser> {
  if (group.type === 'BUILT_IN') return users.values();
  return [...group.members].flatMap((id) => users.get(id) ?? []);
}

function appUsersOf(from: {
  readonly app: OktaApp;
  readonly users: ReadonlyMap<string, OktaUser>;
  readonly groups: ReadonlyMap<string, OktaGroup>;
}): Iterable<OktaAppUser> {
  const assigned = new Map<string, OktaAppUser>();
  const assign = (id: string, group: string | null): void => {
    const user = from.users.get(id);
    if (user === undefined || user.status === 'DEPROVISIONED' || assigned.has(id)) return;
    assigned.set(id, { user, scope: group === null ? 'USER' : 'GROUP', group });
  };
  for (const id of from.app.users) assign(id, null);
  for (const group of from.app.groups) {
    for (const id of from.groups.get(group)?.members ?? []) assign(id, group);
  }
  return assigned.values();
}

function foundedAt(world: World): number {
  return world.people[0]?.hiredAt ?? 0;
}

const DAY = 86_400_000;

function userOf(person: Person, names: ReadonlyMap<string, string>): readonly OktaUser[] {
  if (person.okta === null) return [];
  const { id, status } = person.okta;
  const created = person.hiredAt;
  const begun = status !== 'STAGED';
  const worked = begun && status !== 'PROVISIONED';
  return [
    {
      id,
      status,
      created,
      activated: begun ? created + DAY : null,
      statusChanged: begun ? created + 2 * DAY : null,
      lastLogin: worked ? created + 30 * DAY : null,
      lastUpdated: created + 40 * DAY,
      passwordChanged: worked ? created + 2 * DAY : null,
      profile: profileOf(person, names),
    },
  ];
}

/** `githubHandle`, `badgeNumber` and `onCall` are attributes that Acme added. */
function profileOf(person: Person, names: ReadonlyMap<string, string>): OktaProfile {
  const [handle = ''] = person.email.split('@');
  const badge = Number(person.employeeNumber.slice(1));
  return {
    login: person.email,
    email: person.email,
    secondEmail: null,
    mobilePhone: null,
    firstName: person.given,
    lastName: person.family,
    displayName: displayName(person),
    title: person.title,
    department: person.department,
    organization: 'Acme',
    userType: 'Employee',
    employeeNumber: person.employeeNumber,
    costCenter: `CC-${100 + (badge % 50)}`,
    locale: 'en_US',
    ...(person.manager === null
      ? {}
      : { managerId: person.manager, manager: names.get(person.manager) ?? person.manager }),
    githubHandle: handle.replace('.', '-'),
    badgeNumber: badge,
    onCall: person.department === 'Engineering',
  };
}

function displayName(person: Person): string {
  return `${person.given} ${person.family}`;
}

function groupsOf(world: World): readonly OktaGroup[] {
  const founded = foundedAt(world);
  const since = { created: founded, lastUpdated: founded, lastMembershipUpdated: founded + 400 * DAY };
  const everyone: OktaGroup = {
    id: EVERYONE_ID,
    type: 'BUILT_IN',
    ...since,
    profile: { name: 'Everyone', description: 'All users in your organization' },
    members: new Set(),
  };
  const made = world.okta.groups.map((group): OktaGroup => ({
    id: group.id,
    type: 'OKTA_GROUP',
    ...since,
    profile: { name: group.name, description: group.description, owningTeam: 'IT' },
    members: new Set(group.members),
  }));
  return [everyone, ...made];
}
