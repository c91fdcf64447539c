import { stringify } from '../expressions/cel.ts';
import { byId } from '../model/collection.ts';
import { keyText, type DesiredState, type Person, type Skip } from '../model/desired-state.ts';
import type { MappingRules, Provision } from '../model/rules.ts';
import type { Snapshot } from '../model/snapshot.ts';
import { mapPerson, unreadPerson } from './account.ts';
import { foldAddress } from './address.ts';
import { compileMapping, type CompiledMapping } from './compile.ts';
import { ask, askForBool, viewBuilder, type ViewsOf } from './evaluate.ts';
import { groupGapOf, whatIsMissing } from './gaps.ts';
import { mapGroups } from './memberships.ts';
import { mergePeople, type Addressed, type Identity } from './merge.ts';
import { createSelections } from './selections.ts';

/**
 * Turns what the sources said into what the target should hold: people merged by precedence, scope,
 * accounts, attributes and memberships, with provenance on everything. Pure; the order of the
 * snapshots and of their rows does not matter. What goes wrong with one person's record touches that
 * person only. Throws `mappingConflict` when rules contradict.
 */
export function mapSnapshots(snapshots: readonly Snapshot[], rules: MappingRules): DesiredState {
  const mapping = compileMapping(rules);
  const ordered = inOrder(snapshots, rules.precedence);
  const viewsOf = viewBuilder(mapping, ordered);
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const selections = createSelections(mapping);
  const unread = unreadSources(ordered);
  const people: Person[] = [];
  const skips: Skip[] = [];
  for (const merged of mergePeople(addressed(mapping, ordered, viewsOf), excludedBy(mapping, viewsOf))) {
    const views = viewsOf(merged.identities);
    const mapped = unread.has(merged.identities[0].source)
      ? unreadPerson(merged)
      : mapPerson(merged, views, mapping, segmenter);
    people.push(mapped.person);
    skips.push(...mapped.skips, ...selections.consider(mapped.person, views));
  }
  const groups = mapGroups(mapping, ordered, people, selections.of);
  const needed = mapping.needsGroups ? 'peopleAndGroups' : 'people';
  return {
    people: provisioned(people, groups.provisions, rules.provision ?? 'users'),
    groups: groups.groups,
    ...completenessOf(ordered),
    unreadSources: unread,
    sources: rules.precedence,
    attributeNames: [...rules.attributes.keys()],
    skips: [...skips, ...groups.skips],
    conflicts: [],
    notices: groups.notices,
    incomplete: [...ordered.flatMap((snapshot) => whatIsMissing(snapshot, needed)), ...groups.incomplete],
  };
}

/** The same people, those who are invited marked as such. */
function provisioned(
  people: readonly Person[],
  ruled: ReadonlyMap<Person, Provision>,
  otherwise: Provision,
): readonly Person[] {
  if (otherwise === 'users' && ruled.size === 0) return people;
  return people.map((person) => {
    const provision = ruled.get(person) ?? otherwise;
    return person.state !== 'wanted' || provision === 'users'
      ? person
      : { ...person, account: { ...person.account, provision } };
  });
}

function unreadSources(snapshots: readonly Snapshot[]): DesiredState['unreadSources'] {
  const isUnread = snapshots.filter((snapshot) => snapshot.unread !== undefined);
  return new Map(isUnread.map(({ source, users }) => [source, users.length === 0 ? 'never' : 'known']));
}

/** The snapshots in precedence order, their rows by id: the order in which a source tells them means nothing. */
export function inOrder(snapshots: readonly Snapshot[], precedence: readonly string[]): readonly Snapshot[] {
  return snapshots
    .toSorted((a, b) => precedence.indexOf(a.source) - precedence.indexOf(b.source))
    .map((snapshot) => ({
      ...snapshot,
      users: snapshot.users.toSorted(byId),
      groups: snapshot.groups.toSorted(byId),
    }));
}

/** Every record with the address that the mapping gives it. */
function addressed(
  mapping: CompiledMapping,
  snapshots: readonly Snapshot[],
  viewsOf: ViewsOf,
): readonly Addressed[] {
  return snapshots.flatMap(({ source, users }) =>
    users.map((user) => addressOf(mapping, { source, user }, viewsOf)),
  );
}

/** A record with the folded address that `user.email` gives it, or why that is none. */
export function addressOf(mapping: CompiledMapping, { source, user }: Identity, viewsOf: ViewsOf): Addressed {
  const [view] = viewsOf([{ source, user }]);
  const answer = view === undefined ? null : ask(mapping.email, view);
  if (answer?.state === 'undecided') {
    const { code, text } = answer.problem;
    return { source, user, email: null, problem: { code, text: `user.email: ${text}` } };
  }
  const email = answer?.state === 'value' ? foldAddress(stringify(answer.value)) : null;
  if (email !== null) return { source, user, email, problem: null };
  const text = 'no usable e-mail address (ASCII, name@host.domain)';
  return { source, user, email: null, problem: { code: 'noUsableAddress', text } };
}

/** Whether the scope says of a record alone that it is out. */
function excludedBy({ scope }: CompiledMapping, viewsOf: ViewsOf): (identity: Identity) => boolean {
  return (identity) => {
    if (scope === null) return false;
    const verdict = askForBool(scope, viewsOf([identity]));
    return verdict.state === 'value' && !verdict.value;
  };
}

function completenessOf(
  snapshots: readonly Snapshot[],
): Pick<DesiredState, 'completeSources' | 'completeGroupSources' | 'seenPeople' | 'seenGroups'> {
  const sourcesThat = (isWhole: (snapshot: Snapshot) => boolean): ReadonlySet<string> =>
    new Set(snapshots.filter(isWhole).map((snapshot) => snapshot.source));
  const keysOf = (rowsOf: (snapshot: Snapshot) => Snapshot['users' | 'groups']): ReadonlySet<string> => {
    const keys = new Set<string>();
    for (const snapshot of snapshots)
      for (const { externalId } of rowsOf(snapshot))
        keys.add(keyText({ source: snapshot.source, externalId }));
    return keys;
  };
  return {
    completeSources: sourcesThat((snapshot) => snapshot.completeness.users.state === 'complete'),
    completeGroupSources: sourcesThat((snapshot) => groupGapOf(snapshot) === null),
    seenPeople: keysOf((snapshot) => snapshot.users),
    seenGroups: keysOf((snapshot) => snapshot.groups),
  };
}
