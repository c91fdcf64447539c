import { parseAst } from 'vitest/node';
import { type AstNode, child, isFunction, isNode, keyOf, list, nameOf, textOf, walk } from './ast.ts';
import { globalUses } from './globals.ts';

/** An import, re-export, `import()` or `import('…')` type of one file. */
export interface ImportFact {
  readonly line: number;
  /** What is imported; undefined when an `import()` computes it. */
  readonly specifier: string | undefined;
  /** `static` loads with the file, `lazy` (`import()`) when called, `type` never. */
  readonly how: 'static' | 'lazy' | 'type';
}

export interface NamedLine {
  readonly line: number;
  readonly name: string;
}

export interface FunctionFact extends NamedLine {
  /** First to last line, signature included. */
  readonly lines: number;
}

/** What the rules need to know about one TypeScript file. */
export interface SourceFacts {
  /** Relative to the checkout, with forward slashes. */
  readonly path: string;
  readonly lines: number;
  readonly imports: readonly ImportFact[];
  readonly functions: readonly FunctionFact[];
  /** Platform names in use, see `globalUses`. */
  readonly globals: readonly NamedLine[];
  readonly defaultExports: readonly NamedLine[];
  /** Tests that run alone or not at all: `test.only`, `describe.skip`, `{ skip: true }`. */
  readonly unevenTests: readonly NamedLine[];
}

/** Reads the facts of a file. Throws when it is not TypeScript. */
export function factsOf(path: string, text: string): SourceFacts {
  const program: unknown = parseAst(text, { lang: 'ts' });
  if (!isNode(program)) throw new TypeError(`${path}: the parser returned no syntax tree`);
  const lineAt = lineFinder(text);
  const imports: ImportFact[] = [];
  const functions: FunctionFact[] = [];
  const defaultExports: NamedLine[] = [];
  const unevenTests: NamedLine[] = [];
  walk(program, (node, parent) => {
    const imported = importIn(node);
    if (imported !== undefined) imports.push({ line: lineAt(node.start), ...imported });
    if (isFunction(node)) {
      const line = lineAt(node.start);
      functions.push({ line, name: functionName(node, parent), lines: lineAt(node.end) - line + 1 });
    }
    if (isDefaultExport(node)) defaultExports.push({ line: lineAt(node.start), name: 'default' });
    const uneven = unevenTest(node);
    if (uneven !== undefined) unevenTests.push({ line: lineAt(node.start), name: uneven });
  });
  const globals = globalUses(program).map(({ name, at }) => ({ name, line: lineAt(at) }));
  const lines = text.replace(/\n$/, '').split('\n').length;
  return { path, lines, imports, functions, globals, defaultExports, unevenTests };
}

/** Tells the line, counted from 1, of an offset in `text`. */
function lineFinder(text: string): (offset: number) => number {
  const ends = [...text.matchAll(/\n/g)].map((match) => match.index);
  return (offset) => {
    const after = ends.findIndex((end) => end >= offset);
    return (after === -1 ? ends.length : after) + 1;
  };
}

function importIn(node: AstNode): Omit<ImportFact, 'line'> | undefined {
  const specifier = textOf(child(node, 'source'));
  switch (node.type) {
    case 'ImportDeclaration':
      return { specifier, how: node['importKind'] === 'type' ? 'type' : 'static' };
    case 'ExportAllDeclaration':
    case 'ExportNamedDeclaration':
      if (child(node, 'source') === undefined) return undefined;
      return { specifier, how: node['exportKind'] === 'type' ? 'type' : 'static' };
    case 'ImportExpression':
      return { specifier, how: 'lazy' };
    case 'TSImportType':
      return { specifier, how: 'type' };
    default:
      return undefined;
  }
}

function functionName(node: AstNode, parent: AstNode | undefined): string {
  const own = nameOf(child(node, 'id'));
  if (own !== undefined) return own;
  if (parent?.type === 'VariableDeclarator') return nameOf(child(parent, 'id')) ?? 'a function';
  return (parent === undefined ? undefined : keyOf(parent)) ?? 'a function without a name';
}

function isDefaultExport(node: AstNode): boolean {
  if (node.type === 'ExportDefaultDeclaration') return true;
  const exported = node.type === 'ExportSpecifier' ? child(node, 'exported') : undefined;
  return (nameOf(exported) ?? textOf(exported)) === 'default';
}

const testFunctions = ['test', 'it', 'describe', 'suite', 'bench'];
const unevenWords = ['only', 'skip', 'todo'];

function unevenTest(node: AstNode): string | undefined {
  const root = testRoot(node);
  if (root === undefined) return undefined;
  if (node.type === 'MemberExpression') {
    const word = keyOf(node);
    return word !== undefined && unevenWords.includes(word) ? `${root}.${word}` : undefined;
  }
  const options = list(node, 'arguments').filter((argument) => argument.type === 'ObjectExpression');
  const word = options
    .flatMap((option) => list(option, 'properties').map(keyOf))
    .find((key) => key !== undefined && unevenWords.includes(key));
  return word === undefined ? undefined : `${root}(…, { ${word} })`;
}

/** `test` for `test.concurrent.each(…)(…)` and the like. */
function testRoot(node: AstNode): string | undefined {
  if (!['MemberExpression', 'CallExpression', 'TaggedTemplateExpression'].includes(node.type))
    return undefined;
  const before = child(node, 'object') ?? child(node, 'callee') ?? child(node, 'tag');
  const name = nameOf(before);
  if (name !== undefined) return testFunctions.includes(name) ? name : undefined;
  return before === undefined ? undefined : testRoot(before);
}
