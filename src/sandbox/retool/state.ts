import type { Organization, StoredGroup } from './organization.ts';
import type { GroupState, RetoolState } from './types.ts';
import { membershipsOf, viewInvite, viewUser } from './views.ts';

/** Copies the organisation out, so that a test can look without a request and cannot change it. */
export function stateOf(org: Organization): RetoolState {
  const users = [...org.users.values()].map((user) => viewUser(org, user));
  const grants = [...org.grants.values()].flatMap(({ subject, byObject }) =>
    [...byObject.values()].map((grant) => ({ subject, grant })),
  );
  return structuredClone({
    users: users.sort((a, b) => (a.email < b.email ? -1 : 1)),
    groups: [...org.groups.values()].map((group) => groupState(org, group)),
    invites: [...org.invites.values()].map((invite) => viewInvite(org, invite)),
    attributes: [...org.attributes.values()],
    accessRequests: [...org.accessRequests.values()],
    grants,
  });
}

function groupState(org: Organization, group: StoredGroup): GroupState {
  const { legacy_id: _legacyId, created_at: _createdAt, updated_at: _updatedAt, ...kept } = group;
  const memberships = [...membershipsOf(org, group.id)];
  return {
    ...kept,
    memberIds: memberships.map(([userId]) => userId),
    adminIds: memberships.filter(([, groupAdmin]) => groupAdmin).map(([userId]) => userId),
    inviteIds: [...(org.invitesOfGroup.get(group.id) ?? [])],
  };
}
