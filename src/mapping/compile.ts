import { compileExpression, type CompiledExpression } from '../expressions/cel.ts';
import { compilePattern, type CompiledPattern } from '../expressions/pattern.ts';
import type { GroupRule, MappingRules } from '../model/rules.ts';

/** A rule about source groups, by pattern or id. */
export interface CompiledGroupRule {
  readonly rule: GroupRule;
  /** null: the rule names its group by id. */
  readonly pattern: CompiledPattern | null;
}

/** A rule about people, by expression. */
export interface CompiledWhenRule {
  readonly rule: GroupRule;
  readonly when: CompiledExpression;
}

/** The mapping with every expression compiled, once per run. */
export interface CompiledMapping {
  readonly rules: MappingRules;
  readonly scope: CompiledExpression | null;
  readonly email: CompiledExpression;
  readonly firstName: CompiledExpression;
  readonly lastName: CompiledExpression;
  readonly userType: CompiledExpression | null;
  readonly attributes: readonly { readonly name: string; readonly expression: CompiledExpression }[];
  /** In the order of the configuration. */
  readonly groups: readonly (CompiledGroupRule | CompiledWhenRule)[];
  /** The variables that any expression reads: what none reads is not collected. */
  readonly reads: ReadonlySet<string>;
  /** Whether anything depends on source groups; if nothing does, it is no matter that they are incomplete. */
  readonly needsGroups: boolean;
}

/** Compiles rules that `config` has already checked; a rule that does not compile is a defect of ours. */
export function compileMapping(rules: MappingRules): CompiledMapping {
  const compiled: CompiledExpression[] = [];
  const compile = (text: string): CompiledExpression => {
    const expression = compileExpression(text);
    compiled.push(expression);
    return expression;
  };
  const mapping = {
    rules,
    scope: rules.scope === null ? null : compile(rules.scope),
    email: compile(rules.user.email),
    firstName: compile(rules.user.first_name),
    lastName: compile(rules.user.last_name),
    userType: rules.user.user_type === null ? null : compile(rules.user.user_type),
    attributes: [...rules.attributes].map(([name, text]) => ({ name, expression: compile(text) })),
    groups: rules.groups.map((rule) => compileRule(rule, compile)),
  };
  const reads = new Set(compiled.flatMap((expression) => [...expression.reads]));
  const needsGroups = reads.has('groups') || rules.groups.some((rule) => rule.select.by !== 'when');
  return { ...mapping, reads, needsGroups };
}

function compileRule(
  rule: GroupRule,
  compile: (text: string) => CompiledExpression,
): CompiledGroupRule | CompiledWhenRule {
  const { select } = rule;
  if (select.by === 'when') return { rule, when: compile(select.expression) };
  return { rule, pattern: select.by === 'pattern' ? compilePattern(select.pattern) : null };
}
