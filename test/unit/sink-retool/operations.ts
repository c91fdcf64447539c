import type { Operation, OperationKind, OperationOf, Reason } from '../../../src/model/operation.ts';

export const reason: Reason = {
  code: 'test',
  rule: null,
  source: 'okta',
  externalId: '00u1',
  text: 'because a test says so',
};

type Rest<Kind extends OperationKind> = Pick<OperationOf<Kind>, 'before' | 'after'>;

/** An operation on one account; `id` null for one to be created. */
export function onUser<Kind extends OperationKind>(
  kind: Kind,
  id: string | null,
  rest: Rest<Kind>,
): OperationOf<Kind> {
  return make(kind, { type: 'user', key: 'ada@acme.test', id }, rest, []);
}

/** An operation on one group. */
export function onGroup<Kind extends OperationKind>(
  kind: Kind,
  id: string | null,
  rest: Rest<Kind>,
  dependsOn: readonly string[] = [],
): OperationOf<Kind> {
  return make(kind, { type: 'group', key: 'finance', id }, rest, dependsOn);
}

/** An operation on one membership. */
export function onMembership<Kind extends 'removeMember' | 'setGroupAdmin'>(
  kind: Kind,
  rest: Rest<Kind>,
  dependsOn: readonly string[] = [],
): OperationOf<Kind> {
  return make(kind, { type: 'membership', key: 'ada@acme.test finance', id: null }, rest, dependsOn);
}

function make<Kind extends OperationKind>(
  kind: Kind,
  subject: Operation['subject'],
  rest: Rest<Kind>,
  dependsOn: readonly string[],
): OperationOf<Kind> {
  const operation: unknown = { id: `${kind}:${subject.key}`, kind, subject, reason, dependsOn, ...rest };
  // One object cannot be shown to be the one member of the union that its kind names.
  return operation as OperationOf<Kind>;
}

export const disabling = { before: { active: true }, after: { active: false } } as const;

export function newAccount(rest: Partial<OperationOf<'createUser'>['after']> = {}): Rest<'createUser'> {
  const after = {
    email: 'ada@acme.test',
    first_name: 'Ada',
    last_name: 'Lovelace',
    user_type: null,
    metadata: {},
    links: [{ source: 'okta', externalId: '00u1' }],
    sources: {},
    ...rest,
  };
  return { before: null, after };
}

export function member(id: string | null, rest: { readonly waitsFor?: string; readonly admin?: true } = {}) {
  const { waitsFor = null, admin = false } = rest;
  return { key: `${id ?? waitsFor}@acme.test`, id, is_group_admin: admin, waitsFor, reason };
}

export function joining(members: OperationOf<'addMembers'>['after']['members']): Rest<'addMembers'> {
  return { before: { members: [] }, after: { members } };
}

export function membership(group: string | null, user: string) {
  return {
    member: true,
    group: { key: 'finance', id: group },
    user: { key: 'ada@acme.test', id: user },
  } as const;
}
