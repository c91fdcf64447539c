import { fillTemplate } from '../expressions/template.ts';
import type { DesiredGroup, DesiredMember, Notice, Person, SourceKey } from '../model/desired-state.ts';
import { keyText } from '../model/desired-state.ts';
import { BridgeError } from '../model/errors.ts';
import type { Group } from '../model/group.ts';
import type { AccessLevels } from '../model/rules.ts';
import { complete, partial, type Snapshot } from '../model/snapshot.ts';
import { lowerAscii } from './address.ts';
import type { CompiledGroupRule } from './compile.ts';

/** The wanted and undecided people an expression rule selects. */
export type Selection = (rule: CompiledGroupRule) => {
  readonly selected: readonly Person[];
  readonly undecided: readonly Person[];
};

export interface MappedGroups {
  readonly groups: readonly DesiredGroup[];
  readonly notices: readonly Notice[];
  readonly incomplete: readonly string[];
}

interface Draft {
  readonly name: string;
  readonly rule: string;
  create: boolean;
  access: AccessLevels | null;
  readonly fedBy: SourceKey[];
  readonly members: Map<string, DesiredMember>;
  readonly undecided: Set<string>;
  partial: string | null;
  readonly source: SourceKey;
}

interface Work {
  readonly snapshots: readonly Snapshot[];
  readonly personOf: ReadonlyMap<string, Person>;
  readonly drafts: Map<string, Draft>;
  readonly notices: Notice[];
  readonly incomplete: string[];
}

/**
 * Works out which Retool groups the rules call for and who belongs into them. Every rule that matches
 * applies; several may feed one group, whose members are then the union.
 */
export function mapGroups(
  rules: readonly CompiledGroupRule[],
  snapshots: readonly Snapshot[],
  people: readonly Person[],
  select: Selection,
): MappedGroups {
  const personOf = new Map<string, Person>();
  for (const person of people) for (const key of person.keys) personOf.set(keyText(key), person);
  const work: Work = { snapshots, personOf, drafts: new Map(), notices: [], incomplete: [] };
  for (const rule of rules) {
    if (rule.when !== null) applyExpressionRule(work, rule, select);
    else applyGroupRule(work, rule);
  }
  refuseNamesThatDifferByCase(work.drafts);
  return {
    groups: [...work.drafts.values()].map(finish),
    notices: work.notices,
    incomplete: work.incomplete,
  };
}

function applyExpressionRule(work: Work, compiled: CompiledGroupRule, select: Selection): void {
  const { rule } = compiled;
  const draft = draftOf(work, compiled, rule.to, { source: rule.source ?? '', externalId: '' });
  const { selected, undecided } = select(compiled);
  for (const person of selected) addMember(draft, person, rule.name, "the rule's expression is true", null);
  for (const person of undecided) if (person.state === 'wanted') draft.undecided.add(person.account.email);
}

function applyGroupRule(work: Work, compiled: CompiledGroupRule): void {
  const { rule } = compiled;
  let matches = 0;
  for (const snapshot of work.snapshots) {
    if (rule.source !== null && rule.source !== snapshot.source) continue;
    for (const group of snapshot.groups) {
      const captured = captureOf(compiled, group);
      if (captured === null) continue;
      matches += 1;
      feed(work, compiled, snapshot, group, captured);
    }
  }
  if (matches === 0) noteRuleWithoutMatch(work, compiled);
}

function captureOf(compiled: CompiledGroupRule, group: Group): ReadonlyMap<string, string> | null {
  const { select } = compiled.rule;
  if (select.by === 'id') return group.externalId === select.id ? new Map() : null;
  return compiled.pattern === null ? null : compiled.pattern.match(group.displayName);
}

function feed(
  work: Work,
  compiled: CompiledGroupRule,
  snapshot: Snapshot,
  group: Group,
  captured: ReadonlyMap<string, string>,
): void {
  const { rule } = compiled;
  const key = { source: snapshot.source, externalId: group.externalId };
  const draft = draftOf(work, compiled, fillTemplate(rule.to, captured), key);
  draft.fedBy.push(key);
  const because = unreadable(snapshot, group.externalId);
  if (because !== null) draft.partial ??= because;
  const admins =
    rule.admins === null ? null : adminsOf(work, compiled, snapshot, fillTemplate(rule.admins, captured));
  for (const member of group.members) {
    const person = work.personOf.get(keyText({ source: snapshot.source, externalId: member }));
    if (person === undefined) continue;
    addMember(
      draft,
      person,
      rule.name,
      `member of "${group.displayName}" in ${snapshot.source}`,
      admins === null ? null : admins.has(member),
    );
  }
}

/** Members of the source group that names the admins; null while it is not there or not whole: flags stay. */
function adminsOf(
  work: Work,
  compiled: CompiledGroupRule,
  snapshot: Snapshot,
  name: string,
): ReadonlySet<string> | null {
  const found = snapshot.groups.filter((group) => group.displayName === name);
  const [group] = found;
  if (group !== undefined && found.length === 1 && unreadable(snapshot, group.externalId) === null)
    return new Set(group.members);
  work.notices.push({
    code: 'noAdminGroup',
    text: `${compiled.rule.name}: "${name}" is not one readable group of ${snapshot.source}; group admins stay as they are`,
  });
  return null;
}

/**
 * A pattern that matches nothing is a warning. A group named by id or by its exact name that is not
 * there may be unreadable or renamed: its rule is unknown, so nothing is taken away because of it.
 */
function noteRuleWithoutMatch(work: Work, compiled: CompiledGroupRule): void {
  const { rule } = compiled;
  const named =
    rule.select.by === 'id'
      ? `id ${rule.select.id}`
      : rule.select.by === 'pattern' && isLiteral(rule.select.pattern)
        ? `"${rule.select.pattern}"`
        : null;
  if (named === null) {
    work.notices.push({ code: 'noMatch', text: `${rule.name} matches no source group` });
    return;
  }
  const text = `${rule.name}: the source group ${named} was not found; nothing is removed because of it`;
  work.incomplete.push(text);
  const draft = draftOf(work, compiled, rule.to, { source: rule.source ?? '', externalId: '' });
  draft.partial ??= text;
}

/** Whether the pattern can match one name only: nothing in it means anything to RE2. */
function isLiteral(pattern: string): boolean {
  return !/[\\^$.|?*+()[\]{}]/.test(pattern);
}

function unreadable(snapshot: Snapshot, externalId: string): string | null {
  const own = snapshot.completeness.partialGroups.get(externalId);
  if (own !== undefined) return own;
  const { groups } = snapshot.completeness;
  return groups.state === 'partial' ? groups.because : null;
}

function addMember(
  draft: Draft,
  person: Person,
  rule: string,
  text: string,
  groupAdmin: boolean | null,
): void {
  const [key] = person.keys;
  if (person.state !== 'wanted' || key === undefined) return;
  const { email } = person.account;
  const earlier = draft.members.get(email);
  if (earlier === undefined) {
    draft.members.set(email, {
      groupAdmin,
      provenance: { rule, source: key.source, externalId: key.externalId, text },
    });
  } else if (groupAdmin !== null && earlier.groupAdmin !== true) {
    draft.members.set(email, { ...earlier, groupAdmin });
  }
}

function draftOf(work: Work, compiled: CompiledGroupRule, name: string, source: SourceKey): Draft {
  const { rule } = compiled;
  const earlier = work.drafts.get(name);
  if (earlier === undefined) {
    const draft: Draft = {
      name,
      rule: rule.name,
      create: rule.create,
      access: rule.access,
      fedBy: [],
      members: new Map(),
      undecided: new Set(),
      partial: null,
      source,
    };
    work.drafts.set(name, draft);
    return draft;
  }
  if (rule.access !== null && earlier.access !== null && !sameAccess(rule.access, earlier.access)) {
    throw new BridgeError(
      'mappingConflict',
      `${earlier.rule} and ${rule.name} both feed the Retool group "${name}" but set different access`,
      {
        remedy: 'Give both rules the same access settings, or let only one of them have any.',
      },
    );
  }
  earlier.access ??= rule.access;
  earlier.create ||= rule.create;
  return earlier;
}

function refuseNamesThatDifferByCase(drafts: ReadonlyMap<string, Draft>): void {
  const byFolded = new Map<string, Draft>();
  for (const draft of drafts.values()) {
    const other = byFolded.get(lowerAscii(draft.name));
    if (other !== undefined) {
      throw new BridgeError(
        'mappingConflict',
        `${other.rule} and ${draft.rule} name Retool groups that differ by case only: "${other.name}" and "${draft.name}"`,
        {
          remedy: 'Let both rules name the same group.',
        },
      );
    }
    byFolded.set(lowerAscii(draft.name), draft);
  }
}

function sameAccess(a: AccessLevels, b: AccessLevels): boolean {
  return (
    a.apps === b.apps &&
    a.resources === b.resources &&
    a.workflows === b.workflows &&
    a.queryLibrary === b.queryLibrary
  );
}

function finish(draft: Draft): DesiredGroup {
  const { name, create, access, fedBy, members, undecided } = draft;
  const provenance = {
    rule: draft.rule,
    source: draft.source.source,
    externalId: draft.source.externalId,
    text: `called for by ${draft.rule}`,
  };
  return {
    name,
    create,
    access,
    fedBy,
    members,
    undecided,
    provenance,
    completeness: draft.partial === null ? complete : partial(draft.partial),
  };
}
