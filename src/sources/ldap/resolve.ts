import type { Filter } from 'ldapts';
import { eachOf } from '../../runtime/each-of.ts';
import type { CallUse, LdapClient, Search } from './client.ts';
import { groupAttributes, groupOf, idOf, usualFilters, type Schema } from './convert.ts';
import type { LdapEntry } from './entry.ts';
import { LdapFailure } from './failures.ts';
import { isNotThere, memberNames, type Member, type MemberGroup, type Resolve } from './members.ts';

/** Names that are asked about at the same time. */
const concurrency = 8;

export interface ResolverParts {
  readonly client: LdapClient;
  readonly schema: Schema;
  /** Who is a person here. */
  readonly people: string | Filter;
  /** Whether a group that is a member stands for its members. */
  readonly nested: boolean;
  readonly use: CallUse;
}

/**
 * What names of entries stand for. Those that the lists did not show are asked about, each once: they may be out of
 * scope, or no people, or somebody whose entry was renamed after its list was read.
 */
export interface Resolver {
  readonly resolve: Resolve;
  know(dn: string, member: Member): void;
  /** What is known of a name without asking. */
  knows(dn: string): Member | null;
}

export function createResolver(parts: ResolverParts): Resolver {
  const known = new Map<string, Member>();
  return {
    know: (dn, member) => void known.set(keyOf(dn), member),
    knows: (dn) => known.get(keyOf(dn)) ?? null,
    async resolve(names) {
      const open = new Map(names.filter((dn) => !known.has(keyOf(dn))).map((dn) => [keyOf(dn), dn]));
      await eachOf([...open], { concurrency, signal: parts.use.signal }, async ([key, dn], signal) => {
        known.set(key, await lookUp(dn, { ...parts, use: { ...parts.use, signal } }));
      });
      return names.map((dn) => known.get(keyOf(dn)) ?? { kind: 'other' });
    },
  };
}

/** Names that differ in case name one entry. Those that differ in more ways only cost a question. */
function keyOf(dn: string): string {
  return dn.toLowerCase();
}

async function lookUp(dn: string, parts: ResolverParts): Promise<Member> {
  const { schema, people, nested, client, use } = parts;
  try {
    const person = await entryAt(dn, { filter: people, attributes: [schema.id] }, parts);
    if (person !== null) return personAt(person, schema);
    if (!nested) return { kind: 'other' };
    const group = await entryAt(
      dn,
      { filter: usualFilters[schema.kind].groups, attributes: groupAttributes(schema, 'withMembers') },
      parts,
    );
    return group === null
      ? { kind: 'other' }
      : { kind: 'group', group: await memberGroup(group, schema, client, use) };
  } catch (error) {
    if (isNotThere(error)) return { kind: 'other' };
    // Another server may hold it, or this one may not search there: the group may have more members than are known.
    if (error instanceof LdapFailure && error.kind === 'refused')
      return { kind: 'unknown', because: `its member ${dn} could not be read: ${error.message}` };
    throw error;
  }
}

async function entryAt(
  base: string,
  { filter, attributes }: Pick<Search, 'filter' | 'attributes'>,
  { client, use }: ResolverParts,
): Promise<LdapEntry | null> {
  return (await client.look({ base, scope: 'base', filter, attributes }, use)).entries[0] ?? null;
}

/** A person as a member; one without an id may be anybody. */
export function personAt(entry: LdapEntry, schema: Schema): Member {
  const id = idOf(entry, schema);
  return id === null
    ? { kind: 'unknown', because: `its member ${entry.dn} has no id` }
    : { kind: 'person', id };
}

/** A group with the names of its members, all of them. */
export async function memberGroup(
  entry: LdapEntry,
  schema: Schema,
  client: LdapClient,
  use: CallUse,
): Promise<MemberGroup> {
  const row = groupOf(entry, schema);
  const displayName = row.state === 'read' ? row.value.displayName : entry.dn;
  return { dn: entry.dn, displayName, ...(await memberNames(entry, client, use)) };
}
