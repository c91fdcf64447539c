import { foldEmail } from './identifiers.ts';
import type { RetoolSeed, SeedGroup, SeedInvite, SeedUser } from './types.ts';
import type { AccessLevel, AttributeType, Metadata, UserType } from './wire.ts';

/** What somebody read of a real organisation, for a stand-in that begins where that one stands. */
export interface OrganizationCopy {
  readonly users: readonly {
    readonly id: string;
    readonly email: string;
    readonly firstName: string | null;
    readonly lastName: string | null;
    readonly active: boolean;
    readonly userType: UserType | null;
    readonly metadata: { readonly [key: string]: unknown };
    readonly lastActive: string | null;
  }[];
  readonly groups: readonly {
    /** Decimal digits. */
    readonly id: string;
    readonly name: string;
    readonly members: ReadonlyMap<string, { readonly groupAdmin: boolean }>;
    readonly access: {
      readonly apps: AccessLevel;
      readonly resources: AccessLevel;
      readonly workflows: AccessLevel;
      readonly queryLibrary: Exclude<AccessLevel, 'own'>;
    } | null;
  }[];
  readonly invites: readonly {
    readonly email: string;
    readonly claimed: boolean;
    readonly expiresAt: string | null;
  }[];
  readonly attributes: readonly {
    readonly name: string;
    readonly dataType: string;
    readonly defaultValue: string | null;
  }[];
}

/** A seed that holds what was read, under the same ids. What was not read is as in a new organisation. */
export function seedFromCopy(copy: OrganizationCopy): RetoolSeed {
  const emailOf = new Map(copy.users.map(({ id, email }) => [id, email]));
  const taken = new Set(copy.users.map(({ email }) => foldEmail(email)));
  return {
    users: copy.users.map(userFrom),
    groups: copy.groups.map((group) => groupFrom(group, emailOf)),
    userAttributes: copy.attributes.map(({ name, dataType, defaultValue }) => ({
      name,
      label: name,
      dataType: attributeTypes.find((type) => type === dataType) ?? 'string',
      defaultValue,
    })),
    invites: copy.invites
      .filter(({ claimed, email }) => !claimed && !taken.has(foldEmail(email)))
      .map(inviteFrom),
  };
}

const attributeTypes: readonly AttributeType[] = ['string', 'number', 'json'];

function userFrom({ userType, metadata, ...user }: OrganizationCopy['users'][number]): SeedUser {
  return {
    ...user,
    // Whatever stood in a reply may stand here; only requests are checked.
    metadata: metadata as Metadata,
    ...(userType === null ? {} : { userType }),
  };
}

function groupFrom(
  { id, name, members, access }: OrganizationCopy['groups'][number],
  emailOf: ReadonlyMap<string, string>,
): SeedGroup {
  const settings =
    access === null
      ? {}
      : {
          universal_app_access: access.apps,
          universal_resource_access: access.resources,
          universal_workflow_access: access.workflows,
          universal_query_library_access: access.queryLibrary,
        };
  const emails = (role: 'admin' | 'member'): readonly string[] =>
    [...members].flatMap(([user, { groupAdmin }]) =>
      groupAdmin === (role === 'admin') ? (emailOf.get(user) ?? []) : [],
    );
  return {
    id: Number(id),
    name,
    ...settings,
    // Everybody is in this one by itself.
    ...(name === 'All Users' ? {} : { members: emails('member'), admins: emails('admin') }),
  };
}

function inviteFrom({ email, expiresAt }: OrganizationCopy['invites'][number]): SeedInvite {
  return { email, ...(expiresAt === null ? {} : { expiresAt }) };
}
