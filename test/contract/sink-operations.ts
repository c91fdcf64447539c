import type { Operation, OperationKind, OperationOf, Reason } from '../../src/model/operation.ts';
import type { ObjectType } from '../../src/model/rules.ts';
import type { Extras } from '../../src/model/sink.ts';
import type { RetoolSeed, RetoolState } from '../../src/sandbox/retool/index.ts';

/** A small organisation in which every kind of operation has something to do. */
export const organisation: RetoolSeed = {
  users: [
    { email: 'owner@acme.test', firstName: 'Olga', lastName: 'Owner', admin: true },
    { email: 'ada@acme.test', firstName: 'Ada', lastName: 'Lovelace', metadata: { team: 'core', level: 3 } },
    { email: 'bob@acme.test', firstName: 'Bob', lastName: 'Kahn' },
    { email: 'cyd@acme.test', firstName: 'Cyd', lastName: 'Kahn', active: false },
  ],
  groups: [
    { name: 'Finance', members: ['ada@acme.test', 'cyd@acme.test'], universal_app_access: 'use' },
    { name: 'Other' },
    { name: 'Empty' },
  ],
  userAttributes: [
    { name: 'team', label: 'Team', dataType: 'string' },
    { name: 'floor', label: 'Floor', dataType: 'number' },
    { name: 'department', label: 'Department', dataType: 'string', defaultValue: 'none' },
  ],
  invites: [
    { email: 'invited@acme.test', groups: ['Finance'] },
    { email: 'late@acme.test', expiresAt: '2025-12-01T00:00:00.000Z' },
  ],
  accessRequests: [{ email: 'asking@acme.test' }],
  folders: [{ id: 'app_7', name: 'Sales', type: 'app' }],
  apps: [{ id: '5c7f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3c', name: 'Orders', folderId: 'app_7' }],
  grants: [
    { group: 'Finance', type: 'app', id: '5c7f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3c', access_level: 'edit' },
  ],
};

/** What the operations on grants and access requests need to know of the organisation. */
export function extrasIn(state: RetoolState): Extras {
  // Finance is called Money in the end.
  const named = state.groups.filter(({ name }) => ['Finance', 'Money', 'Other'].includes(name));
  const ids = named.map(({ id }) => String(id));
  return {
    catalogues: new Set(),
    grants: new Map(ids.map((id) => [id, new Set<ObjectType>(['folder', 'app'])])),
    accessRequests: 'pending',
  };
}

export type CaseName = Exclude<OperationKind, 'adopt' | 'release'>;

const reason: Reason = {
  code: 'test',
  rule: null,
  source: 'okta',
  externalId: '1',
  text: 'as the test says',
};

interface Ids {
  user(email: string): string;
  group(name: string): string;
  invite(email: string): string;
  request(email: string): string;
}

function idsIn(state: RetoolState): Ids {
  const found = (id: string | number | undefined, name: string): string => {
    if (id === undefined) throw new Error(`Nothing is called ${name}`);
    return String(id);
  };
  return {
    user: (email) => found(state.users.find((user) => user.email === email)?.id, email),
    group: (name) => found(state.groups.find((group) => group.name === name)?.id, name),
    invite: (email) => found(state.invites.find((one) => one.invited_email === email)?.id, email),
    request: (email) => found(state.accessRequests.find((one) => one.requesting_email === email)?.id, email),
  };
}

type Parts = Pick<Operation, 'subject'> & { readonly before: unknown; readonly after: unknown };

const cases: Readonly<Record<CaseName, (ids: Ids) => Parts>> = {
  createUser: () => ({
    subject: { type: 'user', key: 'eve@acme.test', id: null },
    before: null,
    after: {
      email: 'eve@acme.test',
      first_name: 'Eve',
      last_name: 'Stone',
      user_type: 'default',
      metadata: { team: 'core' },
      links: [{ source: 'okta', externalId: '1' }],
      sources: { team: 'okta' },
    },
  }),
  updateUser: (ids) => ({
    subject: userSubject(ids, 'ada@acme.test'),
    before: { first_name: 'Ada', metadata: { team: 'core', floor: null } },
    after: { first_name: 'Augusta', metadata: { team: 'platform', floor: '4' }, sources: {} },
  }),
  deactivateUser: (ids) => ({
    subject: userSubject(ids, 'bob@acme.test'),
    before: { active: true },
    after: { active: false },
  }),
  reactivateUser: (ids) => ({
    subject: userSubject(ids, 'cyd@acme.test'),
    before: { active: false, last_name: 'Kahn', metadata: { team: null } },
    after: { active: true, last_name: 'Stone', metadata: { team: 'core' }, sources: {} },
  }),
  setAttributes: (ids) => ({
    subject: userSubject(ids, 'bob@acme.test'),
    before: { metadata: { team: null } },
    after: { metadata: { team: 'core' }, sources: {} },
  }),
  clearAttributes: (ids) => ({
    subject: userSubject(ids, 'ada@acme.test'),
    before: { metadata: { team: 'core' } },
    after: { metadata: { team: null }, sources: {} },
  }),
  createGroup: () => ({
    subject: { type: 'group', key: 'support', id: null },
    before: null,
    after: {
      name: 'Support',
      universal_app_access: 'use',
      universal_resource_access: 'use',
      universal_workflow_access: 'none',
      universal_query_library_access: 'use',
      fedBy: [],
    },
  }),
  updateGroup: (ids) => ({
    subject: groupSubject(ids, 'Finance'),
    before: { name: 'Finance', universal_app_access: 'use' },
    after: { name: 'Money', universal_app_access: 'edit' },
  }),
  addMembers: (ids) => ({
    subject: groupSubject(ids, 'Other'),
    before: { members: [] },
    after: {
      members: ['ada@acme.test', 'bob@acme.test'].map((key) => ({
        key,
        id: ids.user(key),
        is_group_admin: key.startsWith('bob'),
        waitsFor: null,
        reason,
      })),
    },
  }),
  removeMember: (ids) => ({
    subject: { type: 'membership', key: 'ada@acme.test finance', id: null },
    before: membership(ids, { member: true }),
    after: membership(ids, { member: false }),
  }),
  setGroupAdmin: (ids) => ({
    subject: { type: 'membership', key: 'ada@acme.test finance', id: null },
    before: membership(ids, { member: true, is_group_admin: false }),
    after: membership(ids, { member: true, is_group_admin: true }),
  }),
  deleteGroup: (ids) => ({
    subject: groupSubject(ids, 'Empty'),
    before: { name: 'Empty', members: [] },
    after: null,
  }),
  inviteUser: (ids) => ({
    subject: { type: 'invite', key: 'new@acme.test', id: null },
    before: null,
    after: invite('new@acme.test', ids),
  }),
  reissueInvite: (ids) => ({
    subject: { type: 'invite', key: 'late@acme.test', id: ids.invite('late@acme.test') },
    before: { key: 'late@acme.test', id: ids.invite('late@acme.test') },
    after: { ...invite('late@acme.test', ids), reissues: 1 },
  }),
  revokeInvite: (ids) => ({
    subject: inviteSubject(ids),
    before: { pending: true },
    after: { pending: false },
  }),
  addInvitesToGroup: (ids) => ({
    subject: groupSubject(ids, 'Other'),
    before: { invites: [] },
    after: { invites: [{ ...inviteRef(ids), reason }] },
  }),
  removeInviteFromGroup: (ids) => ({
    subject: { type: 'membership', key: 'invited@acme.test finance', id: null },
    before: { member: true, group: groupRef(ids, 'Finance'), invite: inviteRef(ids) },
    after: { member: false, group: groupRef(ids, 'Finance'), invite: inviteRef(ids) },
  }),
  createAttribute: () => ({
    subject: { type: 'attribute', key: 'cost_center', id: null },
    before: null,
    after: { name: 'cost_center', label: 'Cost center', data_type: 'string' },
  }),
  grantAccess: (ids) => ({
    subject: { type: 'grant', key: 'other on folder app_7', id: null },
    before: { group: groupRef(ids, 'Other'), object: sales, level: null },
    after: { group: groupRef(ids, 'Other'), object: sales, level: 'use' },
  }),
  revokeAccess: (ids) => ({
    subject: { type: 'grant', key: 'finance on app', id: null },
    before: { group: groupRef(ids, 'Finance'), object: orders, level: 'edit' },
    after: { group: groupRef(ids, 'Finance'), object: orders, level: null },
  }),
  decideAccessRequest: (ids) => ({
    subject: { type: 'accessRequest', key: 'asking@acme.test', id: ids.request('asking@acme.test') },
    before: { status: 'PENDING' },
    after: { status: 'APPROVED' },
  }),
};

const sales = { type: 'folder', id: 'app_7', name: 'Sales' };
const orders = { type: 'app', id: '5c7f2f0e-3f0f-4d5c-9d8e-0f2f6d2a1b3c', name: 'Orders' };

function invite(email: string, ids: Ids) {
  return {
    email,
    groups: [groupRef(ids, 'Other')],
    metadata: { team: 'core' },
    links: [{ source: 'okta', externalId: '1' }],
    sources: { team: 'okta' },
    reissues: 0,
  };
}

function inviteSubject(ids: Ids): Operation['subject'] {
  return { type: 'invite', ...inviteRef(ids) };
}

function inviteRef(ids: Ids): { readonly key: string; readonly id: string } {
  return { key: 'invited@acme.test', id: ids.invite('invited@acme.test') };
}

function groupRef(ids: Ids, name: string): { readonly key: string; readonly id: string } {
  return { key: name.toLowerCase(), id: ids.group(name) };
}

/** Kinds that make something: they are never repeated, and refused the second time. */
export const making: ReadonlySet<CaseName> = new Set([
  'createUser',
  'createGroup',
  'createAttribute',
  'inviteUser',
]);

export const caseNames = Object.keys(cases) as readonly CaseName[];

/** An operation of this kind against the organisation as it stands at first. */
export function operationFor<Kind extends CaseName>(name: Kind, state: RetoolState): OperationOf<Kind> {
  const parts = cases[name](idsIn(state));
  const operation: unknown = {
    id: `${name}:${parts.subject.key}`,
    kind: name,
    reason,
    dependsOn: [],
    ...parts,
  };
  // One object cannot be shown to be the one member of the union that its kind names.
  return operation as OperationOf<Kind>;
}

function userSubject(ids: Ids, key: string): Operation['subject'] {
  return { type: 'user', key, id: ids.user(key) };
}

function groupSubject(ids: Ids, name: string): Operation['subject'] {
  return { type: 'group', key: name.toLowerCase(), id: ids.group(name) };
}

function membership(ids: Ids, flags: Readonly<Record<string, boolean>>): unknown {
  return {
    ...flags,
    group: { key: 'finance', id: ids.group('Finance') },
    user: { key: 'ada@acme.test', id: ids.user('ada@acme.test') },
  };
}
