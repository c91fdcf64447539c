import type { EntraPresence, Person } from '../world/types.ts';

/** An object's properties under Graph's names. */
export type Properties = Readonly<Record<string, unknown>>;

/** What a user read returns without `$select` (Microsoft Graph v1.0: user, default properties). */
export const USER_DEFAULTS: readonly string[] = [
  'businessPhones',
  'displayName',
  'givenName',
  'id',
  'jobTitle',
  'mail',
  'mobilePhone',
  'officeLocation',
  'preferredLanguage',
  'surname',
  'userPrincipalName',
];

const NOBODY = {
  businessPhones: [],
  displayName: null,
  givenName: null,
  id: '',
  jobTitle: null,
  mail: null,
  mobilePhone: null,
  officeLocation: null,
  preferredLanguage: null,
  surname: null,
  userPrincipalName: '',
  accountEnabled: true,
  ageGroup: null,
  city: null,
  companyName: null,
  consentProvidedForMinor: null,
  country: null,
  createdDateTime: null,
  creationType: null,
  deletedDateTime: null,
  department: null,
  employeeHireDate: null,
  employeeId: null,
  employeeType: null,
  externalUserState: null,
  externalUserStateChangeDateTime: null,
  faxNumber: null,
  imAddresses: [],
  mailNickname: null,
  onPremisesDistinguishedName: null,
  onPremisesDomainName: null,
  onPremisesExtensionAttributes: null,
  onPremisesImmutableId: null,
  onPremisesLastSyncDateTime: null,
  onPremisesSamAccountName: null,
  onPremisesSecurityIdentifier: null,
  onPremisesSyncEnabled: null,
  onPremisesUserPrincipalName: null,
  otherMails: [],
  passwordPolicies: null,
  postalCode: null,
  preferredDataLocation: null,
  proxyAddresses: [],
  securityIdentifier: null,
  state: null,
  streetAddress: null,
  usageLocation: null,
  userType: 'Member',
} satisfies Properties;

/** Names that `$select` on users accepts, besides those of directory extensions. */
export const USER_PROPERTIES: ReadonlySet<string> = new Set(Object.keys(NOBODY));

/** A property that an app registration added to users; who has no value lacks it (Microsoft Graph: "Directory extensions"). */
export const DIRECTORY_EXTENSION = /^extension_[0-9a-f]{32}_\w+$/;

/** A user without any particulars: what a new user starts from. */
export function blankUser(id: string, userPrincipalName: string): Properties {
  return { ...NOBODY, id, userPrincipalName, onPremisesExtensionAttributes: extensionAttributes({}) };
}

/** A person as the tenant describes them; of guests it knows little. */
export function userProperties(
  person: Omit<Person, 'entra'> & { readonly entra: EntraPresence },
): Properties {
  const { entra } = person;
  const created = new Date(person.hiredAt).toISOString().replace('.000Z', 'Z');
  const [nickname = ''] = entra.userPrincipalName.split('@');
  const base = {
    ...blankUser(entra.id, entra.userPrincipalName),
    displayName: `${person.given} ${person.family}`,
    mail: entra.mail,
    accountEnabled: entra.enabled,
    createdDateTime: created,
    mailNickname: nickname,
    userType: entra.userType,
  };
  if (entra.userType === 'Guest') {
    return {
      ...base,
      companyName: 'Partner Ltd',
      creationType: 'Invitation',
      externalUserState: 'Accepted',
      externalUserStateChangeDateTime: created,
      otherMails: [person.email],
    };
  }
  return {
    ...base,
    givenName: person.given,
    surname: person.family,
    jobTitle: person.title,
    department: person.department,
    companyName: 'Acme',
    employeeId: person.employeeNumber,
    employeeType: 'Employee',
    employeeHireDate: created,
    officeLocation: 'Headquarters',
    usageLocation: 'US',
    proxyAddresses: entra.mail === null ? [] : [`SMTP:${entra.mail}`],
    onPremisesExtensionAttributes: extensionAttributes({ extensionAttribute1: person.employeeNumber }),
  };
}

function extensionAttributes(values: Properties): Properties {
  const names = Array.from({ length: 15 }, (_, index) => `extensionAttribute${index + 1}`);
  return Object.fromEntries(names.map((name) => [name, values[name] ?? null]));
}

/** A security group with assigned members (Microsoft Graph v1.0: group). */
export function groupProperties(group: {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly createdAt: number;
}): Properties {
  const created = new Date(group.createdAt).toISOString().replace('.000Z', 'Z');
  return {
    id: group.id,
    deletedDateTime: null,
    classification: null,
    createdDateTime: created,
    creationOptions: [],
    description: group.description === '' ? null : group.description,
    displayName: group.name,
    expirationDateTime: null,
    groupTypes: [],
    isAssignableToRole: null,
    mail: null,
    mailEnabled: false,
    mailNickname: group.name.replaceAll(/[^A-Za-z0-9]/g, ''),
    membershipRule: null,
    membershipRuleProcessingState: null,
    onPremisesDomainName: null,
    onPremisesLastSyncDateTime: null,
    onPremisesNetBiosName: null,
    onPremisesProvisioningErrors: [],
    onPremisesSamAccountName: null,
    onPremisesSecurityIdentifier: null,
    onPremisesSyncEnabled: null,
    preferredDataLocation: null,
    preferredLanguage: null,
    proxyAddresses: [],
    renewedDateTime: created,
    resourceBehaviorOptions: [],
    resourceProvisioningOptions: [],
    securityEnabled: true,
    securityIdentifier: null,
    theme: null,
    uniqueName: null,
    visibility: null,
  };
}

/** Names that `$select` on groups accepts; without one all of them are returned. */
export const GROUP_PROPERTIES: ReadonlySet<string> = new Set(
  Object.keys(groupProperties({ id: '', name: '', description: '', createdAt: 0 })),
);

/** Names that `$select` accepts for devices. */
export const DEVICE_PROPERTIES: ReadonlySet<string> = new Set([
  'id',
  'deletedDateTime',
  'accountEnabled',
  'deviceId',
  'displayName',
  'operatingSystem',
  'operatingSystemVersion',
]);
