import { rowGuard } from '../../http/paginate.ts';
import type { Collection, Content, GroupRecord } from '../../model/collection.ts';
import type { User } from '../../model/user.ts';
import { faultOf } from '../../model/stated.ts';
import { groupOf, idOf } from './convert.ts';
import { top, type ReadParts } from './reading.ts';
import { AppRoleAssignment, AppRoles } from './schema.ts';
import { BridgeError } from '../../model/errors.ts';

const defaultAccess = '00000000-0000-0000-0000-000000000000';

/** Who is assigned to an enterprise application. */
export interface Assignments {
  readonly groups: ReadonlyMap<string, GroupRecord>;
  readonly people: ReadonlySet<string>;
  /** The ids of the app roles that a person or group was assigned; default access is none. */
  readonly roles: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The names of app roles by id: the value that the application sees, else the display name. */
export type RoleNames = ReadonlyMap<string, string>;

/** Reads all assignments; the names of groups come with them. What can't be read is told to `collection`. */
export async function listAssignments(
  app: string,
  { client, use, collection }: Pick<ReadParts, 'client' | 'use'> & { readonly collection: Collection },
): Promise<Assignments> {
  const groups = new Map<string, GroupRecord>();
  const people = new Set<string>();
  const roles = new Map<string, Set<string>>();
  const list = `/servicePrincipals/${app}/appRoleAssignedTo`;
  const guard = rowGuard(list);
  for await (const page of client.pages(`${list}?${top}`, use)) {
    guard.visit(page.map(idOf));
    for (const raw of page) {
      const parsed = AppRoleAssignment.safeParse(raw);
      if (!parsed.success) {
        collection.missPeople('assignments could not be read');
        collection.rejectGroup(null, `an assignment: ${faultOf(parsed.error)}`);
        continue;
      }
      const { principalId, principalType, appRoleId } = parsed.data;
      if (principalType === 'User') people.add(principalId);
      else if (principalType === 'Group') addAssignedGroup(parsed.data, groups, collection);
      if (typeof appRoleId !== 'string' || appRoleId === defaultAccess) continue;
      roles.set(principalId, (roles.get(principalId) ?? new Set()).add(appRoleId));
    }
  }
  return { groups, people, roles };
}

function addAssignedGroup(
  { principalId, principalDisplayName }: AppRoleAssignment,
  groups: Map<string, GroupRecord>,
  collection: Collection,
): void {
  const row = groupOf({ id: principalId, displayName: principalDisplayName });
  if (row.state === 'read') groups.set(principalId, row.value);
  else if (row.state === 'rejected') {
    collection.rejectGroup(row.externalId, row.text);
    collection.missPeople(`the group ${principalId} could not be read`);
  }
}

/** The names of the roles that are assigned. Asks for them when one of them is not among `known`. */
export async function roleNames(
  app: string,
  { roles }: Assignments,
  known: RoleNames,
  { client, use }: Pick<ReadParts, 'client' | 'use'>,
): Promise<RoleNames> {
  const assigned = new Set([...roles.values()].flatMap((ids) => [...ids]));
  if ([...assigned].every((id) => known.has(id))) return known;
  const parsed = AppRoles.safeParse(await client.get(`/servicePrincipals/${app}?$select=id,appRoles`, use));
  if (!parsed.success)
    throw new BridgeError(
      'sourceInvalid',
      `The application's roles can't be read (${faultOf(parsed.error)}).`,
    );
  const named = parsed.data.appRoles.map(
    ({ id, value, displayName }) => [id, value || displayName || id] as const,
  );
  // A role that was deleted may still be assigned; its id is all that is left of it.
  return new Map([...[...assigned].map((id) => [id, id] as const), ...named]);
}

/** Adds `extra.appRoles`: those of a group, and of a person their own and those of every assigned group they are in. */
export function withAppRoles(content: Content, { roles }: Assignments, names: RoleNames): Content {
  if (roles.size === 0) return content;
  const held = new Map<string, Set<string>>();
  const give = (holder: string, principal: string): void => {
    for (const id of roles.get(principal) ?? [])
      held.set(holder, (held.get(holder) ?? new Set()).add(names.get(id) ?? id));
  };
  for (const { externalId } of content.users) give(externalId, externalId);
  for (const { externalId, members } of content.groups) {
    give(externalId, externalId);
    for (const member of members) give(member, externalId);
  }
  return {
    ...content,
    users: content.users.map((user) => withRoles(user, held)),
    groups: content.groups.map((group) => withRoles(group, held)),
  };
}

function withRoles<Holder extends Pick<User, 'externalId' | 'extra'>>(
  holder: Holder,
  held: ReadonlyMap<string, ReadonlySet<string>>,
): Holder {
  const roles = held.get(holder.externalId);
  if (roles === undefined) return holder;
  const extra = Object.assign(Object.create(null), holder.extra, { appRoles: [...roles].sort() });
  return { ...holder, extra };
}

/** What a person or group is without its app roles, which are given anew with every read. */
export function withoutAppRoles<Holder extends Pick<User, 'extra'>>(holder: Holder): Holder {
  if (!('appRoles' in holder.extra)) return holder;
  const extra = Object.assign(Object.create(null), holder.extra);
  delete extra.appRoles;
  return { ...holder, extra };
}
