import { factsOf } from '../../src/apply/facts.ts';
import type {
  AccessRequest,
  AttributeDefinition,
  CurrentGroup,
  CurrentInvite,
  CurrentState,
  CurrentUser,
  Grant,
} from '../../src/model/current-state.ts';
import {
  flagNames,
  type AccountFields,
  type GroupFields,
  type GroupRef,
  type NewInvite,
  type Operation,
} from '../../src/model/operation.ts';
import type { AccessLevels } from '../../src/model/rules.ts';
import { inviteHolder, type Memory } from '../../src/model/store.ts';
import { createMemoryStore } from '../../src/state/memory.ts';

/** What one side holds and what the bridge remembers of it. */
export interface PureWorld {
  readonly current: CurrentState;
  readonly memory: Memory;
}

const noAccess: AccessLevels = { apps: 'none', resources: 'none', workflows: 'none', queryLibrary: 'none' };

/**
 * A target made of values: carries operations out in the order given, as a Retool without faults would, and
 * remembers what the bridge would remember. Ids of what it creates follow from addresses and names.
 */
export function carryOutPurely({ current, memory }: PureWorld, operations: readonly Operation[]): PureWorld {
  const users = new Map(current.users.map((user) => [user.id, user]));
  const groups = new Map(current.groups.map((group) => [group.id, group]));
  const others = othersOf(current);
  const store = createMemoryStore({ memory });
  const made = new Map<string, string>();
  for (const operation of operations) {
    const planned = withGroups(operation, made);
    const id = perform(planned, users, groups, made) ?? performOther(planned, others, groups, made);
    const memberIds = holdersOf(planned, made);
    const outcome = {
      operation: operation.id,
      kind: operation.kind,
      subject: { ...operation.subject, id },
      state: 'applied',
      code: null,
      text: null,
      items: [],
    } as const;
    store.settle('run', outcome, factsOf({ operation: planned, id, memberIds, at: 0 }), 0);
  }
  const admins = [...groups.values()].find((group) => group.name === 'admin')?.members;
  const after = {
    ...current,
    users: [...users.values()].map((user) => ({ ...user, isAdmin: admins?.has(user.id) === true })),
    groups: [...groups.values()],
    invites: [...others.invites.values()],
    attributes: [...others.attributes.values()],
    ...(current.grants === undefined ? {} : { grants: others.grants }),
    ...(current.accessRequests === undefined ? {} : { accessRequests: [...others.requests.values()] }),
  };
  return { current: after, memory: { ...store.memory(0), takenAway: [] } };
}

type Users = Map<string, CurrentUser>;
type Groups = Map<string, CurrentGroup>;

function perform(
  operation: Operation,
  users: Users,
  groups: Groups,
  made: Map<string, string>,
): string | null {
  switch (operation.kind) {
    case 'createUser':
      return remember(operation, made, createUser(operation, users));
    case 'createGroup':
      return remember(operation, made, createGroup(operation, groups));
    case 'setAttributes':
    case 'clearAttributes':
      if (operation.subject.type === 'invite') return null;
      return changeUser(users, operation.subject.id, operation.after);
    case 'updateUser':
    case 'reactivateUser':
    case 'deactivateUser':
      return changeUser(users, operation.subject.id, operation.after);
    case 'updateGroup':
      return changeGroup(groups, operation.subject.id, operation.after);
    case 'addMembers': {
      const id = operation.subject.id ?? made.get(operation.dependsOn[0] ?? '') ?? '';
      for (const member of operation.after.members) {
        const user = member.id ?? made.get(member.waitsFor ?? '');
        if (user !== undefined) setMember(groups, id, user, { groupAdmin: member.is_group_admin });
      }
      return id;
    }
    case 'removeMember':
      setMember(groups, operation.before.group.id ?? '', operation.before.user.id, null);
      return null;
    case 'setGroupAdmin':
      setMember(groups, operation.before.group.id ?? '', operation.before.user.id, {
        groupAdmin: operation.after.is_group_admin,
      });
      return null;
    case 'deleteGroup':
      groups.delete(operation.subject.id ?? '');
      return operation.subject.id;
    case 'adopt':
    case 'release':
      return operation.subject.id;
    default:
      return null;
  }
}

/** Invites, definitions, grants and requests. */
interface Others {
  readonly invites: Map<string, CurrentInvite>;
  readonly attributes: Map<string, AttributeDefinition>;
  readonly grants: Map<string, readonly Grant[]>;
  readonly requests: Map<string, AccessRequest>;
}

function othersOf({ invites, attributes, grants, accessRequests = [] }: CurrentState): Others {
  return {
    invites: new Map(invites.map((invite) => [invite.id, invite])),
    attributes: new Map(attributes.map((attribute) => [attribute.name, attribute])),
    grants: new Map(grants),
    requests: new Map(accessRequests.map((request) => [request.id, request])),
  };
}

/** The operation with the ids of groups that were made before it. */
function withGroups(operation: Operation, made: ReadonlyMap<string, string>): Operation {
  const known = <Ref extends GroupRef>(group: Ref): Ref =>
    group.id === null ? { ...group, id: made.get(`createGroup:${group.key}`) ?? null } : group;
  switch (operation.kind) {
    case 'inviteUser':
    case 'reissueInvite': {
      const after = { ...operation.after, groups: operation.after.groups.map(known) };
      return { ...operation, after } as Operation;
    }
    case 'grantAccess':
      return { ...operation, after: { ...operation.after, group: known(operation.after.group) } };
    default:
      return operation;
  }
}

function holdersOf(operation: Operation, made: ReadonlyMap<string, string>): readonly string[] {
  if (operation.kind === 'addInvitesToGroup')
    return operation.after.invites.map(({ id }) => inviteHolder(id));
  if (operation.kind !== 'addMembers') return [];
  return operation.after.members.flatMap((member) => member.id ?? made.get(member.waitsFor ?? '') ?? []);
}

function performOther(
  operation: Operation,
  others: Others,
  groups: Groups,
  made: Map<string, string>,
): string | null {
  const { invites, attributes, grants, requests } = others;
  switch (operation.kind) {
    case 'inviteUser':
      return makeInvite(operation.after, invites);
    case 'reissueInvite':
      invites.delete(operation.before.id);
      return makeInvite(operation.after, invites);
    case 'revokeInvite':
      invites.delete(operation.subject.id ?? '');
      return operation.subject.id;
    case 'setAttributes':
    case 'clearAttributes':
      return changeInvite(invites, operation.subject.id ?? '', operation.after);
    case 'addInvitesToGroup': {
      const group = operation.subject.id ?? made.get(operation.dependsOn[0] ?? '') ?? '';
      if (!groups.has(group)) throw new Error(`404: no group ${group}`);
      for (const { id } of operation.after.invites) setGroups(invites, id, (of) => of.add(group));
      return group;
    }
    case 'removeInviteFromGroup': {
      const { group, invite } = operation.before;
      setGroups(invites, invite.id, (of) => of.delete(group.id ?? ''));
      return null;
    }
    case 'createAttribute': {
      const { name, data_type: dataType } = operation.after;
      attributes.set(name, { name, dataType, defaultValue: null });
      return null;
    }
    case 'grantAccess':
    case 'revokeAccess': {
      const { group, object, level } = operation.after;
      const { type, id } = object;
      const rest = (grants.get(group.id ?? '') ?? []).filter((one) => one.type !== type || one.id !== id);
      grants.set(group.id ?? '', level === null ? rest : [...rest, { type, id, level }]);
      return null;
    }
    case 'decideAccessRequest':
      requests.delete(operation.subject.id ?? '');
      return null;
    default:
      return null;
  }
}

function makeInvite({ email, groups, metadata }: NewInvite, invites: Map<string, CurrentInvite>): string {
  if ([...invites.values()].some((invite) => invite.email === email && !invite.claimed))
    throw new Error(`409: ${email} is invited already`);
  const id = String(5000 + ([...email].reduce((sum, letter) => sum * 31 + letter.charCodeAt(0), 7) % 1e9));
  invites.set(id, {
    id,
    email,
    claimed: false,
    claimedBy: null,
    expiresAt: null,
    groups: new Set(groups.flatMap((group) => group.id ?? [])),
    metadata,
  });
  return id;
}

function changeInvite(
  invites: Map<string, CurrentInvite>,
  id: string,
  after: Pick<AccountFields, 'metadata'>,
): string {
  const invite = invites.get(id);
  if (invite === undefined) throw new Error(`404: no invite ${id}`);
  invites.set(id, { ...invite, metadata: metadataAfter(invite, after) });
  return id;
}

function setGroups(
  invites: Map<string, CurrentInvite>,
  id: string,
  change: (groups: Set<string>) => unknown,
): void {
  const invite = invites.get(id);
  if (invite === undefined) throw new Error(`404: no invite ${id}`);
  const groups = new Set(invite.groups);
  change(groups);
  invites.set(id, { ...invite, groups });
}

function metadataAfter(
  { metadata }: Pick<CurrentUser, 'metadata'>,
  after: Pick<AccountFields, 'metadata'>,
): CurrentUser['metadata'] {
  const values: Record<string, CurrentUser['metadata'][string]> = { ...metadata };
  for (const [name, value] of Object.entries(after.metadata ?? {})) {
    if (value === null) delete values[name];
    else values[name] = value;
  }
  return values;
}

function remember(operation: Operation, made: Map<string, string>, id: string): string {
  made.set(operation.id, id);
  return id;
}

function createUser({ after }: Extract<Operation, { kind: 'createUser' }>, users: Users): string {
  const id = `user_${after.email.replace(/[^a-z0-9]/g, '')}`;
  if ([...users.values()].some((user) => user.email.toLowerCase() === after.email))
    throw new Error(`409: there is an account ${after.email}`);
  users.set(id, {
    id,
    email: after.email,
    firstName: after.first_name,
    lastName: after.last_name,
    active: true,
    isAdmin: false,
    userType: after.user_type ?? 'default',
    metadata: after.metadata,
    lastActive: null,
  });
  return id;
}

function createGroup({ after }: Extract<Operation, { kind: 'createGroup' }>, groups: Groups): string {
  const id = String(1000 + groups.size);
  if ([...groups.values()].some((group) => group.name === after.name))
    throw new Error(`409: there is a group ${after.name}`);
  const { flags, landingPage } = settingsAfter({}, after);
  groups.set(id, {
    id,
    name: after.name,
    members: new Map(),
    access: accessAfter(noAccess, after),
    ...(flags === undefined ? {} : { flags }),
    landingPage: landingPage ?? null,
  });
  return id;
}

function changeUser(users: Users, id: string | null, after: AccountFields): string | null {
  const user = users.get(id ?? '');
  if (user === undefined) throw new Error(`404: no user ${id}`);
  users.set(user.id, {
    ...user,
    firstName: after.first_name ?? user.firstName,
    lastName: after.last_name ?? user.lastName,
    userType: after.user_type ?? user.userType,
    active: after.active ?? user.active,
    metadata: metadataAfter(user, after),
  });
  return id;
}

function changeGroup(groups: Groups, id: string | null, after: GroupFields): string | null {
  const group = groups.get(id ?? '');
  if (group === undefined) throw new Error(`404: no group ${id}`);
  groups.set(group.id, {
    ...group,
    name: after.name ?? group.name,
    access: accessAfter(group.access ?? noAccess, after),
    ...settingsAfter(group, after),
  });
  return id;
}

function settingsAfter(
  { flags, landingPage }: Pick<CurrentGroup, 'flags' | 'landingPage'>,
  after: GroupFields,
): Pick<CurrentGroup, 'flags' | 'landingPage'> {
  const changed: Record<string, boolean> = { ...flags };
  for (const [name, field] of Object.entries(flagNames)) {
    const flag = after[field];
    if (flag !== undefined) changed[name] = flag;
  }
  const page = after.landing_page_app_id ?? landingPage;
  return {
    ...(Object.keys(changed).length === 0 ? {} : { flags: changed }),
    ...(after.landing_page_app_id === null
      ? { landingPage: null }
      : page === undefined
        ? {}
        : { landingPage: page }),
  };
}

function accessAfter(access: AccessLevels, after: GroupFields): AccessLevels {
  return {
    apps: after.universal_app_access ?? access.apps,
    resources: after.universal_resource_access ?? access.resources,
    workflows: after.universal_workflow_access ?? access.workflows,
    queryLibrary: after.universal_query_library_access ?? access.queryLibrary,
  } as AccessLevels;
}

function setMember(groups: Groups, id: string, user: string, member: { groupAdmin: boolean } | null): void {
  const group = groups.get(id);
  if (group === undefined) throw new Error(`404: no group ${id}`);
  const members = new Map(group.members);
  if (member === null) members.delete(user);
  else members.set(user, member);
  groups.set(id, { ...group, members });
}
