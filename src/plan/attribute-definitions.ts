import { BridgeError } from '../model/errors.ts';
import type { Operation, OperationOf } from '../model/operation.ts';
import type { PlanInput } from './input.ts';
import { operation, unsourcedReason } from './operations.ts';

/**
 * The definitions that the mapping needs and Retool lacks, as operations when the configuration says that they are
 * made. Throws `attributeUndefined` when it does not: nothing could be written there.
 */
export function missingDefinitions({
  current,
  desired,
  policy,
}: PlanInput): readonly OperationOf<'createAttribute'>[] {
  const defined = new Set(current.attributes.map((attribute) => attribute.name));
  const missing = desired.attributeNames.filter((name) => !defined.has(name));
  if (policy.attributeDefinitions === 'missing') return missing.map(definition);
  if (missing.length === 0) return [];
  throw new BridgeError(
    'attributeUndefined',
    `the mapping writes attributes that Retool does not define: ${missing.join(', ')}`,
    {
      remedy: `Define them in Retool under Settings > User attributes, let the bridge do it (attributeDefinitions: missing), or take them out of mapping.attributes. Defined are: ${[...defined].toSorted().join(', ') || 'none'}.`,
    },
  );
}

/** Of text: what the bridge writes is text, and an admin can give it another type later. */
function definition(name: string): OperationOf<'createAttribute'> {
  const after = { name, label: labelOf(name), data_type: 'string' };
  const reason = unsourcedReason('newAttribute', `attributes.${name}`, 'the mapping writes it');
  return operation(
    'createAttribute',
    { type: 'attribute', key: name, id: null },
    { before: null, after },
    reason,
  );
}

/** `cost_center` is labelled `Cost center`; the API asks for at least two characters. */
function labelOf(name: string): string {
  const words = name.replaceAll('_', ' ').trim();
  const label = `${words.slice(0, 1).toUpperCase()}${words.slice(1)}`;
  return label.length < 2 ? `Attribute ${name}` : label;
}

/** Whatever writes a value of an attribute waits until that is defined. */
export function withDefinitions(
  definitions: readonly OperationOf<'createAttribute'>[],
  operations: readonly Operation[],
): readonly Operation[] {
  if (definitions.length === 0) return operations;
  const idOf = new Map(definitions.map(({ id, after }) => [after.name, id]));
  const waiting = operations.map((one): Operation => {
    const metadata = one.after !== null && 'metadata' in one.after ? (one.after.metadata ?? {}) : {};
    const needed = Object.keys(metadata).flatMap((name) => idOf.get(name) ?? []);
    return needed.length === 0 ? one : { ...one, dependsOn: [...one.dependsOn, ...needed].toSorted() };
  });
  return [...definitions, ...waiting];
}
