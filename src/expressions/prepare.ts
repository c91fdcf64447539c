import type { ASTNode } from '@marcbachmann/cel-js';
import { isText, literalPattern, nodesOf } from './ast.ts';
import { replacedMethods } from './environment.ts';
import type { Reads } from './value.ts';

/**
 * Makes a freshly parsed expression ours, in place: calls of replaced methods get our names, and `has()` of a
 * deep path asks for the whole path (the engine fails where a part on the way is missing). Returns the literal
 * patterns of `matches()` calls. Positions stay what they are.
 */
export function prepare(ast: ASTNode): readonly string[] {
  const patterns: string[] = [];
  for (const node of nodesOf(ast)) {
    if (node.op === 'rcall') {
      const literal = literalPattern(node);
      if (literal !== undefined) patterns.push(literal.args);
      node.args[0] = replacedMethods.get(node.args[0]) ?? node.args[0];
    }
    if (node.op === 'call' && node.args[0] === 'has') makeOptional(node.args[1][0]);
  }
  return patterns;
}

function makeOptional(path: ASTNode | undefined): void {
  if (path?.op !== '.' && path?.op !== '.?') return;
  let inner = path.args[0];
  while (inner.op === '.' || inner.op === '.?') {
    const next: ASTNode = inner.args[0];
    Object.assign(inner, { op: '.?' });
    inner = next;
  }
}

/** Which fields of each variable an expression reads, so that no more of a record is converted. */
export function readsOf(ast: ASTNode): ReadonlyMap<string, Reads> {
  const reads = new Map<string, Reads>();
  const inner = new Set<ASTNode>();
  for (const node of nodesOf(ast)) {
    if (inner.has(node)) continue;
    const path = pathOf(node, inner);
    if (path !== null) addPath(reads, path);
  }
  return reads;
}

/** `user.extra["cost-centre"].name` as its parts; null for what is no such path. Parts of the path are noted as seen. */
function pathOf(node: ASTNode, seen: Set<ASTNode>): readonly string[] | null {
  const path: string[] = [];
  let at = node;
  for (let key = keyOf(at); key !== null; key = keyOf(at)) {
    path.unshift(key.name);
    at = key.of;
    seen.add(at);
  }
  return at.op === 'id' ? [at.args, ...path] : null;
}

/** The field that a node reads, and of what; null when it reads none that is written out. */
function keyOf(node: ASTNode): { readonly name: string; readonly of: ASTNode } | null {
  if (node.op === '.' || node.op === '.?') return { name: node.args[1], of: node.args[0] };
  if (node.op !== '[]' && node.op !== '[?]') return null;
  const [of, index] = node.args;
  return isText(index) ? { name: index.args, of } : null;
}

function addPath(reads: Map<string, Reads>, path: readonly string[]): void {
  let level = reads;
  for (const [index, key] of path.entries()) {
    const known = level.get(key);
    if (known === 'all') return;
    if (index === path.length - 1) {
      level.set(key, 'all');
      return;
    }
    const next = new Map<string, Reads>(known);
    level.set(key, next);
    level = next;
  }
}
