import type { GroupFields, Operation, OperationKind } from '../model/operation.ts';
import type { OutcomeState } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Entry, Section } from './changes.ts';
import { isAdminGroup } from './changes.ts';
import { describe, objectText } from './describe.ts';
import { counted, listed } from './words.ts';

/**
 * What a reader must not overlook, worst first: admins who leave or lose their rights, what was said
 * about admins elsewhere in the plan, new admins, groups that come to own things, lost answers.
 */
export function risksOf(
  plan: Plan,
  sections: readonly Section[],
  outcomes: Readonly<Record<OutcomeState, number>> | null,
): readonly string[] {
  const admins = sections
    .flatMap((section) => section.entries)
    .filter((entry) => entry.admin && entry.type === 'person');
  return [
    ...newStateText(plan),
    ...admins.flatMap((entry) => leavingAdmin(entry)),
    ...adminRemarks(plan),
    ...admins.flatMap((entry) => newAdmin(entry)),
    ...plan.operations.flatMap((operation) => ownGrant(operation)),
    ...(outcomes !== null && outcomes.unknown > 0
      ? [
          `The answer to ${counted(outcomes.unknown, 'call')} was lost: whether it took effect is not known yet.`,
        ]
      : []),
  ];
}

/** That the memory of an organisation in use is missing: said before anything else, since all that follows rests on it. */
export function newStateText({ notices }: Plan): readonly string[] {
  return notices
    .filter(({ code }) => code === 'newState')
    .map(
      ({ text }) =>
        `${text[0]?.toUpperCase()}${text.slice(1)}. If a bridge ran here before, restore its state first.`,
    );
}

function leavingAdmin(entry: Entry): readonly string[] {
  if (entry.changes.some((change) => change.kind === 'deactivateUser')) {
    return [`The account of admin ${entry.key} is disabled.`];
  }
  const losesRights = entry.changes.some(
    (change) => change.kind === 'removeMember' && isAdminGroup(change.group ?? ''),
  );
  return losesRights ? [`${entry.key} loses the rights of an admin.`] : [];
}

function newAdmin(entry: Entry): readonly string[] {
  const gains = entry.changes.some(
    (change) => change.kind === 'addMembers' && isAdminGroup(change.group ?? ''),
  );
  return gains ? [`${entry.key} becomes an admin of the organisation.`] : [];
}

/** Codes of skips, conflicts and notices that speak of admins of the organisation, not of group admins. */
const adminCode = /^(?:admin|leavingAdmin|fewAdmins|lastAdmin)/;

function adminRemarks(plan: Plan): readonly string[] {
  return [...plan.skips, ...plan.conflicts, ...plan.notices]
    .filter(({ code }) => adminCode.test(code))
    .map(({ text }) => text);
}

const ownedThings: readonly (readonly [keyof GroupFields, string])[] = [
  ['universal_app_access', 'apps'],
  ['universal_resource_access', 'resources'],
  ['universal_workflow_access', 'workflows'],
  ['universal_query_library_access', 'the query library'],
];

function ownGrant(operation: Operation): readonly string[] {
  if (operation.kind === 'grantAccess' && operation.after.level === 'own')
    return [
      `Group "${operation.after.group.key}" gets "own" access to ${objectText(operation.after.object)}.`,
    ];
  if (operation.kind !== 'createGroup' && operation.kind !== 'updateGroup') return [];
  const { after } = operation;
  const owned = ownedThings.filter(([field]) => after[field] === 'own').map(([, things]) => `all ${things}`);
  return owned.length === 0
    ? []
    : [`Group "${operation.subject.key}" gets "own" access to ${listed(owned)}.`];
}

/** How many of its riskiest operations a plan shows first; one that is no longer is its own list. */
export const mostRiskiest = 10;

/** What an operation of each kind puts at stake, the worst first; kinds that are not here are easily undone. */
const stakes: ReadonlyMap<OperationKind, string> = new Map([
  ['deactivateUser', 'somebody can no longer log in'],
  ['revokeInvite', 'somebody can no longer claim the invite'],
  ['deleteGroup', 'the group is gone for good, with what it gives'],
  ['removeMember', 'somebody loses what the group gives'],
  ['revokeAccess', 'the group loses the access'],
  ['clearAttributes', 'a value is gone'],
  ['setGroupAdmin', 'who decides over the group changes'],
  ['updateGroup', 'everybody in the group is concerned'],
  ['reactivateUser', 'what the account had comes back'],
]);

/**
 * The riskiest operations of a long plan, the worst first, as sentences with what is at stake. Among equals those
 * come first whose group loses most. What {@link risksOf} tells about admins and owners stands before this list.
 */
export function riskiestOf({ operations }: Plan): readonly string[] {
  if (operations.length <= mostRiskiest) return [];
  const losses = lossesByGroup(operations);
  const order = [...stakes.keys()];
  const lossesOf = (operation: Operation): number =>
    operation.kind === 'removeMember' ? (losses.get(operation.before.group.key) ?? 0) : 0;
  return operations
    .filter(({ kind }) => stakes.has(kind))
    .toSorted((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind) || lossesOf(b) - lossesOf(a))
    .slice(0, mostRiskiest)
    .map((operation) => `${describe(operation).sentence}: ${stakes.get(operation.kind)}`);
}

function lossesByGroup(operations: readonly Operation[]): ReadonlyMap<string, number> {
  const losses = new Map<string, number>();
  for (const operation of operations) {
    if (operation.kind !== 'removeMember') continue;
    const group = operation.before.group.key;
    losses.set(group, (losses.get(group) ?? 0) + 1);
  }
  return losses;
}
