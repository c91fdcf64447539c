import type { CurrentGroup } from './current-state.ts';
import type { SourceKey, SubjectType, UserType } from './desired-state.ts';
import type { AccessLevels, GrantLevel, GroupFlags, ObjectType } from './rules.ts';

/** What an operation is about. `id` is the target's id, null before it exists. */
export interface Subject {
  readonly type: SubjectType;
  readonly key: string;
  readonly id: string | null;
}

/** Why an operation is in the plan. */
export interface Reason {
  /** Stable, for machines: `joiner`, `leftGroup`, `inactive`, `gone`, `outOfScope`, `noRule`, `changed`, `drift`, … */
  readonly code: string;
  /** The configuration key that called for it; null when none did. */
  readonly rule: string | null;
  readonly source: string | null;
  readonly externalId: string | null;
  /** One sentence for people. */
  readonly text: string;
}

/** The reason code of every operation of a rollback, and of no other. */
export const rollbackCode = 'rollback';

/** The reason code of memberships that an account takes over from the one it replaces, although no rule calls for them. */
export const carriedOverCode = 'carriedOver';

/** Why an invite goes without taking anything from its person: there is an account, or one is made. */
export const harmlessRevocations: ReadonlySet<string> = new Set(['hasAccount', 'expired']);

/**
 * Kinds whose answer shows what they led to: a grant is answered with what the group has now, a definition and an
 * access request with themselves. Only a lost answer has to be made up for by a read.
 */
export const provedByAnswer: ReadonlySet<string> = new Set([
  'grantAccess',
  'revokeAccess',
  'createAttribute',
  'decideAccessRequest',
]);

/** The fields of an account that the bridge writes, under the target's names. Only managed keys appear in `metadata`. */
export interface AccountFields {
  readonly first_name?: string | null;
  readonly last_name?: string | null;
  readonly user_type?: UserType | null;
  readonly active?: boolean;
  /** Attribute name -> value; null: no value. */
  readonly metadata?: { readonly [name: string]: string | null };
}

/** What an account is to become, changed fields only; `sources` (not sent) tells which source gave each attribute; one without a source is nobody's and released. */
export interface AccountChange extends AccountFields {
  readonly sources: { readonly [attribute: string]: string };
  /** The changed fields that somebody changed in Retool and that are put back. Not sent. */
  readonly drift?: readonly string[];
}

/** A group's settings under the target's names. */
export interface GroupFields {
  readonly name?: string;
  readonly universal_app_access?: string;
  readonly universal_resource_access?: string;
  readonly universal_workflow_access?: string;
  readonly universal_query_library_access?: string;
  readonly user_list_access?: boolean;
  readonly audit_log_access?: boolean;
  readonly unpublished_release_access?: boolean;
  readonly usage_analytics_access?: boolean;
  readonly theme_access?: boolean;
  readonly account_details_access?: boolean;
  /** An app's id; null: none. */
  readonly landing_page_app_id?: string | null;
}

/** Flags under the target's names; none for those that are not managed or not stated. */
export function flagFields(flags: GroupFlags | undefined): GroupFields {
  const fields: { -readonly [Field in FlagField]?: boolean } = {};
  for (const [name, field] of Object.entries(flagNames) as [keyof GroupFlags, FlagField][]) {
    const flag = flags?.[name];
    if (flag !== undefined) fields[field] = flag;
  }
  return fields;
}

/** The settings of a group under the target's names, as far as they were stated. */
export function settingsOf({ name, access, flags, landingPage }: CurrentGroup): GroupFields {
  return {
    name,
    ...accessFields(access),
    ...flagFields(flags),
    ...(landingPage === undefined ? {} : { landing_page_app_id: landingPage }),
  };
}

type FlagField = Exclude<Extract<keyof GroupFields, `${string}_access`>, `universal_${string}`>;

/** The configuration's names of flags, and the target's. */
export const flagNames = {
  userList: 'user_list_access',
  auditLog: 'audit_log_access',
  unpublishedRelease: 'unpublished_release_access',
  usageAnalytics: 'usage_analytics_access',
  theme: 'theme_access',
  accountDetails: 'account_details_access',
} as const satisfies Readonly<Record<keyof GroupFlags, FlagField>>;

/** Access levels under the target's names; none for access that is not managed or not stated. */
export function accessFields(access: AccessLevels | null): GroupFields {
  if (access === null) return {};
  return {
    universal_app_access: access.apps,
    universal_resource_access: access.resources,
    universal_workflow_access: access.workflows,
    universal_query_library_access: access.queryLibrary,
  };
}

/** One person of an `addMembers`; `waitsFor` is the operation that makes the account. */
export interface NewMember {
  readonly key: string;
  readonly id: string | null;
  readonly is_group_admin: boolean;
  readonly waitsFor: string | null;
  readonly reason: Reason;
}

interface Base<Kind extends string, Before, After> {
  /** `<kind>:<subject key>`; unique in a plan, the same in every plan that intends the same. */
  readonly id: string;
  readonly kind: Kind;
  readonly subject: Subject;
  /** The state it was planned from, changed fields only; null when there was nothing. */
  readonly before: Before;
  readonly after: After;
  readonly reason: Reason;
  /** Ids of operations that must be applied first. */
  readonly dependsOn: readonly string[];
}

/** The account or group an `adopt` is about, and whether it is ours already and only gains links, values or feeds. */
export interface AdoptBefore {
  readonly id: string;
  readonly managed: boolean;
}

/** What `adopt` takes into management. It makes no call: it writes links and ownership to the state only. */
export type AdoptAfter =
  | {
      readonly links: readonly SourceKey[];
      readonly attributes: { readonly [name: string]: AdoptedValue };
      /** Names and kind of user that are already as they should be. */
      readonly fields?: AccountFields;
      readonly active: boolean;
      /** The invite it came from, whose links, values and memberships the account takes over. */
      readonly claims?: string;
    }
  /** An invite, with the memberships that are already as they should be. */
  | {
      readonly links: readonly SourceKey[];
      readonly attributes: { readonly [name: string]: AdoptedValue };
      readonly groups: readonly GroupRef[];
    }
  | { readonly member: true; readonly group: GroupRef; readonly user: UserRef }
  /** Access that a group has already. */
  | { readonly group: GroupRef; readonly object: GrantObject; readonly level: GrantLevel }
  | { readonly name: string; readonly fedBy: readonly SourceKey[] };

/** null: ours no more; else it stays ours and loses only the links, values or feeds that are named. */
export type ReleaseAfter = { readonly managed: true } | null;

export interface AdoptedValue {
  readonly value: string;
  readonly source: string;
}

/** A group named in another operation; the id is null while the group waits to be created. */
export interface GroupRef {
  readonly key: string;
  readonly id: string | null;
}

/** An account named in another operation. */
export interface UserRef {
  readonly key: string;
  readonly id: string;
}

export interface CreatedAccount {
  readonly email: string;
  readonly first_name: string;
  readonly last_name: string;
  readonly user_type: UserType | null;
  readonly metadata: { readonly [name: string]: string };
  /** What the new account is linked to. Not sent. */
  readonly links: readonly SourceKey[];
  /** Which source gave each attribute. Not sent. */
  readonly sources: { readonly [attribute: string]: string };
  /** The account whose place it takes, since no address can be changed. Not sent. */
  readonly replaces?: UserRef;
}

/** An invite as it is to be. Its address is its subject's key. */
export interface NewInvite {
  readonly email: string;
  /** What whoever claims it joins; a group without an id waits for its creation. */
  readonly groups: readonly GroupRef[];
  readonly metadata: { readonly [name: string]: string };
  /** What the invite, and later the account, is linked to. Not sent. */
  readonly links: readonly SourceKey[];
  /** Which source gave each attribute. Not sent. */
  readonly sources: { readonly [attribute: string]: string };
  /** How often it was sent before. Not sent. */
  readonly reissues: number;
}

/** An invite named in another operation. */
export interface InviteRef {
  readonly key: string;
  readonly id: string;
}

/** One invite of an `addInvitesToGroup`. */
export interface NewInviteMember extends InviteRef {
  readonly reason: Reason;
}

export type InviteMembership = {
  readonly member: boolean;
  readonly group: GroupRef;
  readonly invite: InviteRef;
};

/** What access is granted to; `name` for people. */
export interface GrantObject {
  readonly type: ObjectType;
  readonly id: string;
  readonly name: string;
}

/** A group's direct access to one object; null: none. */
export interface GrantState {
  readonly group: GroupRef;
  readonly object: GrantObject;
  readonly level: GrantLevel | null;
}

export type MembershipState = { readonly member: boolean; readonly group: GroupRef; readonly user: UserRef };

/**
 * One intended write, a frozen value. One operation is one call, but setAttributes and clearAttributes
 * (one per attribute) and adopt and release (none).
 */
export type Operation =
  | Base<'adopt', AdoptBefore, AdoptAfter>
  | Base<'release', AdoptAfter, ReleaseAfter>
  | Base<'createUser', null, CreatedAccount>
  | Base<'updateUser', AccountFields, AccountChange>
  | Base<'deactivateUser', { readonly active: true }, { readonly active: false }>
  | Base<
      'reactivateUser',
      AccountFields & { readonly active: false },
      AccountChange & { readonly active: true }
    >
  | Base<'setAttributes', AccountFields, AccountChange>
  | Base<'clearAttributes', AccountFields, AccountChange>
  | Base<'createGroup', null, GroupFields & { readonly name: string; readonly fedBy: readonly SourceKey[] }>
  | Base<'updateGroup', GroupFields, GroupFields>
  | Base<'addMembers', { readonly members: readonly string[] }, { readonly members: readonly NewMember[] }>
  | Base<'removeMember', MembershipState & { readonly is_group_admin?: true }, MembershipState>
  | Base<
      'setGroupAdmin',
      MembershipState & { readonly is_group_admin: boolean },
      MembershipState & { readonly is_group_admin: boolean }
    >
  | Base<'inviteUser', null, NewInvite>
  /** The old invite goes and a new one takes its place, since none can be prolonged. */
  | Base<'reissueInvite', InviteRef, NewInvite>
  | Base<'revokeInvite', { readonly pending: true }, { readonly pending: false }>
  | Base<
      'addInvitesToGroup',
      { readonly invites: readonly string[] },
      { readonly invites: readonly NewInviteMember[] }
    >
  | Base<'removeInviteFromGroup', InviteMembership, InviteMembership>
  | Base<
      'createAttribute',
      null,
      { readonly name: string; readonly label: string; readonly data_type: string }
    >
  /** `members`: ids of the accounts in it, which are all ours. */
  | Base<'deleteGroup', { readonly name: string; readonly members: readonly string[] }, null>
  | Base<'grantAccess', GrantState, GrantState & { readonly level: GrantLevel }>
  | Base<'revokeAccess', GrantState & { readonly level: GrantLevel }, GrantState & { readonly level: null }>
  | Base<'decideAccessRequest', { readonly status: 'PENDING' }, { readonly status: 'APPROVED' | 'DENIED' }>;

export type OperationKind = Operation['kind'];

/** The operation of one kind. */
export type OperationOf<Kind extends OperationKind> = Extract<Operation, { readonly kind: Kind }>;
