import type { ASTNode } from '@marcbachmann/cel-js';

/** The nodes directly below a node, in the order of the text. */
export function partsOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case 'value':
    case 'id':
      return [];
    case '.':
    case '.?':
      return [node.args[0]];
    case '!_':
    case '-_':
      return [node.args];
    case 'call':
      return node.args[1];
    case 'rcall':
      return [node.args[1], ...node.args[2]];
    case 'map':
      return node.args.flat();
    default:
      return node.args;
  }
}

/** A node and every node below it. */
export function* nodesOf(ast: ASTNode): Generator<ASTNode> {
  const waiting = [ast];
  for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
    yield node;
    waiting.push(...partsOf(node));
  }
}

/** The pattern of a `matches()` call when it is written out; undefined for anything else. */
export function literalPattern(
  node: ASTNode,
): (ASTNode & { readonly op: 'value'; readonly args: string }) | undefined {
  if (node.op !== 'rcall' || node.args[0] !== 'matches') return undefined;
  const [first] = node.args[2];
  return first !== undefined && isText(first) ? first : undefined;
}

/** Whether a node is a text that is written out. */
export function isText(node: ASTNode): node is ASTNode & { readonly op: 'value'; readonly args: string } {
  return node.op === 'value' && typeof node.args === 'string';
}
