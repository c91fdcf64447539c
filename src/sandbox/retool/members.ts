import { z } from 'zod';
import { refuseAllUsers } from './groups.ts';
import {
  addInviteToGroup,
  putMember,
  removeInviteFromGroup,
  removeMember,
  type StoredGroup,
} from './organization.ts';
import { noContent, Refusal, single, type Reply } from './reply.ts';
import { readBody } from './request.ts';
import { findInvite, findUser, groupOf, inviteOf, userOf, type ApiCall, type Route } from './route.ts';
import { groupMember } from './schemas.ts';
import { viewGroup } from './views.ts';

const newMembers = z.strictObject({ members: z.array(groupMember) });
const newInvites = z.strictObject({ userInviteIds: z.array(z.int()) });

/** Adds members and updates the admin flag of those already there; nobody is ever taken out. */
function addMembers(call: ApiCall): Reply {
  const { org } = call;
  const group = editableGroupOf(call);
  const { members } = readBody(newMembers, call.body);
  for (const { id } of members) findUser(org, id);
  for (const { id, is_group_admin } of members) {
    putMember(org, group.id, id, is_group_admin ? 'admin' : 'member');
  }
  return single(viewGroup(org, group, 'included'));
}

function takeMember(call: ApiCall): Reply {
  const group = editableGroupOf(call);
  const user = userOf(call);
  if (!removeMember(call.org, group.id, user.id)) {
    throw new Refusal(404, `User '${user.id}' is not a member of group '${group.id}'`);
  }
  return single(viewGroup(call.org, group, 'included'));
}

function addInvites(call: ApiCall): Reply {
  const { org } = call;
  const group = editableGroupOf(call);
  const { userInviteIds } = readBody(newInvites, call.body);
  for (const inviteId of userInviteIds) findInvite(org, inviteId);
  for (const inviteId of userInviteIds) addInviteToGroup(org, group.id, inviteId);
  return single(viewGroup(org, group, 'included'));
}

function takeInvite(call: ApiCall): Reply {
  const group = editableGroupOf(call);
  const invite = inviteOf(call);
  if (!removeInviteFromGroup(call.org, group.id, invite.id)) {
    throw new Refusal(404, `User invite '${invite.id}' is not in group '${group.id}'`);
  }
  return noContent();
}

function editableGroupOf(call: ApiCall): StoredGroup {
  const group = groupOf(call);
  if (group.id === call.org.builtIn['All Users']) refuseAllUsers();
  return group;
}

export const memberRoutes: readonly Route[] = [
  { method: 'POST', path: '/groups/:groupId/members', plan: 'enterprise', body: 'json', handle: addMembers },
  { method: 'DELETE', path: '/groups/:groupId/members/:userId', plan: 'enterprise', handle: takeMember },
  {
    method: 'POST',
    path: '/groups/:groupId/user_invites',
    plan: 'enterprise',
    body: 'json',
    handle: addInvites,
  },
  {
    method: 'DELETE',
    path: '/groups/:groupId/user_invites/:userInviteId',
    plan: 'enterprise',
    handle: takeInvite,
  },
];
