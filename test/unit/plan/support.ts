import {
  allVisible,
  type CurrentGroup,
  type CurrentInvite,
  type CurrentState,
  type CurrentUser,
} from '../../../src/model/current-state.ts';
import {
  keyText,
  type DesiredAttribute,
  type DesiredGroup,
  type DesiredState,
  type Person,
  type Provenance,
  type SourceKey,
} from '../../../src/model/desired-state.ts';
import type { Operation } from '../../../src/model/operation.ts';
import type { Plan } from '../../../src/model/plan.ts';
import type { GuardLimits, Policy } from '../../../src/model/rules.ts';
import { complete } from '../../../src/model/snapshot.ts';
import type { ManagedAccount, ManagedGroup, Memory } from '../../../src/model/store.ts';
import type { PlanInput } from '../../../src/plan/input.ts';
import { plainPolicy } from '../../support/rules.ts';
import { planChanges } from '../../../src/plan/plan.ts';

export const now = Date.parse('2026-03-02T09:00:00.000Z');
const day = 24 * 3_600_000;

/** The design's defaults. */
export const defaultGuard: GuardLimits = {
  disables: { count: 3, percent: 5, most: 500 },
  removals: { count: 10, percent: 10, perGroupCount: 5, perGroupPercent: 30 },
  creates: { count: 50, percent: 20 },
  invites: { count: 50 },
  updates: { count: 50, percent: 30 },
  windows: [
    { name: '24h', lengthMs: day, percent: 10 },
    { name: '7d', lengthMs: 7 * day, percent: 25 },
  ],
};

/** One admin fewer than is kept as a rule: most plans here have no admin at all. */
export const defaultPolicy: Policy = { ...plainPolicy, protect: { ...plainPolicy.protect, admins: 0 } };

/** One person of the source `hr`, whose id there is the local part of the address unless another is given. */
export function key(email: string, source = 'hr'): SourceKey {
  return { source, externalId: email.split('@', 1)[0] ?? email };
}

export function provenance(email: string, rule = 'user', text = `active in hr`): Provenance {
  return { rule, ...key(email), text };
}

export interface WantedFields {
  readonly keys?: readonly SourceKey[];
  readonly first?: string;
  readonly last?: string;
  readonly attributes?: Readonly<Record<string, string>>;
  readonly provision?: 'users' | 'invites';
}

export function wanted(email: string, fields: WantedFields = {}): Person {
  const { keys = [key(email)], first = 'Ada', last = 'Byron', attributes = {}, provision = 'users' } = fields;
  const [of = key(email)] = keys;
  const values = Object.entries(attributes).map(([name, value]): [string, readonly DesiredAttribute[]] => [
    name,
    [{ value, provenance: { rule: `attributes.${name}`, ...of, text: 'said by hr' } }],
  ]);
  return {
    state: 'wanted',
    keys,
    account: {
      email,
      firstName: first,
      lastName: last,
      userType: null,
      attributes: new Map(values),
      ...(provision === 'users' ? {} : { provision }),
      provenance: provenance(email),
    },
  };
}

export function leaving(email: string, state: 'inactive' | 'outOfScope', keys = [key(email)]): Person {
  return { state, keys, email, provenance: provenance(email, 'user', 'not active in hr') };
}

export function frozen(email: string, because = 'a row could not be read'): Person {
  return { state: 'frozen', keys: [key(email)], email, because };
}

export function user(email: string, fields: Partial<CurrentUser> = {}): CurrentUser {
  return {
    id: `user_${email.replace(/[^a-zA-Z0-9]/g, '').toLowerCase()}`,
    email,
    firstName: 'Ada',
    lastName: 'Byron',
    active: true,
    isAdmin: false,
    userType: 'default',
    metadata: {},
    lastActive: null,
    ...fields,
  };
}

export function group(id: string, name: string, members: readonly string[] = []): CurrentGroup {
  return {
    id,
    name,
    members: new Map(members.map((email) => [user(email).id, { groupAdmin: false }])),
    access: { apps: 'none', resources: 'none', workflows: 'none', queryLibrary: 'none' },
  };
}

/** An invite that nobody has claimed. */
export function invite(id: string, email: string, fields: Partial<CurrentInvite> = {}): CurrentInvite {
  return {
    id,
    email,
    claimed: false,
    claimedBy: null,
    expiresAt: '2026-03-05T09:00:00.000Z',
    groups: new Set(),
    metadata: {},
    ...fields,
  };
}

export interface DesiredGroupFields extends Partial<Omit<DesiredGroup, 'members' | 'undecided'>> {
  readonly members?: readonly string[];
  readonly admins?: readonly string[];
  readonly undecided?: readonly string[];
}

export function desiredGroup(name: string, fields: DesiredGroupFields = {}): DesiredGroup {
  const { members = [], admins, undecided = [], ...rest } = fields;
  return {
    name,
    create: true,
    access: null,
    fedBy: [{ source: 'hr', externalId: `g-${name}` }],
    provenance: { rule: 'groups[0]', source: 'hr', externalId: `g-${name}`, text: 'called for by groups[0]' },
    members: new Map(
      members.map((email) => [
        email,
        {
          groupAdmin: admins === undefined ? null : admins.includes(email),
          provenance: provenance(email, 'groups[0]', `member of "${name}" in hr`),
        },
      ]),
    ),
    undecided: new Set(undecided),
    completeness: complete,
    ...rest,
  };
}

export function desired(
  people: readonly Person[],
  groups: readonly DesiredGroup[] = [],
  fields: Partial<DesiredState> = {},
): DesiredState {
  return {
    people,
    groups,
    unreadSources: new Map(),
    completeSources: new Set(['hr']),
    completeGroupSources: new Set(['hr']),
    seenPeople: new Set(people.flatMap((person) => person.keys.map(keyText))),
    seenGroups: new Set(groups.flatMap((one) => one.fedBy.map(keyText))),
    sources: ['hr'],
    attributeNames: [],
    skips: [],
    conflicts: [],
    notices: [],
    incomplete: [],
    ...fields,
  };
}

export function current(
  users: readonly CurrentUser[] = [],
  groups: readonly CurrentGroup[] = [],
  attributes: readonly string[] = ['department', 'title'],
): CurrentState {
  return {
    visible: allVisible,
    users,
    groups,
    invites: [],
    attributes: attributes.map((name) => ({ name, dataType: 'string', defaultValue: null })),
    readAt: { began: now, ended: now },
  };
}

export function managed(email: string, fields: Partial<ManagedAccount> = {}): ManagedAccount {
  return {
    id: user(email).id,
    email,
    origin: 'created',
    disabledByUs: false,
    attributes: new Map(),
    ...fields,
  };
}

export function managedGroup(
  id: string,
  name: string,
  members: readonly string[] = [],
  fields: Partial<ManagedGroup> = {},
): ManagedGroup {
  return { id, name, origin: 'created', members: new Set(members.map((email) => user(email).id)), ...fields };
}

/** A memory of these accounts and groups, each linked to its record in `hr`. */
export function memory(
  accounts: readonly ManagedAccount[] = [],
  groups: readonly ManagedGroup[] = [],
  fields: Partial<Memory> = {},
): Memory {
  return {
    isNew: accounts.length === 0,
    links: [
      ...accounts.map(({ id, email }) => ({ type: 'user', targetId: id, ...key(email) }) as const),
      ...groups.map(
        ({ id, name }) => ({ type: 'group', targetId: id, source: 'hr', externalId: `g-${name}` }) as const,
      ),
    ],
    accounts: new Map(accounts.map((account) => [account.id, account])),
    groups: new Map(groups.map((one) => [one.id, one])),
    appliedConfig: accounts.length === 0 ? null : 'config',
    takenAway: [],
    invites: new Map(),
    snapshots: new Map(),
    ...fields,
  };
}

/** Everybody of `memory` whom no person of `desired` speaks for is gone, as a source asked by id would say. */
export function absencesIn(input: Pick<PlanInput, 'desired' | 'memory'>): PlanInput['absences'] {
  const missing = input.memory.links.filter(
    (link) => link.type === 'user' && !input.desired.seenPeople.has(keyText(link)),
  );
  return new Map(missing.map((link) => [keyText(link), 'gone'] as const));
}

export function inputOf(fields: Partial<PlanInput> = {}): PlanInput {
  const parts = { desired: desired([]), memory: memory(), ...fields };
  return {
    current: current(),
    policy: defaultPolicy,
    guard: defaultGuard,
    observed: { grace: new Map(), flips: new Map() },
    sizes: [],
    absences: absencesIn(parts),
    costs: {
      read: 4,
      extra: () => 0,
      verify: () => 2,
      costOf: ({ kind }) => (kind === 'adopt' || kind === 'release' ? 0 : 1),
    },
    target: 'https://acme.retool.com/api/v2',
    config: 'config',
    requestsPerMinute: 60,
    seats: null,
    now,
    ...parts,
  };
}

export function planOf(fields: Partial<PlanInput> = {}): Plan {
  return planChanges(inputOf(fields));
}

export function idsOf(plan: Plan): readonly string[] {
  return plan.operations.map((operation) => operation.id);
}

/** The one operation with this id; fails when the plan has none. */
export function find<Kind extends Operation['kind']>(
  plan: Plan,
  kind: Kind,
  subject: string,
): Extract<Operation, { readonly kind: Kind }> {
  const found = plan.operations.find((operation) => operation.id === `${kind}:${subject}`);
  if (found === undefined) throw new Error(`no ${kind}:${subject} among ${idsOf(plan).join(', ')}`);
  return found as Extract<Operation, { readonly kind: Kind }>;
}

export function codesOf(remarks: readonly { readonly code: string }[]): readonly string[] {
  return remarks.map((remark) => remark.code);
}
