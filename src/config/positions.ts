import type { z } from 'zod';
import { Secret } from '../model/secret.ts';
import type { Step } from './problem.ts';

/** What may stand at a position of the configuration. */
export type Position = readonly z.core.$ZodType[];

/** The kinds of scalar that a position takes. */
export type ScalarKind = 'string' | 'number' | 'boolean';

type Definition = z.core.$ZodTypes['_zod']['def'];

/** What a schema was made of. */
function defOf(schema: z.core.$ZodType): Definition {
  return (schema as z.ZodType).def as Definition;
}

/** The schemas of a position, without what merely wraps them: a value there has to fit one of them. */
export function positionOf(schema: z.core.$ZodType): Position {
  const def = defOf(schema);
  switch (def.type) {
    case 'optional':
    case 'nonoptional':
    case 'nullable':
    case 'default':
    case 'prefault':
    case 'readonly':
    case 'catch':
      return positionOf(def.innerType);
    case 'pipe':
      return positionOf(defOf(def.in).type === 'transform' ? def.out : def.in);
    case 'union':
      return def.options.flatMap(positionOf);
    case 'intersection':
      return [...positionOf(def.left), ...positionOf(def.right)];
    case 'lazy':
      return positionOf(def.getter());
    default:
      return [schema];
  }
}

/** The position below another one; empty when nothing can stand there. */
export function positionBelow(position: Position, step: Step): Position {
  return position.flatMap((schema) => {
    const def = defOf(schema);
    if (def.type === 'array') return positionOf(def.element);
    if (def.type === 'record') return positionOf(def.valueType);
    if (def.type !== 'object') return [];
    if (typeof step === 'string' && Object.hasOwn(def.shape, step)) {
      const below = def.shape[step];
      return below === undefined ? [] : positionOf(below);
    }
    return def.catchall === undefined ? [] : positionOf(def.catchall);
  });
}

/** The position at the end of a path. */
export function positionAt(position: Position, path: readonly Step[]): Position {
  return path.reduce(positionBelow, position);
}

/** The keys that maps at this position know. */
export function keysAt(position: Position): readonly string[] {
  return position.flatMap((schema) => {
    const def = defOf(schema);
    return def.type === 'object' ? Object.keys(def.shape) : [];
  });
}

/** Stands for any secret when a schema is asked whether it takes one. */
const anySecret = new Secret('any', 'nowhere');

/** Whether a secret stands here, so that a literal never may. */
export function takesSecret(position: Position): boolean {
  return position.some((schema) => {
    const def = defOf(schema);
    return def.type === 'custom' && def.fn(anySecret) === true;
  });
}

/** The kinds of scalar that may stand here; empty for maps and lists. */
export function scalarsAt(position: Position): ReadonlySet<ScalarKind> {
  return new Set(position.flatMap(scalarsOf));
}

function scalarsOf(schema: z.core.$ZodType): readonly ScalarKind[] {
  const def = defOf(schema);
  switch (def.type) {
    case 'string':
    case 'template_literal':
      return ['string'];
    case 'number':
      return ['number'];
    case 'boolean':
      return ['boolean'];
    case 'enum':
      return Object.values(def.entries).flatMap(kindOf);
    case 'literal':
      return def.values.flatMap(kindOf);
    default:
      return [];
  }
}

function kindOf(value: unknown): readonly ScalarKind[] {
  const kind = typeof value;
  return kind === 'string' || kind === 'number' || kind === 'boolean' ? [kind] : [];
}
