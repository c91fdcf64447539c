import { stated, statedJson, statedOrBlank, unlessEmpty } from '../../model/stated.ts';
import type { Enterprise, Manager, Name, User } from '../../model/user.ts';
import type { Converted } from './convert.ts';
import { placesOf, type Table, type TableRow } from './csv.ts';
import type { ActiveColumn, Columns } from './schema.ts';

/** A person of a table, with the names of their groups as their cell lists them. */
export interface PersonRow {
  readonly person: Converted<User>;
  readonly groups: readonly string[];
}

/** What a row says of people's status, where the file uses the usual words. */
const usualWords = {
  active: ['true', 'yes', 'y', '1', 'active'],
  inactive: ['false', 'no', 'n', '0', 'inactive'],
};

type Key = keyof Columns;

/** How the rows of one table are read. */
interface Reader {
  readonly table: Table;
  readonly places: ReadonlyMap<Key, number>;
  /** Whether somebody is active, by the word in lower case; null when nothing says so. */
  readonly statusOf: ReadonlyMap<string, boolean> | null;
  readonly separator: string;
  /** Columns that are in `extra`, under their own names. */
  readonly further: readonly (readonly [name: string, place: number])[];
}

/** The people of a table, row by row. Throws `sourceInvalid` when a column is missing. */
export function peopleOf(table: Table, columns: Columns, separator: string): readonly PersonRow[] {
  const { active, ...plain } = columns;
  const wanted = new Map(Object.entries(plain) as [Key, string][]);
  if (active !== undefined) wanted.set('active', typeof active === 'string' ? active : active.column);
  const places = placesOf(table, wanted);
  const statusOf = active === undefined ? null : statusTable(active);
  const reader = { table, places, separator, statusOf, further: furtherColumns(table, places) };
  return table.rows.map((row) => rowOfPerson(row, reader));
}

function statusTable(column: ActiveColumn): ReadonlyMap<string, boolean> {
  const { active, inactive } = typeof column === 'string' ? usualWords : column;
  return new Map([
    ...active.map((word) => [word.toLowerCase(), true] as const),
    ...inactive.map((word) => [word.toLowerCase(), false] as const),
  ]);
}

function rowOfPerson(row: TableRow, reader: Reader): PersonRow {
  const { table, places, statusOf, separator, further } = reader;
  const rejected = (externalId: string | null, text: string): PersonRow => ({
    person: { state: 'rejected', externalId, text: `${table.name}, line ${row.line}: ${text}` },
    groups: [],
  });
  if (row.state === 'uneven') return rejected(null, row.text);
  const cell = (key: Key): string | undefined => row.cells[places.get(key) ?? -1];
  const id = cell('id') ?? '';
  if (id.trim() === '') return rejected(null, 'it has no id');
  const active = statusOf === null ? true : statusOf.get((cell('active') ?? '').trim().toLowerCase());
  // An empty cell, like any other word, could be read either way.
  if (active === undefined) return rejected(id, 'active: none of the words for active and inactive people');
  const groups = (cell('groups') ?? '').split(separator).map((name) => name.trim());
  return {
    person: {
      state: 'converted',
      value: {
        externalId: id,
        active,
        ...factsOf(cell),
        extra: statedJson(Object.fromEntries(further.map(([name, place]) => [name, row.cells[place]]))),
      },
    },
    groups: groups.filter((name) => name !== ''),
  };
}

function factsOf(cell: (key: Key) => string | undefined): Omit<User, 'externalId' | 'active' | 'extra'> {
  const userName = cell('userName');
  const email = cell('email') ?? (userName?.includes('@') === true ? userName : undefined);
  const manager = stated<Manager>({ value: cell('manager'), displayName: cell('managerName') });
  const name = statedOrBlank<Name>({
    formatted: cell('formattedName'),
    givenName: cell('givenName'),
    familyName: cell('familyName'),
    middleName: cell('middleName'),
    honorificPrefix: cell('honorificPrefix'),
    honorificSuffix: cell('honorificSuffix'),
  });
  const enterprise = stated<Enterprise>({
    employeeNumber: cell('employeeNumber'),
    costCenter: cell('costCenter'),
    organization: cell('organization'),
    division: cell('division'),
    department: cell('department'),
    manager: unlessEmpty(manager),
  });
  return stated<User>({
    userName,
    email,
    emails: email === undefined || email === '' ? null : [{ value: email, primary: true }],
    displayName: cell('displayName'),
    nickName: cell('nickName'),
    title: cell('title'),
    userType: cell('userType'),
    preferredLanguage: cell('preferredLanguage'),
    locale: cell('locale'),
    timezone: cell('timezone'),
    name: unlessEmpty(name),
    enterprise: unlessEmpty(enterprise),
  });
}

/** Columns that nobody asked for, with their places. */
function furtherColumns({ header }: Table, places: ReadonlyMap<Key, number>): Reader['further'] {
  const taken = new Set(places.values());
  return header.flatMap((name, index) => (name === '' || taken.has(index) ? [] : [[name, index] as const]));
}
