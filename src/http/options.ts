import { z } from 'zod';
import { isLoopback } from '../model/loopback.ts';
import { Secret } from '../model/secret.ts';

/*
 * Options that every adapter over HTTP has, each with its one schema: in the JSON schema of the configuration a
 * name stands for one schema only.
 */

export const secret = z
  .instanceof(Secret, { error: 'expected a secret by reference: { env: NAME } or { file: PATH }' })
  .meta({ id: 'secret', description: 'A secret by reference: { env: NAME } or { file: PATH }.' });

/** Ids end up in paths: only characters that no path gives a meaning to. */
const pathIdPattern = /^[A-Za-z0-9_-]{1,128}$/;
export const pathId = z
  .string()
  .regex(pathIdPattern, { error: 'expected an id of letters, digits, "_" and "-"' });

/** Whether a string may stand in a path as an id. */
export function isPathId(value: string): boolean {
  return pathIdPattern.test(value);
}

/** A group by its whole name, by a name with wildcards, or by `id:…`. */
export const groupSelector = z
  .string()
  .min(1)
  .refine((value) => !value.startsWith('id:') || isPathId(value.slice(3)), {
    error: 'expected an id of letters, digits, "_" and "-" after "id:"',
  });

/** What keeps a value from being the address of a server and nothing after it; null when nothing does. */
export function problemOfOrigin(value: string): string | null {
  const url = URL.parse(value);
  if (url === null) return 'expected an address that starts with https://';
  if (url.username !== '' || url.password !== '') return 'must not carry a user name or password';
  if (url.protocol !== 'https:' && !(url.protocol === 'http:' && isLoopback(url.hostname))) {
    return 'must start with https:// (http:// is for loopback only)';
  }
  if (url.pathname !== '/' || url.search !== '' || url.hash !== '')
    return 'must be the address of the server and nothing after it';
  return null;
}

/** A refinement: of these keys one is given, no more and no less. */
export function exactlyOneOf<Name extends string>(...names: readonly Name[]) {
  return (value: { readonly [Key in Name]?: unknown }, context: z.RefinementCtx): void => {
    const given = names.filter((name) => value[name] !== undefined);
    if (given.length === 1) return;
    const found = given.length === 0 ? 'none' : given.join(' and ');
    context.addIssue({
      code: 'custom',
      message: `expected exactly one of ${names.join(', ')}; found ${found}`,
    });
  };
}
