import { addAccessRequest } from './access-requests.ts';
import { isBuiltInName, usualIds, type BuiltInIds } from './built-in-groups.ts';
import { placeAttribute, placeGroup, placeInvite, placeUser } from './hand.ts';
import { foldEmail, spaceIdFrom, timestamp, uuidFrom } from './identifiers.ts';
import { createOrganization, userByEmail, type Catalogue, type Organization } from './organization.ts';
import { setGrant } from './permissions.ts';
import type { RetoolSeed, SeedResource } from './types.ts';
import type { ApiAccessToken, ApiEnvironment, ApiGrant, ApiResource } from './wire.ts';

/** The scopes of a token that may do everything the stand-in serves. */
const scopes = [
  'users:read',
  'users:write',
  'groups:read',
  'groups:write',
  'user_attributes:read',
  'user_attributes:write',
  'permissions:all:read',
  'permissions:all:write',
  'folders:read',
  'apps:read',
  'resources:read',
  'resource_configurations:read',
  'spaces:read',
];

/** Builds the organisation that a seed describes. `now` in epoch milliseconds dates everything in it. */
export function seedOrganization(seed: RetoolSeed, token: string, now: number): Organization {
  const org = createOrganization(now, builtInIdsOf(seed));
  for (const attribute of seed.userAttributes ?? []) placeAttribute(org, attribute);
  for (const user of seed.users ?? []) placeUser(org, user, now);
  for (const group of seed.groups ?? []) placeGroup(org, group, now);
  org.tokenOwnerId = tokenOwnerOf(org, seed);
  for (const invite of seed.invites ?? []) placeInvite(org, invite, now);
  for (const request of seed.accessRequests ?? []) addAccessRequest(org, request, now);
  for (const email of seed.emailsElsewhere ?? []) org.emailsElsewhere.add(foldEmail(email));
  org.catalogue = catalogueOf(seed, [accessTokenOf(org, token, now)], now);
  for (const { group, ...grant } of seed.grants ?? []) placeGrant(org, group, grant);
  org.ssoConfig = seed.ssoConfig ?? null;
  return org;
}

function placeGrant(org: Organization, group: string, grant: ApiGrant): void {
  const id = org.groupIdByName.get(group);
  if (id === undefined) throw new Error(`There is no group ${group}`);
  setGrant(org, { type: 'group', id }, grant);
}

function builtInIdsOf({ groups = [] }: RetoolSeed): BuiltInIds {
  const given = groups.flatMap(({ name, id }) =>
    id !== undefined && isBuiltInName(name) ? [[name, id] as const] : [],
  );
  return { ...usualIds, ...Object.fromEntries(given) };
}

function tokenOwnerOf(org: Organization, seed: RetoolSeed): string | null {
  if (seed.tokenOwner === undefined) {
    const [firstAdmin = null] = org.membersOfGroup.get(org.builtIn.admin)?.keys() ?? [];
    return firstAdmin;
  }
  const owner = userByEmail(org, seed.tokenOwner);
  if (owner === undefined) throw new Error(`There is no account for the token owner ${seed.tokenOwner}`);
  return owner.id;
}

function accessTokenOf(org: Organization, token: string, now: number): ApiAccessToken {
  const owner = org.tokenOwnerId === null ? undefined : org.users.get(org.tokenOwnerId);
  return {
    id: uuidFrom('access token'),
    label: 'Sandbox',
    description: null,
    last4: token.slice(-4),
    owner_legacy_id: owner?.legacy_id ?? 0,
    scopes,
    ...dates(now),
  };
}

function catalogueOf(seed: RetoolSeed, accessTokens: readonly ApiAccessToken[], now: number): Catalogue {
  const resources = (seed.resources ?? []).map((resource) => resourceOf(resource, now));
  return {
    folders: (seed.folders ?? []).map(({ id, name, type, parentId, system }) => ({
      id,
      legacy_id: id,
      name,
      parent_folder_id: parentId ?? null,
      is_system_folder: system ?? false,
      folder_type: type,
      ...dates(now),
    })),
    apps: (seed.apps ?? []).map(({ id, name, folderId }) => ({
      id,
      name,
      description: null,
      folder_id: folderId,
      protected: false,
      synced: false,
      shortlink: null,
      is_module: false,
      is_mobile_app: false,
      release_version: 'latest',
      ...dates(now),
    })),
    resources,
    resourceConfigurations: (seed.resourceConfigurations ?? []).map(({ id, resourceId, environment }) => ({
      id,
      resource: knownResource(resources, resourceId),
      environment: environmentOf(environment ?? 'production', now),
      options: {},
      ...dates(now),
    })),
    spaces: (seed.spaces ?? []).map(({ name, domain }) => ({
      id: spaceIdFrom(name),
      name,
      domain,
      ...dates(now),
    })),
    accessTokens,
  };
}

function resourceOf(seed: SeedResource, now: number): ApiResource {
  return {
    id: seed.id,
    type: seed.type ?? 'postgresql',
    display_name: seed.name,
    folder_id: seed.folderId ?? null,
    protected: false,
    ...dates(now),
  };
}

function knownResource(resources: readonly ApiResource[], id: string): ApiResource {
  const resource = resources.find((each) => each.id === id);
  if (resource === undefined) throw new Error(`There is no resource ${id}`);
  return resource;
}

function environmentOf(name: string, now: number): ApiEnvironment {
  return {
    id: uuidFrom(`environment ${name}`),
    name,
    description: null,
    color: '#E9AB11',
    default: name === 'production',
    ...dates(now),
  };
}

function dates(now: number): { readonly updated_at: string; readonly created_at: string } {
  return { updated_at: timestamp(now), created_at: timestamp(now) };
}
