import type { Provenance, Skip, SourceKey } from '../model/desired-state.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { User } from '../model/user.ts';

/** One source's record of a person, with the address the mapping gives it. */
export interface Identity {
  readonly source: string;
  readonly user: User;
  /** Folded; null when it has no usable address. */
  readonly email: string | null;
}

/** The records that are one person, in precedence order; never empty. */
export interface MergedPerson {
  readonly identities: readonly [Identity, ...Identity[]];
  readonly email: string | null;
  /** Set when the person cannot be judged; the reason for the skip. */
  readonly unusable: Skip | null;
}

/**
 * Merges the people of all snapshots: records of different sources are one person when their folded
 * addresses are equal. Two active records of one source with one address are two people nobody can
 * tell apart by address: both are left alone. An inactive record beside an active one is a person of
 * its own (somebody who came back under a new id).
 */
export function mergePeople(
  snapshots: readonly Snapshot[],
  emailOf: (source: string, user: User) => string | null,
): MergedPerson[] {
  const byAddress = new Map<string, Identity[]>();
  const people: MergedPerson[] = [];
  for (const snapshot of snapshots) {
    for (const user of snapshot.users) {
      const identity: Identity = { source: snapshot.source, user, email: emailOf(snapshot.source, user) };
      if (identity.email === null)
        people.push({ identities: [identity], email: null, unusable: noAddress(identity) });
      else append(byAddress, identity.email, identity);
    }
  }
  for (const [email, identities] of byAddress) people.push(...mergeOfOneAddress(email, identities));
  return people;
}

function mergeOfOneAddress(email: string, identities: readonly Identity[]): MergedPerson[] {
  const bySource = new Map<string, Identity[]>();
  for (const identity of identities) append(bySource, identity.source, identity);
  const merged: Identity[] = [];
  const people: MergedPerson[] = [];
  for (const unsorted of bySource.values()) {
    const same = unsorted.toSorted((a, b) => (a.user.externalId < b.user.externalId ? -1 : 1));
    const active = same.filter((identity) => identity.user.active);
    if (active.length > 1)
      return identities.map((identity) => ({
        identities: [identity],
        email,
        unusable: sharedAddress(identity, email),
      }));
    const [kept, ...others] =
      active.length === 1 ? [...active, ...same.filter((identity) => !identity.user.active)] : same;
    if (kept !== undefined) merged.push(kept);
    for (const other of others) people.push({ identities: [other], email, unusable: null });
  }
  const [first, ...rest] = merged;
  if (first !== undefined) people.unshift({ identities: [first, ...rest], email, unusable: null });
  return people;
}

function noAddress(identity: Identity): Skip | null {
  if (!identity.user.active) return null;
  return {
    subject: { type: 'user', key: keyOf(identity), id: null },
    code: 'noUsableAddress',
    text: `${keyOf(identity)} has no usable e-mail address (ASCII, name@host.domain)`,
  };
}

function sharedAddress(identity: Identity, email: string): Skip {
  return {
    subject: { type: 'user', key: keyOf(identity), id: null },
    code: 'sharedAddress',
    text: `${keyOf(identity)}: the address ${email} is used by more than one active person of ${identity.source}`,
  };
}

/** The person's keys, in precedence order. */
export function keysOf(person: MergedPerson): SourceKey[] {
  return person.identities.map((identity) => ({
    source: identity.source,
    externalId: identity.user.externalId,
  }));
}

/** Where the person's first record stands, as the provenance of what a rule made of it. */
export function provenanceOf(identity: Identity, rule: string, text: string): Provenance {
  return { rule, source: identity.source, externalId: identity.user.externalId, text };
}

function keyOf(identity: Identity): string {
  return `${identity.source}:${identity.user.externalId}`;
}

function append<K, V>(map: Map<K, V[]>, key: K, value: V): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
