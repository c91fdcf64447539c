import { listingOf } from '../listing.ts';
import type { Listing } from '../listing.ts';
import type { World } from '../world/types.ts';

/** A user of a Google Workspace account. */
export interface GoogleUser {
  /** Digits, as Google's ids are. */
  readonly id: string;
  readonly primaryEmail: string;
  readonly given: string;
  readonly family: string;
  readonly suspended: boolean;
  readonly archived: boolean;
  /** Further addresses of the same person. */
  readonly aliases: readonly string[];
  readonly orgUnitPath: string;
  readonly title: string;
  readonly department: string;
  readonly employeeNumber: string;
}

/** A group; its members are users, groups, and perhaps everybody. */
export interface GoogleGroup {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly description: string;
  /** Ids of users and of groups. */
  readonly members: ReadonlySet<string>;
  readonly everybody: boolean;
}

/** What a Google Workspace account holds. */
export interface GoogleAccount {
  readonly users: Map<string, GoogleUser>;
  readonly groups: Map<string, GoogleGroup>;
}

/** What an account starts with. */
export interface GoogleSeed {
  readonly users: readonly GoogleUser[];
  readonly groups: readonly GoogleGroup[];
}

/** The Entra half of a company, moved to Google Workspace: without guests, who are no users there. */
export function googleSeedOf({ people, entra }: World): GoogleSeed {
  const ids = new Map<string, string>();
  const users = people.flatMap((person, index): readonly GoogleUser[] => {
    const { entra: presence, email, given, family, title, department, employeeNumber } = person;
    if (presence === null || presence.userType === 'Guest') return [];
    const id = `1${String(index).padStart(20, '0')}`;
    ids.set(presence.id, id);
    const suspended = !presence.enabled;
    const aliases = index % 10 === 3 ? [email.replace('@', '.alias@')] : [];
    const work = { title, department, employeeNumber, orgUnitPath: `/${department}` };
    return [
      { id, primaryEmail: email, given, family, suspended, archived: index % 40 === 9, aliases, ...work },
    ];
  });
  for (const [index, { id }] of entra.groups.entries()) ids.set(id, `0g${String(index).padStart(12, '0')}`);
  const groups = entra.groups.map((group) => ({
    id: ids.get(group.id) ?? '',
    email: `${group.name.toLowerCase().replaceAll(/[^a-z0-9]+/g, '-')}@acme.com`,
    name: group.name,
    description: group.description,
    members: new Set([...group.users, ...group.groups].flatMap((id) => ids.get(id) ?? [])),
    everybody: false,
  }));
  return { users, groups };
}

export function googleAccountOf(seed: GoogleSeed): GoogleAccount {
  return {
    users: new Map(seed.users.map((user) => [user.id, user])),
    groups: new Map(seed.groups.map((group) => [group.id, group])),
  };
}

/** Users by address, as `orderBy=email` lists them. */
export function usersByAddress({ users }: GoogleAccount): Listing<GoogleUser> {
  return listingOf(users.values(), ({ primaryEmail }) => primaryEmail.toLowerCase());
}

export function groupsByAddress({ groups }: GoogleAccount): Listing<GoogleGroup> {
  return listingOf(groups.values(), ({ email }) => email);
}

/** A row of a member list. */
export interface GoogleMember {
  readonly id: string;
  readonly email: string | null;
  readonly type: 'USER' | 'GROUP' | 'CUSTOMER';
  readonly status: string | null;
}

/** The members of a group, and with `derived` those of the groups in it, each once. */
export function membersOf(
  group: GoogleGroup,
  account: GoogleAccount,
  options: { readonly derived: boolean; readonly customer: string },
): Listing<GoogleMember> {
  const rows = new Map<string, GoogleMember>();
  const open = [group];
  for (const { members, everybody } of open) {
    if (everybody)
      rows.set(options.customer, { id: options.customer, email: null, type: 'CUSTOMER', status: null });
    for (const id of members) {
      const inner = account.groups.get(id);
      const user = account.users.get(id);
      if (user !== undefined) rows.set(id, memberRow(user));
      if (inner === undefined || rows.has(id)) continue;
      rows.set(id, { id, email: inner.email, type: 'GROUP', status: 'ACTIVE' });
      if (options.derived) open.push(inner);
    }
  }
  return listingOf(rows.values(), ({ id }) => id);
}

function memberRow({ id, primaryEmail, suspended }: GoogleUser): GoogleMember {
  return { id, email: primaryEmail, type: 'USER', status: suspended ? 'SUSPENDED' : 'ACTIVE' };
}

/** A user or group by id or address; users by their aliases as well. */
export function findUser({ users }: GoogleAccount, key: string): GoogleUser | undefined {
  const address = key.toLowerCase();
  const byId = users.get(key);
  if (byId !== undefined) return byId;
  return [...users.values()].find((user) =>
    [user.primaryEmail.toLowerCase(), ...user.aliases].includes(address),
  );
}

export function findGroup({ groups }: GoogleAccount, key: string): GoogleGroup | undefined {
  return groups.get(key) ?? [...groups.values()].find(({ email }) => email === key.toLowerCase());
}
