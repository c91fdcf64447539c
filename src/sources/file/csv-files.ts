import { statedJson } from '../../model/stated.ts';
import { count } from '../../model/text.ts';
import type { Converted, NestedGroup } from './convert.ts';
import { peopleOf, type PersonRow } from './csv-people.ts';
import { placesOf, tableOf, type Table } from './csv.ts';
import type { Files, List, TextFile } from './files.ts';
import type { Columns, Memberships } from './schema.ts';

/** What the options of a source say of its CSV files. */
export interface CsvRules {
  readonly columns: Columns;
  readonly delimiter: string;
  readonly separator: string;
}

/** The file of memberships, or several, and which of its columns hold what. */
export interface MembershipsFiles {
  readonly files: readonly TextFile[];
  readonly columns: Memberships['columns'];
}

/**
 * What CSV files say. Groups come from a column of people's files or from a file of memberships; with neither there
 * are none, which is then what the configuration says and no gap.
 */
export function csvFiles(
  files: readonly TextFile[],
  { columns, delimiter, separator }: CsvRules,
  memberships: MembershipsFiles | null,
): Files {
  const tables = files.map((file) => {
    const table = tableOf(file, delimiter);
    return { name: table.name, rows: peopleOf(table, columns, separator) };
  });
  const rows = tables.flatMap((table) => table.rows);
  const groups =
    memberships === null
      ? groupsByName(rows)
      : groupsOfMemberships(
          memberships.files.map((file) => tableOf(file, delimiter)),
          memberships.columns,
        );
  return {
    people: tables.map(({ name, rows: people }) => ({ name, rows: people.map(({ person }) => person) })),
    groups: [groups.list],
    called: { people: tables.map(({ name }) => name).join(', '), groups: groups.list.name },
    unseenGroups: columns.groups === undefined ? groups.unseen : unseenIn(rows),
  };
}

interface Groups {
  readonly list: List<NestedGroup>;
  readonly unseen: string | null;
}

/** Groups that people's rows name: a name is all that such a group has, its id too. */
function groupsByName(rows: readonly PersonRow[]): Groups {
  const members = new Map<string, string[]>();
  for (const { person, groups } of rows) {
    if (person.state === 'rejected') continue;
    for (const name of groups) entryAt(members, name, (): string[] => []).push(person.value.externalId);
  }
  const list = [...members].map(([name, ids]) => groupRow(name, name, ids, null));
  return { list: { name: 'the column of groups', rows: list }, unseen: null };
}

/** A row that can't be read may have been of any group. */
function unseenIn(rows: readonly PersonRow[]): string | null {
  const lost = rows.filter(({ person }) => person.state === 'rejected').length;
  return lost === 0 ? null : `${count(lost, 'row')} of people could not be read, and whose groups they name`;
}

type MembershipKey = keyof Memberships['columns'];

/** What was gathered of the groups that memberships name. */
interface Gathered {
  readonly members: Map<string, string[]>;
  readonly names: Map<string, Set<string>>;
  /** Why the members of a group may be more, by its id. */
  readonly incomplete: Map<string, string>;
  /** Rows that say nothing of a group and may be about any. */
  lost: number;
}

/** Files with one row for each membership. */
function groupsOfMemberships(tables: readonly Table[], columns: Memberships['columns']): Groups {
  const gathered: Gathered = { members: new Map(), names: new Map(), incomplete: new Map(), lost: 0 };
  for (const table of tables) gather(table, columns, gathered);
  const { members, names, incomplete, lost } = gathered;
  const name = tables.map((table) => table.name).join(', ');
  const rows = [...names].map(([group, [first = group, ...others]]) =>
    others.length > 0
      ? ({
          state: 'rejected',
          externalId: group,
          text: `${name}: it has ${others.length + 1} names`,
        } as const)
      : groupRow(group, first, members.get(group) ?? [], incomplete.get(group) ?? null),
  );
  const unseen = lost === 0 ? null : `${count(lost, 'row')} of ${name} could not be read`;
  return { list: { name, rows }, unseen };
}

function gather(table: Table, columns: Memberships['columns'], gathered: Gathered): void {
  const places = placesOf(table, new Map(Object.entries(columns) as [MembershipKey, string][]));
  for (const row of table.rows) {
    const cell = (key: MembershipKey): string =>
      row.state === 'row' ? (row.cells[places.get(key) ?? -1] ?? '') : '';
    const group = cell('group');
    if (group.trim() === '') {
      gathered.lost += 1;
      continue;
    }
    entryAt(gathered.names, group, () => new Set<string>()).add(cell('name') === '' ? group : cell('name'));
    const member = cell('member');
    if (member.trim() === '')
      gathered.incomplete.set(group, `${table.name}, line ${row.line}: it names no member`);
    else entryAt(gathered.members, group, (): string[] => []).push(member);
  }
}

function groupRow(
  externalId: string,
  displayName: string,
  members: readonly string[],
  because: string | null,
): Converted<NestedGroup> {
  const value = { externalId, displayName, members: members.map((id) => ({ value: id })), because };
  return { state: 'converted', value: { ...value, extra: statedJson({}) } };
}

function entryAt<Value>(table: Map<string, Value>, key: string, make: () => Value): Value {
  const value = table.get(key) ?? make();
  table.set(key, value);
  return value;
}
