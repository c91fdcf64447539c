import { DEPARTMENTS, nameSomeone } from './names.ts';
import { DOMAIN } from './people.ts';
import type { Random } from './random.ts';
import type { OktaStatus, Person, RetoolWorld, RetoolWorldUser } from './types.ts';

/** What the groups for Retool make of a person when Okta is asked before Entra. */
export type Standing = 'active' | 'inactive' | 'outside';

/** Statuses in which a person can sign in, or could after a reset (Okta: user lifecycle). */
const SIGNS_IN: ReadonlySet<OktaStatus> = new Set<OktaStatus>([
  'ACTIVE',
  'LOCKED_OUT',
  'PASSWORD_EXPIRED',
  'PROVISIONED',
  'RECOVERY',
]);

/** Whether a person belongs into Retool; guests of the tenant do not. */
export function standingOf(person: Person): Standing {
  if (person.okta !== null && person.retoolGroups.some((name) => name.startsWith('retool-'))) {
    return SIGNS_IN.has(person.okta.status) ? 'active' : 'inactive';
  }
  if (person.entra?.userType !== 'Member' || person.retoolGroups.length === 0) return 'outside';
  return person.entra.enabled ? 'active' : 'inactive';
}

/**
 * The organisation before any bridge: two admins, accounts made by hand for one in five of those who
 * belong there (some out of date, some switched off), accounts no provider knows, two groups.
 */
export function foundOrganisation(people: readonly Person[], random: Random): RetoolWorld {
  const active = people.filter((person) => standingOf(person) === 'active');
  const inactive = people.filter((person) => standingOf(person) === 'inactive');
  const known = [
    ...everyFifth(active).map((person, index) => accountByHand(person, index, random)),
    ...everyFifth(inactive).map((person) => upToDate(person)),
  ];
  const strangers = unknownToAll(Math.max(2, Math.round(people.length / 100)), random);
  const owner = account('owner@acme.com', 'Robin', 'Owner', { admin: true });
  const staff = known.map((user) => user.email);
  const stranger = strangers.slice(0, 1).map((user) => user.email);
  return {
    users: [owner, ...known, ...strangers],
    groups: [
      { name: 'finance', members: [...staff.filter((_, index) => index % 4 === 0), ...stranger] },
      { name: 'Executive Dashboards', members: [owner.email, ...staff.slice(0, 3)] },
    ],
    userAttributes: [
      { name: 'department', label: 'Department', dataType: 'string' },
      { name: 'employee_id', label: 'Employee ID', dataType: 'string' },
      { name: 'title', label: 'Job title', dataType: 'string' },
    ],
  };
}

function everyFifth(people: readonly Person[]): readonly Person[] {
  return people.filter((_, index) => index % 5 === 0);
}

/** Whoever came first is an admin; then come some who moved, married, were never described or were switched off. */
function accountByHand(person: Person, index: number, random: Random): RetoolWorldUser {
  const current = upToDate(person);
  const moved = index % 4 === 1;
  return {
    ...current,
    lastName: index % 5 === 2 ? nameSomeone(random).family : current.lastName,
    active: index % 100 !== 3,
    admin: index === 0,
    metadata:
      index % 6 === 4
        ? {}
        : { ...current.metadata, ...(moved ? { department: random.pick(DEPARTMENTS).name } : {}) },
  };
}

function upToDate(person: Person): RetoolWorldUser {
  return account(person.email, person.given, person.family, {
    metadata: {
      department: person.department,
      employee_id: person.employeeNumber,
      title: person.title,
    },
  });
}

/** Contractors and two machines' accounts. */
function unknownToAll(contractors: number, random: Random): readonly RetoolWorldUser[] {
  const people = Array.from({ length: contractors }, (_, index) => {
    const { given, family, address } = nameSomeone(random);
    return account(`${address}.${index + 1}@contractors.example`, given, family);
  });
  const machines = ['reporting', 'etl'].map((task) =>
    account(`svc-${task}@${DOMAIN}`, 'Service', task === 'etl' ? 'ETL' : 'Reporting'),
  );
  return [...people, ...machines];
}

function account(
  email: string,
  firstName: string,
  lastName: string,
  more: Partial<RetoolWorldUser> = {},
): RetoolWorldUser {
  return { email, firstName, lastName, active: true, admin: false, metadata: {}, ...more };
}
