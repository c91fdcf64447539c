import type { GroupFields, Operation } from '../model/operation.ts';
import type { OutcomeState } from '../model/outcome.ts';
import type { Plan } from '../model/plan.ts';
import type { Entry, Section } from './changes.ts';
import { isAdminGroup } from './changes.ts';
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
  if (operation.kind !== 'createGroup' && operation.kind !== 'updateGroup') return [];
  const { after } = operation;
  const owned = ownedThings.filter(([field]) => after[field] === 'own').map(([, things]) => `all ${things}`);
  return owned.length === 0
    ? []
    : [`Group "${operation.subject.key}" gets "own" access to ${listed(owned)}.`];
}
