import { compileExpression } from '../expressions/cel.ts';
import { clausesOf } from '../expressions/clauses.ts';
import { fillTemplate } from '../expressions/template.ts';
import { keyText, type SourceKey } from '../model/desired-state.ts';
import type { Condition, RecordTrace, SourceGroupTrace, Verdict } from '../model/explanation.ts';
import type { Group } from '../model/group.ts';
import type { MappingRules } from '../model/rules.ts';
import type { Snapshot } from '../model/snapshot.ts';
import type { User } from '../model/user.ts';
import { compileMapping, type CompiledGroupRule, type CompiledMapping } from './compile.ts';
import { askForBool, viewBuilder, type Answer, type View, type ViewsOf } from './evaluate.ts';
import { addressOf, inOrder } from './map.ts';
import { captureOf, groupName } from './memberships.ts';
import { keyOf, type Identity } from './merge.ts';

/** Why rules call for a Retool group. */
export interface Call {
  readonly to: string;
  readonly rule: string;
  readonly text: string;
}

/** Tells what the mapping saw and decided about single people, by the very functions that decided it. */
export interface MappingTracer {
  /** null when no snapshot holds the record. */
  record(key: SourceKey): RecordTrace | null;
  /** What the scope says of the person these records are; null when there is no scope or no record. */
  scopeOf(keys: readonly SourceKey[]): Condition | null;
  /** Rules by expression that do not select this person. */
  refusals(keys: readonly SourceKey[]): readonly Condition[];
  /** Every reason for which a rule calls for a Retool group. */
  callsFor(keys: readonly SourceKey[]): readonly Call[];
  /** Whether any rule is about this source group. */
  isNamed(source: string, group: Group): boolean;
}

interface Tracing {
  readonly mapping: CompiledMapping;
  readonly viewsOf: ViewsOf;
  readonly users: ReadonlyMap<string, User>;
  /** In precedence order. */
  readonly snapshots: readonly Snapshot[];
  /** Source groups that name the admins of what another group feeds, by source and name. */
  readonly adminGroups: ReadonlyMap<string, readonly Given[]>;
}

interface Given {
  readonly rule: string;
  readonly to: string;
}

export function traceMapping(snapshots: readonly Snapshot[], rules: MappingRules): MappingTracer {
  const mapping = compileMapping(rules);
  const ordered = inOrder(snapshots, rules.precedence);
  const tracing: Tracing = {
    mapping,
    viewsOf: viewBuilder(mapping, ordered),
    snapshots: ordered,
    users: new Map(
      ordered.flatMap(({ source, users }) =>
        users.map((user): [string, User] => [keyText({ source, externalId: user.externalId }), user]),
      ),
    ),
    adminGroups: adminGroupsOf(mapping, ordered),
  };
  return {
    record: (key) => recordOf(tracing, key),
    scopeOf: (keys) =>
      rules.scope === null ? null : conditionOf('scope', rules.scope, viewsFor(tracing, keys)),
    refusals: (keys) => whenConditions(tracing, keys).filter(({ verdict }) => verdict.is !== 'true'),
    callsFor: (keys) => callsOf(tracing, keys),
    isNamed: (source, group) => givenBy(tracing, source, group).length > 0,
  };
}

function identityOf({ users }: Tracing, key: SourceKey): Identity | null {
  const user = users.get(keyText(key));
  return user === undefined ? null : { source: key.source, user };
}

function viewsFor(tracing: Tracing, keys: readonly SourceKey[]): readonly View[] {
  const identities = keys.map((key) => identityOf(tracing, key)).filter((identity) => identity !== null);
  return identities.length === 0 ? [] : tracing.viewsOf(identities);
}

function recordOf(tracing: Tracing, key: SourceKey): RecordTrace | null {
  const identity = identityOf(tracing, key);
  if (identity === null) return null;
  const { email, problem } = addressOf(tracing.mapping, identity, tracing.viewsOf);
  const { source, externalId } = key;
  return {
    source,
    externalId,
    user: identity.user,
    address: { expression: tracing.mapping.email.text, email, problem: problem?.text ?? null },
    groups: groupsOf(tracing, key),
  };
}

function groupsOf(tracing: Tracing, { source, externalId }: SourceKey): readonly SourceGroupTrace[] {
  return tracing.snapshots
    .filter((snapshot) => snapshot.source === source)
    .flatMap(({ groups }) => groups)
    .filter((group) => group.members.includes(externalId))
    .map((group) => ({
      externalId: group.externalId,
      name: group.displayName,
      via: group.through?.find((one) => one.member === externalId)?.groups ?? [],
      gives: givenBy(tracing, source, group),
    }));
}

/** The Retool groups that a source group leads to, as what feeds them and as what names their admins. */
function givenBy({ mapping, adminGroups }: Tracing, source: string, group: Group): readonly Given[] {
  const fed = groupRules(mapping, source).flatMap((compiled) => {
    const captured = captureOf(compiled, group);
    return captured === null ? [] : [givenName(compiled, captured)];
  });
  const all = [...fed, ...(adminGroups.get(nameKey(source, group.displayName)) ?? [])];
  return all.filter(
    ({ rule, to }, at) => all.findIndex((other) => other.rule === rule && other.to === to) === at,
  );
}

function givenName({ rule }: CompiledGroupRule, captured: ReadonlyMap<string, string>): Given {
  return { rule: rule.name, to: groupName(fillTemplate(rule.to, captured)) };
}

function groupRules({ groups }: CompiledMapping, source: string): readonly CompiledGroupRule[] {
  return groups.filter(
    (one): one is CompiledGroupRule =>
      'pattern' in one && (one.rule.source === null || one.rule.source === source),
  );
}

function adminGroupsOf(
  mapping: CompiledMapping,
  snapshots: readonly Snapshot[],
): ReadonlyMap<string, readonly Given[]> {
  const found = new Map<string, Given[]>();
  for (const { source, groups } of snapshots) {
    const rules = groupRules(mapping, source).filter(({ rule }) => rule.admins !== null);
    for (const compiled of rules) {
      for (const group of groups) {
        const captured = captureOf(compiled, group);
        if (captured === null) continue;
        const name = nameKey(source, fillTemplate(compiled.rule.admins ?? '', captured));
        found.set(name, [...(found.get(name) ?? []), givenName(compiled, captured)]);
      }
    }
  }
  return found;
}

function nameKey(source: string, name: string): string {
  return JSON.stringify([source, name]);
}

function callsOf(tracing: Tracing, keys: readonly SourceKey[]): readonly Call[] {
  const byGroup = keys.flatMap((key) =>
    groupsOf(tracing, key).flatMap(({ name, via, gives }) =>
      gives.map(({ rule, to }): Call => {
        const through = via.length === 0 ? '' : ` through ${via.map((one) => `"${one}"`).join(' > ')}`;
        return { rule, to, text: `member of "${name}"${through} in ${key.source}` };
      }),
    ),
  );
  const byExpression = whenConditions(tracing, keys)
    .filter(({ verdict }) => verdict.is === 'true')
    .flatMap(({ rule, expression }) =>
      tracing.mapping.rules.groups
        .filter((one) => one.name === rule)
        .map(({ to }): Call => ({ rule, to: groupName(to), text: `${expression} is true` })),
    );
  return [...byGroup, ...byExpression];
}

function whenConditions(tracing: Tracing, keys: readonly SourceKey[]): readonly Condition[] {
  const views = viewsFor(tracing, keys);
  return tracing.mapping.rules.groups.flatMap(({ name, select, source }) => {
    if (select.by !== 'when') return [];
    const speaking = source === null ? views : views.filter(({ context }) => context.source === source);
    const condition = conditionOf(name, select.expression, speaking);
    return condition === null ? [] : [condition];
  });
}

/** A condition and each of its clauses, asked of the record that gave the answer. */
function conditionOf(rule: string, text: string, views: readonly View[]): Condition | null {
  const [first] = views;
  if (first === undefined) return null;
  const { join, clauses } = clausesOf(text);
  const whole = askForBool(compileExpression(text), views);
  const identity = whole.state === 'value' ? whole.identity : null;
  const asked = views.find((view) => view.identity === identity) ?? first;
  return {
    rule,
    expression: text,
    askedOf: identity === null ? null : keyOf(identity),
    verdict: verdictOf(whole),
    join,
    clauses: clauses.map((clause) => ({
      text: clause.text,
      verdict: verdictOf(askForBool(clause, [asked])),
    })),
  };
}

function verdictOf(answer: Answer<boolean>): Verdict {
  if (answer.state === 'value') return { is: answer.value ? 'true' : 'false', because: null };
  if (answer.state === 'none') return { is: 'noValue', because: null };
  return { is: 'undecided', because: answer.problem.text };
}
