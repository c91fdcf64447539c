import type { Operation } from '../../../src/model/operation.ts';
import type { Plan } from '../../../src/model/plan.ts';
import {
  addMembers,
  adoptAccount,
  createGroup,
  createUser,
  deactivateUser,
  planOf,
  reasonOf,
  removeMember,
  setAttributes,
  setGroupAdmin,
  tooManyLeavers,
  updateGroup,
  updateUser,
} from './sample-plan.ts';

const given = [
  'María',
  'José',
  'Emma',
  'Liam',
  'Søren',
  'Zoë',
  'Anne-Marie',
  'Wei',
  'Yuki',
  'Björn',
  'Priya',
  'Kofi',
  'Olga',
  'Noah',
  'Fatima',
  'Jürgen',
];
const family = [
  'García',
  "O'Brien",
  'Smith',
  'Müller',
  'Jørgensen',
  'Li',
  'Tanaka',
  'Patel',
  'Mensah',
  'Ivanova',
  'van der Berg',
  'Lindström',
  'Nguyen',
  'Kowalski',
];
const departments = ['Finance', 'Engineering', 'Support', 'Sales', 'Operations', 'People', 'Legal', 'Data'];

/** The nth of a fixed series of plausible people. */
export function personAt(index: number): {
  readonly email: string;
  readonly first: string;
  readonly last: string;
  readonly department: string;
} {
  const first = given[index % given.length] ?? '';
  const last = family[Math.floor(index / given.length + index) % family.length] ?? '';
  const ascii = `${first}.${last}`
    .normalize('NFD')
    .replace(/ø/g, 'o')
    .replace(/[^A-Za-z.-]/g, '')
    .toLowerCase();
  return {
    email: `${ascii}${index}@acme.com`,
    first,
    last,
    department: departments[index % departments.length] ?? '',
  };
}

/** A plan for a company of some 200 people on an ordinary Monday. */
export function mondayPlan(more: Partial<Plan> = {}): Plan {
  const people = Array.from({ length: 90 }, (_, index) => personAt(index));
  const leavers = people.slice(0, 3);
  const joiners = people.slice(3, 17);
  const movers = people.slice(17, 24);
  const changed = people.slice(24, 36);
  const members = people.slice(36, 48);
  const adopted = people.slice(48, 56);
  const joinersOf = (department: string): readonly string[] =>
    joiners.filter((person) => person.department === department).map((person) => `+${person.email}`);
  const additions = departments.flatMap((department, at) => {
    const gaining = [...movers, ...members].filter(
      (person) =>
        departments[(departments.indexOf(person.department) + 1) % departments.length] === department,
    );
    const joining = [...joinersOf(department), ...gaining.map((person) => person.email)];
    return joining.length === 0
      ? []
      : [addMembers(department, joining, at === 7 ? [`createGroup:${department}`] : [])];
  });
  const operations: readonly Operation[] = [
    ...leavers.map((person) => deactivateUser(person.email)),
    ...movers.map((person) => removeMember(person.email, person.department)),
    ...adopted.map((person, at) =>
      adoptAccount(person.email, at % 2 === 0 ? { department: person.department } : {}),
    ),
    ...joiners.map((person, at) =>
      createUser(person.email, person.first, person.last, {
        department: person.department,
        employee_id: String(1040 + at),
      }),
    ),
    ...changed.map((person, at) =>
      at % 3 === 0
        ? setAttributes(person.email, { department: null }, { department: person.department })
        : updateUser(
            person.email,
            at % 3 === 1 ? { last_name: 'Smith' } : {},
            at % 3 === 1 ? { last_name: person.last } : {},
            { department: ['Old', 'Support', 'HQ'][at % 3] ?? '', cost_center: '4100' },
            { department: person.department, cost_center: String(4200 + at) },
          ),
    ),
    createGroup('Data'),
    updateGroup('Engineering', 'use', 'edit'),
    ...additions,
    setGroupAdmin(members[0]?.email ?? '', 'Sales', 'admin'),
  ];
  return planOf(operations, {
    skips: [
      {
        subject: { type: 'user', key: 'contractor@ext.acme.com', id: null },
        code: 'noUsableAddress',
        text: 'contractor@ext.acme.com: the record has no address that Retool accepts',
      },
      {
        subject: { type: 'group', key: 'Partners', id: null },
        code: 'noSuchGroup',
        text: '"Partners" does not exist and groups[3] does not create it',
      },
    ],
    conflicts: [
      {
        subject: { type: 'user', key: 'sam.lee@acme.com', id: null },
        code: 'addressReused',
        candidates: ['okta 00u-old', 'okta 00u-new'],
        text: 'sam.lee@acme.com is linked to 00u-old, and 00u-new now has the address',
      },
    ],
    notices: [{ code: 'noMatch', text: 'groups[4] matches no source group' }],
    reads: [
      { source: 'okta', users: 214, groups: 12, partial: [] },
      { source: 'entra', users: 38, groups: 3, partial: [] },
    ],
    ...more,
  });
}

/** The same company on the day somebody emptied a directory group: held. */
export function heldPlan(): Plan {
  const admin = 'ada.admin@acme.com';
  const leavers = [...Array.from({ length: 11 }, (_, index) => personAt(index + 100).email), admin];
  const operations = [...leavers.map((email) => deactivateUser(email)), ...mondayPlan().operations.slice(3)];
  const ids = leavers.map((email) => `deactivateUser:${email}`);
  return {
    ...mondayPlan(),
    ...planOf(operations),
    violations: [
      tooManyLeavers(ids),
      {
        class: 'admins',
        limit: 0,
        actual: 1,
        operations: [`deactivateUser:${admin}`],
        holds: 'plan',
        text: `${admin} is an admin of the organisation`,
      },
    ],
    incomplete: ['entra: the members of "Retool Partners" could not be read'],
    reads: [
      { source: 'okta', users: 203, groups: 12, partial: [] },
      { source: 'entra', users: 38, groups: 3, partial: ['group "Retool Partners": 403 from Graph'] },
    ],
  };
}

/** A first run over many people: more rows than a page can show at once. */
export function largePlan(rows: number): Plan {
  const operations = Array.from({ length: rows }, (_, index) => {
    const person = personAt(index);
    switch (index % 4) {
      case 0:
        return createUser(person.email, person.first, person.last, { department: person.department });
      case 1:
        return setAttributes(person.email, { department: 'Support' }, { department: person.department });
      case 2:
        return removeMember(person.email, person.department);
      default:
        return addMembers(`Team ${index}`, [person.email]);
    }
  });
  return planOf(operations, {
    notices: [{ code: 'firstRun', text: reasonOf('this state has not seen an applied run').text }],
  });
}
