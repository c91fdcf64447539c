/** A person of the company that the pictures show. */
export interface Staff {
  readonly id: string;
  readonly given: string;
  readonly family: string;
  readonly department: string;
  /** Left out of the file: gone. */
  readonly leaves?: true;
  /** Not in the file of the week before. */
  readonly joins?: true;
  /** The department of the week before, where it was another one. */
  readonly was?: string;
}

const names = [
  ['Emma', 'Fischer', 'Sales'],
  ['Liam', 'Novak', 'Finance'],
  ['Priya', 'Nair', 'Engineering'],
  ['Yuki', 'Tanaka', 'Finance'],
  ['Omar', 'Haddad', 'Support'],
  ['Sofia', 'Rossi', 'Engineering'],
  ['Noah', 'Jansen', 'Sales'],
  ['Amara', 'Okafor', 'Operations'],
  ['Lucas', 'Moreau', 'Engineering'],
  ['Ingrid', 'Larsen', 'Support'],
  ['Mateo', 'García', 'Operations'],
  ['Hana', 'Kim', 'Finance'],
  ['Tomasz', 'Kowalski', 'Engineering'],
  ['Aisha', 'Khan', 'Sales'],
  ['Felix', 'Weber', 'Support'],
  ['Chloé', 'Dubois', 'Operations'],
  ['Ravi', 'Patel', 'Engineering'],
  ['Elena', 'Popescu', 'Finance'],
  ['Jonas', 'Berg', 'Sales'],
  ['Mei', 'Chen', 'Engineering'],
  ['Kofi', 'Mensah', 'Support'],
  ['Laura', 'Silva', 'Operations'],
  ['Dmitri', 'Volkov', 'Engineering'],
  ['Zeynep', 'Aydın', 'Sales'],
  ['Ben', 'Taylor', 'Support'],
  ['Nadia', 'Haddad', 'Finance'],
  ['Oscar', 'Lindqvist', 'Engineering'],
  ['Grace', 'Murphy', 'Operations'],
  ['Hugo', 'Almeida', 'Sales'],
  ['Sara', 'Cohen', 'Engineering'],
] as const;

/** People of the company by what happens to them in the week that is shown. */
export interface Week {
  readonly leaving: readonly number[];
  readonly joining: readonly number[];
  /** Who moves, and where from. */
  readonly moving: Readonly<Record<number, string>>;
}

export function staffOf(people: number, { leaving, joining, moving }: Week): readonly Staff[] {
  return names.slice(0, people).map(([given, family, department], index) => ({
    id: `e-${1001 + index}`,
    given,
    family,
    department,
    ...(leaving.includes(index) ? { leaves: true as const } : {}),
    ...(joining.includes(index) ? { joins: true as const } : {}),
    ...(moving[index] === undefined ? {} : { was: moving[index] }),
  }));
}

const enterprise = 'urn:ietf:params:scim:schemas:extension:enterprise:2.0:User';

/** The company's file of people, as it was a week before or as it is. */
export function scimOf(staff: readonly Staff[], when: 'before' | 'now'): string {
  const there = staff.filter(({ leaves, joins }) => (when === 'before' ? joins !== true : leaves !== true));
  const departmentOf = ({ department, was }: Staff): string =>
    when === 'before' ? (was ?? department) : department;
  const departments = [...new Set(staff.map(({ department }) => department))].toSorted();
  return JSON.stringify({
    Users: there.map((one) => ({
      id: one.id,
      userName: addressOf(one),
      active: true,
      name: { givenName: one.given, familyName: one.family },
      [enterprise]: { department: departmentOf(one) },
    })),
    Groups: departments.map((department) => ({
      id: `g-${department.toLowerCase()}`,
      displayName: `retool-${department.toLowerCase()}`,
      members: there.filter((one) => departmentOf(one) === department).map(({ id }) => ({ value: id })),
    })),
  });
}

function addressOf({ given, family }: Staff): string {
  const plain = `${given}.${family}`.toLowerCase().replaceAll('ı', 'i').normalize('NFD');
  return `${plain.replaceAll(/\p{M}/gu, '')}@acme.com`;
}
