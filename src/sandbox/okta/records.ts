import type { OktaApp, OktaAppUser, OktaGroup, OktaUser } from './directory.ts';

/** A JSON object on its way out. */
export type OktaRecord = Readonly<Record<string, unknown>>;

const USER_TYPE = { id: 'oty1acme0000default01' };

/** A user as lists and single reads give it (Okta: `User`). */
export function userRecord(user: OktaUser, origin: string): OktaRecord {
  return {
    id: user.id,
    status: user.status,
    created: iso(user.created),
    activated: iso(user.activated),
    statusChanged: iso(user.statusChanged),
    lastLogin: iso(user.lastLogin),
    lastUpdated: iso(user.lastUpdated),
    passwordChanged: iso(user.passwordChanged),
    type: USER_TYPE,
    profile: user.profile,
    credentials: {
      ...(user.passwordChanged === null ? {} : { password: {} }),
      provider: { type: 'OKTA', name: 'OKTA' },
    },
    _links: { self: { href: `${origin}/api/v1/users/${user.id}` } },
  };
}

/** A group; `statistics` stands for `expand=stats` (Okta: `Group`). */
export function groupRecord(
  group: OktaGroup,
  origin: string,
  statistics?: { readonly users: number; readonly apps: number },
): OktaRecord {
  const href = `${origin}/api/v1/groups/${group.id}`;
  const record = {
    id: group.id,
    created: iso(group.created),
    lastUpdated: iso(group.lastUpdated),
    lastMembershipUpdated: iso(group.lastMembershipUpdated),
    objectClass: ['okta:user_group'],
    type: group.type,
    profile: group.profile,
    _links: { users: { href: `${href}/users` }, apps: { href: `${href}/apps` } },
  };
  if (statistics === undefined) return record;
  const stats = {
    usersCount: statistics.users,
    appsCount: statistics.apps,
    groupPushMappingsCount: 0,
    hasAdminPrivilege: false,
  };
  return { ...record, _embedded: { stats } };
}

/** The application itself (Okta: `Application`). */
export function appRecord(app: OktaApp, origin: string): OktaRecord {
  const href = `${origin}/api/v1/apps/${app.id}`;
  return {
    id: app.id,
    name: 'retool',
    label: app.label,
    status: 'ACTIVE',
    created: iso(app.created),
    lastUpdated: iso(app.created),
    signOnMode: 'SAML_2_0',
    features: [],
    _links: { self: { href }, users: { href: `${href}/users` }, groups: { href: `${href}/groups` } },
  };
}

/** A user's assignment; `expand=user` puts the user beside it (Okta: `AppUser`). */
export function appUserRecord(
  assignment: OktaAppUser,
  context: { readonly app: OktaApp; readonly origin: string; readonly expand: 'user' | null },
): OktaRecord {
  const { user, scope, group } = assignment;
  const { app, origin } = context;
  const record = {
    id: user.id,
    externalId: null,
    created: iso(user.created),
    lastUpdated: iso(user.lastUpdated),
    scope,
    status: 'ACTIVE',
    statusChanged: iso(user.statusChanged ?? user.created),
    passwordChanged: null,
    syncState: 'DISABLED',
    credentials: { userName: user.profile['login'] },
    profile: {},
    _links: {
      app: { href: `${origin}/api/v1/apps/${app.id}` },
      user: { href: `${origin}/api/v1/users/${user.id}` },
      ...(group === null ? {} : { group: { href: `${origin}/api/v1/groups/${group}` } }),
    },
  };
  return context.expand === null ? record : { ...record, _embedded: { user: userRecord(user, origin) } };
}

/** A group's assignment; `expand=group` puts the group beside it (Okta: `ApplicationGroupAssignment`). */
export function appGroupRecord(
  group: OktaGroup,
  context: { readonly app: OktaApp; readonly origin: string; readonly expand: 'group' | null },
): OktaRecord {
  const { app, origin } = context;
  const record = {
    id: group.id,
    lastUpdated: iso(app.created),
    priority: app.groups.indexOf(group.id),
    profile: {},
    _links: {
      app: { href: `${origin}/api/v1/apps/${app.id}` },
      group: { href: `${origin}/api/v1/groups/${group.id}` },
    },
  };
  return context.expand === null ? record : { ...record, _embedded: { group: groupRecord(group, origin) } };
}

function iso(time: number | null): string | null {
  return time === null ? null : new Date(time).toISOString();
}
