import type { CatalogueObject } from '../model/current-state.ts';
import type { GrantRule } from '../model/rules.ts';
import type { PlanInput } from './input.ts';

export type Found =
  | { readonly state: 'found'; readonly object: CatalogueObject }
  | { readonly state: 'missing'; readonly code: 'noSuchObject' | 'ambiguousObject'; readonly text: string };

const nouns = {
  folder: 'folder',
  app: 'app',
  resource: 'resource',
  resource_configuration: 'resource configuration',
} as const;

/** The one object that a rule calls by its id, else by its whole path, else by its name. */
export function findObject(
  { current }: Pick<PlanInput, 'current'>,
  { type, object: wanted }: Pick<GrantRule, 'type' | 'object'>,
): Found {
  const objects = (current.catalogue ?? []).filter((object) => object.type === type);
  for (const field of ['id', 'path', 'name'] as const) {
    const [object, ...others] = objects.filter((one) => one[field] === wanted);
    if (object === undefined) continue;
    if (others.length === 0) return { state: 'found', object };
    const ids = [object, ...others].map(({ id }) => id).join(', ');
    const text = `Retool has several ${nouns[type]}s called "${wanted}"; name one by its id: ${ids}`;
    return { state: 'missing', code: 'ambiguousObject', text };
  }
  const text = `there is no ${nouns[type]} "${wanted}" in Retool`;
  return { state: 'missing', code: 'noSuchObject', text };
}
