import { type AstNode, child, children, isFunction, keyOf, list, nameOf, textOf } from './ast.ts';

/** A name that a file takes from the platform and not from its arguments: `Date.now`, `node:crypto.randomUUID`. */
export interface GlobalUse {
  readonly name: string;
  /** Offset in the file. */
  readonly at: number;
}

/** What a name stands for in one block: a platform module it was imported from, or something of the file's own. */
type Scope = ReadonlyMap<string, { readonly module: string } | 'own'>;

const typeLayers = [
  'TSAsExpression',
  'TSSatisfiesExpression',
  'TSNonNullExpression',
  'TSInstantiationExpression',
];

/**
 * Every use of a platform name, with the members read from it: `process.env.HOME`, `fetch`, `new Date()` (without
 * arguments: the clock). Names the file declares itself, such as a parameter called `fetch`, are its own. Types are
 * not looked at: they do nothing when the program runs.
 */
export function globalUses(program: AstNode): readonly GlobalUse[] {
  const uses: GlobalUse[] = [];
  visit(program, [], uses);
  return uses;
}

function visit(node: AstNode, outer: readonly Scope[], uses: GlobalUse[]): void {
  if (typeLayers.includes(node.type)) return visitAll([child(node, 'expression')], outer, uses);
  if (node.type.startsWith('TS') || isImportOrReexport(node)) return;
  const scopes = [scopeOf(node), ...outer];
  const chain = globalChain(node, scopes);
  if (chain !== undefined) {
    uses.push({ name: chain, at: node.start });
    return;
  }
  if (node.type === 'VariableDeclarator') uses.push(...destructured(node, scopes));
  if (readsClock(node, scopes)) uses.push({ name: 'new Date()', at: node.start });
  visitAll(partsThatRun(node), scopes, uses);
}

function visitAll(
  nodes: readonly (AstNode | undefined)[],
  scopes: readonly Scope[],
  uses: GlobalUse[],
): void {
  for (const node of nodes) if (node !== undefined) visit(node, scopes, uses);
}

function isImportOrReexport(node: AstNode): boolean {
  return (
    node.type === 'ImportDeclaration' ||
    (node.type.startsWith('Export') && child(node, 'source') !== undefined)
  );
}

/** The children of a node but for plain member names and keys, which name nothing by themselves. */
function partsThatRun(node: AstNode): readonly AstNode[] {
  const names = node['computed'] === true ? [] : [child(node, 'property'), child(node, 'key')];
  const labels =
    node.type === 'LabeledStatement' || node.type === 'BreakStatement' || node.type === 'ContinueStatement';
  return children(node).filter((part) => !names.includes(part) && !(labels && part === child(node, 'label')));
}

/** `process.env.HOME` for such a member access on a platform name, `fetch` for the bare name. */
function globalChain(node: AstNode, scopes: readonly Scope[]): string | undefined {
  const bare = nameOf(node);
  if (bare !== undefined) return platformName(bare, scopes);
  if (node.type !== 'MemberExpression') return undefined;
  const object = child(node, 'object');
  const member = keyOf(node);
  const before = object === undefined ? undefined : globalChain(object, scopes);
  if (before === undefined || member === undefined) return undefined;
  return before === 'globalThis' ? member : `${before}.${member}`;
}

function platformName(name: string, scopes: readonly Scope[]): string | undefined {
  const found = scopes.find((scope) => scope.has(name))?.get(name);
  if (found === undefined) return name;
  return found === 'own' ? undefined : found.module;
}

/** `const { now } = Date` uses `Date.now`. */
function destructured(declarator: AstNode, scopes: readonly Scope[]): readonly GlobalUse[] {
  const from = child(declarator, 'init');
  const pattern = child(declarator, 'id');
  const name = from === undefined ? undefined : globalChain(from, scopes);
  if (name === undefined || pattern?.type !== 'ObjectPattern') return [];
  return list(pattern, 'properties').map((property) => {
    const key = keyOf(property) ?? '*';
    return { name: name === 'globalThis' ? key : `${name}.${key}`, at: property.start };
  });
}

function readsClock(node: AstNode, scopes: readonly Scope[]): boolean {
  if (node.type !== 'NewExpression' && node.type !== 'CallExpression') return false;
  const callee = child(node, 'callee');
  if (callee === undefined || globalChain(callee, scopes) !== 'Date') return false;
  return node.type === 'CallExpression' || list(node, 'arguments').length === 0;
}

/** The names that a node declares for what lies below it. */
function scopeOf(node: AstNode): Scope {
  const scope = new Map<string, { readonly module: string } | 'own'>();
  for (const name of declaredBy(node)) scope.set(name, 'own');
  if (node.type === 'Program') {
    for (const statement of list(node, 'body')) {
      if (statement.type === 'ImportDeclaration') addImports(statement, scope);
    }
  }
  return scope;
}

function addImports(statement: AstNode, scope: Map<string, { readonly module: string } | 'own'>): void {
  const module = textOf(child(statement, 'source')) ?? '';
  for (const specifier of list(statement, 'specifiers')) {
    const local = nameOf(child(specifier, 'local'));
    if (local === undefined) continue;
    const imported = nameOf(child(specifier, 'imported'));
    const platform = { module: imported === undefined ? module : `${module}.${imported}` };
    scope.set(local, module.startsWith('node:') ? platform : 'own');
  }
}

function declaredBy(node: AstNode): readonly string[] {
  if (isFunction(node)) {
    return [...list(node, 'params').flatMap(namesIn), ...namesIn(child(node, 'id'))];
  }
  switch (node.type) {
    case 'Program':
    case 'BlockStatement':
    case 'StaticBlock':
      return list(node, 'body').flatMap(declaredByStatement);
    case 'SwitchStatement':
      return list(node, 'cases').flatMap((part) => list(part, 'consequent').flatMap(declaredByStatement));
    case 'ForStatement':
      return declaredByStatement(child(node, 'init'));
    case 'ForOfStatement':
    case 'ForInStatement':
      return declaredByStatement(child(node, 'left'));
    case 'CatchClause':
      return namesIn(child(node, 'param'));
    case 'ClassExpression':
      return namesIn(child(node, 'id'));
    default:
      return [];
  }
}

function declaredByStatement(statement: AstNode | undefined): readonly string[] {
  switch (statement?.type) {
    case 'VariableDeclaration':
      return list(statement, 'declarations').flatMap((declarator) => namesIn(child(declarator, 'id')));
    case 'FunctionDeclaration':
    case 'ClassDeclaration':
      return namesIn(child(statement, 'id'));
    case 'ExportNamedDeclaration':
      return declaredByStatement(child(statement, 'declaration'));
    default:
      return [];
  }
}

/** The names a pattern binds: `{ a, b: [c], ...d } = e` binds a, c and d. */
function namesIn(pattern: AstNode | undefined): readonly string[] {
  switch (pattern?.type) {
    case 'Identifier':
      return [nameOf(pattern) ?? ''];
    case 'ObjectPattern':
      return list(pattern, 'properties').flatMap((part) =>
        namesIn(child(part, 'value') ?? child(part, 'argument')),
      );
    case 'ArrayPattern':
      return list(pattern, 'elements').flatMap(namesIn);
    case 'AssignmentPattern':
      return namesIn(child(pattern, 'left'));
    case 'RestElement':
      return namesIn(child(pattern, 'argument'));
    default:
      return [];
  }
}
