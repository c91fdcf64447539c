import type { Json, JsonObject } from '../model/json.ts';
import type { AccountFields, CreatedAccount, GroupFields, NewInvite } from '../model/operation.ts';
import { capabilities } from './capabilities.ts';
import { toTable } from './convert.ts';

/** Thrown for an operation that cannot be put into a request; nothing of it was sent. */
export class Unsendable extends Error {
  override readonly name = 'Unsendable';
}

export function isUserId(id: string | null): id is string {
  return id !== null && capabilities.userId.value.test(id);
}

export function userId(id: string | null): string {
  if (isUserId(id)) return id;
  throw new Unsendable('The account has no id that can stand in a path.');
}

/** null while the group waits to be created. */
export function groupId(id: string | null): string {
  if (id !== null && capabilities.groupId.value.test(id)) return id;
  throw new Unsendable('The group has no id that can stand in a path.');
}

export function inviteId(id: string | null): string {
  if (id !== null && capabilities.inviteId.value.test(id)) return id;
  throw new Unsendable('The invite has no id that can stand in a path.');
}

/** The body of POST /user_invites. Names have no place in it: whoever claims the invite states them. */
export function newInvite({ email, metadata }: NewInvite, groups: readonly string[]): JsonObject {
  return { email, defaultGroupIds: groups.map(Number), metadata };
}

export function attributeName(name: string): string {
  if (capabilities.attributeName.value.test(name)) return name;
  throw new Unsendable('An attribute has a name that can stand in no path.');
}

/** The body of POST /users. Links and sources are ours and stay here: the API refuses unknown keys. */
export function newUser(account: CreatedAccount): JsonObject {
  const { email, first_name, last_name, user_type, metadata } = account;
  const required = {
    email,
    first_name: personName(first_name),
    last_name: personName(last_name),
    active: true,
  };
  return { ...required, metadata, ...(user_type === null ? {} : { user_type }) };
}

/**
 * The body of PATCH /users/{id}: one replacement for each field that `fields` names. `metadata` is the whole
 * object that the account is to have, null to leave it alone.
 */
export function userPatch(fields: AccountFields, metadata: JsonObject | null): JsonObject {
  const values = {
    first_name: personName(fields.first_name),
    last_name: personName(fields.last_name),
    active: fields.active,
    user_type: fields.user_type ?? undefined,
    metadata: metadata ?? undefined,
  };
  return patch(capabilities.patchableUserPaths.value, values);
}

/** The body of POST /groups: members are added by operations of their own. */
export function newGroup(fields: GroupFields & { readonly name: string }): JsonObject {
  if (isBuiltIn(fields.name))
    throw new Unsendable(`The group "${fields.name}" is built in and cannot be created.`);
  return Object.fromEntries(fieldsIn(capabilities.patchableGroupPaths.value, fields));
}

/** The body of PATCH /groups/{id}. */
export function groupPatch(fields: GroupFields): JsonObject {
  return patch(capabilities.patchableGroupPaths.value, fields);
}

/** The whole metadata as it is to be: `current` with our own keys set, and those without a value taken out. */
export function mergedMetadata(
  current: Readonly<Record<string, unknown>>,
  own: Readonly<Record<string, string | null>>,
): JsonObject {
  const kept = Object.entries(current).filter(([name]) => !Object.hasOwn(own, name));
  const set = Object.entries(own).filter(([, value]) => value !== null);
  return toTable(Object.fromEntries([...kept, ...set]));
}

type Fields<Path extends string> = { readonly [P in Path]?: Json | undefined };

function patch<Path extends string>(paths: readonly Path[], fields: Fields<Path>): JsonObject {
  const operations = fieldsIn(paths, fields).map(([path, value]) => ({
    op: 'replace',
    path: `/${path}`,
    value,
  }));
  if (operations.length === 0)
    throw new Unsendable('Nothing of this operation can be changed through the API.');
  return { operations };
}

function fieldsIn<Path extends string>(
  paths: readonly Path[],
  fields: Fields<Path>,
): readonly (readonly [Path, Json])[] {
  const found: [Path, Json][] = [];
  for (const path of paths) {
    const value = fields[path];
    if (value !== undefined) found.push([path, value]);
  }
  return found;
}

/** Names are required and bounded; refusing here names the field, where a 400 or 422 need not. */
function personName<Name extends string | null | undefined>(name: Name): Name {
  if (name === undefined) return name;
  const longest = capabilities.nameLength.value;
  if (name === null || name.trim() === '') throw new Unsendable('A name cannot be made empty.');
  if (name.length > longest) throw new Unsendable(`A name is longer than ${longest} characters.`);
  return name;
}

function isBuiltIn(name: string): boolean {
  return capabilities.builtInGroups.value.some((builtIn) => builtIn === name);
}
