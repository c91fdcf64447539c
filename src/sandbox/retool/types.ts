import type { StandIn } from '../stand-in.ts';
import type {
  AccessRequestStatus,
  ApiAccessRequest,
  ApiGrant,
  ApiUser,
  ApiUserAttribute,
  ApiUserInvite,
  AttributeType,
  FolderType,
  GrantLevel,
  GrantSubject,
  GroupSettings,
  Metadata,
  UserType,
} from './wire.ts';

/** How the stand-in of one Retool organisation behaves and what it holds at first. */
export interface RetoolSandboxOptions {
  /** The only Bearer token accepted; any other is answered 401. */
  readonly token: string;
  /** The server's clock, epoch milliseconds. */
  readonly now: () => number;
  /** Requests to /api/v2 in any 60 seconds; what exceeds it is answered 429 and does not consume. */
  readonly requestsPerMinute: number | 'unlimited';
  /** Whether a 429 carries `Retry-After` in seconds; default `none`, since no real 429 is on record. */
  readonly retryAfter?: 'seconds' | 'none';
  /** The most users on a page, also when the client asks for no paging at all; 1..100. */
  readonly pageLimit?: number;
  /** What `/api/checkHealth` reports; default 3.334.0. */
  readonly version?: string;
  /** `business` serves user invites and user attributes only; default `enterprise`. */
  readonly plan?: 'enterprise' | 'business';
  readonly seed?: RetoolSeed;
}

/** The organisation's content when the stand-in starts; the four built-in groups are always there. */
export interface RetoolSeed {
  readonly users?: readonly SeedUser[];
  /** A built-in name other than `All Users` adds members and settings to that built-in group. */
  readonly groups?: readonly SeedGroup[];
  readonly userAttributes?: readonly SeedUserAttribute[];
  readonly invites?: readonly SeedInvite[];
  readonly accessRequests?: readonly SeedAccessRequest[];
  /** Addresses that have an account in another organisation: creating them here is a conflict. */
  readonly emailsElsewhere?: readonly string[];
  /** The address of the account that made the API token; default the first admin. */
  readonly tokenOwner?: string;
  readonly folders?: readonly SeedFolder[];
  readonly apps?: readonly SeedApp[];
  readonly resources?: readonly SeedResource[];
  readonly resourceConfigurations?: readonly SeedResourceConfiguration[];
  /** What groups were given directly. */
  readonly grants?: readonly SeedGrant[];
  readonly spaces?: readonly { readonly name: string; readonly domain: string }[];
  /** The body of `GET /sso/config`; without it that route answers 404. */
  readonly ssoConfig?: SsoConfig;
}

export type SsoConfig = Readonly<Record<string, unknown>>;

export interface SeedUser {
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly active?: boolean;
  readonly metadata?: Metadata;
  readonly userType?: UserType;
  /** Joins the group `admin`. */
  readonly admin?: boolean;
  /** ISO 8601. */
  readonly lastActive?: string | null;
  /** `user_` and lower-case letters or digits; made up when absent. */
  readonly id?: string;
}

export interface SeedGroup extends Partial<GroupSettings> {
  readonly name: string;
  /** Made up when absent; a built-in group has its usual one then. */
  readonly id?: number;
  /** Addresses. */
  readonly members?: readonly string[];
  /** Addresses of members who are group admins. */
  readonly admins?: readonly string[];
}

export interface SeedUserAttribute {
  readonly name: string;
  readonly label: string;
  readonly dataType: AttributeType;
  readonly defaultValue?: string | null;
}

export interface SeedInvite {
  /** Made up when absent. */
  readonly id?: number;
  readonly email: string;
  /** ISO 8601; default seven days after the start. */
  readonly expiresAt?: string;
  /** Group names. */
  readonly groups?: readonly string[];
  readonly metadata?: Metadata;
}

export interface SeedGrant extends ApiGrant {
  /** The group's name. */
  readonly group: string;
}

export interface SeedAccessRequest {
  /** Made up when absent. */
  readonly id?: number;
  readonly email: string;
  readonly status?: AccessRequestStatus;
}

export interface SeedFolder {
  /** `<type>_<number>`. */
  readonly id: string;
  readonly name: string;
  readonly type: FolderType;
  readonly parentId?: string;
  readonly system?: boolean;
}

export interface SeedApp {
  /** A UUID. */
  readonly id: string;
  readonly name: string;
  readonly folderId: string;
}

export interface SeedResource {
  /** A UUID or a name. */
  readonly id: string;
  readonly name: string;
  readonly type?: string;
  readonly folderId?: string;
}

export interface SeedResourceConfiguration {
  /** A UUID. */
  readonly id: string;
  readonly resourceId: string;
  /** The environment's name; default `production`. */
  readonly environment?: string;
}

/** A group as a test looks at it: ids instead of the inlined members and invites. */
export interface GroupState extends GroupSettings {
  readonly id: number;
  readonly name: string;
  readonly memberIds: readonly string[];
  /** The members who are group admins. */
  readonly adminIds: readonly string[];
  readonly inviteIds: readonly number[];
}

/** All that the organisation holds, copied at the time of the call. */
export interface RetoolState {
  /** In the order of their addresses. */
  readonly users: readonly ApiUser[];
  /** In the order of their ids. */
  readonly groups: readonly GroupState[];
  readonly invites: readonly ApiUserInvite[];
  readonly attributes: readonly ApiUserAttribute[];
  readonly accessRequests: readonly ApiAccessRequest[];
  readonly grants: readonly { readonly subject: GrantSubject; readonly grant: ApiGrant }[];
}

/** What a person can change of an account in Retool's user interface, the address included. */
export interface UserPatch {
  readonly email?: string;
  readonly firstName?: string | null;
  readonly lastName?: string | null;
  readonly active?: boolean;
  readonly metadata?: Metadata;
  readonly userType?: UserType;
  readonly lastActive?: string | null;
  readonly twoFactor?: boolean;
}

/**
 * Changes made by a person in Retool's own user interface: no request, no place in the call log.
 * Unknown ids and taken names or addresses throw, since they are mistakes of the test.
 */
export interface HandChanges {
  /** Returns the new id. */
  addUser(user: SeedUser): string;
  updateUser(userId: string, patch: UserPatch): void;
  /** Returns the new id. */
  addGroup(group: SeedGroup): number;
  renameGroup(groupId: number, name: string): void;
  updateGroup(groupId: number, settings: Partial<GroupSettings>): void;
  deleteGroup(groupId: number): void;
  addMember(groupId: number, userId: string, options?: { readonly groupAdmin?: boolean }): void;
  removeMember(groupId: number, userId: string): void;
  /** Returns the new id. */
  addInvite(invite: SeedInvite): number;
  /** The invited person signs up: the account takes over groups and metadata. Returns the user's id. */
  claimInvite(inviteId: number, names: { readonly firstName: string; readonly lastName: string }): string;
  deleteInvite(inviteId: number): void;
  /** Access given to a group, or with `null` taken from it. */
  setGrant(groupId: number, object: Omit<ApiGrant, 'access_level'>, level: GrantLevel | null): void;
  /** Returns the new id. */
  addUserAttribute(attribute: SeedUserAttribute): string;
  deleteUserAttribute(attributeId: string): void;
  /** Returns the new id. */
  addAccessRequest(request: SeedAccessRequest): number;
  setSsoConfig(config: SsoConfig | null): void;
}

/** A stand-in of one Retool organisation behind REST API v2. */
export interface RetoolSandbox extends StandIn {
  state(): RetoolState;
  readonly hand: HandChanges;
}
