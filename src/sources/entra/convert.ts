import type { GroupRecord, Row } from '../../model/collection.ts';
import type { JsonObject } from '../../model/json.ts';
import { faultOf, stated, statedJson, statedOrBlank, unlessEmpty, type Facts } from '../../model/stated.ts';
import type { Enterprise, Name, User } from '../../model/user.ts';
import { DirectoryObject, GraphGroup, GraphUser, Member, type Guests } from './schema.ts';

const convertedOfUsers: ReadonlySet<string> = new Set(
  Object.keys(GraphUser.shape).filter((name) => name !== 'otherMails'),
);
const convertedOfGroups: ReadonlySet<string> = new Set(Object.keys(GraphGroup.shape));

/**
 * The `$select` of users: what the model has a place for, and what the configuration asks for beside it. Graph's
 * default lacks `accountEnabled` and most else.
 */
export function userSelect(further: readonly string[]): string {
  return [...new Set([...Object.keys(GraphUser.shape), ...further])].join(',');
}

/** The `$select` of groups. */
export const groupSelect = Object.keys(GraphGroup.shape).join(',');

/** The id of a row whatever else is wrong with it; null when it has none. */
export function idOf(raw: unknown): string | null {
  return DirectoryObject.safeParse(raw).data?.id ?? null;
}

/** A raw user as an identity. Guests are left out unless they are to be included. */
export function personOf(raw: unknown, guests: Guests): Row<User> {
  const parsed = GraphUser.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', externalId: idOf(raw), text: faultOf(parsed.error) };
  if (guests === 'exclude' && isGuest(parsed.data)) return { state: 'leftOut', externalId: parsed.data.id };
  return { state: 'read', value: userOf(parsed.data) };
}

/** Old objects have no `userType`; the name of somebody from another tenant then tells. */
function isGuest({ userType, userPrincipalName }: GraphUser): boolean {
  return userType === 'Guest' || (userType !== 'Member' && isMangled(userPrincipalName));
}

/** `ann_partner.com#EXT#@acme.onmicrosoft.com` is made from the address of somebody from elsewhere, and is none. */
function isMangled(userPrincipalName: string | null | undefined): boolean {
  return /#EXT#/i.test(userPrincipalName ?? '');
}

function userOf(user: GraphUser): User {
  const { id, accountEnabled, userPrincipalName, givenName, surname, displayName, userType } = user;
  const { jobTitle, department, employeeId, companyName, preferredLanguage } = user;
  const email = emailOf(user);
  const name: Facts<Name> = { givenName, familyName: surname };
  const work: Facts<Enterprise> = { employeeNumber: employeeId, department, organization: companyName };
  return {
    externalId: id,
    active: accountEnabled,
    ...stated<User>({ userName: userPrincipalName, email, displayName, title: jobTitle, userType }),
    ...stated<User>({
      preferredLanguage,
      emails: email === null ? null : [{ value: email, primary: true }],
      name: unlessEmpty(statedOrBlank<Name>(name)),
      enterprise: unlessEmpty(stated<Enterprise>(work)),
    }),
    extra: extraOf(user, convertedOfUsers),
  };
}

/** `mail`, which many tenants leave empty; else the sign-in name, unless that is a mangled address. */
function emailOf({ mail, userPrincipalName, otherMails }: GraphUser): string | null {
  const candidates = isMangled(userPrincipalName) ? [mail, otherMails?.[0]] : [mail, userPrincipalName];
  return candidates.find((address) => typeof address === 'string' && address !== '') ?? null;
}

/** What the model has no place for, under Graph's names and without OData's remarks: `@odata.type`, `@removed`, `members@delta`. */
function extraOf(row: Readonly<Record<string, unknown>>, converted: ReadonlySet<string>): JsonObject {
  return statedJson(
    Object.fromEntries(Object.entries(row).filter(([name]) => !converted.has(name) && !isRemark(name))),
  );
}

function isRemark(name: string): boolean {
  return name.includes('@');
}

export function groupOf(raw: unknown): Row<GroupRecord> {
  const parsed = GraphGroup.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', externalId: idOf(raw), text: faultOf(parsed.error) };
  const { id, displayName } = parsed.data;
  return {
    state: 'read',
    value: { externalId: id, displayName, extra: extraOf(parsed.data, convertedOfGroups) },
  };
}

/** What a row of a member list is. */
export type MemberRow =
  | { readonly state: 'person'; readonly id: string }
  /** A person of whom Graph shows the id and nothing else: the app may not read people. */
  | { readonly state: 'veiled'; readonly id: string }
  /** A group, which a member list of any depth holds beside its members. */
  | { readonly state: 'group'; readonly id: string }
  /** A device, an application: of no interest. */
  | { readonly state: 'other' }
  | { readonly state: 'rejected'; readonly text: string };

export function memberOf(raw: unknown): MemberRow {
  const parsed = Member.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', text: faultOf(parsed.error) };
  const { id, '@odata.type': type } = parsed.data;
  if (type === '#microsoft.graph.group') return { state: 'group', id };
  if (type !== '#microsoft.graph.user') return { state: 'other' };
  return { state: isVeiled(raw) ? 'veiled' : 'person', id };
}

function isVeiled(raw: unknown): boolean {
  return Object.entries(Object(raw)).every(
    ([name, value]) => name === 'id' || isRemark(name) || value === null || isEmptyList(value),
  );
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
