import { compareText } from '../../model/text.ts';
import type { NestedMember } from '../../model/group.ts';
import type { CallUse, LdapClient } from './client.ts';
import { memberAttributes } from './convert.ts';
import { textOf, type LdapAttribute, type LdapEntry } from './entry.ts';
import { LdapFailure, resultCodes } from './failures.ts';

/** What an entry that is named as a member is. */
export type Member =
  | { readonly kind: 'person'; readonly id: string }
  | { readonly kind: 'group'; readonly group: MemberGroup }
  /** A person whose row can't be used, so that their id is not known. */
  | { readonly kind: 'unknown'; readonly because: string }
  /** A device, somebody out of scope, an entry that is gone: nobody here. */
  | { readonly kind: 'other' };

/** A group on the way down: its name and the names of the entries in it. */
export interface MemberGroup {
  readonly dn: string;
  readonly displayName: string;
  readonly members: readonly string[];
  /** Why `members` may not be all; null when they are. */
  readonly because: string | null;
}

/** The people of one group. */
export interface FlatMembers {
  readonly members: ReadonlySet<string>;
  /** Those who are in it through other groups only, sorted by id. */
  readonly through: readonly NestedMember[];
  readonly because: string | null;
}

/**
 * The names of a group's members. What an entry holds of a long list is its first part; the rest is asked for, part
 * by part, until the server says that one is the last. A name that can't be read makes the list incomplete.
 */
export async function memberNames(
  entry: LdapEntry,
  client: LdapClient,
  use: CallUse,
): Promise<Pick<MemberGroup, 'members' | 'because'>> {
  const members: string[] = [];
  let because: string | null = null;
  for (const name of memberAttributes) {
    for await (const { values } of partsOf(entry, name, client, use)) {
      for (const value of values) {
        const text = textOf(value);
        if (text === null) because = `${name}: the name of a member is not written in UTF-8`;
        else members.push(text);
      }
    }
  }
  return { members, because };
}

async function* partsOf(
  entry: LdapEntry,
  name: string,
  client: LdapClient,
  use: CallUse,
): AsyncGenerator<LdapAttribute> {
  let part = entry.attributes.get(name.toLowerCase());
  let next = 0;
  while (part !== undefined) {
    const { range } = part;
    if (range !== null && range.from !== next)
      throw new LdapFailure('malformed', `a part of ${name} of ${entry.dn} does not follow the one before`);
    yield part;
    if (range === null || range.to === null) return;
    next = range.to + 1;
    const search = {
      base: entry.dn,
      scope: 'base',
      attributes: [`${name};range=${next}-*`],
      filter: anything,
    } as const;
    const [again] = (await client.look(search, use)).entries;
    part = again?.attributes.get(name.toLowerCase());
    if (part?.range === undefined || part.range === null)
      throw new LdapFailure('malformed', `the rest of ${name} of ${entry.dn} did not come`);
  }
}

/** A filter that every entry meets. */
export const anything = '(objectClass=*)';

/** Whether an entry is not there, as far as this account may see. */
export function isNotThere(error: unknown): boolean {
  return error instanceof LdapFailure && error.code === resultCodes.noSuchObject;
}

/** Tells what names stand for, each in its place. */
export type Resolve = (names: readonly string[]) => Promise<readonly Member[]>;

/** Goes down through the groups in a group, each entered once, so that circles end. */
export async function flatMembers(group: MemberGroup, resolve: Resolve): Promise<FlatMembers> {
  const ways = new Map<string, readonly string[]>();
  const entered = new Set([group.dn.toLowerCase()]);
  const open: { readonly inner: MemberGroup; readonly way: readonly string[] }[] = [
    { inner: group, way: [] },
  ];
  let because: string | null = null;
  // Breadth first: the way that is told is a shortest one.
  for (const { inner, way } of open) {
    if (inner.because !== null) because ??= inner === group ? inner.because : `${inner.dn}: ${inner.because}`;
    for (const member of await resolve(inner.members)) {
      if (member.kind === 'unknown') because ??= member.because;
      if (member.kind === 'person' && !ways.has(member.id)) ways.set(member.id, way);
      if (member.kind !== 'group' || entered.has(member.group.dn.toLowerCase())) continue;
      entered.add(member.group.dn.toLowerCase());
      open.push({ inner: member.group, way: [...way, member.group.displayName] });
    }
  }
  const through = [...ways]
    .filter(([, groups]) => groups.length > 0)
    .map(([member, groups]) => ({ member, groups }))
    .sort((one, other) => compareText(one.member, other.member));
  return { members: new Set(ways.keys()), through, because };
}
