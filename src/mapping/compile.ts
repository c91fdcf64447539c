import { compileExpression, type CompiledExpression } from '../expressions/cel.ts';
import { compilePattern, type CompiledPattern } from '../expressions/pattern.ts';
import type { GroupRule, MappingRules } from '../model/rules.ts';

/** One group rule with its selector compiled. */
export interface CompiledGroupRule {
  readonly rule: GroupRule;
  readonly pattern: CompiledPattern | null;
  readonly when: CompiledExpression | null;
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
  readonly groups: readonly CompiledGroupRule[];
  /** Whether any expression reads the person's groups; if none does, they are not collected. */
  readonly readsGroups: boolean;
}

/** Compiles rules that `config` has already checked; a rule that does not compile is a defect of ours. */
export function compileMapping(rules: MappingRules): CompiledMapping {
  const texts = [
    rules.scope,
    ...Object.values(rules.user),
    ...rules.attributes.values(),
    ...rules.groups.map(expressionOf),
  ];
  return {
    rules,
    scope: rules.scope === null ? null : compileExpression(rules.scope),
    email: compileExpression(rules.user.email),
    firstName: compileExpression(rules.user.first_name),
    lastName: compileExpression(rules.user.last_name),
    userType: rules.user.user_type === null ? null : compileExpression(rules.user.user_type),
    attributes: [...rules.attributes].map(([name, text]) => ({ name, expression: compileExpression(text) })),
    groups: rules.groups.map((rule) => ({
      rule,
      pattern: rule.select.by === 'pattern' ? compilePattern(rule.select.pattern) : null,
      when: rule.select.by === 'when' ? compileExpression(rule.select.expression) : null,
    })),
    readsGroups: texts.some((text) => text !== null && /\bgroups\b/.test(text)),
  };
}

function expressionOf(rule: GroupRule): string | null {
  return rule.select.by === 'when' ? rule.select.expression : null;
}
