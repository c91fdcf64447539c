import { z } from 'zod';
import { refuseAllUsers } from './groups.ts';
import { timestamp, uuidFrom } from './identifiers.ts';
import {
  addInviteToGroup,
  deleteInvite,
  nextNumber,
  putInvite,
  type Organization,
  type StoredInvite,
} from './organization.ts';
import { listedWhole, noContent, single, type Reply } from './reply.ts';
import { readBody } from './request.ts';
import { findGroup, inviteOf, type ApiCall, type Route } from './route.ts';
import { metadata } from './schemas.ts';
import { tableOf } from './table.ts';
import { refuseTakenEmail } from './users.ts';
import { viewInvite } from './views.ts';
import type { Metadata } from './wire.ts';

const lifetimeMs = 7 * 24 * 60 * 60 * 1000;

const newInvite = z.strictObject({
  email: z.email(),
  defaultGroupIds: z.array(z.int()).default([]),
  metadata: metadata.default({}),
});

function listInvites(call: ApiCall): Reply {
  return listedWhole([...call.org.invites.values()].map((invite) => viewInvite(call.org, invite)));
}

function getInvite(call: ApiCall): Reply {
  return single(viewInvite(call.org, inviteOf(call)));
}

function createInvite(call: ApiCall): Reply {
  const { org, now } = call;
  const body = readBody(newInvite, call.body);
  for (const groupId of body.defaultGroupIds) findGroup(org, groupId);
  if (body.defaultGroupIds.includes(org.builtIn['All Users'])) refuseAllUsers();
  refuseTakenEmail(org, body.email, now);
  const invite = addInvite(org, { email: body.email, metadata: body.metadata }, now);
  for (const groupId of body.defaultGroupIds) addInviteToGroup(org, groupId, invite.id);
  return single(viewInvite(org, invite));
}

/** Adds an invite without groups; by default it lives seven days. */
export function addInvite(
  org: Organization,
  fields: {
    readonly id?: number;
    readonly email: string;
    readonly metadata?: Metadata;
    readonly expiresAt?: string;
  },
  now: number,
): StoredInvite {
  const id = fields.id ?? nextNumber(org, 'invite');
  org.sequences.invite = Math.max(org.sequences.invite, id);
  const owner = org.tokenOwnerId === null ? undefined : org.users.get(org.tokenOwnerId);
  const invite: StoredInvite = {
    id,
    legacy_id: id,
    invited_by: owner?.email ?? 'Retool API',
    invited_email: fields.email,
    expires_at: fields.expiresAt ?? timestamp(now + lifetimeMs),
    claimed_by: null,
    claimed_at: null,
    user_type: 'default',
    metadata: tableOf(Object.entries(fields.metadata ?? {})),
    created_at: timestamp(now),
    invite_link: `https://sandbox.retool.example/auth/invite/${uuidFrom(`invite link ${id}`)}`,
  };
  putInvite(org, invite);
  return invite;
}

function removeInvite(call: ApiCall): Reply {
  deleteInvite(call.org, inviteOf(call));
  return noContent();
}

export const inviteRoutes: readonly Route[] = [
  { method: 'GET', path: '/user_invites', plan: 'business', handle: listInvites },
  { method: 'GET', path: '/user_invites/:userInviteId', plan: 'business', handle: getInvite },
  { method: 'POST', path: '/user_invites', plan: 'business', body: 'json', handle: createInvite },
  { method: 'DELETE', path: '/user_invites/:userInviteId', plan: 'business', handle: removeInvite },
];
