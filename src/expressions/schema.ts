import type { Email, Enterprise, Manager, Name, User } from '../model/user.ts';

/** The type of a field, for checking expressions: `dyn` is anything. */
export type FieldType =
  | 'string'
  | 'bool'
  | 'dyn'
  | 'map<string, dyn>'
  | { readonly list: FieldType }
  | RecordType;

/** A record whose fields are all known, so that any other name is a mistake. */
export interface RecordType {
  /** As messages name it. */
  readonly name: string;
  readonly fields: Readonly<Record<string, FieldType>>;
}

/** Names every field of a model type, so that the two cannot drift apart. */
type FieldsOf<Model> = Readonly<Record<keyof Required<Model>, FieldType>>;

const emailType = {
  name: 'Email',
  fields: { value: 'string', type: 'string', primary: 'bool' } satisfies FieldsOf<Email>,
};

const nameType = {
  name: 'Name',
  fields: {
    formatted: 'string',
    givenName: 'string',
    familyName: 'string',
    middleName: 'string',
    honorificPrefix: 'string',
    honorificSuffix: 'string',
  } satisfies FieldsOf<Name>,
};

const managerType = {
  name: 'Manager',
  fields: { value: 'string', displayName: 'string' } satisfies FieldsOf<Manager>,
};

const enterpriseType = {
  name: 'Enterprise',
  fields: {
    employeeNumber: 'string',
    costCenter: 'string',
    organization: 'string',
    division: 'string',
    department: 'string',
    manager: managerType,
  } satisfies FieldsOf<Enterprise>,
};

/**
 * The record of one person (RFC 7643 sections 4.1 and 4.3, and the provider's own attributes). Whoever is `unjudged`
 * is asked nothing.
 */
const userType = {
  name: 'User',
  fields: {
    externalId: 'string',
    active: 'bool',
    userName: 'string',
    email: 'string',
    emails: { list: emailType },
    name: nameType,
    displayName: 'string',
    nickName: 'string',
    title: 'string',
    userType: 'string',
    preferredLanguage: 'string',
    locale: 'string',
    timezone: 'string',
    enterprise: enterpriseType,
    extra: 'map<string, dyn>',
  } satisfies FieldsOf<Omit<User, 'unjudged'>>,
};

/** The name under which messages speak of `from`. */
export const sourcesTypeName = 'from';

/** The variables of an expression over a person, with their types; `from` has one field per source. */
export function personVariables(sources: readonly string[]): ReadonlyMap<string, FieldType> {
  const fields: Record<string, FieldType> = Object.create(null);
  for (const source of sources) fields[source] = userType;
  return new Map<string, FieldType>([
    ['user', userType],
    ['groups', { list: 'string' }],
    ['source', 'string'],
    ['from', { name: sourcesTypeName, fields }],
  ]);
}

/** The records in the order in which they must be declared to the engine: parts before wholes. */
export const recordTypes: readonly RecordType[] = [
  emailType,
  nameType,
  managerType,
  enterpriseType,
  userType,
];

/** The name of a type in the engine's own notation. */
export function celName(type: FieldType): string {
  if (typeof type === 'string') return type;
  return 'list' in type ? `list<${celName(type.list)}>` : type.name;
}

/** Narrows a type to a record. */
export function isRecord(type: FieldType | undefined): type is RecordType {
  return typeof type === 'object' && 'fields' in type;
}

/** The type of the items of a list; undefined when it is not known to be a list. */
export function itemType(type: FieldType | undefined): FieldType | undefined {
  return typeof type === 'object' && 'list' in type ? type.list : undefined;
}
