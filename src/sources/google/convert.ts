import type { GroupRecord, Row } from '../../model/collection.ts';
import type { JsonObject } from '../../model/json.ts';
import { faultOf, stated, statedJson, statedOrBlank, unlessEmpty } from '../../model/stated.ts';
import type { Email, Enterprise, Name, User } from '../../model/user.ts';
import { GoogleGroup, GoogleUser, Identified, Member } from './schema.ts';

/** Properties of users that SCIM has no place for, or only for a part of them; they are in `extra`. */
const furtherProperties: readonly string[] = [
  'aliases',
  'orgUnitPath',
  'creationTime',
  'isAdmin',
  'isDelegatedAdmin',
  'customSchemas',
];

const convertedOfUsers: ReadonlySet<string> = new Set([
  'id',
  'primaryEmail',
  'suspended',
  'archived',
  'name',
  'emails',
]);
const convertedOfGroups: ReadonlySet<string> = new Set(['id', 'name']);

/** The properties of users that are asked for: no more than is used, since Google knows much of people. */
export function userFields(further: readonly string[]): string {
  return [...new Set([...Object.keys(GoogleUser.shape), ...furtherProperties, ...further])].join(',');
}

export const groupFields = 'id,email,name,description,aliases';
export const memberFields = 'id,type';

/** The id of a row whatever else is wrong with it; null when it has none. */
export function idOf(raw: unknown): string | null {
  return Identified.safeParse(raw).data?.id ?? null;
}

/** A raw user as an identity. Whoever is suspended or archived can't sign in. */
export function personOf(raw: unknown): Row<User> {
  const parsed = GoogleUser.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', externalId: idOf(raw), text: faultOf(parsed.error) };
  const { id, suspended, archived } = parsed.data;
  const active = !suspended && archived !== true;
  return {
    state: 'read',
    value: { externalId: id, active, ...factsOf(parsed.data), extra: extraOf(parsed.data, convertedOfUsers) },
  };
}

function factsOf(user: GoogleUser): Omit<User, 'externalId' | 'active' | 'extra'> {
  const { primaryEmail, name, languages } = user;
  // People may have had several jobs; the primary one counts, or the first where none is called so.
  const work = user.organizations?.find(({ primary }) => primary === true) ?? user.organizations?.[0];
  const employee = user.externalIds?.find(({ type }) => type === 'organization');
  const enterprise = stated<Enterprise>({
    employeeNumber: employee?.value,
    department: work?.department,
    costCenter: work?.costCenter,
    organization: work?.name,
  });
  return stated<User>({
    userName: primaryEmail,
    email: primaryEmail,
    emails: emailsOf(user),
    displayName: name?.displayName ?? name?.fullName,
    title: work?.title,
    userType: work?.description,
    preferredLanguage: languages?.[0]?.languageCode,
    name: unlessEmpty(statedOrBlank<Name>({ givenName: name?.givenName, familyName: name?.familyName })),
    enterprise: unlessEmpty(enterprise),
  });
}

/** Every address, aliases among them: they are addresses of this person and no second one. */
function emailsOf({ emails, primaryEmail }: GoogleUser): readonly Email[] {
  const others = (emails ?? []).flatMap(({ address, type }): readonly Email[] =>
    typeof address === 'string' && address !== '' && address !== primaryEmail
      ? [{ value: address, ...stated<Email>({ type }) }]
      : [],
  );
  return [{ value: primaryEmail, primary: true }, ...others];
}

/** What the model has no place for, under Google's names; what is only partly converted stays there whole. */
function extraOf(row: Readonly<Record<string, unknown>>, converted: ReadonlySet<string>): JsonObject {
  return statedJson(Object.fromEntries(Object.entries(row).filter(([name]) => !converted.has(name))));
}

/** A group is called by its address where it has no name. */
export function groupOf(raw: unknown): Row<GroupRecord> {
  const parsed = GoogleGroup.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', externalId: idOf(raw), text: faultOf(parsed.error) };
  const { id, name, email } = parsed.data;
  const displayName = typeof name === 'string' && name !== '' ? name : email;
  return {
    state: 'read',
    value: { externalId: id, displayName, extra: extraOf(parsed.data, convertedOfGroups) },
  };
}

/** What a row of a member list is. */
export type MemberRow =
  | { readonly state: 'person'; readonly id: string }
  | { readonly state: 'everybody' }
  /** A group: its people are listed beside it, or are not to count. */
  | { readonly state: 'group' }
  | { readonly state: 'rejected'; readonly text: string };

export function memberOf(raw: unknown): MemberRow {
  const parsed = Member.safeParse(raw);
  if (!parsed.success) return { state: 'rejected', text: faultOf(parsed.error) };
  const { id, type } = parsed.data;
  if (type === 'CUSTOMER') return { state: 'everybody' };
  return type === 'GROUP' ? { state: 'group' } : { state: 'person', id };
}
