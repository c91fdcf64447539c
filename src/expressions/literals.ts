import { isText, nodesOf } from './ast.ts';
import { evaluatingEnvironment } from './environment.ts';

/** The texts that are written out in an expression, as it compares them. Throws for one that does not parse. */
export function literalsOf(text: string): readonly string[] {
  const { ast } = evaluatingEnvironment(new Map()).parse(text);
  return [...nodesOf(ast)].filter(isText).map(({ args }) => args);
}
