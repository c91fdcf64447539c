import { compileExpression, type CompiledExpression } from './cel.ts';
import { evaluatingEnvironment } from './environment.ts';
import { ExpressionError } from './problem.ts';

/** An expression as the parts that are joined at its top level. */
export interface Clauses {
  /** `all`: every part has to be true (`&&`); `any`: one of them has (`||`); `one`: it is not joined of parts. */
  readonly join: 'all' | 'any' | 'one';
  readonly clauses: readonly CompiledExpression[];
}

const joins = { '&&': 'all', '||': 'any' } as const;
type Operator = keyof typeof joins;

/**
 * Splits a conjunction or disjunction, so that each part can be asked for itself: who is told why a whole is false
 * wants to know which part made it so. Parts joined by the other operator stay whole. Throws an `ExpressionError`
 * for a text that does not parse.
 */
export function clausesOf(text: string): Clauses {
  const operator = operatorOf(text);
  if (operator === null) return { join: 'one', clauses: [compileExpression(text)] };
  return { join: joins[operator], clauses: partsOf(text, operator).map(compileExpression) };
}

function operatorOf(text: string): Operator | null {
  const { op } = evaluatingEnvironment(new Map()).parse(text).ast;
  return op === '&&' || op === '||' ? op : null;
}

function partsOf(text: string, operator: Operator): readonly string[] {
  const sides = sidesOf(text, operator);
  if (sides === null) return [text.trim()];
  return sides.flatMap((side) => partsOf(side, operator));
}

/** Both sides of the operator that joins a text; null when it does not stand between them in plain sight. */
function sidesOf(text: string, operator: Operator): readonly [string, string] | null {
  const { ast } = evaluatingEnvironment(new Map()).parse(text);
  if (ast.op !== operator) return null;
  const [left, right] = ast.args;
  // The engine's positions leave brackets out, so the operator stands somewhere between the two.
  const at = text.indexOf(operator, left.end);
  if (at === -1 || at >= right.start) return null;
  const sides = [text.slice(0, at).trim(), text.slice(at + operator.length).trim()] as const;
  if (sides.every(parses)) return sides;
  const inner = text.trim();
  return inner.startsWith('(') && inner.endsWith(')') ? sidesOf(inner.slice(1, -1), operator) : null;
}

/** Brackets around the whole leave one in each side, and neither is an expression then. */
function parses(text: string): boolean {
  try {
    compileExpression(text);
    return true;
  } catch (error) {
    if (error instanceof ExpressionError) return false;
    throw error;
  }
}
