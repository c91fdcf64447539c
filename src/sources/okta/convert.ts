import type { GroupRecord, Row } from '../../model/collection.ts';
import { faultOf, statedJson } from '../../model/stated.ts';
import type { JsonObject } from '../../model/json.ts';
import type { Enterprise, Manager, Name, User } from '../../model/user.ts';
import {
  MembersStamped,
  OktaGroup,
  OktaUser,
  placedAttributes,
  plainId,
  plainUser,
  type Standing,
} from './schema.ts';

/**
 * What a row of people comes to. `absent` people exist, with a status that keeps them out of the snapshot; `unknown`
 * ones have a status that nobody can judge.
 */
export type PersonRow =
  | { readonly state: 'person'; readonly standing: Standing | 'unknown'; readonly user: User }
  | { readonly state: 'rejected'; readonly externalId: string | null; readonly text: string };

export type Standings = ReadonlyMap<string, Standing>;

/**
 * Who may sign in, by Okta user status. LOCKED_OUT ends by itself, RECOVERY and PASSWORD_EXPIRED end with a new
 * password, and PROVISIONED waits for the first sign-in: none of these people left. STAGED people were never
 * activated, so they are not there yet.
 */
const defaultStandings: Readonly<Record<string, Standing>> = {
  ACTIVE: 'active',
  PASSWORD_EXPIRED: 'active',
  RECOVERY: 'active',
  LOCKED_OUT: 'active',
  PROVISIONED: 'active',
  STAGED: 'absent',
  SUSPENDED: 'inactive',
  DEPROVISIONED: 'inactive',
};

/** The default standings with those of the configuration laid over them. */
export function standingsOf(configured: { readonly [status: string]: Standing | undefined } = {}): Standings {
  const standings = new Map(Object.entries(defaultStandings));
  for (const [status, standing] of Object.entries(configured)) {
    if (standing !== undefined) standings.set(status, standing);
  }
  return standings;
}

/** The id of a row whatever else is wrong with it; null when it has none. */
export function idOf(raw: unknown): string | null {
  return plainId(raw);
}

/**
 * A raw user as an identity. A status that Okta did not have when this was written says nothing of whether the person
 * may sign in: this one person is not judged, and all others are.
 */
export function personOf(raw: unknown, standings: Standings): PersonRow {
  const plain = plainUser(raw);
  const parsed = plain === null ? OktaUser.safeParse(raw) : { success: true as const, data: plain };
  if (!parsed.success) return { state: 'rejected', externalId: idOf(raw), text: faultOf(parsed.error) };
  const { id, status, profile } = parsed.data;
  const standing = standings.get(status) ?? 'unknown';
  return { state: 'person', standing, user: userOf(id, status, profile, standing) };
}

/** A raw user as lists count it: with a standing of `absent` as if the org did not list it. */
export function listedPerson(raw: unknown, standings: Standings): Row<User> {
  const row = personOf(raw, standings);
  if (row.state === 'rejected') return row;
  return row.standing === 'absent'
    ? { state: 'leftOut', externalId: row.user.externalId }
    : { state: 'read', value: row.user };
}

/** Where SCIM has a place for an attribute of a profile. */
const places = {
  user: {
    login: 'userName',
    email: 'email',
    displayName: 'displayName',
    nickName: 'nickName',
    title: 'title',
    userType: 'userType',
    preferredLanguage: 'preferredLanguage',
    locale: 'locale',
    timezone: 'timezone',
  },
  name: {
    firstName: 'givenName',
    lastName: 'familyName',
    middleName: 'middleName',
    honorificPrefix: 'honorificPrefix',
    honorificSuffix: 'honorificSuffix',
  },
  enterprise: {
    employeeNumber: 'employeeNumber',
    costCenter: 'costCenter',
    organization: 'organization',
    division: 'division',
    department: 'department',
  },
  manager: { managerId: 'value', manager: 'displayName' },
} as const;

type Profile = OktaUser['profile'];
type Places = readonly (readonly [from: keyof Profile & string, to: string])[];

const userPlaces = Object.entries(places.user) as Places;
const namePlaces = Object.entries(places.name) as Places;
const enterprisePlaces = Object.entries(places.enterprise) as Places;
const managerPlaces = Object.entries(places.manager) as Places;

/** What of these attributes is stated, in their places; null for none. Names alone may be stated as blank. */
function placed<Shape>(profile: Profile, table: Places, blank: 'states' | 'statesNothing'): Shape | null {
  let shape: Record<string, unknown> | null = null;
  for (const [from, to] of table) {
    const value = profile[from];
    if (typeof value !== 'string' || (value === '' && blank === 'statesNothing')) continue;
    shape ??= {};
    shape[to] = value;
  }
  // The table names the attributes of the shape, all of which are text.
  return shape as Shape | null;
}

/** Profile attributes go where SCIM has a place for them, and all others to `extra` under Okta's names. */
function userOf(id: string, status: string, profile: Profile, standing: Standing | 'unknown'): User {
  const name = placed<Name>(profile, namePlaces, 'states');
  const manager = placed<Manager>(profile, managerPlaces, 'statesNothing');
  const work = placed<Enterprise>(profile, enterprisePlaces, 'statesNothing');
  const { email } = profile;
  return {
    externalId: id,
    active: standing === 'active' || standing === 'unknown',
    ...(standing === 'unknown' ? { unjudged: unknownStatus(status) } : null),
    ...placed<Partial<User>>(profile, userPlaces, 'statesNothing'),
    ...(typeof email === 'string' && email !== '' ? { emails: [{ value: email, primary: true }] } : null),
    ...(name === null ? null : { name }),
    ...(work === null && manager === null
      ? null
      : { enterprise: { ...work, ...(manager === null ? null : { manager }) } }),
    extra: extraOf(profile, status),
  };
}

/** What is said elsewhere: attributes with a place in SCIM, and the status, which no attribute takes the place of. */
const saidElsewhere: ReadonlySet<string> = new Set([...placedAttributes, 'status']);

function extraOf(profile: Profile, status: string): JsonObject {
  return Object.assign(statedJson(profile, saidElsewhere), status === '' ? null : { status });
}

function unknownStatus(status: string): string {
  return `Okta gives the status ${JSON.stringify(status.slice(0, 40))}, which this version does not know`;
}

/** When a group's members last changed, epoch milliseconds by Okta's clock; null when its row does not say. */
export function membersChangedAt(raw: unknown): number | null {
  const at = Date.parse(MembersStamped.safeParse(raw).data?.lastMembershipUpdated ?? '');
  return Number.isNaN(at) ? null : at;
}

export function groupOf(raw: unknown): Row<GroupRecord> {
  const parsed = OktaGroup.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', externalId: idOf(raw), text: faultOf(parsed.error) };
  const { id, type, profile } = parsed.data;
  const { name, ...rest } = profile;
  return {
    state: 'read',
    value: { externalId: id, displayName: name, extra: statedJson({ ...rest, type }) },
  };
}
