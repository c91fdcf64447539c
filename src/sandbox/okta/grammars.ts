import type { OktaGroup, OktaProfile, OktaUser } from './directory.ts';
import type { Comparable, FilterGrammar } from './filter.ts';

const TIMES = 'eq gt ge lt le';
const WORDS = 'eq sw co pr';

/** `filter` on users: few attributes, and ranges on `lastUpdated` only (Okta: list users, filter). */
export const USER_FILTER: FilterGrammar<OktaUser> = {
  attributes: new Map([
    ['id', { kind: 'exact', operators: 'eq' }],
    ['status', { kind: 'exact', operators: 'eq' }],
    ['lastUpdated', { kind: 'date', operators: TIMES }],
    ['profile.login', { kind: 'text', operators: 'eq' }],
    ['profile.email', { kind: 'text', operators: 'eq' }],
    ['profile.firstName', { kind: 'text', operators: 'eq' }],
    ['profile.lastName', { kind: 'text', operators: 'eq' }],
  ]),
  read: readUser,
};

/** `search` on users: any attribute of the profile (Okta: list users, search). */
export const USER_SEARCH: FilterGrammar<OktaUser> = {
  attributes: new Map([
    ['id', { kind: 'exact', operators: 'eq' }],
    ['status', { kind: 'exact', operators: 'eq' }],
    ['created', { kind: 'date', operators: TIMES }],
    ['activated', { kind: 'date', operators: TIMES }],
    ['statusChanged', { kind: 'date', operators: TIMES }],
    ['lastUpdated', { kind: 'date', operators: TIMES }],
    ['profile.*', { kind: 'text', operators: WORDS }],
  ]),
  read: readUser,
};

/** `filter` on groups (Okta: list groups, filter). */
export const GROUP_FILTER: FilterGrammar<OktaGroup> = {
  attributes: new Map([
    ['id', { kind: 'exact', operators: 'eq' }],
    ['type', { kind: 'exact', operators: 'eq' }],
    ['lastUpdated', { kind: 'date', operators: TIMES }],
    ['lastMembershipUpdated', { kind: 'date', operators: TIMES }],
  ]),
  read: readGroup,
};

/** `search` on groups: the profile as well (Okta: list groups, search). */
export const GROUP_SEARCH: FilterGrammar<OktaGroup> = {
  attributes: new Map([
    ...GROUP_FILTER.attributes,
    ['created', { kind: 'date', operators: TIMES }],
    ['profile.*', { kind: 'text', operators: WORDS }],
  ]),
  read: readGroup,
};

function readUser(user: OktaUser, attribute: string): Comparable {
  switch (attribute) {
    case 'id':
    case 'status':
    case 'created':
    case 'activated':
    case 'statusChanged':
    case 'lastUpdated':
      return user[attribute];
    default:
      return readProfile(user.profile, attribute);
  }
}

function readGroup(group: OktaGroup, attribute: string): Comparable {
  switch (attribute) {
    case 'id':
    case 'type':
    case 'created':
    case 'lastUpdated':
    case 'lastMembershipUpdated':
      return group[attribute];
    default:
      return readProfile(group.profile, attribute);
  }
}

function readProfile(profile: OktaProfile, attribute: string): Comparable {
  return new Map(Object.entries(profile)).get(attribute.replace(/^profile\./, '')) ?? null;
}
