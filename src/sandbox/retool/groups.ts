import { z } from 'zod';
import { defaultSettings, isBuiltIn } from './built-in-groups.ts';
import { timestamp } from './identifiers.ts';
import { applyPatch, patchBody, readPatched, type Patchable } from './json-patch.ts';
import {
  addInviteToGroup,
  deleteGroup,
  nextNumber,
  putGroup,
  putMember,
  removeInviteFromGroup,
  removeMember,
  type Organization,
  type StoredGroup,
} from './organization.ts';
import { listedWhole, noContent, Refusal, single, type Reply } from './reply.ts';
import { readBody, readFlag } from './request.ts';
import { findInvite, findUser, groupOf, type ApiCall, type Route } from './route.ts';
import { groupMember, groupName, groupSettings, wholeInvite } from './schemas.ts';
import { tableOf } from './table.ts';
import { viewGroup } from './views.ts';
import type { GroupSettings } from './wire.ts';

const lists = {
  members: z.array(groupMember).optional(),
  user_invites: z.array(wholeInvite).optional(),
};

const newGroup = z.strictObject({ name: groupName, ...groupSettings.partial().shape, ...lists });

/** Every field is optional, yet the call replaces the whole group. */
const wholeGroup = newGroup.partial();

/** The top level only: memberships and invites have routes of their own. */
const settingNames = groupSettings.keyof().options;
const patchableFields: Patchable = new Map(['name', ...settingNames].map((field) => [field, 'value']));

const patchedGroup = z.strictObject({
  name: groupName,
  ...groupSettings.shape,
  landing_page_app_id: groupSettings.shape.landing_page_app_id.default(null),
});

type GroupLists = Pick<z.infer<typeof wholeGroup>, 'members' | 'user_invites'>;

function listGroups(call: ApiCall): Reply {
  const { org } = call;
  const groups = [...org.groups.values()].sort((a, b) => a.id - b.id);
  return listedWhole(groups.map((group) => viewGroup(org, group, 'included')));
}

function getGroup(call: ApiCall): Reply {
  const group = groupOf(call);
  const exclude = readFlag(call.query, 'excludeDisabledUsers');
  return single(viewGroup(call.org, group, exclude ? 'excluded' : 'included'));
}

function createGroup(call: ApiCall): Reply {
  const { org, now } = call;
  const { name, members, user_invites, ...settings } = readBody(newGroup, call.body);
  refuseTakenName(org, name);
  refuseUnknownEntries(org, { members, user_invites });
  const group = addGroup(org, name, definedOnly(settings), now);
  fillGroup(org, group, { members, user_invites });
  return single(viewGroup(org, group, 'included'));
}

/** Adds an empty group; its name, and the id if one is given, must be free. */
export function addGroup(
  org: Organization,
  name: string,
  settings: Partial<GroupSettings>,
  now: number,
  id: number = nextNumber(org, 'group'),
): StoredGroup {
  const at = timestamp(now);
  const group = { id, legacy_id: id, name, ...defaultSettings, ...settings, updated_at: at, created_at: at };
  putGroup(org, group);
  return group;
}

/**
 * PUT leaves a group exactly as its body says: what the body omits falls back to its default, members
 * and invites included. The spec calls it an update of the entire group; only the name, which has no
 * default, stays.
 */
function replaceGroup(call: ApiCall): Reply {
  const { org, now } = call;
  const group = groupOf(call);
  const { name = group.name, members, user_invites, ...settings } = readBody(wholeGroup, call.body);
  refuseTakenName(org, name, group);
  const updated = changeGroup(org, group, { name, ...defaultSettings, ...definedOnly(settings) }, now);
  refuseUnknownEntries(org, { members, user_invites });
  if (group.id === org.builtIn['All Users'] && (members ?? user_invites) !== undefined) refuseAllUsers();
  putGroup(org, updated);
  emptyGroup(org, updated);
  fillGroup(org, updated, { members, user_invites });
  return single(viewGroup(org, updated, 'included'));
}

function patchGroup(call: ApiCall): Reply {
  const { org, now } = call;
  const group = groupOf(call);
  const { operations } = readBody(patchBody, call.body);
  const document = tableOf([
    ['name', group.name],
    ...settingNames.map((name) => [name, group[name]] as const),
  ]);
  const patched = readPatched(patchedGroup, applyPatch(document, operations, patchableFields));
  refuseTakenName(org, patched.name, group);
  const updated = changeGroup(org, group, patched, now);
  putGroup(org, updated);
  return single(viewGroup(org, updated, 'included'));
}

/** Built-in groups keep their names; the levels of all but `admin` can be adjusted. */
function changeGroup(
  { builtIn }: Organization,
  group: StoredGroup,
  change: GroupSettings & { readonly name: string },
  now: number,
): StoredGroup {
  const updated = { ...group, ...change, updated_at: timestamp(now) };
  if (isBuiltIn(builtIn, group.id) && updated.name !== group.name) {
    throw new Refusal(400, `Cannot rename the group ${group.name}.`);
  }
  const differs = settingNames.some((setting) => updated[setting] !== group[setting]);
  if (group.id === builtIn.admin && differs) {
    throw new Refusal(400, `Cannot change the access levels of the group ${group.name}.`);
  }
  return updated;
}

function removeGroup(call: ApiCall): Reply {
  const group = groupOf(call);
  if (isBuiltIn(call.org.builtIn, group.id)) throw new Refusal(400, `Cannot delete the group ${group.name}.`);
  deleteGroup(call.org, group);
  return noContent();
}

/** Names are unique as they are written: role mapping in Retool compares them case by case. */
function refuseTakenName(org: Organization, name: string, except?: StoredGroup): void {
  const holder = org.groupIdByName.get(name);
  if (holder !== undefined && holder !== except?.id) {
    throw new Refusal(409, `A group with the name ${name} already exists.`);
  }
}

/** Before anything is written: every account and invite named must be there. */
function refuseUnknownEntries(org: Organization, entries: GroupLists): void {
  for (const { id } of entries.members ?? []) findUser(org, id);
  for (const { id } of entries.user_invites ?? []) findInvite(org, id);
}

function fillGroup(org: Organization, group: StoredGroup, entries: GroupLists): void {
  for (const { id, is_group_admin } of entries.members ?? []) {
    putMember(org, group.id, id, is_group_admin ? 'admin' : 'member');
  }
  for (const { id } of entries.user_invites ?? []) addInviteToGroup(org, group.id, id);
}

function emptyGroup(org: Organization, group: StoredGroup): void {
  for (const userId of org.membersOfGroup.get(group.id)?.keys() ?? []) removeMember(org, group.id, userId);
  for (const inviteId of org.invitesOfGroup.get(group.id) ?? [])
    removeInviteFromGroup(org, group.id, inviteId);
}

/** Membership of `All Users` is automatic and cannot be edited. */
export function refuseAllUsers(): never {
  throw new Refusal(400, 'Membership of All Users cannot be changed.');
}

function definedOnly(settings: { readonly [K in keyof GroupSettings]?: GroupSettings[K] | undefined }) {
  const given = Object.entries(settings).filter(([, value]) => value !== undefined);
  return Object.fromEntries(given) as Partial<GroupSettings>;
}

export const groupRoutes: readonly Route[] = [
  { method: 'GET', path: '/groups', plan: 'enterprise', handle: listGroups },
  {
    method: 'GET',
    path: '/groups/:groupId',
    plan: 'enterprise',
    query: ['excludeDisabledUsers'],
    handle: getGroup,
  },
  { method: 'POST', path: '/groups', plan: 'enterprise', body: 'json', handle: createGroup },
  { method: 'PUT', path: '/groups/:groupId', plan: 'enterprise', body: 'json', handle: replaceGroup },
  { method: 'PATCH', path: '/groups/:groupId', plan: 'enterprise', body: 'json', handle: patchGroup },
  { method: 'DELETE', path: '/groups/:groupId', plan: 'enterprise', handle: removeGroup },
];
