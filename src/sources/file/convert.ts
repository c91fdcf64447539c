import type { Group } from '../../model/group.ts';
import type { JsonObject } from '../../model/json.ts';
import { faultOf, stated, statedJson, statedOrBlank, unlessEmpty } from '../../model/stated.ts';
import type { Email, Enterprise, Manager, Name, User } from '../../model/user.ts';
import { enterpriseUrn, ScimGroup, ScimMember, ScimUser } from './schema.ts';

/** A row as the model knows it, or what is wrong with it. */
export type Converted<Value> =
  | { readonly state: 'converted'; readonly value: Value }
  | { readonly state: 'rejected'; readonly externalId: string | null; readonly text: string };

/** A group before its nesting is resolved. */
export interface NestedGroup extends Omit<Group, 'members'> {
  /** The entries that could be read; null when the row has no list of them. */
  readonly members: readonly ScimMember[] | null;
  /** Why `members` is not all there is; null when it is. */
  readonly because: string | null;
}

/** Attributes that are converted, and those that describe the row and not the person. */
const knownOfUsers: ReadonlySet<string> = new Set([
  ...Object.keys(ScimUser.shape),
  'schemas',
  'meta',
  'password',
]);
const knownOfGroups: ReadonlySet<string> = new Set([...Object.keys(ScimGroup.shape), 'schemas', 'meta']);

/** The id of a row whatever else is wrong with it; null when it has none. */
export function idOf(raw: unknown): string | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const { id, externalId } = raw as { readonly id?: unknown; readonly externalId?: unknown };
  const key = id ?? externalId;
  return typeof key === 'string' && key !== '' ? key : null;
}

/**
 * A SCIM user as an identity. `active` is true when the row does not say: RFC 7643 section 4.1.1 leaves its
 * meaning to the provider, and a file that never mentions it lists the people who are there.
 */
export function userOf(raw: unknown): Converted<User> {
  const externalId = idOf(raw);
  const parsed = ScimUser.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', externalId, text: faultOf(parsed.error) };
  if (externalId === null) return { state: 'rejected', externalId, text: 'it has no id' };
  const row = parsed.data;
  const { userName, displayName, nickName, title, userType, preferredLanguage, locale, timezone } = row;
  const emails = emailsOf(row);
  const value: User = {
    externalId,
    active: row.active ?? true,
    ...stated<User>({
      userName,
      displayName,
      nickName,
      title,
      userType,
      preferredLanguage,
      locale,
      timezone,
    }),
    ...stated<User>({ email: primaryOf(emails, userName), emails: emails.length === 0 ? null : emails }),
    ...stated<User>({
      name: unlessEmpty(statedOrBlank<Name>(row.name ?? {})),
      enterprise: enterpriseOf(row),
    }),
    extra: extraOf(row, knownOfUsers),
  };
  return { state: 'converted', value };
}

/** A SCIM group as far as its row tells; entries of `members` that cannot be read are left out and said so. */
export function groupOf(raw: unknown): Converted<NestedGroup> {
  const externalId = idOf(raw);
  const parsed = ScimGroup.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', externalId, text: faultOf(parsed.error) };
  if (externalId === null) return { state: 'rejected', externalId, text: 'it has no id' };
  const row = parsed.data;
  return {
    state: 'converted',
    value: {
      externalId,
      displayName: row.displayName,
      extra: extraOf(row, knownOfGroups),
      ...membersOf(row),
    },
  };
}

function membersOf({ members }: ScimGroup): Pick<NestedGroup, 'members' | 'because'> {
  if (!Array.isArray(members)) return { members: null, because: 'members: there is no such list' };
  const read: ScimMember[] = [];
  let because: string | null = null;
  for (const [index, entry] of members.entries()) {
    const parsed = ScimMember.safeParse(entry);
    if (parsed.success) read.push(parsed.data);
    else because ??= `members.${index}: ${faultOf(parsed.error)}`;
  }
  return { members: read, because };
}

function emailsOf({ emails }: ScimUser): readonly Email[] {
  const addresses: Email[] = [];
  for (const { value, type, primary } of emails ?? []) {
    if (typeof value === 'string' && value !== '')
      addresses.push({ value, ...stated<Email>({ type, primary }) });
  }
  return addresses;
}

function primaryOf(emails: readonly Email[], userName: string | null | undefined): string | null {
  const email = emails.find(({ primary }) => primary === true) ?? emails[0];
  if (email !== undefined) return email.value;
  return userName?.includes('@') === true ? userName : null;
}

function enterpriseOf(row: ScimUser): Enterprise | null {
  const { manager, ...facts } = row[enterpriseUrn] ?? {};
  return unlessEmpty(stated<Enterprise>({ ...facts, manager: unlessEmpty(stated<Manager>(manager ?? {})) }));
}

/** Two ids may differ; the one that is not the key is an attribute like any other. */
function extraOf(row: Readonly<Record<string, unknown>>, known: ReadonlySet<string>): JsonObject {
  const second = typeof row['id'] === 'string' ? { externalId: row['externalId'] } : {};
  return statedJson({
    ...second,
    ...Object.fromEntries(Object.entries(row).filter(([name]) => !known.has(name))),
  });
}
