import { fillTemplate, isTemplate } from '../expressions/template.ts';
import {
  keyText,
  type DesiredGroup,
  type Notice,
  type Person,
  type Skip,
  type SourceKey,
} from '../model/desired-state.ts';
import type { Group } from '../model/group.ts';
import type { GroupRule, Provision } from '../model/rules.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { CompiledGroupRule, CompiledMapping, CompiledWhenRule } from './compile.ts';
import {
  addFeed,
  addGrants,
  addMember,
  draftOf,
  finish,
  refuseNamesThatDifferByCase,
  type AdminFlag,
  type Draft,
} from './drafts.ts';
import { groupGapOf, memberGapOf } from './gaps.ts';
import { provenanceOf } from './merge.ts';
import { isBlank, trimName } from './names.ts';
import type { Selection } from './selections.ts';

export interface MappedGroups {
  readonly groups: readonly DesiredGroup[];
  /** How people get their accounts, where a rule says so. */
  readonly provisions: ReadonlyMap<Person, Provision>;
  readonly skips: readonly Skip[];
  readonly notices: readonly Notice[];
  readonly incomplete: readonly string[];
}

/** One source's groups, with what is looked up in them. */
interface Feed {
  readonly snapshot: Snapshot;
  /** By their id in this source. */
  readonly people: ReadonlyMap<string, Person>;
  readonly groupsByName: ReadonlyMap<string, readonly Group[]>;
  /** Why there may be groups that are not listed; null when the list is whole. */
  readonly gap: string | null;
}

interface Work {
  readonly feeds: readonly Feed[];
  readonly drafts: Map<string, Draft>;
  /** What was found out about admins: rule -> name of their source group. */
  readonly admins: Map<GroupRule, Map<string, Admins>>;
  readonly provisions: Map<Person, Provision>;
  readonly skips: Skip[];
  readonly notices: Notice[];
  readonly incomplete: string[];
}

/**
 * Works out which Retool groups the rules call for and who belongs into them. Every rule that matches
 * applies; several may feed one group, whose members are then the union. A group that may be fed by
 * something that could not be read is partial: nothing is taken from it. Throws `mappingConflict`.
 */
export function mapGroups(
  mapping: CompiledMapping,
  snapshots: readonly Snapshot[],
  people: readonly Person[],
  selectionOf: (rule: CompiledWhenRule) => Selection,
): MappedGroups {
  const work: Work = {
    feeds: feedsOf(snapshots, people),
    drafts: new Map(),
    admins: new Map(),
    provisions: new Map(),
    skips: [],
    notices: [],
    incomplete: [],
  };
  for (const compiled of mapping.groups) {
    if ('when' in compiled) applyWhenRule(work, compiled.rule, selectionOf(compiled));
    else applyGroupRule(work, compiled);
  }
  for (const compiled of mapping.groups) if ('pattern' in compiled) noteGaps(work, compiled);
  refuseNamesThatDifferByCase(work.drafts);
  const { drafts, provisions, skips, notices, incomplete } = work;
  return { groups: [...drafts.values()].map(finish), provisions, skips, notices, incomplete };
}

function feedsOf(snapshots: readonly Snapshot[], people: readonly Person[]): readonly Feed[] {
  const bySource = new Map(snapshots.map(({ source }) => [source, new Map<string, Person>()]));
  for (const person of people)
    for (const { source, externalId } of person.keys) bySource.get(source)?.set(externalId, person);
  return snapshots.map((snapshot) => ({
    snapshot,
    people: bySource.get(snapshot.source) ?? new Map<string, Person>(),
    groupsByName: Map.groupBy(snapshot.groups, (group) => group.displayName),
    gap: groupGapOf(snapshot),
  }));
}

function applyWhenRule(work: Work, rule: GroupRule, { selected, undecided }: Selection): void {
  const draft = literalDraft(work, rule);
  addGrants(draft, rule, (name) => name);
  for (const { person } of selected) noteProvision(work, rule, person);
  // Whom a list lacks, no expression was asked about.
  for (const { snapshot } of feedsFor(work, rule))
    if (snapshot.completeness.users.state === 'partial')
      draft.partial ??= snapshot.completeness.users.because;
  for (const { person, identity } of selected)
    addMember(draft, person, 'unsaid', provenanceOf(identity, rule.name, "the rule's expression is true"));
  for (const person of undecided) draft.undecided.add(person.account.email);
}

/** The first rule, in the order of the configuration, that says how its people get their accounts. */
function noteProvision({ provisions }: Work, { provision }: GroupRule, person: Person): void {
  if (provision !== undefined && !provisions.has(person)) provisions.set(person, provision);
}

function applyGroupRule(work: Work, compiled: CompiledGroupRule): void {
  let matches = 0;
  for (const feed of feedsFor(work, compiled.rule)) {
    for (const group of feed.snapshot.groups) {
      const captured = captureOf(compiled, group);
      if (captured === null) continue;
      matches += 1;
      applyMatch(work, compiled.rule, feed, group, captured);
    }
  }
  if (matches === 0) noteRuleWithoutMatch(work, compiled);
}

function feedsFor(work: Work, rule: GroupRule): readonly Feed[] {
  return rule.source === null
    ? work.feeds
    : work.feeds.filter(({ snapshot }) => snapshot.source === rule.source);
}

/** What a rule's pattern captures of a source group's name; null when the rule is not about this group. */
export function captureOf(
  { rule, pattern }: CompiledGroupRule,
  group: Pick<Group, 'externalId' | 'displayName'>,
): ReadonlyMap<string, string> | null {
  if (pattern !== null) return pattern.match(group.displayName);
  return rule.select.by === 'id' && group.externalId === rule.select.id ? new Map() : null;
}

function applyMatch(
  work: Work,
  rule: GroupRule,
  feed: Feed,
  group: Group,
  captured: ReadonlyMap<string, string>,
): void {
  const key = { source: feed.snapshot.source, externalId: group.externalId };
  const name = groupName(fillTemplate(rule.to, captured));
  if (isBlank(name)) {
    work.skips.push(blankName(rule, key));
    return;
  }
  const draft = draftOf(work.drafts, rule, name, key);
  addFeed(draft, key);
  addGrants(draft, rule, (template) => fillTemplate(template, captured));
  draft.partial ??= memberGapOf(feed.snapshot, group.externalId);
  if (rule.admins === null) {
    addMembers(work, draft, rule, { feed, group }, () => 'unsaid');
    return;
  }
  const admins = adminsOf(work, rule, fillTemplate(rule.admins, captured));
  const otherwise = admins.doubt === null ? 'no' : 'unknown';
  addMembers(work, draft, rule, { feed, group }, (person) => (admins.people.has(person) ? 'yes' : otherwise));
  for (const one of admins.groups) addMembers(work, draft, rule, one, () => 'yes');
  if (admins.doubt?.about === 'members') draft.partial ??= admins.doubt.text;
}

/** Names as they are sent: Retool has no use for white space around them or for halves of surrogate pairs. */
export function groupName(text: string): string {
  return trimName(text).toWellFormed();
}

function blankName(rule: GroupRule, key: SourceKey): Skip {
  return {
    subject: { type: 'group', key: keyText(key), id: null },
    code: 'blankGroupName',
    text: `${keyText(key)}: ${rule.name} makes a blank Retool group name of it`,
  };
}

/** A source group and where it stands. */
interface Listed {
  readonly feed: Feed;
  readonly group: Group;
}

function addMembers(
  work: Work,
  draft: Draft,
  rule: GroupRule,
  { feed, group }: Listed,
  flagOf: (person: Person) => AdminFlag,
): void {
  const { source } = feed.snapshot;
  const text = `member of "${group.displayName}" in ${source}`;
  for (const externalId of group.members) {
    const person = feed.people.get(externalId);
    if (person === undefined) continue;
    noteProvision(work, rule, person);
    addMember(draft, person, flagOf(person), { rule: rule.name, source, externalId, text });
  }
}

/** Who administers a Retool group: the members of the source groups of that name, who are its members too. */
interface Admins {
  readonly groups: readonly Listed[];
  readonly people: ReadonlySet<Person>;
  /** Why others may administer it too, so that no flag is taken; `members`: nor may a membership be taken. */
  readonly doubt: { readonly about: 'flags' | 'members'; readonly text: string } | null;
}

function adminsOf(work: Work, rule: GroupRule, name: string): Admins {
  const ofRule = work.admins.get(rule) ?? new Map<string, Admins>();
  work.admins.set(rule, ofRule);
  const admins = ofRule.get(name) ?? findAdmins(work, rule, name);
  ofRule.set(name, admins);
  return admins;
}

function findAdmins(work: Work, rule: GroupRule, name: string): Admins {
  const feeds = feedsFor(work, rule);
  const groups = feeds.flatMap((feed) =>
    (feed.groupsByName.get(name) ?? []).map((group): Listed => ({ feed, group })),
  );
  const people = new Set(
    groups.flatMap(({ feed, group }) => group.members.flatMap((member) => feed.people.get(member) ?? [])),
  );
  const gap =
    feeds.find((feed) => feed.gap !== null)?.gap ??
    groups.map(({ feed, group }) => memberGapOf(feed.snapshot, group.externalId)).find((one) => one !== null);
  if (gap !== undefined && gap !== null) return { groups, people, doubt: { about: 'members', text: gap } };
  if (groups.length > 0) return { groups, people, doubt: null };
  const text = `${rule.name}: there is no source group "${name}"; who administers the Retool group stays as it is`;
  if (rule.admins !== null && isTemplate(rule.admins)) {
    work.notices.push({ code: 'noAdminGroup', text });
    return { groups, people, doubt: { about: 'flags', text } };
  }
  work.incomplete.push(text);
  return { groups, people, doubt: { about: 'members', text } };
}

/**
 * A pattern that matches nothing is a warning. A group named by id or by its exact name that is not
 * there may be unreadable or renamed: its rule is unknown, so nothing is taken away because of it.
 */
function noteRuleWithoutMatch(work: Work, compiled: CompiledGroupRule): void {
  const { rule, pattern } = compiled;
  const named = rule.select.by === 'id' ? `with the id ${rule.select.id}` : quoted(pattern?.literal ?? null);
  if (named === null) {
    work.notices.push({ code: 'noMatch', text: `${rule.name} matches no source group` });
    return;
  }
  const text = `${rule.name}: the source group ${named} was not found; nothing is removed because of it`;
  work.incomplete.push(text);
  literalDraft(work, rule).partial ??= text;
}

function quoted(text: string | null): string | null {
  return text === null ? null : `"${text}"`;
}

/** The draft of a rule whose `to` says the name as it is. */
function literalDraft(work: Work, rule: GroupRule): Draft {
  return draftOf(work.drafts, rule, groupName(rule.to), { source: rule.source ?? '', externalId: '' });
}

/**
 * A source group that could not be read might have matched, and fed any Retool group that the rule can
 * name. A rule by id is not meant: it has found its group, or it is unknown already.
 */
function noteGaps(work: Work, { rule, pattern }: CompiledGroupRule): void {
  if (pattern === null) return;
  const gap = feedsFor(work, rule).find((feed) => feed.gap !== null)?.gap;
  if (gap === undefined || gap === null) return;
  for (const draft of work.drafts.values())
    if (isTemplate(rule.to) || draft.name === groupName(rule.to)) draft.partial ??= gap;
}
