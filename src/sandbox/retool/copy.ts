import { foldEmail } from './identifiers.ts';
import type { RetoolSeed, SeedGroup, SeedInvite, SeedUser } from './types.ts';
import type {
  AccessLevel,
  AccessRequestStatus,
  AttributeType,
  FolderType,
  GrantLevel,
  GrantObjectType,
  GroupSettings,
  Metadata,
  UserType,
} from './wire.ts';

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
    readonly flags?: {
      readonly userList?: boolean;
      readonly auditLog?: boolean;
      readonly unpublishedRelease?: boolean;
      readonly usageAnalytics?: boolean;
      readonly theme?: boolean;
      readonly accountDetails?: boolean;
    };
    readonly landingPage?: string | null;
  }[];
  readonly invites: readonly {
    /** Decimal digits. */
    readonly id: string;
    readonly email: string;
    readonly claimed: boolean;
    readonly expiresAt: string | null;
    /** Ids of groups. */
    readonly groups: ReadonlySet<string>;
    readonly metadata: { readonly [key: string]: unknown };
  }[];
  readonly catalogue?: readonly {
    readonly type: 'folder' | 'app' | 'resource' | 'resource_configuration';
    readonly id: string;
    readonly name: string;
    /** A folder's: names from the root down, joined by slashes. */
    readonly path: string;
  }[];
  /** By group id. */
  readonly grants?: ReadonlyMap<
    string,
    readonly {
      readonly type: Exclude<GrantObjectType, 'screen'>;
      readonly id: string;
      readonly level: GrantLevel;
    }[]
  >;
  readonly accessRequests?: readonly {
    readonly id: string;
    readonly email: string;
    readonly status: AccessRequestStatus;
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
  const nameOf = new Map(copy.groups.map(({ id, name }) => [id, name]));
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
      .map((invite) => inviteFrom(invite, nameOf)),
    ...catalogueFrom(copy.catalogue ?? []),
    grants: [...(copy.grants ?? [])].flatMap(([group, grants]) =>
      grants.map(({ type, id, level }) => ({
        group: nameOf.get(group) ?? '',
        type,
        id,
        access_level: level,
      })),
    ),
    accessRequests: (copy.accessRequests ?? []).map(({ id, email, status }) => ({
      id: Number(id),
      email,
      status,
    })),
  };
}

/** Only names and ids of objects were read: in which folder an app lies makes no difference to who may use it directly. */
function catalogueFrom(
  objects: NonNullable<OrganizationCopy['catalogue']>,
): Pick<RetoolSeed, 'folders' | 'apps' | 'resources' | 'resourceConfigurations'> {
  const of = (type: string) => objects.filter((object) => object.type === type);
  const folders = of('folder');
  const idOfPath = new Map(folders.map(({ id, path }) => [path, id]));
  const configurations = of('resource_configuration').map(({ id, name }) => {
    const slash = name.lastIndexOf('/');
    return { id, resource: name.slice(0, slash), environment: name.slice(slash + 1) };
  });
  const resources = of('resource').map(({ id, name }) => ({ id, name }));
  const named = new Set(resources.map(({ name }) => name));
  const others = [...new Set(configurations.map(({ resource }) => resource))].filter(
    (name) => !named.has(name),
  );
  const all = [...resources, ...others.map((name) => ({ id: name, name }))];
  return {
    folders: folders.map(({ id, name, path }) => {
      const parentId = idOfPath.get(path.slice(0, Math.max(0, path.length - name.length - 1)));
      const type = id.slice(0, id.indexOf('_')) as FolderType;
      return { id, name, type, ...(parentId === undefined ? {} : { parentId }) };
    }),
    apps: of('app').map(({ id, name }) => ({ id, name, folderId: 'app_1' })),
    resources: all,
    resourceConfigurations: configurations.map(({ id, resource, environment }) => ({
      id,
      environment,
      resourceId: all.find(({ name }) => name === resource)?.id ?? resource,
    })),
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
  { id, name, members, access, flags = {}, landingPage }: OrganizationCopy['groups'][number],
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
    ...flagsFrom(flags),
    ...(landingPage === undefined ? {} : { landing_page_app_id: landingPage }),
    // Everybody is in this one by itself.
    ...(name === 'All Users' ? {} : { members: emails('member'), admins: emails('admin') }),
  };
}

function flagsFrom(flags: NonNullable<OrganizationCopy['groups'][number]['flags']>): Partial<GroupSettings> {
  const { userList, auditLog, unpublishedRelease, usageAnalytics, theme, accountDetails } = flags;
  const all = {
    user_list_access: userList,
    audit_log_access: auditLog,
    unpublished_release_access: unpublishedRelease,
    usage_analytics_access: usageAnalytics,
    theme_access: theme,
    account_details_access: accountDetails,
  };
  return Object.fromEntries(Object.entries(all).filter(([, flag]) => flag !== undefined));
}

function inviteFrom(
  { id, email, expiresAt, groups, metadata }: OrganizationCopy['invites'][number],
  nameOf: ReadonlyMap<string, string>,
): SeedInvite {
  return {
    id: Number(id),
    email,
    groups: [...groups].flatMap((group) => nameOf.get(group) ?? []),
    metadata: metadata as Metadata,
    ...(expiresAt === null ? {} : { expiresAt }),
  };
}
