import { factsOf } from '../../src/apply/facts.ts';
import type { CurrentGroup, CurrentState, CurrentUser } from '../../src/model/current-state.ts';
import type { AccountFields, GroupFields, Operation } from '../../src/model/operation.ts';
import type { AccessLevels } from '../../src/model/rules.ts';
import type { Memory } from '../../src/model/store.ts';
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
  const store = createMemoryStore({ memory });
  const made = new Map<string, string>();
  for (const operation of operations) {
    const id = perform(operation, users, groups, made);
    const memberIds =
      operation.kind === 'addMembers'
        ? operation.after.members.flatMap((member) => member.id ?? made.get(member.waitsFor ?? '') ?? [])
        : [];
    const outcome = {
      operation: operation.id,
      kind: operation.kind,
      subject: { ...operation.subject, id },
      state: 'applied',
      code: null,
      text: null,
      items: [],
    } as const;
    store.settle('run', outcome, factsOf({ operation, id, memberIds, at: 0 }), 0);
  }
  const admins = [...groups.values()].find((group) => group.name === 'admin')?.members;
  const after = {
    ...current,
    users: [...users.values()].map((user) => ({ ...user, isAdmin: admins?.has(user.id) === true })),
    groups: [...groups.values()],
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
    case 'updateUser':
    case 'reactivateUser':
    case 'deactivateUser':
    case 'setAttributes':
    case 'clearAttributes':
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
    case 'adopt':
    case 'release':
      return operation.subject.id;
  }
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
  groups.set(id, { id, name: after.name, members: new Map(), access: accessAfter(noAccess, after) });
  return id;
}

function changeUser(users: Users, id: string | null, after: AccountFields): string | null {
  const user = users.get(id ?? '');
  if (user === undefined) throw new Error(`404: no user ${id}`);
  const metadata: Record<string, CurrentUser['metadata'][string]> = { ...user.metadata };
  for (const [name, value] of Object.entries(after.metadata ?? {})) {
    if (value === null) delete metadata[name];
    else metadata[name] = value;
  }
  users.set(user.id, {
    ...user,
    firstName: after.first_name ?? user.firstName,
    lastName: after.last_name ?? user.lastName,
    userType: after.user_type ?? user.userType,
    active: after.active ?? user.active,
    metadata,
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
  });
  return id;
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
