import { keyText, type Provenance, type Skip, type SourceKey } from '../model/desired-state.ts';
import type { User } from '../model/user.ts';

/** A code and a sentence part that say why something could not be used. */
export interface Problem {
  readonly code: string;
  readonly text: string;
}

/** One source's record of a person. */
export interface Identity {
  readonly source: string;
  readonly user: User;
}

/** A record with the folded address that the mapping gives it, or why it has none. */
export type Addressed = Identity &
  ({ readonly email: string; readonly problem: null } | { readonly email: null; readonly problem: Problem });

/** The records that are one person, in precedence order; never empty. */
export interface MergedPerson {
  readonly identities: readonly [Addressed, ...Addressed[]];
  /** Set when several people have this person's address, so that nobody can tell whose account is whose. */
  readonly shared: Skip | null;
}

/**
 * Merges records given in precedence order: those of different sources are one person when their folded
 * addresses are equal. Two active records of one source with one address are two people nobody can tell
 * apart by address: everybody with this address is left alone. A record that is inactive or that the scope
 * excludes takes no part in that; beside another one it is a person of its own (somebody who came back under
 * a new id, a second account for administration).
 */
export function mergePeople(
  records: readonly Addressed[],
  isExcluded: (identity: Identity) => boolean,
): MergedPerson[] {
  const byAddress = Map.groupBy(records, (record) => record.email);
  const people = (byAddress.get(null) ?? []).map(alone);
  for (const [address, same] of byAddress)
    if (address !== null) people.push(...mergeOfOneAddress(same, isExcluded));
  return people;
}

function mergeOfOneAddress(
  records: readonly Addressed[],
  isExcluded: (identity: Identity) => boolean,
): MergedPerson[] {
  const bySource = Map.groupBy(records, (record) => record.source);
  const merged: Addressed[] = [];
  const apart: Addressed[] = [];
  for (const [source, same] of bySource) {
    const contenders =
      same.length === 1 ? same : same.filter((record) => record.user.active && !isExcluded(record));
    if (contenders.length > 1)
      return records.map((record) => ({ identities: [record], shared: sharedAddress(record, source) }));
    const kept = contenders[0] ?? same.find((record) => record.user.active) ?? same[0];
    for (const record of same) (record === kept ? merged : apart).push(record);
  }
  const [first, ...rest] = merged;
  const others = apart.map(alone);
  return first === undefined ? others : [{ identities: [first, ...rest], shared: null }, ...others];
}

function alone(record: Addressed): MergedPerson {
  return { identities: [record], shared: null };
}

function sharedAddress(record: Addressed, source: string): Skip {
  const key = keyText(keyOf(record));
  return {
    subject: { type: 'user', key, id: null },
    code: 'sharedAddress',
    text: `${key}: the address ${record.email} is used by more than one active person of ${source}`,
  };
}

export function keyOf({ source, user }: Identity): SourceKey {
  return { source, externalId: user.externalId };
}

/** Where a record stands, as the provenance of what a rule made of it. */
export function provenanceOf({ source, user }: Identity, rule: string, text: string): Provenance {
  return { rule, source, externalId: user.externalId, text };
}
