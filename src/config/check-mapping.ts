import { checkExpression } from '../expressions/cel.ts';
import { didYouMean } from '../model/closest.ts';
import type { ExpectedResult } from '../expressions/explain.ts';
import { checkPattern, compilePattern } from '../expressions/pattern.ts';
import { checkTemplate, isTemplate } from '../expressions/template.ts';
import { folded } from '../model/text.ts';
import { alternatives } from './issues.ts';
import type { ConfigProblem, Step } from './problem.ts';
import { grantable } from './schema-mapping.ts';
import {
  itemsOf,
  keysOf,
  partProblems,
  scalarAt,
  textAt,
  textProblem,
  type Reading,
  type WrittenText,
} from './reading.ts';
import { keyPlace, nodeAt, problemAt } from './tree.ts';

/** What is wrong with the expressions, patterns and group rules of `mapping`. */
export function mappingProblems(reading: Reading): readonly ConfigProblem[] {
  const sources = keysOf(reading, ['sources']);
  const rules = itemsOf(reading, ['mapping', 'groups']);
  return [
    ...expressionProblems(reading, sources, rules),
    ...rules.flatMap((rule) => ruleProblems(reading, sources, rule)),
    ...targetProblems(reading, rules),
  ];
}

function expressionProblems(
  reading: Reading,
  sources: readonly string[],
  rules: readonly (readonly Step[])[],
): readonly ConfigProblem[] {
  const values = (['user', 'attributes'] as const).flatMap((part) =>
    keysOf(reading, ['mapping', part]).map((key) => ['mapping', part, key]),
  );
  const conditions = [['mapping', 'scope'], ...rules.map((rule) => [...rule, 'when'])];
  const check = (path: readonly Step[], result: ExpectedResult): readonly ConfigProblem[] => {
    const written = textAt(reading, path);
    return written === undefined
      ? []
      : partProblems(written, checkExpression(written.text, { sources, result }));
  };
  return [
    ...values.flatMap((path) => check(path, 'value')),
    ...conditions.flatMap((path) => check(path, 'bool')),
  ];
}

const selectors = ['match', 'id', 'when'] as const;

function ruleProblems(
  reading: Reading,
  sources: readonly string[],
  rule: readonly Step[],
): readonly ConfigProblem[] {
  const node = nodeAt(reading.root, rule);
  if (node?.kind !== 'map') return [];
  const given = selectors.filter((key) => node.entries.has(key));
  const problems: ConfigProblem[] = [];
  if (given.length !== 1) {
    const found = given.length === 0 ? 'none' : given.join(' and ');
    problems.push(problemAt(node.at, rule, `expected exactly one of match, id and when; found ${found}`));
  }
  problems.push(...ruleSourceProblems(reading, sources, rule), ...templateProblems(reading, rule));
  problems.push(...itemsOf(reading, [...rule, 'grants']).flatMap((grant) => grantProblems(reading, grant)));
  if (given.includes('when') && node.entries.has('admins'))
    problems.push(
      problemAt(
        keyPlace(reading.root, [...rule, 'admins']),
        [...rule, 'admins'],
        'needs match or id: people chosen by an expression come from no group',
      ),
    );
  return problems;
}

function grantProblems(reading: Reading, grant: readonly Step[]): readonly ConfigProblem[] {
  const node = nodeAt(reading.root, grant);
  if (node?.kind !== 'map') return [];
  const given = grantable.filter((key) => node.entries.has(key));
  if (given.length === 1) return [];
  const found = given.length === 0 ? 'none' : given.join(' and ');
  return [problemAt(node.at, grant, `expected exactly one of ${grantable.join(', ')}; found ${found}`)];
}

function ruleSourceProblems(
  reading: Reading,
  sources: readonly string[],
  rule: readonly Step[],
): readonly ConfigProblem[] {
  const source = textAt(reading, [...rule, 'source']);
  if (source !== undefined) return sourceProblems(source, sources);
  const id = textAt(reading, [...rule, 'id']);
  if (id === undefined || sources.length < 2 || keysOf(reading, rule).includes('source')) return [];
  return [textProblem(id, `with several sources, id needs source: ${alternatives(sources)}`)];
}

/** What is wrong with a text that should be the id of a configured source. */
export function sourceProblems(written: WrittenText, sources: readonly string[]): readonly ConfigProblem[] {
  if (sources.includes(written.text)) return [];
  const meant = didYouMean(written.text, sources);
  return [textProblem(written, `expected the id of a configured source: ${alternatives(sources)}${meant}`)];
}

/** The pattern of a rule, and the groups of it that `to` and `admins` may name. */
function templateProblems(reading: Reading, rule: readonly Step[]): readonly ConfigProblem[] {
  const match = textAt(reading, [...rule, 'match']);
  const wrong = match === undefined ? [] : checkPattern(match.text);
  if (match !== undefined && wrong.length > 0) return partProblems(match, wrong);
  const groups = match === undefined ? [] : compilePattern(match.text).groups;
  const objects = itemsOf(reading, [...rule, 'grants']).flatMap((grant) =>
    grantable.map((key) => [...grant, key]),
  );
  return [[...rule, 'to'], [...rule, 'admins'], ...objects].flatMap((path) => {
    const template = textAt(reading, path);
    return template === undefined ? [] : partProblems(template, checkTemplate(template.text, groups));
  });
}

/** Rules that feed one Retool group have to agree about it, as far as its name is known before a run. */
function targetProblems(reading: Reading, rules: readonly (readonly Step[])[]): readonly ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  const earlier = new Map<string, { readonly name: string; readonly rule: number; access: string | null }>();
  for (const [index, rule] of rules.entries()) {
    const to = textAt(reading, [...rule, 'to']);
    if (to === undefined || isTemplate(to.text)) continue;
    const name = folded(to.text);
    const access = accessOf(reading, rule);
    const first = earlier.get(name);
    if (first === undefined) {
      earlier.set(name, { name: to.text, rule: index, access });
      continue;
    }
    const other = `mapping.groups[${first.rule}]`;
    if (first.name !== to.text)
      problems.push(textProblem(to, `differs from what ${other} names in upper and lower case alone`));
    else if (access !== null && first.access !== null && access !== first.access)
      problems.push(
        problemAt(
          keyPlace(reading.root, [...rule, 'access']),
          [...rule, 'access'],
          `differs from the access that ${other} gives the same group`,
        ),
      );
    first.access ??= access;
  }
  return problems;
}

/** A rule's access settings as one text to compare; null when it has none. */
function accessOf(reading: Reading, rule: readonly Step[]): string | null {
  const path = [...rule, 'access'];
  if (nodeAt(reading.root, path)?.kind !== 'map') return null;
  const levels = keysOf(reading, path).map((key) => [key, scalarAt(reading, [...path, key])]);
  return JSON.stringify(levels.toSorted());
}
