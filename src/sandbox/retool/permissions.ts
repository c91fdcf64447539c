import { z } from 'zod';
import type { Organization } from './organization.ts';
import { listedWhole, Refusal, single, type Reply } from './reply.ts';
import { readBody } from './request.ts';
import { findGroup, findUser, type ApiCall, type Route } from './route.ts';
import { userIdPattern } from './schemas.ts';
import type { ApiGrant, GrantLevel, GrantObjectType, GrantSubject } from './wire.ts';

const subject = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('group'), id: z.int() }),
  z.strictObject({
    type: z.literal('user'),
    id: z.string().regex(userIdPattern, 'User sid is misformatted'),
  }),
]);

const folderId = z.string().regex(/^(app|workflow|resource|agent|library)_\d+$/, 'Invalid folder id');

const object = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('folder'), id: folderId }),
  z.strictObject({ type: z.literal('app'), id: z.uuid() }),
  z.strictObject({ type: z.literal('screen'), id: z.uuid(), appId: z.uuid() }),
  z.strictObject({ type: z.literal('resource'), id: z.string().min(1) }),
  z.strictObject({ type: z.literal('resource_configuration'), id: z.uuid() }),
]);

/** Screens can be granted, not listed. */
const listRequest = z.strictObject({
  subject,
  object_type: z.enum(['folder', 'app', 'resource', 'resource_configuration']),
  include_inherited_access: z.boolean().default(false),
});

const grantRequest = z.strictObject({ subject, object, access_level: z.enum(['own', 'edit', 'use']) });
const revokeRequest = z.strictObject({ subject, object });

type GrantObject = z.infer<typeof object>;

const levels: readonly GrantLevel[] = ['use', 'edit', 'own'];

function listObjects(call: ApiCall): Reply {
  const { org } = call;
  const body = readBody(listRequest, call.body);
  refuseUnknownSubject(org, body.subject);
  refuseUserBeyondFolders(body.subject, body.object_type);
  const direct = grantsOf(org, body.subject, body.object_type);
  if (!body.include_inherited_access) return listedWhole(direct);
  return listedWhole(highest([...direct, ...inheritedGrants(org, body.subject, body.object_type)]));
}

/** Gives access or changes its level; answers with what the subject then has of that kind of object. */
function grantAccess(call: ApiCall): Reply {
  const { org } = call;
  const body = readBody(grantRequest, call.body);
  refuseUnknownSubject(org, body.subject);
  refuseUserBeyondFolders(body.subject, body.object.type);
  refuseUnknownObject(org, body.object);
  const { type, id } = body.object;
  setGrant(org, body.subject, { type, id, access_level: body.access_level });
  return single(grantsOf(org, body.subject, type));
}

function revokeAccess(call: ApiCall): Reply {
  const { org } = call;
  const body = readBody(revokeRequest, call.body);
  refuseUnknownSubject(org, body.subject);
  const { type, id } = body.object;
  if (!removeGrant(org, body.subject, { type, id }))
    throw new Refusal(404, `No direct access of the subject to ${type} '${id}' found`);
  return single(grantsOf(org, body.subject, type));
}

/** Whether there was such a grant. */
export function removeGrant(
  org: Organization,
  holder: GrantSubject,
  { type, id }: Omit<ApiGrant, 'access_level'>,
): boolean {
  return org.grants.get(subjectKey(holder))?.byObject.delete(`${type}:${id}`) ?? false;
}

export function setGrant(org: Organization, holder: GrantSubject, grant: ApiGrant): void {
  const key = subjectKey(holder);
  const grants = org.grants.get(key) ?? { subject: holder, byObject: new Map<string, ApiGrant>() };
  grants.byObject.set(`${grant.type}:${grant.id}`, grant);
  org.grants.set(key, grants);
}

function subjectKey(holder: GrantSubject): string {
  return `${holder.type}:${holder.id}`;
}

function grantsOf(org: Organization, holder: GrantSubject, type: GrantObjectType): readonly ApiGrant[] {
  const grants = org.grants.get(subjectKey(holder))?.byObject.values() ?? [];
  return [...grants].filter((grant) => grant.type === type);
}

/** What comes from the subject's own grants on folders, and for a user from the grants of its groups. */
function inheritedGrants(
  org: Organization,
  holder: GrantSubject,
  type: GrantObjectType,
): readonly ApiGrant[] {
  const groupIds = holder.type === 'user' ? [...(org.groupsOfUser.get(holder.id) ?? [])] : [];
  const groups = groupIds.map((id): GrantSubject => ({ type: 'group', id }));
  const throughGroups = groups.flatMap((group) => grantsOf(org, group, type));
  const folders = [holder, ...groups].flatMap((each) => grantsOf(org, each, 'folder'));
  return [...throughGroups, ...folders.flatMap((folder) => contentsOf(org, folder, type))];
}

/** A grant on a folder reaches the objects directly in it, not those of its subfolders. */
function contentsOf(org: Organization, folder: ApiGrant, type: GrantObjectType): readonly ApiGrant[] {
  const { apps, resources } = org.catalogue;
  const objects = type === 'app' ? apps : type === 'resource' ? resources : [];
  const inside = objects.filter((each) => each.folder_id === folder.id);
  return inside.map(({ id }) => ({ type, id, access_level: folder.access_level }));
}

function highest(grants: readonly ApiGrant[]): readonly ApiGrant[] {
  const byObject = new Map<string, ApiGrant>();
  for (const grant of grants) {
    const other = byObject.get(grant.id);
    const higher =
      other === undefined || levels.indexOf(grant.access_level) > levels.indexOf(other.access_level);
    if (higher) byObject.set(grant.id, grant);
  }
  return [...byObject.values()];
}

function refuseUnknownSubject(org: Organization, holder: GrantSubject): void {
  if (holder.type === 'user') findUser(org, holder.id);
  else findGroup(org, holder.id);
}

/** Users as subjects came later than groups and work for folders and apps only. */
function refuseUserBeyondFolders(holder: GrantSubject, type: GrantObjectType): void {
  if (holder.type === 'group' || type === 'folder' || type === 'app') return;
  throw new Refusal(400, `A user cannot be the subject of access to a ${type}`);
}

function refuseUnknownObject(org: Organization, wanted: GrantObject): void {
  const { folders, apps, resources, resourceConfigurations } = org.catalogue;
  const tables = {
    folder: folders,
    app: apps,
    screen: apps,
    resource: resources,
    resource_configuration: resourceConfigurations,
  };
  // Screens are not catalogued; the app they belong to is.
  const id = wanted.type === 'screen' ? wanted.appId : wanted.id;
  if (!tables[wanted.type].some((each) => each.id === id))
    throw new Refusal(404, `No ${wanted.type} '${id}' found`);
}

export const permissionRoutes: readonly Route[] = [
  { method: 'POST', path: '/permissions/listObjects', plan: 'enterprise', body: 'json', handle: listObjects },
  { method: 'POST', path: '/permissions/grant', plan: 'enterprise', body: 'json', handle: grantAccess },
  { method: 'POST', path: '/permissions/revoke', plan: 'enterprise', body: 'json', handle: revokeAccess },
];
