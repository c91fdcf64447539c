import type { ASTNode } from '@marcbachmann/cel-js';
import { literalPattern, partsOf } from './ast.ts';
import { didYouMean } from '../model/closest.ts';
import { checkSearch } from './pattern.ts';
import type { ExpressionProblem } from './problem.ts';
import { isRecord, itemType, sourcesTypeName, type FieldType, type RecordType } from './schema.ts';

/** The deepest nesting of an expression; a chain of operators nests once per operator. */
const deepest = 500;

/** How many macros that run over a list may stand inside each other: the cost is a power of the list's length. */
const deepestMacros = 2;

const tooDeep = 'nested too deeply';

/** Methods that bind a variable and evaluate an argument once per item. */
const macros: ReadonlyMap<string, ReadonlySet<number>> = new Map([
  ['all', new Set([2])],
  ['exists', new Set([2])],
  ['exists_one', new Set([2])],
  ['filter', new Set([2])],
  ['map', new Set([2, 3])],
  ['bind', new Set([3])],
]);

/** Everything known at one place of the expression. */
interface Place {
  readonly variables: ReadonlyMap<string, FieldType | undefined>;
  readonly depth: number;
  readonly macros: number;
}

/**
 * What the engine's own checker lets pass: fields that do not exist under `has()` and `.?`, patterns that do
 * not compile, and nesting that could exhaust time or stack. All of it is reported, not the first alone.
 */
export function inspect(
  ast: ASTNode,
  variables: ReadonlyMap<string, FieldType>,
): readonly ExpressionProblem[] {
  const problems: ExpressionProblem[] = [];
  visit(ast, { variables, depth: 0, macros: 0 }, problems);
  return problems;
}

/** Reports what is wrong in a node and below; returns the node's type where it is known. */
function visit(node: ASTNode, outside: Place, problems: ExpressionProblem[]): FieldType | undefined {
  const place = { ...outside, depth: outside.depth + 1 };
  if (place.depth > deepest) {
    if (!problems.some((problem) => problem.message === tooDeep))
      problems.push({ message: tooDeep, ...rangeOf(node) });
    return undefined;
  }
  switch (node.op) {
    case 'id':
      return place.variables.get(node.args);
    case '.':
    case '.?':
      return fieldType(
        visit(node.args[0], place, problems),
        node.args[1],
        { start: node.end - node.args[1].length, end: node.end },
        problems,
      );
    case '[]':
    case '[?]':
      return visitIndex(node.args[0], node.args[1], place, problems);
    case 'rcall':
      visitMethod(node, place, problems);
      return undefined;
    default:
      for (const part of partsOf(node)) visit(part, place, problems);
      return undefined;
  }
}

function visitIndex(
  receiver: ASTNode,
  index: ASTNode,
  place: Place,
  problems: ExpressionProblem[],
): FieldType | undefined {
  const type = visit(receiver, place, problems);
  visit(index, place, problems);
  if (isRecord(type) && index.op === 'value' && typeof index.args === 'string')
    return fieldType(type, index.args, rangeOf(index), problems);
  return itemType(type);
}

function visitMethod(
  node: ASTNode & { readonly op: 'rcall' },
  place: Place,
  problems: ExpressionProblem[],
): void {
  const [name, receiver, parts] = node.args;
  const receiverType = isNamespace(receiver) ? undefined : visit(receiver, place, problems);
  const literal = literalPattern(node);
  if (literal !== undefined) problems.push(...patternProblems(literal, literal.args));
  const [first, ...others] = parts;
  if (macros.get(name)?.has(parts.length) !== true || first?.op !== 'id') {
    for (const part of parts) visit(part, place, problems);
    return;
  }
  if (place.macros >= deepestMacros) {
    problems.push({
      message: `more than ${deepestMacros} of all, exists, exists_one, filter, map and bind inside each other`,
      ...rangeOf(node),
    });
    return;
  }
  const bound = name === 'bind' ? undefined : itemType(receiverType);
  const inside = {
    ...place,
    macros: place.macros + 1,
    variables: new Map([...place.variables, [first.args, bound]]),
  };
  for (const part of others) visit(part, inside, problems);
}

/** `cel` and `optional` before a method are no variables. */
function isNamespace(node: ASTNode): boolean {
  return node.op === 'id' && (node.args === 'cel' || node.args === 'optional');
}

function fieldType(
  type: FieldType | undefined,
  name: string,
  range: Range,
  problems: ExpressionProblem[],
): FieldType | undefined {
  if (!isRecord(type)) return undefined;
  if (Object.hasOwn(type.fields, name)) return type.fields[name];
  problems.push({ message: unknownField(type, name), ...range });
  return undefined;
}

function unknownField(type: RecordType, name: string): string {
  const meant = didYouMean(name, Object.keys(type.fields));
  if (type.name === sourcesTypeName) return `unknown source "${name}"${meant}`;
  const hint =
    meant === '' && type.name === 'User' ? `; the provider's own attributes are under user.extra` : '';
  return `unknown field "${name}"${meant}${hint}`;
}

/** Places the problem inside the literal when the literal has no escapes; else at the whole literal. */
function patternProblems(literal: ASTNode, pattern: string): readonly ExpressionProblem[] {
  const source = literal.input.slice(literal.start, literal.end);
  const within = source.indexOf(pattern);
  return checkSearch(pattern).map(({ message, start, end }) => {
    if (within === -1 || pattern === '') return { message, ...rangeOf(literal) };
    return { message, start: literal.start + within + start, end: literal.start + within + end };
  });
}

interface Range {
  readonly start: number;
  readonly end: number;
}

function rangeOf(node: ASTNode): Range {
  return { start: node.start, end: node.end };
}
