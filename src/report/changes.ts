import type { SubjectType } from '../model/desired-state.ts';
import {
  harmlessRevocations,
  type GrantState,
  type NewInviteMember,
  type NewMember,
  type Operation,
  type OperationKind,
  type OperationOf,
  type Reason,
} from '../model/operation.ts';
import type { Outcome, OutcomeState } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { FieldChange } from './describe.ts';
import { fieldsOf, fullName, membershipWord } from './describe.ts';
import type { Held } from './held.ts';
import type { ChangeSymbol } from './kinds.ts';
import { labelOf, symbolOf } from './kinds.ts';

/** What became of one change, when a run tried it. */
export interface ChangeOutcome {
  readonly state: OutcomeState;
  readonly code: string | null;
  readonly text: string | null;
}

/**
 * One line of a report: an operation as it touches one person or one group. Every operation is one
 * change, but `addMembers`, which is one for each of its people.
 */
export interface Change {
  /** The operation's id. */
  readonly operation: string;
  readonly kind: OperationKind;
  readonly symbol: ChangeSymbol;
  /** For people, without the subject: `create account`, `add to group`. */
  readonly action: string;
  /** The group of a change of membership; null for everything else. */
  readonly group: string | null;
  readonly fields: readonly FieldChange[];
  readonly reason: Reason;
  readonly held: boolean;
  readonly outcome: ChangeOutcome | null;
}

/** Everything the plan does to one person or one group. */
export interface Entry {
  readonly type: 'person' | 'group' | 'attribute';
  /** The account's address, or the name of the group or attribute, as the plan has it. */
  readonly key: string;
  /** The person's name, where the plan tells it. */
  readonly name: string | null;
  /** Whether admin rights are at stake. */
  readonly admin: boolean;
  readonly changes: readonly Change[];
}

export type SectionName =
  | 'leavers'
  | 'movers'
  | 'joiners'
  | 'changed'
  | 'memberships'
  | 'requests'
  | 'groups'
  | 'attributes'
  | 'adopted';

/** Entries that mean the same to a reader; a person stands in one section only. */
export interface Section {
  readonly name: SectionName;
  readonly title: string;
  /** What the section holds, in one sentence. */
  readonly about: string;
  /** In plan order, people with admin rights first. Never empty. */
  readonly entries: readonly Entry[];
}

const sectionTexts: Readonly<Record<SectionName, { readonly title: string; readonly about: string }>> = {
  leavers: { title: 'Leavers', about: 'Their accounts are disabled, and their invites revoked.' },
  movers: { title: 'Movers', about: 'They stay and lose at least one group.' },
  joiners: {
    title: 'Joiners',
    about: 'They get an account or an invite, or their account is switched on again.',
  },
  changed: { title: 'Changed accounts', about: 'Names or attributes change.' },
  memberships: {
    title: 'Memberships',
    about: 'They gain groups or group admin rights, and nothing else changes.',
  },
  requests: { title: 'Access requests', about: 'They asked for access, and get an answer.' },
  groups: {
    title: 'Groups',
    about: 'Groups that are created or deleted, or whose settings or access to single objects change.',
  },
  attributes: { title: 'Attributes', about: 'User attributes that are defined in Retool.' },
  adopted: { title: 'Adopted and released', about: 'No call is made: only who manages them changes.' },
};

/** The order of sections in every report: what takes access away comes first. */
const sectionOrder = Object.keys(sectionTexts) as readonly SectionName[];

/** A change with the person or group it belongs to. */
export interface PlacedChange {
  readonly type: Entry['type'];
  readonly key: string;
  /** The target's id of that person or group; null before it exists. */
  readonly id: string | null;
  readonly change: Change;
}

/** What the plan does, by person and by group, in the order in which reports show it. */
export function sectionsOf(plan: Plan, held: Held | null, outcomes: readonly Outcome[]): readonly Section[] {
  const outcomeOf = new Map(outcomes.map((outcome) => [outcome.operation, outcome]));
  const admins = adminOperations(plan);
  const names = namesOf(plan);
  const changes = plan.operations.flatMap((operation) =>
    changesOf(operation, held, outcomeOf.get(operation.id) ?? null),
  );
  const byKey = Map.groupBy(changes, ({ type, key }) => `${type} ${key}`);
  const bySection = new Map<SectionName, Entry[]>(sectionOrder.map((name) => [name, []]));
  for (const all of byKey.values()) {
    const entry = entryOf(all, admins, names);
    if (entry !== null) bySection.get(sectionFor(entry))?.push(entry);
  }
  return sectionOrder
    .map((name) => ({ name, ...sectionTexts[name], entries: adminsFirst(bySection.get(name) ?? []) }))
    .filter((section) => section.entries.length > 0);
}

function entryOf(
  all: readonly PlacedChange[],
  admins: ReadonlySet<string>,
  names: ReadonlyMap<string, string>,
): Entry | null {
  const first = all[0];
  if (first === undefined) return null;
  const changes = all.map((placed) => placed.change);
  return {
    type: first.type,
    key: first.key,
    name: first.type === 'person' ? (names.get(first.key) ?? null) : null,
    admin: changes.some((change) => admins.has(change.operation)),
    changes,
  };
}

function adminsFirst(entries: readonly Entry[]): readonly Entry[] {
  return [...entries.filter((entry) => entry.admin), ...entries.filter((entry) => !entry.admin)];
}

/** The one section of an entry: the change that means most for the person decides. */
function sectionFor(entry: Entry): SectionName {
  const kinds = new Set(entry.changes.map((change) => change.kind));
  const hasOneOf = (...some: readonly OperationKind[]): boolean => some.some((kind) => kinds.has(kind));
  if (entry.type === 'attribute') return 'attributes';
  if (entry.type === 'group') return [...kinds].every((kind) => adopting.has(kind)) ? 'adopted' : 'groups';
  if (hasOneOf('deactivateUser') || isRevoked(entry)) return 'leavers';
  if (hasOneOf('createUser', 'reactivateUser', 'inviteUser', 'reissueInvite')) return 'joiners';
  if (hasOneOf('removeMember', 'removeInviteFromGroup')) return 'movers';
  if (hasOneOf('updateUser', 'setAttributes', 'clearAttributes')) return 'changed';
  if (hasOneOf('addMembers', 'setGroupAdmin', 'addInvitesToGroup')) return 'memberships';
  return hasOneOf('decideAccessRequest') ? 'requests' : 'adopted';
}

const adopting: ReadonlySet<OperationKind> = new Set(['adopt', 'release']);

/** Whether an invite goes and nothing takes its place. */
function isRevoked({ changes }: Entry): boolean {
  return changes.some(({ kind, reason }) => kind === 'revokeInvite' && !harmlessRevocations.has(reason.code));
}

/** What an operation does, by person and group: one change, or one for each member of an `addMembers`. */
export function changesOf(
  operation: Operation,
  held: Held | null,
  outcome: Outcome | null,
): readonly PlacedChange[] {
  if (operation.kind === 'addMembers' && operation.after.members.length > 0) {
    return operation.after.members.map((member) => placedMember(operation, member, held, outcome));
  }
  if (operation.kind === 'addInvitesToGroup')
    return operation.after.invites.map((invite) => placedInvite(operation, invite, held, outcome));
  const membership = membershipOf(operation);
  const change: Change = {
    operation: operation.id,
    kind: operation.kind,
    symbol: symbolOf(operation.kind),
    action: actionOf(operation),
    group: membership?.group ?? null,
    fields: fieldsOf(operation),
    reason: operation.reason,
    held: held?.operations.has(operation.id) ?? false,
    outcome,
  };
  if (membership !== null)
    return [{ type: 'person', key: membership.user.key, id: membership.user.id, change }];
  const placed = { ...placeOf(operation), change };
  if (operation.kind !== 'inviteUser') return [placed];
  return [placed, ...operation.after.groups.map((group) => joinedWith(placed, group.key))];
}

/** The person, group or attribute that an operation is about. */
function placeOf(operation: Operation): Pick<PlacedChange, 'type' | 'key' | 'id'> {
  const { type, key, id } = operation.subject;
  const grant = grantOf(operation);
  if (grant !== null) return { type: 'group', key: grant.group.key, id: grant.group.id };
  if (type === 'accessRequest') return { type: 'person', key: key.slice(0, key.lastIndexOf(' (')), id: null };
  if (type === 'group' || type === 'attribute') return { type, key, id };
  return { type: 'person', key, id };
}

/** A group that somebody joins by claiming the invite. */
function joinedWith(placed: PlacedChange, group: string): PlacedChange {
  const field = { name: group, before: null, after: membershipWord('member') };
  return { ...placed, change: { ...placed.change, action: 'add to group', group, fields: [field] } };
}

function placedInvite(
  operation: OperationOf<'addInvitesToGroup'>,
  invite: NewInviteMember,
  held: Held | null,
  outcome: Outcome | null,
): PlacedChange {
  const leftOut = outcome?.items.find((item) => item.key === invite.key);
  const group = operation.subject.key;
  const change: Change = {
    operation: operation.id,
    kind: operation.kind,
    symbol: symbolOf(operation.kind),
    action: 'put invite into group',
    group,
    fields: [{ name: group, before: null, after: membershipWord('member') }],
    reason: invite.reason,
    held: held?.operations.has(operation.id) ?? false,
    outcome: leftOut === undefined ? outcome : { state: 'skipped', code: leftOut.code, text: leftOut.text },
  };
  return { type: 'person', key: invite.key, id: null, change };
}

/** The grant that an operation gives, takes or adopts. */
function grantOf(operation: Operation): Pick<GrantState, 'group' | 'object'> | null {
  if (operation.kind === 'grantAccess' || operation.kind === 'revokeAccess') return operation.after;
  const owned =
    operation.kind === 'adopt' ? operation.after : operation.kind === 'release' ? operation.before : null;
  return owned !== null && 'object' in owned ? owned : null;
}

function placedMember(
  operation: OperationOf<'addMembers'>,
  member: NewMember,
  held: Held | null,
  outcome: Outcome | null,
): PlacedChange {
  const leftOut = outcome?.items.find((item) => item.key === member.key);
  const role = membershipWord(member.is_group_admin ? 'admin' : 'member');
  const change: Change = {
    operation: operation.id,
    kind: operation.kind,
    symbol: symbolOf(operation.kind),
    action: member.is_group_admin ? 'add to group as admin' : 'add to group',
    group: operation.subject.key,
    fields: [{ name: operation.subject.key, before: null, after: role }],
    reason: member.reason,
    held: held !== null && (held.operations.has(operation.id) || held.operations.has(member.waitsFor ?? '')),
    outcome: leftOut === undefined ? outcome : { state: 'skipped', code: leftOut.code, text: leftOut.text },
  };
  return { type: 'person', key: member.key, id: member.id, change };
}

const nouns: Readonly<Record<SubjectType, string>> = {
  user: 'account',
  group: 'group',
  membership: 'membership',
  invite: 'invite',
  attribute: 'attribute',
  grant: 'access',
  accessRequest: 'access request',
};

function actionOf(operation: Operation): string {
  if (operation.kind === 'decideAccessRequest')
    return operation.after.status === 'APPROVED' ? 'approve access request' : 'deny access request';
  if (operation.kind === 'grantAccess' && operation.before.level !== null) return 'change access';
  if (operation.kind === 'setGroupAdmin')
    return operation.after.is_group_admin ? 'make group admin' : 'make plain member';
  const label = labelOf(operation.kind).toLowerCase();
  if (operation.kind !== 'adopt' && operation.kind !== 'release') return label;
  const noun = nouns[operation.subject.type];
  return operation.kind === 'adopt' && operation.before.managed ? `extend ${noun}` : `${label} ${noun}`;
}

/** The pair a change of membership is about; null for everything else and for `addMembers`, which has many. */
function membershipOf(
  operation: Operation,
): { readonly user: { readonly key: string; readonly id: string | null }; readonly group: string } | null {
  switch (operation.kind) {
    case 'removeInviteFromGroup': {
      const { invite, group } = operation.before;
      return { user: { key: invite.key, id: null }, group: group.key };
    }
    case 'removeMember':
    case 'setGroupAdmin':
      return { user: operation.before.user, group: operation.before.group.key };
    case 'adopt':
    case 'release': {
      const owned = operation.kind === 'adopt' ? operation.after : operation.before;
      return 'member' in owned ? { user: owned.user, group: owned.group.key } : null;
    }
    default:
      return null;
  }
}

function namesOf(plan: Plan): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const operation of plan.operations) {
    if (operation.kind === 'createUser') names.set(operation.subject.key, fullName(operation.after));
  }
  return names;
}

/** Retool's built-in group of organisation admins. */
const adminGroup = 'admin';

/** Whether a group gives the rights of an organisation admin. */
export function isAdminGroup(name: string): boolean {
  return name.toLowerCase() === adminGroup;
}

/** Operations with which somebody gains or loses an organisation admin's rights. */
function adminOperations(plan: Plan): ReadonlySet<string> {
  const ids = new Set<string>();
  for (const violation of plan.violations) {
    if (violation.class === 'admins') for (const id of violation.operations) ids.add(id);
  }
  for (const operation of plan.operations) {
    const group = operation.kind === 'addMembers' ? operation.subject.key : membershipOf(operation)?.group;
    if (
      group !== undefined &&
      isAdminGroup(group) &&
      operation.kind !== 'adopt' &&
      operation.kind !== 'release'
    ) {
      ids.add(operation.id);
    }
  }
  return ids;
}
