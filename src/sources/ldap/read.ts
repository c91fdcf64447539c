import { AndFilter, ExtensibleFilter, type Filter } from 'ldapts';
import { rowGuard } from '../../http/paginate.ts';
import { createCollection, type Collection, type Content, type GroupRecord } from '../../model/collection.ts';
import { parsedFilter, type CallUse, type LdapClient, type Page, type Search } from './client.ts';
import {
  groupAttributes,
  groupOf,
  idOf,
  peopleAttributes,
  personOf,
  schemaOf,
  usualFilters,
  type Schema,
} from './convert.ts';
import { textsOf, type LdapEntry } from './entry.ts';
import { LdapFailure } from './failures.ts';
import { anything, flatMembers, type FlatMembers } from './members.ts';
import { createResolver, memberGroup, personAt, type Resolver } from './resolve.ts';
import type { Kind, LdapOptions } from './schema.ts';

const emptyRemedy = 'Check base and filter, and that the account under bind may read people.';

export interface ReadParts {
  readonly options: LdapOptions;
  readonly client: LdapClient;
  readonly use: CallUse;
  /** Told after each page how much there is so far. */
  readonly onPage: (seen: { readonly users: number; readonly groups: number }) => void;
}

/** A read under way. */
interface Reading extends ReadParts {
  readonly schema: Schema;
  readonly collection: Collection;
  readonly resolver: Resolver;
  readonly people: Filter;
}

/** Reads people, then groups with the people in them. Rejects with `LdapFailure` or a `BridgeError`. */
export async function readDirectory(parts: ReadParts): Promise<Content> {
  const { options, client, use } = parts;
  const kind = options.kind ?? (await kindOf(client, use));
  const schema = schemaOf(options, kind);
  const people = parsedFilter(options.filter ?? usualFilters[kind].people);
  const nested = options.groups?.nested === true;
  const resolver = createResolver({ client, schema, people, nested, use });
  const reading = { ...parts, schema, collection: createCollection(), resolver, people };
  await readPeople(reading);
  await readGroups(reading);
  return reading.collection.content(emptyRemedy);
}

/** What Active Directory says of itself (MS-ADTS 3.1.1.3.4.3), full or light. */
const activeDirectoryOids: readonly string[] = ['1.2.840.113556.1.4.800', '1.2.840.113556.1.4.1851'];

/**
 * What the server is, by its root entry. One that says nothing, or does not show it, is no Active Directory, which
 * always does. To be wrong takes nothing from anybody: people without the id of the kind make their list partial.
 */
export async function kindOf(client: LdapClient, use: CallUse): Promise<Kind> {
  const attributes = ['supportedCapabilities'];
  const [root] = await rootEntry({ base: '', scope: 'base', filter: anything, attributes }, client, use);
  const capabilities = root === undefined ? [] : (textsOf(root, 'supportedCapabilities') ?? []);
  return capabilities.some((oid) => activeDirectoryOids.includes(oid)) ? 'activeDirectory' : 'other';
}

async function rootEntry(search: Search, client: LdapClient, use: CallUse): Promise<readonly LdapEntry[]> {
  try {
    return (await client.look(search, use)).entries;
  } catch (error) {
    if (error instanceof LdapFailure && error.hidesAnEntry()) return [];
    throw error;
  }
}

async function readPeople(reading: Reading): Promise<void> {
  const { options, schema, collection, resolver, people } = reading;
  const { base } = options;
  const search: Search = { base, scope: 'sub', filter: people, attributes: peopleAttributes(schema) };
  for await (const { entries, references } of listed(search, reading)) {
    for (const entry of entries) {
      collection.addPerson(personOf(entry, schema));
      resolver.know(entry.dn, personAt(entry, schema));
    }
    for (const server of elsewhere(references, schema.kind))
      collection.missPeople(`the server refers to ${server} for a part of ${base}`);
    reading.onPage(collection.counts());
  }
}

async function readGroups(reading: Reading): Promise<void> {
  const groups = await listGroups(reading);
  if (asksTheServer(reading)) {
    for (const { record, entry } of groups) addGroup(record, await membersBySearch(entry, reading), reading);
    return;
  }
  const { schema, resolver, client, use } = reading;
  const read = [];
  for (const { record, entry } of groups) {
    const group = await memberGroup(entry, schema, client, use);
    if (reading.options.groups?.nested === true) resolver.know(entry.dn, { kind: 'group', group });
    else resolver.know(entry.dn, { kind: 'other' });
    read.push({ record, group });
  }
  for (const { record, group } of read) addGroup(record, await flatMembers(group, resolver.resolve), reading);
}

/** Active Directory itself goes down through groups in groups. */
function asksTheServer({ schema, options }: Reading): boolean {
  return schema.kind === 'activeDirectory' && options.groups?.nested === true;
}

function addGroup(
  record: GroupRecord,
  { members, through, because }: FlatMembers,
  { collection, onPage }: Reading,
): void {
  collection.addGroup(through.length === 0 ? record : { ...record, through }, members, because);
  onPage(collection.counts());
}

/** A group that can't be read might be one that a rule means. */
async function listGroups(
  reading: Reading,
): Promise<readonly { readonly record: GroupRecord; readonly entry: LdapEntry }[]> {
  const { options, schema, collection } = reading;
  const base = options.groups?.base ?? options.base;
  const filter = parsedFilter(options.groups?.filter ?? usualFilters[schema.kind].groups);
  const attributes = groupAttributes(schema, 'withMembers');
  const groups = [];
  for await (const { entries, references } of listed({ base, scope: 'sub', filter, attributes }, reading)) {
    for (const entry of entries) {
      const row = groupOf(entry, schema);
      if (row.state === 'read') groups.push({ record: row.value, entry });
      if (row.state === 'rejected') collection.rejectGroup(row.externalId, row.text);
    }
    for (const server of elsewhere(references, schema.kind))
      collection.rejectGroup(null, `the server refers to ${server} for a part of ${base}`);
  }
  return groups;
}

/** Goes up from each person through every group (MS-ADTS 3.1.1.3.1.3.2, LDAP_MATCHING_RULE_TRANSITIVE_EVAL). */
const transitively = '1.2.840.113556.1.4.1941';

/** The people in a group and in the groups in it, whose list only this group's own search can cut short. */
async function membersBySearch(group: LdapEntry, reading: Reading): Promise<FlatMembers> {
  const { options, schema, people } = reading;
  const isIn = new ExtensibleFilter({
    matchType: 'memberOf',
    rule: transitively,
    value: group.dn,
  });
  const filter = new AndFilter({ filters: [people, isIn] });
  const search: Search = { base: options.base, scope: 'sub', filter, attributes: [schema.id] };
  const members = new Set<string>();
  let because: string | null = null;
  try {
    for await (const { entries, references } of listed(search, reading)) {
      for (const entry of entries) {
        const id = idOf(entry, schema);
        if (id === null) because = `its member ${entry.dn} has no id`;
        else members.add(id);
      }
      const [server] = elsewhere(references, schema.kind);
      if (server !== undefined) because = `the server refers to ${server} for members`;
    }
  } catch (error) {
    if (!(error instanceof LdapFailure) || !error.concernsOneSearch()) throw error;
    because = error.message;
  }
  if (members.size === 0 && namesPeople(group, reading)) because = hidden;
  return { members, through: [], because };
}

const hidden = 'nobody is found in it, but it names people: the account under bind may not see memberOf';

/** Whether the entry itself names somebody: an account that may not see `memberOf` finds nobody, and is told no error. */
function namesPeople(group: LdapEntry, { resolver }: Reading): boolean {
  return (textsOf(group, 'member') ?? []).some((dn) => resolver.knows(dn)?.kind === 'person');
}

/** The pages of a list, none of which may tell of anybody twice. */
async function* listed(search: Search, { client, use, schema }: Reading): AsyncGenerator<Page> {
  const guard = rowGuard(`the list below ${search.base}`);
  for await (const page of client.pages(search, use)) {
    guard.visit(page.entries.map((entry) => idOf(entry, schema)));
    yield page;
  }
}

/** Parts of Active Directory that hold neither people nor groups, and to which every search of a domain refers. */
const withoutPeople =
  /^ldaps?:\/\/[^/]*\/(?:CN=Configuration|CN=Schema,CN=Configuration|DC=(?:Domain|Forest)DnsZones),/i;

/** The servers that hold more of what was looked for, by name. */
export function elsewhere(references: readonly string[], kind: Kind): readonly string[] {
  const others =
    kind === 'activeDirectory' ? references.filter((address) => !withoutPeople.test(address)) : references;
  return [...new Set(others.map((address) => URL.parse(address)?.host ?? 'another server'))].sort();
}
