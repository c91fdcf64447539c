import type {
  NewMember,
  Operation,
  OperationKind,
  OperationOf,
  Reason,
  UserRef,
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
  readonly type: 'person' | 'group';
  /** The account's address or the group's name, as the plan has it. */
  readonly key: string;
  /** The person's name, where the plan tells it. */
  readonly name: string | null;
  /** Whether admin rights are at stake. */
  readonly admin: boolean;
  readonly changes: readonly Change[];
}

export type SectionName = 'leavers' | 'movers' | 'joiners' | 'changed' | 'memberships' | 'groups' | 'adopted';

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
  leavers: { title: 'Leavers', about: 'Their accounts are disabled.' },
  movers: { title: 'Movers', about: 'They stay and lose at least one group.' },
  joiners: { title: 'Joiners', about: 'They get an account, or theirs is switched on again.' },
  changed: { title: 'Changed accounts', about: 'Names or attributes change.' },
  memberships: {
    title: 'Memberships',
    about: 'They gain groups or group admin rights, and nothing else changes.',
  },
  groups: { title: 'Groups', about: 'Groups that are created, or whose settings change.' },
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
  if (entry.type === 'group')
    return kinds.has('createGroup') || kinds.has('updateGroup') ? 'groups' : groupRemainder(kinds);
  if (kinds.has('deactivateUser')) return 'leavers';
  if (kinds.has('createUser') || kinds.has('reactivateUser')) return 'joiners';
  if (kinds.has('removeMember')) return 'movers';
  if (kinds.has('updateUser') || kinds.has('setAttributes') || kinds.has('clearAttributes')) return 'changed';
  return kinds.has('addMembers') || kinds.has('setGroupAdmin') ? 'memberships' : 'adopted';
}

function groupRemainder(kinds: ReadonlySet<OperationKind>): SectionName {
  return kinds.has('addMembers') ? 'groups' : 'adopted';
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
  const type = operation.subject.type === 'group' ? 'group' : 'person';
  return [{ type, key: operation.subject.key, id: operation.subject.id, change }];
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

function actionOf(operation: Operation): string {
  if (operation.kind === 'setGroupAdmin')
    return operation.after.is_group_admin ? 'make group admin' : 'make plain member';
  const label = labelOf(operation.kind).toLowerCase();
  if (operation.kind !== 'adopt' && operation.kind !== 'release') return label;
  const noun = { user: 'account', group: 'group', membership: 'membership' }[operation.subject.type];
  return operation.kind === 'adopt' && operation.before.managed ? `extend ${noun}` : `${label} ${noun}`;
}

/** The pair a change of membership is about; null for everything else and for `addMembers`, which has many. */
function membershipOf(operation: Operation): { readonly user: UserRef; readonly group: string } | null {
  switch (operation.kind) {
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
