import { EqualityFilter, type Filter } from 'ldapts';
import type { GroupRecord, Row } from '../../model/collection.ts';
import type { JsonObject } from '../../model/json.ts';
import { stated, statedJson, statedOrBlank, unlessEmpty } from '../../model/stated.ts';
import type { Enterprise, Name, User } from '../../model/user.ts';
import { guidBytes, guidText, textOf, textsOf, type LdapEntry } from './entry.ts';
import type { ActiveRule, AttributeNames, Kind, LdapOptions } from './schema.ts';

/** Which attribute of a directory means what. */
export interface Schema {
  readonly kind: Kind;
  readonly id: string;
  readonly people: Readonly<Omit<AttributeNames, 'id'>>;
  readonly active: ActiveRule | 'userAccountControl' | 'everybody';
  /** Attributes that are only handed on. */
  readonly extra: readonly string[];
  /** What is asked for of people beside the id: no more than is used. */
  readonly asked: readonly string[];
  readonly groupName: string;
}

/** The names of attributes; only the id is needed. */
type Names = Omit<AttributeNames, 'id'> & { readonly id: string };

/** What is usual in Active Directory. */
const activeDirectory: Names = {
  id: 'objectGUID',
  userName: 'userPrincipalName',
  email: 'mail',
  givenName: 'givenName',
  familyName: 'sn',
  displayName: 'displayName',
  title: 'title',
  userType: 'employeeType',
  preferredLanguage: 'preferredLanguage',
  employeeNumber: 'employeeID',
  organization: 'company',
  division: 'division',
  department: 'department',
};

/** What is usual elsewhere: the id of RFC 4530, and inetOrgPerson of RFC 2798. */
const inetOrgPerson: Names = {
  id: 'entryUUID',
  userName: 'uid',
  email: 'mail',
  givenName: 'givenName',
  familyName: 'sn',
  displayName: 'displayName',
  title: 'title',
  userType: 'employeeType',
  preferredLanguage: 'preferredLanguage',
  employeeNumber: 'employeeNumber',
  organization: 'o',
  department: 'departmentNumber',
};

const usualExtra: Readonly<Record<Kind, readonly string[]>> = {
  activeDirectory: ['sAMAccountName', 'cn', 'employeeNumber', 'physicalDeliveryOfficeName', 'l', 'st', 'co'],
  other: ['cn', 'ou', 'physicalDeliveryOfficeName', 'l', 'st'],
};

/** The classes of people and groups, where the configuration has no filter. */
export const usualFilters: Readonly<Record<Kind, { readonly people: string; readonly groups: string }>> = {
  activeDirectory: { people: '(&(objectCategory=person)(objectClass=user))', groups: '(objectClass=group)' },
  other: {
    people: '(objectClass=inetOrgPerson)',
    groups: '(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames))',
  },
};

export function schemaOf({ attributes = {}, active, select = [], groups }: LdapOptions, kind: Kind): Schema {
  const usualNames = kind === 'activeDirectory' ? activeDirectory : inetOrgPerson;
  const { id = usualNames.id, ...others } = attributes;
  const { id: _, ...people } = { ...usualNames, ...others };
  const taken = new Set([id, ...namesIn(people)].map((name) => name.toLowerCase()));
  const usual = usualExtra[kind].filter((name) => !taken.has(name.toLowerCase()));
  const status = active ?? (kind === 'activeDirectory' ? 'userAccountControl' : 'everybody');
  const extra = [...new Set([...usual, ...select])];
  const statusNames = status === 'everybody' ? [] : [typeof status === 'string' ? status : status.attribute];
  const asked = [...new Set([...namesIn(people), ...statusNames, ...extra])];
  return { kind, id, people, active: status, extra, asked, groupName: groups?.name ?? 'cn' };
}

/** The attributes that are asked for of people. */
export function peopleAttributes({ id, asked }: Schema): readonly string[] {
  return [id, ...asked.filter((name) => name !== id)];
}

function namesIn(people: Schema['people']): readonly string[] {
  return Object.values(people).filter((name) => name !== undefined);
}

/** What is asked for of groups; members only where they are needed, since they are most of it. */
export function groupAttributes(
  { id, groupName }: Schema,
  members: 'withMembers' | 'withoutMembers',
): readonly string[] {
  return [...new Set([id, groupName, 'description', ...(members === 'withMembers' ? memberAttributes : [])])];
}

/** The attributes that list members by name (RFC 4519 sections 2.17 and 2.40). */
export const memberAttributes = ['member', 'uniqueMember'] as const;

/** The id of an entry whatever else is wrong with it; null when it has none. */
export function idOf(entry: LdapEntry, { id }: Schema): string | null {
  const values = entry.attributes.get(id.toLowerCase())?.values ?? [];
  const [value] = values;
  if (value === undefined || values.length > 1) return null;
  const text = isGuid(id) ? guidText(value) : textOf(value);
  return text === null || text === '' ? null : text;
}

/** Finds the entry of an id; null for a text that can't be the id of anybody. */
export function idFilter(externalId: string, { id }: Schema): Filter | null {
  const value = isGuid(id) ? guidBytes(externalId) : externalId;
  return value === null || value.length === 0 ? null : new EqualityFilter({ attribute: id, value });
}

function isGuid(attribute: string): boolean {
  return attribute.toLowerCase() === 'objectguid';
}

/** The values of each attribute of an entry, by its name in lower case. */
type Texts = ReadonlyMap<string, readonly string[]>;

/** An entry of a person as an identity. */
export function personOf(entry: LdapEntry, schema: Schema): Row<User> {
  const externalId = idOf(entry, schema);
  const rejected = (text: string): Row<User> => ({ state: 'rejected', externalId, text });
  if (externalId === null) return rejected(`${schema.id}: there is no such id`);
  const texts = new Map<string, readonly string[]>();
  for (const name of schema.asked) {
    const values = textsOf(entry, name);
    if (values === null) return rejected(`${name}: it is not written in UTF-8`);
    texts.set(name.toLowerCase(), values);
  }
  const active = activeOf(texts, schema.active);
  if (typeof active === 'string') return rejected(active);
  const extra = extraOf(entry.dn, texts, schema);
  return { state: 'read', value: { externalId, active, ...factsOf(texts, schema), extra } };
}

function valuesOf(texts: Texts, name: string | undefined): readonly string[] {
  return name === undefined ? [] : (texts.get(name.toLowerCase()) ?? []);
}

function factsOf(texts: Texts, { people }: Schema): Omit<User, 'externalId' | 'active' | 'extra'> {
  const value = (name: string | undefined): string | undefined => valuesOf(texts, name)[0];
  const emails = valuesOf(texts, people.email)
    .filter((address) => address !== '')
    .map((address, index) => (index === 0 ? { value: address, primary: true } : { value: address }));
  const name: Partial<Name> = statedOrBlank<Name>({
    givenName: value(people.givenName),
    familyName: value(people.familyName),
  });
  const enterprise = stated<Enterprise>({
    employeeNumber: value(people.employeeNumber),
    costCenter: value(people.costCenter),
    organization: value(people.organization),
    division: value(people.division),
    department: value(people.department),
  });
  return stated<User>({
    userName: value(people.userName),
    email: emails[0]?.value,
    emails: emails.length === 0 ? null : emails,
    displayName: value(people.displayName),
    title: value(people.title),
    userType: value(people.userType),
    preferredLanguage: value(people.preferredLanguage),
    name: unlessEmpty(name),
    enterprise: unlessEmpty(enterprise),
  });
}

/** The bit of `userAccountControl` that says that an account is disabled (MS-ADTS 2.2.16). */
const accountDisabled = 0x2;

/** Whether somebody is active, or what keeps it from being known. */
function activeOf(texts: Texts, rule: Schema['active']): boolean | string {
  if (rule === 'everybody') return true;
  if (rule === 'userAccountControl') {
    const [flags] = valuesOf(texts, rule);
    // Hidden is not enabled: without the right to see it nobody knows.
    if (flags === undefined || !/^-?\d{1,10}$/.test(flags)) return `${rule}: there is no such number`;
    return (Number(flags) & accountDisabled) === 0;
  }
  return activeByRule(valuesOf(texts, rule.attribute), rule);
}

/**
 * With words for inactive people alone, such as an attribute that only locked accounts have, everybody else is
 * active; with words for active people alone everybody else who has the attribute is not.
 */
function activeByRule(
  values: readonly string[],
  { attribute, active, inactive }: ActiveRule,
): boolean | string {
  const says = (words: readonly string[] | undefined): boolean =>
    words?.some((word) => values.some((value) => value.toLowerCase() === word.toLowerCase())) === true;
  if (says(inactive)) return false;
  if (active === undefined) return true;
  if (values.length === 0) return `${attribute}: there is no such attribute`;
  if (says(active)) return true;
  return inactive === undefined ? false : `${attribute}: none of the words for active and inactive people`;
}

/** What the model has no place for, under the names that the configuration uses, and the entry's own name. */
function extraOf(dn: string, texts: Texts, { extra }: Schema): JsonObject {
  const values = extra.map((name) => {
    const [first, ...others] = valuesOf(texts, name);
    return [name, others.length > 0 ? [first, ...others] : first] as const;
  });
  return statedJson({ dn, ...Object.fromEntries(values) });
}

/** An entry of a group, as far as it is one. */
export function groupOf(entry: LdapEntry, schema: Schema): Row<GroupRecord> {
  const externalId = idOf(entry, schema);
  const [displayName] = textsOf(entry, schema.groupName) ?? [];
  const rejected = (text: string): Row<GroupRecord> => ({ state: 'rejected', externalId, text });
  if (externalId === null) return rejected(`${schema.id}: there is no such id`);
  if (displayName === undefined || displayName === '')
    return rejected(`${schema.groupName}: there is no such name`);
  const description = textsOf(entry, 'description')?.[0];
  return {
    state: 'read',
    value: { externalId, displayName, extra: statedJson({ dn: entry.dn, description }) },
  };
}
