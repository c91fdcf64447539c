import type { GroupRecord, Row } from '../../model/collection.ts';
import type { JsonObject } from '../../model/json.ts';
import { faultOf, isWellFormed, statedJson, unlessEmpty } from '../../model/stated.ts';
import type { Enterprise, Name, User } from '../../model/user.ts';
import { GraphGroup, GraphUser, Member, type Guests } from './schema.ts';

const propertiesOfUsers = Object.keys(GraphUser.shape);
const convertedOfUsers: ReadonlySet<string> = new Set(
  propertiesOfUsers.filter((name) => name !== 'otherMails'),
);
const textsOfUsers = propertiesOfUsers.filter(
  (name) => !['id', 'accountEnabled', 'otherMails'].includes(name),
);
const convertedOfGroups: ReadonlySet<string> = new Set(Object.keys(GraphGroup.shape));

/**
 * The `$select` of users: what the model has a place for, and what the configuration asks for beside it. Graph's
 * default lacks `accountEnabled` and most else.
 */
export function userSelect(further: readonly string[]): string {
  return [...new Set([...propertiesOfUsers, ...further])].join(',');
}

/** The `$select` of groups. */
export const groupSelect = Object.keys(GraphGroup.shape).join(',');

/** The id of a row whatever else is wrong with it; null when it has none. */
export function idOf(raw: unknown): string | null {
  const { id }: { readonly id?: unknown } = Object(raw);
  return typeof id === 'string' && id !== '' ? id : null;
}

/** A raw user as an identity. Guests are left out unless they are to be included. */
export function personOf(raw: unknown, guests: Guests): Row<User> {
  if (isPlainlyUser(raw)) return rowOf(raw, guests);
  const parsed = GraphUser.safeParse(raw);
  if (parsed.success) return rowOf(parsed.data, guests);
  return { state: 'rejected', externalId: idOf(raw), text: faultOf(parsed.error) };
}

/**
 * Whether the schema would take a row as it is, told without taking the row apart, which costs more than all else that
 * is done with it. The schema has the last word of the others, and says what is wrong with them.
 */
function isPlainlyUser(raw: unknown): raw is GraphUser {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return false;
  const row = raw as Readonly<Record<string, unknown>>;
  if (idOf(row) === null || typeof row['accountEnabled'] !== 'boolean') return false;
  for (const name of textsOfUsers) {
    const value = row[name];
    if (typeof value !== 'string' && value !== null && value !== undefined) return false;
  }
  const mails = row['otherMails'];
  const areMails = Array.isArray(mails) && mails.every((mail) => typeof mail === 'string');
  return (areMails || mails === null || mails === undefined) && isWellFormed(row);
}

function rowOf(user: GraphUser, guests: Guests): Row<User> {
  if (guests === 'exclude' && isGuest(user)) return { state: 'leftOut', externalId: user.id };
  return { state: 'read', value: userOf(user) };
}

/** Old objects have no `userType`; the name of somebody from another tenant then tells. */
function isGuest({ userType, userPrincipalName }: GraphUser): boolean {
  return userType === 'Guest' || (userType !== 'Member' && isMangled(userPrincipalName));
}

/** `ann_partner.com#EXT#@acme.onmicrosoft.com` is made from the address of somebody from elsewhere, and is none. */
function isMangled(userPrincipalName: string | null | undefined): boolean {
  return isStated(userPrincipalName) && /#EXT#/i.test(userPrincipalName);
}

function userOf(user: GraphUser): User {
  const email = emailOf(user);
  const told: Told<User> = {
    externalId: user.id,
    active: user.accountEnabled,
    extra: extraOf(user, convertedOfUsers),
  };
  if (isStated(user.userPrincipalName)) told.userName = user.userPrincipalName;
  if (email !== null) told.email = email;
  if (isStated(user.displayName)) told.displayName = user.displayName;
  if (isStated(user.jobTitle)) told.title = user.jobTitle;
  if (isStated(user.userType)) told.userType = user.userType;
  if (isStated(user.preferredLanguage)) told.preferredLanguage = user.preferredLanguage;
  if (email !== null) told.emails = [{ value: email, primary: true }];
  const name = nameOf(user);
  if (name !== null) told.name = name;
  const enterprise = enterpriseOf(user);
  if (enterprise !== null) told.enterprise = enterprise;
  return told;
}

/** Under construction: rows are many, and writing into one object leaves nothing else behind. */
type Told<Shape> = { -readonly [Key in keyof Shape]: Shape[Key] };

function isStated(text: string | null | undefined): text is string {
  return text !== null && text !== undefined && text !== '';
}

/** That a part of a name is blank is a fact, and `mapping.names` has a rule for it. */
function nameOf({ givenName, surname }: GraphUser): Name | null {
  const name: Told<Name> = {};
  if (typeof givenName === 'string') name.givenName = givenName;
  if (typeof surname === 'string') name.familyName = surname;
  return unlessEmpty(name);
}

function enterpriseOf({ employeeId, department, companyName }: GraphUser): Enterprise | null {
  const work: Told<Enterprise> = {};
  if (isStated(employeeId)) work.employeeNumber = employeeId;
  if (isStated(department)) work.department = department;
  if (isStated(companyName)) work.organization = companyName;
  return unlessEmpty(work);
}

/** `mail`, which many tenants leave empty; else the sign-in name, unless that is a mangled address. */
function emailOf({ mail, userPrincipalName, otherMails }: GraphUser): string | null {
  // Most often the two are equal, and one text is enough for both.
  if (isStated(mail)) return mail === userPrincipalName ? userPrincipalName : mail;
  const next = isMangled(userPrincipalName) ? otherMails?.[0] : userPrincipalName;
  return isStated(next) ? next : null;
}

const nothing: JsonObject = Object.freeze(Object.create(null));

/** What the model has no place for, under Graph's names and without OData's remarks: `@odata.type`, `members@delta`. */
function extraOf(row: Readonly<Record<string, unknown>>, converted: ReadonlySet<string>): JsonObject {
  let extra: Record<string, unknown> | null = null;
  for (const name in row) {
    const value = row[name];
    if (converted.has(name) || isRemark(name) || value === null || isEmptyList(value)) continue;
    extra ??= Object.create(null) as Record<string, unknown>;
    extra[name] = value;
  }
  return extra === null ? nothing : statedJson(extra);
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
  const { '@odata.type': type }: { readonly '@odata.type'?: unknown } = Object(raw);
  const id = idOf(raw);
  if (id === null || typeof type !== 'string' || type === '') return rejected(raw);
  if (type === '#microsoft.graph.group') return { state: 'group', id };
  if (type !== '#microsoft.graph.user') return other;
  return { state: isVeiled(raw) ? 'veiled' : 'person', id };
}

const other: MemberRow = { state: 'other' };

/** The schema says what is wrong with it. */
function rejected(raw: unknown): MemberRow {
  const parsed = Member.safeParse(raw);
  return { state: 'rejected', text: parsed.success ? 'it breaks its schema' : faultOf(parsed.error) };
}

function isVeiled(raw: unknown): boolean {
  const row = raw as Readonly<Record<string, unknown>>;
  for (const name in row) {
    const value = row[name];
    if (name !== 'id' && !isRemark(name) && value !== null && !isEmptyList(value)) return false;
  }
  return true;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}
