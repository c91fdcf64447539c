import { createHash } from 'node:crypto';
import type { Operation, Reason } from '../../../src/model/operation.ts';
import type { Outcome, OutcomeState, RunRecord } from '../../../src/model/outcome.ts';
import type { Plan, Violation } from '../../../src/model/plan.ts';

/** A reason with the fields a test does not care about filled in. */
export function reasonOf(text: string, more: Partial<Reason> = {}): Reason {
  return { code: 'changed', rule: 'groups[0]', source: 'okta', externalId: '00u1', text, ...more };
}

/** A plan around the given operations: everything else is fixed and can be replaced. */
export function planOf(operations: readonly Operation[], more: Partial<Plan> = {}): Plan {
  const summary: Record<string, number> = {};
  for (const operation of operations) summary[operation.kind] = (summary[operation.kind] ?? 0) + 1;
  const fingerprint = createHash('sha256').update(JSON.stringify(operations)).digest('hex');
  return {
    format: 'retool-bridge/plan',
    version: 1,
    fingerprint,
    createdAt: '2026-11-24T05:10:00.000Z',
    expiresAt: '2026-11-25T05:10:00.000Z',
    target: 'https://acme.retool.com/api/v2',
    config: 'c0ffee'.padEnd(64, '0'),
    summary: { ...summary, total: operations.length },
    forecast: {
      calls: operations.length,
      reads: operations.length === 0 ? 0 : 4,
      minutes: operations.length / 45,
      seats: null,
      mails: 0,
    },
    operations,
    skips: [],
    conflicts: [],
    violations: [],
    notices: [],
    incomplete: [],
    reads: [{ source: 'okta', users: 214, groups: 12, partial: [] }],
    ...more,
  };
}

/** A run of a plan in which every operation was applied, except those named. */
export function runOf(
  plan: Plan,
  more: Partial<RunRecord> = {},
  states: ReadonlyMap<string, OutcomeState> = new Map(),
): RunRecord {
  const outcomes: readonly Outcome[] = plan.operations.map((operation) => {
    const state = states.get(operation.id) ?? 'applied';
    const told =
      state === 'applied'
        ? { code: null, text: null }
        : { code: 'refused', text: `the target answered 422 (${state})` };
    return {
      operation: operation.id,
      kind: operation.kind,
      subject: operation.subject,
      state,
      ...told,
      items: [],
    };
  });
  return {
    format: 'retool-bridge/run',
    version: 1,
    id: 'run-20261124-051000',
    kind: 'sync',
    status: 'changed',
    startedAt: '2026-11-24T05:10:00.000Z',
    finishedAt: '2026-11-24T05:11:42.500Z',
    plan,
    outcomes,
    calls: { target: plan.forecast.calls + plan.forecast.reads, source: 9 },
    approved: null,
    ...more,
  };
}

export function createUser(
  email: string,
  first_name: string,
  last_name: string,
  metadata: Readonly<Record<string, string>> = {},
): Operation {
  return {
    id: `createUser:${email}`,
    kind: 'createUser',
    subject: { type: 'user', key: email, id: null },
    before: null,
    after: {
      email,
      first_name,
      last_name,
      user_type: 'default',
      metadata,
      links: [{ source: 'okta', externalId: `00u-${email}` }],
      sources: Object.fromEntries(Object.keys(metadata).map((name) => [name, 'okta'])),
    },
    reason: reasonOf('active in okta and in scope', {
      code: 'joiner',
      rule: 'scope',
      externalId: `00u-${email.slice(0, 6)}`,
    }),
    dependsOn: [],
  };
}

export function deactivateUser(email: string, id = `user_${email}`): Operation {
  return {
    id: `deactivateUser:${email}`,
    kind: 'deactivateUser',
    subject: { type: 'user', key: email, id },
    before: { active: true },
    after: { active: false },
    reason: reasonOf('not active in okta', {
      code: 'inactive',
      rule: 'leavers',
      externalId: `00u-${email.slice(0, 6)}`,
    }),
    dependsOn: [],
  };
}

export function removeMember(email: string, group: string): Operation {
  const ref = { group: { key: group, id: '7' }, user: { key: email, id: `user_${email}` } };
  return {
    id: `removeMember:${email} in ${group}`,
    kind: 'removeMember',
    subject: { type: 'membership', key: `${email} in ${group}`, id: null },
    before: { member: true, ...ref },
    after: { member: false, ...ref },
    reason: reasonOf('no longer in the source group that groups[0] reads', {
      code: 'leftGroup',
      externalId: `00u-${email.slice(0, 6)}`,
    }),
    dependsOn: [],
  };
}

export function setAttributes(
  email: string,
  before: Readonly<Record<string, string | null>>,
  after: Readonly<Record<string, string | null>>,
): Operation {
  return {
    id: `setAttributes:${email}`,
    kind: 'setAttributes',
    subject: { type: 'user', key: email, id: `user_${email}` },
    before: { metadata: before },
    after: { metadata: after, sources: Object.fromEntries(Object.keys(after).map((name) => [name, 'okta'])) },
    reason: reasonOf(`${Object.keys(after).join(', ')} differs`, {
      rule: 'attributes.department',
      externalId: `00u-${email.slice(0, 6)}`,
    }),
    dependsOn: [],
  };
}

export function updateUser(
  email: string,
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
  metadataBefore: Readonly<Record<string, string>> = {},
  metadataAfter: Readonly<Record<string, string>> = {},
): Operation {
  const names = [...Object.keys(after), ...Object.keys(metadataAfter)];
  return {
    id: `updateUser:${email}`,
    kind: 'updateUser',
    subject: { type: 'user', key: email, id: `user_${email}` },
    before: { ...before, metadata: metadataBefore },
    after: { ...after, metadata: metadataAfter, sources: {} },
    reason: reasonOf(`${names.join(', ')} differ`, {
      rule: 'attributes.department',
      externalId: `00u-${email.slice(0, 6)}`,
    }),
    dependsOn: [],
  };
}

export function createGroup(name: string): Operation {
  return {
    id: `createGroup:${name}`,
    kind: 'createGroup',
    subject: { type: 'group', key: name, id: null },
    before: null,
    after: {
      name,
      universal_app_access: 'use',
      universal_resource_access: 'use',
      universal_workflow_access: 'none',
      universal_query_library_access: 'use',
      fedBy: [{ source: 'okta', externalId: `00g-${name.slice(0, 6)}` }],
    },
    reason: reasonOf(`fed by "retool-${name.toLowerCase()}"`, {
      code: 'newGroup',
      externalId: `00g-${name.slice(0, 6)}`,
    }),
    dependsOn: [],
  };
}

export function updateGroup(name: string, before: string, after: string): Operation {
  return {
    id: `updateGroup:${name}`,
    kind: 'updateGroup',
    subject: { type: 'group', key: name, id: '9' },
    before: { universal_app_access: before },
    after: { universal_app_access: after },
    reason: reasonOf('access differs from groups[0]', { externalId: `00g-${name.slice(0, 6)}` }),
    dependsOn: [],
  };
}

/** Adds people to a group; one written `+address` waits for its account to be created. */
export function addMembers(
  group: string,
  people: readonly string[],
  dependsOn: readonly string[] = [],
): Operation {
  const members = people.map((written) => {
    const key = written.replace(/^\+/, '');
    const created = written.startsWith('+');
    return {
      key,
      id: created ? null : `user_${key}`,
      is_group_admin: false,
      waitsFor: created ? `createUser:${key}` : null,
      reason: reasonOf(`member of "retool-${group.toLowerCase()}"`, {
        code: 'joinedGroup',
        externalId: `00u-${key.slice(0, 6)}`,
      }),
    };
  });
  return {
    id: `addMembers:${group}`,
    kind: 'addMembers',
    subject: { type: 'group', key: group, id: '7' },
    before: { members: [] },
    after: { members },
    reason: reasonOf(`${people.length} people join`, { code: 'joinedGroup' }),
    dependsOn,
  };
}

export function adoptAccount(email: string, attributes: Readonly<Record<string, string>> = {}): Operation {
  return {
    id: `adopt:${email}`,
    kind: 'adopt',
    subject: { type: 'user', key: email, id: `user_${email}` },
    before: { id: `user_${email}`, managed: false },
    after: {
      links: [{ source: 'okta', externalId: `00u-${email.slice(0, 6)}` }],
      attributes: Object.fromEntries(
        Object.entries(attributes).map(([name, value]) => [name, { value, source: 'okta' }]),
      ),
      active: true,
    },
    reason: reasonOf('the account already has the address; active in okta', {
      code: 'sameAddress',
      rule: 'adopt',
    }),
    dependsOn: [],
  };
}

export function setGroupAdmin(email: string, group: string, admin: 'admin' | 'member'): Operation {
  const state = { member: true, group: { key: group, id: '7' }, user: { key: email, id: `user_${email}` } };
  return {
    id: `setGroupAdmin:${email} in ${group}`,
    kind: 'setGroupAdmin',
    subject: { type: 'membership', key: `${email} in ${group}`, id: null },
    before: { ...state, is_group_admin: admin === 'member' },
    after: { ...state, is_group_admin: admin === 'admin' },
    reason: reasonOf(admin === 'admin' ? 'is to administer the group' : 'no longer administers the group', {
      code: 'groupAdmin',
    }),
    dependsOn: [],
  };
}

/** A breach of the guard's limit on disabled accounts. */
export function tooManyLeavers(operations: readonly string[]): Violation {
  return {
    class: 'disables',
    limit: 3,
    actual: operations.length,
    operations,
    holds: 'plan',
    text: `${operations.length} accounts would be disabled; the limit is 3 (5 % of 60 managed accounts)`,
  };
}
