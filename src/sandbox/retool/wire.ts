/**
 * The objects of Retool's REST API v2 (spec 2.12.0) as its replies carry them, field for field.
 * Timestamps are ISO 8601 strings in UTC with milliseconds.
 */

/** A value of one metadata key; the stand-in keeps metadata one level deep. */
export type MetadataValue = string | number | boolean | null;

/** A user's or an invite's metadata; user attributes live in it beside free keys. */
export type Metadata = Readonly<Record<string, MetadataValue>>;

export type UserType = 'default' | 'mobile' | 'embed';

export interface ApiUser {
  readonly id: string;
  readonly legacy_id: number;
  readonly first_name: string | null;
  readonly last_name: string | null;
  readonly created_at: string;
  readonly last_active: string | null;
  readonly email: string;
  readonly active: boolean;
  readonly metadata: Metadata;
  readonly is_admin: boolean;
  readonly two_factor_auth_enabled: boolean;
  readonly user_type: UserType;
}

export type AccessLevel = 'none' | 'use' | 'edit' | 'own';

/** The part of a group that PUT and PATCH may change, the name and the lists apart. */
export interface GroupSettings {
  readonly universal_app_access: AccessLevel;
  readonly universal_resource_access: AccessLevel;
  readonly universal_workflow_access: AccessLevel;
  readonly universal_query_library_access: Exclude<AccessLevel, 'own'>;
  readonly user_list_access: boolean;
  readonly audit_log_access: boolean;
  readonly unpublished_release_access: boolean;
  readonly usage_analytics_access: boolean;
  readonly theme_access: boolean;
  readonly account_details_access: boolean;
  readonly landing_page_app_id: string | null;
}

export interface ApiGroupMember {
  readonly id: string;
  readonly email: string;
  readonly is_group_admin: boolean;
}

export interface ApiGroup extends GroupSettings {
  readonly id: number;
  readonly legacy_id: number;
  readonly name: string;
  readonly members: readonly ApiGroupMember[];
  readonly user_invites: readonly ApiUserInvite[];
  readonly updated_at: string;
  readonly created_at: string;
}

/** A group as users and invites name it. */
export interface ApiGroupReference {
  readonly legacy_id: number;
  readonly id: number;
  readonly name: string;
}

export interface ApiUserInvite {
  readonly id: number;
  readonly legacy_id: number;
  readonly invited_by: string;
  readonly invited_email: string;
  readonly expires_at: string;
  readonly claimed_by: string | null;
  readonly claimed_at: string | null;
  readonly user_type: 'default' | 'mobile' | 'external' | null;
  readonly metadata: Metadata;
  readonly created_at: string;
  readonly invite_link: string;
  readonly groups: readonly ApiGroupReference[];
}

export type AttributeType = 'string' | 'number' | 'json';

export interface ApiUserAttribute {
  readonly id: string;
  readonly name: string;
  readonly label: string;
  readonly data_type: AttributeType;
  readonly default_value: string | null;
  readonly intercom_attribute_name: string | null;
}

export type AccessRequestStatus = 'PENDING' | 'APPROVED' | 'DENIED';

export interface ApiAccessRequest {
  readonly id: number;
  readonly status: AccessRequestStatus;
  readonly legacy_id: number;
  readonly requesting_email: string;
  readonly updated_by_id: string | null;
  readonly created_at: string;
  readonly updated_at: string;
}

export type GrantLevel = 'own' | 'edit' | 'use';
export type GrantObjectType = 'folder' | 'app' | 'screen' | 'resource' | 'resource_configuration';

/** One permission entry: what a subject may do with one object. */
export interface ApiGrant {
  readonly type: GrantObjectType;
  readonly id: string;
  readonly access_level: GrantLevel;
}

export type GrantSubject =
  | { readonly type: 'group'; readonly id: number }
  | { readonly type: 'user'; readonly id: string };

export type FolderType = 'app' | 'workflow' | 'resource' | 'agent' | 'library';

export interface ApiFolder {
  readonly id: string;
  readonly legacy_id: string;
  readonly name: string;
  readonly parent_folder_id: string | null;
  readonly is_system_folder: boolean;
  readonly folder_type: FolderType;
  readonly updated_at: string;
  readonly created_at: string;
}

export interface ApiApp {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly folder_id: string;
  readonly protected: boolean;
  readonly synced: boolean;
  readonly shortlink: string | null;
  readonly is_module: boolean;
  readonly is_mobile_app: boolean;
  readonly release_version: string;
  readonly updated_at: string;
  readonly created_at: string;
}

export interface ApiResource {
  readonly id: string;
  readonly type: string;
  readonly display_name: string;
  readonly folder_id: string | null;
  readonly protected: boolean;
  readonly updated_at: string;
  readonly created_at: string;
}

export interface ApiEnvironment {
  readonly id: string;
  readonly name: string;
  readonly description: string | null;
  readonly color: string;
  readonly default: boolean;
  readonly updated_at: string;
  readonly created_at: string;
}

export interface ApiResourceConfiguration {
  readonly id: string;
  readonly resource: ApiResource;
  readonly environment: ApiEnvironment;
  readonly options: Readonly<Record<string, unknown>>;
  readonly updated_at: string;
  readonly created_at: string;
}

export interface ApiSpace {
  readonly id: string;
  readonly name: string;
  readonly domain: string;
  readonly updated_at: string;
  readonly created_at: string;
}

export interface ApiAccessToken {
  readonly id: string;
  readonly label: string;
  readonly description: string | null;
  readonly last4: string;
  readonly owner_legacy_id: number;
  readonly scopes: readonly string[];
  readonly updated_at: string;
  readonly created_at: string;
}
