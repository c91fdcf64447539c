import type { MappingRules, Policy } from '../../src/model/rules.ts';

/** A mapping of accounts alone, by the names that SCIM has for them. */
export function plainRules(more: Partial<MappingRules> = {}): MappingRules {
  return {
    scope: null,
    user: {
      email: 'user.email',
      first_name: 'user.name.givenName',
      last_name: 'user.name.familyName',
      user_type: null,
    },
    attributes: new Map(),
    groups: [],
    precedence: ['staff'],
    names: { tooLong: 'cut', blank: 'fromEmail' },
    ...more,
  };
}

/** What the configuration says when nothing is set, and that one admin has to stay. */
export const plainPolicy: Policy = {
  policy: 'sync',
  leavers: { inactive: 'disable', gone: 'disable', outOfScope: 'disable' },
  memberships: 'owned',
  adopt: 'email',
  adoptMemberships: 'called-for',
  reactivate: 'ours',
  drift: 'repair',
  protect: { users: [], groups: [], admins: 1, allow: [] },
};
