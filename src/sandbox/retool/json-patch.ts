import { z } from 'zod';
import { Refusal } from './reply.ts';
import { withKey, withoutKey, type Table } from './table.ts';

const operation = z.strictObject({
  op: z.enum(['add', 'replace', 'remove']),
  path: z.string(),
  // RFC 6902 §4: a member that an operation does not define is ignored, hence also a value on `remove`.
  value: z.unknown().optional(),
});

export type PatchOperation = z.infer<typeof operation>;

/** `{"operations": [...]}` with at least one operation. */
export const patchBody = z.strictObject({ operations: z.array(operation).min(1, 'No operation given') });

/** For the routes whose spec knows `replace` only. */
export const replacements = z
  .array(operation.extend({ op: z.literal('replace') }))
  .min(1, 'No operation given');

/** What a client may change: a field as a whole, or a table also by `/field/key`. */
export type Patchable = ReadonlyMap<string, 'value' | 'table'>;

/**
 * Applies JSON Patch (RFC 6902) to a flat document and returns the result; the document stays as it is,
 * so that a later failure leaves nothing half done. Paths that cannot be changed are a 400, operations
 * that the document's present content makes impossible a 422.
 */
export function applyPatch(
  document: Table<unknown>,
  operations: readonly PatchOperation[],
  patchable: Patchable,
): Table<unknown> {
  let patched = document;
  for (const each of operations) patched = applyOne(patched, each, patchable);
  return patched;
}

function applyOne(document: Table<unknown>, each: PatchOperation, patchable: Patchable): Table<unknown> {
  if (each.op !== 'remove' && each.value === undefined) {
    throw new Refusal(400, `Missing value for operation on ${each.path}`);
  }
  const [field = '', key, ...deeper] = readPointer(each.path);
  const kind = patchable.get(field);
  const reachable = deeper.length === 0 && (key === undefined || kind === 'table');
  if (kind === undefined || !reachable) throw new Refusal(400, `Path ${each.path} cannot be changed`);
  if (key === undefined) return changeKey(document, field, each);
  const table = document[field];
  if (!isTable(table)) throw new Refusal(422, `Path ${each.path} does not exist`);
  return withKey(document, field, changeKey(table, key, each));
}

function readPointer(path: string): readonly string[] {
  if (!path.startsWith('/')) throw new Refusal(400, `Path ${path} is not a JSON Pointer`);
  // RFC 6901 §4: `~1` first, or `~01` would become a slash.
  const segments = path.slice(1).split('/');
  return segments.map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'));
}

function changeKey(table: Table<unknown>, key: string, each: PatchOperation): Table<unknown> {
  if (each.op !== 'add' && !Object.hasOwn(table, key)) {
    throw new Refusal(422, `Path ${each.path} does not exist`);
  }
  return each.op === 'remove' ? withoutKey(table, key) : withKey(table, key, each.value);
}

function isTable(value: unknown): value is Table<unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The patched document once it fits `schema`; otherwise a 422 that names the first field that does not. */
export function readPatched<T>(schema: z.ZodType<T>, document: Table<unknown>): T {
  const parsed = schema.safeParse(document);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const detail = issue === undefined ? 'invalid' : `${issue.message}: ${issue.path.join('.')}`;
  throw new Refusal(422, `Patched document failed schema validation: ${detail}`);
}
