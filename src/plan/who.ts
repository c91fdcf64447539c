import type { CurrentState } from '../model/current-state.ts';
import { keyText, type Person, type SourceKey } from '../model/desired-state.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { Memory } from '../model/store.ts';
import { folded } from '../model/text.ts';
import type { User } from '../model/user.ts';

/** One person by everything they are known by on both sides. */
export interface Who {
  /** Folded. */
  readonly emails: ReadonlySet<string>;
  /** The records that are this person, as `source:externalId`. */
  readonly keys: ReadonlyMap<string, SourceKey>;
  /** Ids of Retool accounts that are theirs, or may be. */
  readonly accounts: ReadonlySet<string>;
}

/** Where somebody is looked for. */
export interface Known {
  readonly people: readonly Person[];
  readonly current: CurrentState;
  readonly memory: Memory;
}

/**
 * Finds who is meant by an address, by `SOURCE:EXTERNALID` or by a Retool id (`user_…`): the records, then the person
 * that the mapping made of them, then the accounts linked to them or with their address. Nothing in any of it when
 * nobody knows them. `records` are those that are meant although the mapping gives them another address, or none.
 */
export function findWho(asked: string, known: Known, records: readonly SourceKey[] = []): Who {
  const { people, current, memory } = known;
  const email = asked.includes('@') ? folded(asked) : null;
  const accounts = new Set(seedAccounts(asked, email, known));
  const keys = new Map<string, SourceKey>();
  const add = (key: SourceKey): void => void keys.set(keyText(key), key);
  records.forEach(add);
  for (const person of people) if (email !== null && emailOf(person) === email) person.keys.forEach(add);
  for (const link of userLinks(memory)) if (keyText(link) === asked) add(link);
  for (const person of people) for (const key of person.keys) if (keyText(key) === asked) add(key);
  if (keys.size === 0) for (const link of userLinks(memory)) if (accounts.has(link.targetId)) add(link);
  const theirs = people.filter((person) => person.keys.some((key) => keys.has(keyText(key))));
  theirs.flatMap((person) => person.keys).forEach(add);
  const emails = new Set(theirs.flatMap((person) => emailOf(person) ?? []));
  if (email !== null) emails.add(email);
  for (const link of userLinks(memory)) if (keys.has(keyText(link))) accounts.add(link.targetId);
  for (const user of current.users) if (emails.has(folded(user.email))) accounts.add(user.id);
  for (const user of current.users) if (accounts.has(user.id)) emails.add(folded(user.email));
  return { emails, keys, accounts };
}

/** Whether anything at all is known of them. */
export function isKnown({ keys, accounts }: Who): boolean {
  return keys.size > 0 || accounts.size > 0;
}

/** The folded address a person has, wanted or not. */
export function emailOf(person: Person): string | null {
  return person.state === 'wanted' ? person.account.email : person.email;
}

function seedAccounts(asked: string, email: string | null, { current, memory }: Known): readonly string[] {
  const listed = current.users.filter((user) => user.id === asked || folded(user.email) === email);
  const remembered = [...memory.accounts.values()].filter(
    (account) => account.id === asked || account.email === email,
  );
  return [...listed, ...remembered].map(({ id }) => id);
}

function userLinks({ links }: Memory): readonly Memory['links'][number][] {
  return links.filter(({ type }) => type === 'user');
}

/** Records that hold the address in any of their own fields, whatever address the mapping makes of them. */
export function recordsHolding(asked: string, snapshots: readonly Snapshot[]): readonly SourceKey[] {
  if (!asked.includes('@')) return [];
  const email = folded(asked);
  return snapshots.flatMap(({ source, users }) =>
    users.filter((user) => holds(user, email)).map(({ externalId }) => ({ source, externalId })),
  );
}

function holds({ email, userName, emails = [] }: User, wanted: string): boolean {
  return [email, userName, ...emails.map(({ value }) => value)].some(
    (one) => one !== undefined && folded(one) === wanted,
  );
}
