import type { PersonContext } from '../expressions/cel.ts';
import { stringify } from '../expressions/cel.ts';
import { keyText, type DesiredState, type Person, type Skip } from '../model/desired-state.ts';
import type { MappingRules } from '../model/rules.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { User } from '../model/user.ts';
import { mapPerson, type ContextOf } from './account.ts';
import { foldAddress } from './address.ts';
import { compileMapping, type CompiledGroupRule, type CompiledMapping } from './compile.ts';
import { mapGroups, type Selection } from './memberships.ts';
import { mergePeople, type Identity, type MergedPerson } from './merge.ts';

const noGroups: readonly string[] = [];

/**
 * Turns what the sources said into what the target should hold: people merged by precedence, scope,
 * accounts, attributes and memberships, with provenance on everything. Pure; the order of the
 * snapshots and of their rows does not matter. Throws `mappingConflict` when rules contradict.
 */
export function mapSnapshots(snapshots: readonly Snapshot[], rules: MappingRules): DesiredState {
  const mapping = compileMapping(rules);
  const ordered = inPrecedence(snapshots, rules.precedence);
  const contextOf = contextBuilder(mapping, ordered);
  const emailOf = (source: string, user: User): string | null => {
    const value = mapping.email.evaluate(contextOfOne(source, user, contextOf));
    return value === undefined ? null : foldAddress(stringify(value));
  };
  const segmenter = new Intl.Segmenter('en', { granularity: 'grapheme' });
  const people: Person[] = [];
  const skips: Skip[] = [];
  const merged = new Map<Person, MergedPerson>();
  for (const one of mergePeople(ordered, emailOf)) {
    const mapped = mapPerson(one, mapping, contextOf, segmenter);
    people.push(mapped.person);
    skips.push(...mapped.skips);
    if (mapping.groups.some((group) => group.when !== null)) merged.set(mapped.person, one);
  }
  const groups = mapGroups(mapping.groups, ordered, people, selectionOver(merged, contextOf));
  return {
    people,
    groups: groups.groups,
    ...completenessOf(ordered),
    sources: rules.precedence,
    attributeNames: [...rules.attributes.keys()],
    skips,
    conflicts: [],
    notices: groups.notices,
    incomplete: [...ordered.flatMap(whatIsMissing), ...groups.incomplete],
  };
}

function completenessOf(
  snapshots: readonly Snapshot[],
): Pick<DesiredState, 'completeSources' | 'completeGroupSources' | 'seenPeople' | 'seenGroups'> {
  const whole = (type: 'users' | 'groups'): ReadonlySet<string> =>
    new Set(
      snapshots
        .filter((snapshot) => snapshot.completeness[type].state === 'complete')
        .map((snapshot) => snapshot.source),
    );
  const seen = (type: 'users' | 'groups'): ReadonlySet<string> => {
    const keys = new Set<string>();
    for (const { source, [type]: rows } of snapshots)
      for (const { externalId } of rows) keys.add(keyText({ source, externalId }));
    return keys;
  };
  return {
    completeSources: whole('users'),
    completeGroupSources: whole('groups'),
    seenPeople: seen('users'),
    seenGroups: seen('groups'),
  };
}

function whatIsMissing(snapshot: Snapshot): string[] {
  const { users, groups, partialGroups } = snapshot.completeness;
  const missing: string[] = [];
  if (users.state === 'partial') missing.push(`${snapshot.source}: people are incomplete: ${users.because}`);
  if (groups.state === 'partial')
    missing.push(`${snapshot.source}: groups are incomplete: ${groups.because}`);
  for (const [id, because] of partialGroups)
    missing.push(`${snapshot.source}: group ${id} is incomplete: ${because}`);
  return missing;
}

function inPrecedence(snapshots: readonly Snapshot[], precedence: readonly string[]): readonly Snapshot[] {
  return snapshots.toSorted((a, b) => precedence.indexOf(a.source) - precedence.indexOf(b.source));
}

function selectionOver(merged: ReadonlyMap<Person, MergedPerson>, contextOf: ContextOf): Selection {
  return ({ when, rule }: CompiledGroupRule) => {
    const selected: Person[] = [];
    const undecided: Person[] = [];
    for (const [person, records] of merged) {
      if (person.state !== 'wanted') continue;
      const speaking = records.identities.filter(
        (identity) => rule.source === null || rule.source === identity.source,
      );
      const verdict = speaking
        .map((identity) => when?.evaluate(contextOf(records, identity)))
        .find((value) => value !== undefined);
      if (verdict === true) selected.push(person);
      else if (verdict === undefined && speaking.length > 0) undecided.push(person);
    }
    return { selected, undecided };
  };
}

/** Builds what an expression sees: the record itself, all records by source, and the names of the person's groups. */
function contextBuilder(mapping: CompiledMapping, snapshots: readonly Snapshot[]): ContextOf {
  const groupNames = mapping.readsGroups
    ? groupNamesByPerson(snapshots)
    : new Map<string, readonly string[]>();
  return (person: MergedPerson, identity: Identity): PersonContext => ({
    user: identity.user,
    source: identity.source,
    from: new Map(person.identities.map((one) => [one.source, one.user])),
    groups: person.identities.flatMap(
      (one) => groupNames.get(keyText({ source: one.source, externalId: one.user.externalId })) ?? noGroups,
    ),
  });
}

/** The context before merging: the record alone. */
function contextOfOne(source: string, user: User, contextOf: ContextOf): PersonContext {
  const identity: Identity = { source, user, email: null };
  return contextOf({ identities: [identity], email: null, unusable: null }, identity);
}

function groupNamesByPerson(snapshots: readonly Snapshot[]): ReadonlyMap<string, readonly string[]> {
  const names = new Map<string, string[]>();
  for (const { source, groups } of snapshots) {
    for (const group of groups) {
      for (const externalId of group.members) {
        const key = keyText({ source, externalId });
        const list = names.get(key);
        if (list === undefined) names.set(key, [group.displayName]);
        else list.push(group.displayName);
      }
    }
  }
  for (const list of names.values()) list.sort();
  return names;
}
