import type { z } from 'zod';
import { didYouMean } from '../model/closest.ts';
import { findingsOf, issueText, type Finding } from './issues.ts';
import { keysAt, positionAt, positionOf, type Position } from './positions.ts';
import type { ConfigProblem, Step } from './problem.ts';
import type { Reading } from './reading.ts';
import { keyPlace, nodeAt, problemAt, type ConfigNode } from './tree.ts';

/** A part of the configuration as its schema gave it back; without data when something is wrong with it. */
export interface ParsedPart<Data> {
  readonly data: Data | undefined;
  readonly problems: readonly ConfigProblem[];
}

/** What is parsed, and where it stands. */
export interface PartRequest<Data> {
  readonly schema: z.ZodType<Data>;
  readonly reading: Reading;
  readonly path: readonly Step[];
}

/** Parses the value at a path by a schema; each thing the schema finds wrong becomes a problem with its place. */
export function parsePart<Data>(request: PartRequest<Data>): ParsedPart<Data> {
  const { schema, reading, path } = request;
  const node = nodeAt(reading.root, path);
  const result = schema.safeParse(node === undefined ? undefined : plain(node, reading.values), {
    error: issueText,
  });
  if (result.success) return { data: result.data, problems: [] };
  const position = positionOf(schema);
  const problems = findingsOf(result.error.issues).flatMap(
    (finding) => problemOf(request, position, finding) ?? [],
  );
  return { data: undefined, problems };
}

/** The value of a tree; its maps have no prototype, so that no key means anything but itself. */
function plain(node: ConfigNode, values: Reading['values']): unknown {
  switch (node.kind) {
    case 'scalar':
      return node.value;
    case 'reference':
      return values.get(node);
    case 'list':
      return node.items.map((item) => plain(item, values));
    case 'map': {
      const map: Record<string, unknown> = Object.create(null);
      for (const [key, { value }] of node.entries) map[key] = plain(value, values);
      return map;
    }
  }
}

/**
 * Undefined when the value is a reference that came to nothing, which was said where it was followed, or a map that
 * lacks one of its values for that.
 */
function problemOf(
  { reading, path }: PartRequest<unknown>,
  position: Position,
  finding: Finding,
): ConfigProblem | undefined {
  const below = finding.path.map((step) => (typeof step === 'symbol' ? String(step) : step));
  const whole = [...path, ...below];
  if (finding.unknown) {
    const text = unknownKeyText(below, position);
    return problemAt(keyPlace(reading.root, whole), whole, text);
  }
  const node = nodeAt(reading.root, whole);
  if (finding.about === 'key' || node === undefined) {
    const prefix = node === undefined && finding.text.startsWith('expected ') ? 'missing; ' : '';
    return problemAt(keyPlace(reading.root, whole), whole, prefix + finding.text);
  }
  if (node.kind === 'map' && lacksValue(node, reading)) return undefined;
  if (node.kind !== 'reference') return problemAt(node.at, whole, finding.text);
  if (!reading.values.has(node)) return undefined;
  return problemAt(node.at, whole, `${finding.text} (in environment variable ${node.name})`);
}

function lacksValue(map: Extract<ConfigNode, { readonly kind: 'map' }>, { values }: Reading): boolean {
  return [...map.entries.values()].some(({ value }) => value.kind === 'reference' && !values.has(value));
}

function unknownKeyText(path: readonly Step[], position: Position): string {
  const key = String(path.at(-1));
  return `unknown key${didYouMean(key, keysAt(positionAt(position, path.slice(0, -1))))}`;
}
