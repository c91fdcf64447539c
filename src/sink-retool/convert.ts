import type {
  AccessRequest,
  AttributeDefinition,
  CatalogueObject,
  CurrentGroup,
  CurrentInvite,
  CurrentUser,
  Grant,
} from '../model/current-state.ts';
import type { UserType } from '../model/desired-state.ts';
import type { Json, JsonObject } from '../model/json.ts';
import { flagNames } from '../model/operation.ts';
import type { AccessLevels, GroupFlags } from '../model/rules.ts';
import { capabilities } from './capabilities.ts';
import * as schema from './schema.ts';

const userTypes = ['default', 'mobile', 'embed'] as const satisfies readonly UserType[];
const libraryLevels = ['none', 'use', 'edit'] as const satisfies readonly AccessLevels['queryLibrary'][];
const levels = [...libraryLevels, 'own'] as const satisfies readonly AccessLevels['apps'][];

/**
 * `admins`: ids of the members of the group `admin`, for releases whose users do not say it themselves; `tokenOwner`:
 * the id of the account that made the token, null when that is not known.
 */
export function toCurrentUser(
  row: schema.User,
  admins: ReadonlySet<string>,
  tokenOwner: string | null = null,
): CurrentUser {
  return {
    id: row.id,
    email: row.email,
    firstName: row.first_name,
    lastName: row.last_name,
    active: row.active,
    isAdmin: row.is_admin ?? admins.has(row.id),
    userType: oneOf(userTypes, row.user_type),
    metadata: toTable(row.metadata),
    lastActive: row.last_active ?? null,
    ...(row.id === tokenOwner ? { ownsToken: true } : {}),
    ...(capabilities.userId.value.test(row.id) ? {} : { unusable: true }),
  };
}

/** `id` apart, since older and later releases keep it in different fields. */
export function toCurrentGroup(row: schema.Group, id: string): CurrentGroup {
  const members = new Map<string, { groupAdmin: boolean }>();
  for (const member of row.members) {
    const earlier = members.get(member.id)?.groupAdmin ?? false;
    members.set(member.id, { groupAdmin: earlier || member.is_group_admin === true });
  }
  const flags = toFlags(row);
  return {
    id,
    name: row.name,
    members,
    access: toAccessLevels(row),
    ...(Object.keys(flags).length === 0 ? {} : { flags }),
    ...(row.landing_page_app_id === undefined ? {} : { landingPage: row.landing_page_app_id }),
  };
}

/** Those flags that the reply states. */
function toFlags(row: schema.Group): GroupFlags {
  const flags: { -readonly [Name in keyof GroupFlags]: boolean } = {};
  for (const [name, field] of Object.entries(flagNames) as [
    keyof GroupFlags,
    (typeof flagNames)[keyof GroupFlags],
  ][]) {
    const flag = row[field];
    if (typeof flag === 'boolean') flags[name] = flag;
  }
  return flags;
}

/** null when a level is missing or unknown: a comparison with half of them would call for changes. */
function toAccessLevels(row: schema.Group): AccessLevels | null {
  const apps = oneOf(levels, row.universal_app_access);
  const resources = oneOf(levels, row.universal_resource_access);
  const workflows = oneOf(levels, row.universal_workflow_access);
  const queryLibrary = oneOf(libraryLevels, row.universal_query_library_access);
  if (apps === null || resources === null || workflows === null || queryLibrary === null) return null;
  return { apps, resources, workflows, queryLibrary };
}

function oneOf<Value extends string>(
  values: readonly Value[],
  value: string | null | undefined,
): Value | null {
  return values.find((each) => each === value) ?? null;
}

/** The members of the group that makes people admins. */
export function adminsOf(groups: readonly CurrentGroup[]): ReadonlySet<string> {
  const admin = groups.find(({ name }) => name === capabilities.adminGroup.value);
  return new Set(admin?.members.keys());
}

/** The invite's link logs its bearer in, so it ends here. `joined`: the groups whose own lists name the invite. */
export function toCurrentInvite(row: schema.UserInvite, joined: readonly string[]): CurrentInvite {
  const told = (row.groups ?? []).flatMap((group) => schema.groupIdIn(group) ?? []);
  return {
    id: row.id,
    email: row.invited_email,
    claimed: isStated(row.claimed_by) || isStated(row.claimed_at),
    claimedBy: isStated(row.claimed_by) ? (row.claimed_by ?? null) : null,
    expiresAt: row.expires_at ?? null,
    groups: new Set([...told, ...joined]),
    metadata: toTable(row.metadata ?? {}),
  };
}

/** Folders with their whole path, since names alone repeat; one whose parents go round is named alone. */
export function toFolders(rows: readonly schema.Folder[]): readonly CatalogueObject[] {
  const byId = new Map(rows.map((row) => [row.id, row]));
  return rows.map(({ id, name, parent_folder_id }) => {
    const names = [name];
    const seen = new Set([id]);
    let parent = byId.get(parent_folder_id ?? '');
    while (parent !== undefined && !seen.has(parent.id)) {
      names.unshift(parent.name);
      seen.add(parent.id);
      parent = byId.get(parent.parent_folder_id ?? '');
    }
    return { type: 'folder', id, name, path: names.join('/') };
  });
}

export function toApp({ id, name }: schema.App): CatalogueObject {
  return { type: 'app', id, name, path: name };
}

export function toResource({ id, display_name: name }: schema.Resource): CatalogueObject {
  return { type: 'resource', id, name, path: name };
}

export function toResourceConfiguration(row: schema.ResourceConfiguration): CatalogueObject {
  const name = `${row.resource.display_name}/${row.environment.name}`;
  return { type: 'resource_configuration', id: row.id, name, path: name };
}

export function toGrant({ type, id, access_level: level }: schema.Grant): Grant {
  return { type, id, level };
}

export function toAccessRequest({
  id,
  requesting_email: email,
  status,
}: schema.AccessRequest): AccessRequest {
  return { id, email, status };
}

export function toAttributeDefinition(row: schema.UserAttribute): AttributeDefinition {
  const { name, data_type: dataType, default_value: defaultValue } = row;
  return { name, dataType: dataType ?? 'string', defaultValue: toText(defaultValue) };
}

/** A table without a prototype: its keys are chosen by whoever may write metadata. */
export function toTable(metadata: Readonly<Record<string, unknown>>): JsonObject {
  // It was parsed from JSON, so its values are nothing else.
  return Object.assign(Object.create(null), metadata) as { [key: string]: Json };
}

function toText(value: unknown): string | null {
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function isStated(value: string | null | undefined): boolean {
  return value !== null && value !== undefined && value !== '';
}
