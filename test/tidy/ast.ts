/** A node of the syntax tree (ESTree with TypeScript nodes), read without trusting its shape. */
export interface AstNode {
  readonly type: string;
  /** Offset of the first character, in UTF-16 code units. */
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

export function isNode(value: unknown): value is AstNode {
  return typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string';
}

/** The node under `key`, if there is one. */
export function child(node: AstNode, key: string): AstNode | undefined {
  const value = node[key];
  return isNode(value) ? value : undefined;
}

/** The nodes of the list under `key`; holes, as in `[, b]`, are left out. */
export function list(node: AstNode, key: string): readonly AstNode[] {
  const value = node[key];
  return Array.isArray(value) ? value.filter(isNode) : [];
}

export function children(node: AstNode): readonly AstNode[] {
  return Object.keys(node).flatMap((key) => [child(node, key) ?? [], list(node, key)].flat());
}

/** Calls `visit` for every node below and including `node`, parents first. */
export function walk(
  node: AstNode,
  visit: (node: AstNode, parent?: AstNode) => void,
  parent?: AstNode,
): void {
  visit(node, parent);
  for (const below of children(node)) walk(below, visit, node);
}

export function nameOf(node: AstNode | undefined): string | undefined {
  return node?.type === 'Identifier' && typeof node['name'] === 'string' ? node['name'] : undefined;
}

/** The text of a string literal, or of a template without holes. */
export function textOf(node: AstNode | undefined): string | undefined {
  if (node?.type === 'Literal') return typeof node['value'] === 'string' ? node['value'] : undefined;
  if (node?.type !== 'TemplateLiteral' || list(node, 'expressions').length > 0) return undefined;
  const value = list(node, 'quasis')[0]?.['value'];
  return typeof value === 'object' && value !== null && 'cooked' in value ? String(value.cooked) : undefined;
}

/** The name a member access or an object key spells out: `.name`, `['name']`, `{ name: … }`. */
export function keyOf(node: AstNode): string | undefined {
  const key = child(node, 'property') ?? child(node, 'key');
  return node['computed'] === true ? textOf(key) : (nameOf(key) ?? textOf(key));
}

export function isFunction(node: AstNode): boolean {
  return ['FunctionDeclaration', 'FunctionExpression', 'ArrowFunctionExpression'].includes(node.type);
}
