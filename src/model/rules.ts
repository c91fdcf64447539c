/** What access can be granted to. */
export type ObjectType = 'folder' | 'app' | 'resource' | 'resource_configuration';

/** What a grant lets somebody do. */
export type GrantLevel = 'use' | 'edit' | 'own';

/** Retool's universal access levels of a group, under the configuration's names. */
export interface AccessLevels {
  readonly apps: 'none' | 'use' | 'edit' | 'own';
  readonly resources: 'none' | 'use' | 'edit' | 'own';
  readonly workflows: 'none' | 'use' | 'edit' | 'own';
  readonly queryLibrary: 'none' | 'use' | 'edit';
}

/** What members of a group may see and do beside its access levels, under the configuration's names. */
export interface GroupFlags {
  readonly userList?: boolean;
  readonly auditLog?: boolean;
  readonly unpublishedRelease?: boolean;
  readonly usageAnalytics?: boolean;
  readonly theme?: boolean;
  readonly accountDetails?: boolean;
}

/** Access to one object, called by its name, that a rule gives its Retool group. */
export interface GrantRule {
  readonly type: ObjectType;
  /** A name, a folder's path, or an id. `${name}` as in `to`. */
  readonly object: string;
  readonly level: GrantLevel;
}

/** How somebody who needs an account gets one. */
export type Provision = 'users' | 'invites';

/** What a group rule looks at: source groups by a pattern of the name, one source group by id, or people by expression. */
export type GroupSelector =
  | { readonly by: 'pattern'; /** RE2 over the whole display name. */ readonly pattern: string }
  | { readonly by: 'id'; readonly id: string }
  | { readonly by: 'when'; /** CEL over a person. */ readonly expression: string };

/** One entry of `mapping.groups`. */
export interface GroupRule {
  /** How reports name the rule, for example `groups[0]`. */
  readonly name: string;
  readonly select: GroupSelector;
  /** Only groups (or people) of this source; null: of all. */
  readonly source: string | null;
  /** The Retool group's name; `${name}` stands for a named group of the pattern. */
  readonly to: string;
  /** Whether a missing Retool group is created. */
  readonly create: boolean;
  /** The access settings kept on the Retool group; null: not managed. */
  readonly access: AccessLevels | null;
  /** Display name of the source group whose members become group admins; `${name}` as in `to`. */
  readonly admins: string | null;
  /** How its people get accounts; absent: as everybody. */
  readonly provision?: Provision;
  /** Flags kept on the Retool group; absent: not managed. */
  readonly flags?: GroupFlags;
  /** The app its members land on, by name or id; null: none. Absent: not managed. */
  readonly landingPage?: string | null;
  /** Access kept on single objects; absent: none is managed. */
  readonly grants?: readonly GrantRule[];
}

/** The mapping of one target: how identities become accounts, attributes and memberships. Expressions are CEL. */
export interface MappingRules {
  /** In scope when true; null: everybody. */
  readonly scope: string | null;
  readonly user: {
    readonly email: string;
    readonly first_name: string;
    readonly last_name: string;
    /** null: not managed, `default` on creation. */
    readonly user_type: string | null;
  };
  /** Retool attribute name -> CEL expression. */
  readonly attributes: ReadonlyMap<string, string>;
  readonly groups: readonly GroupRule[];
  /** How whoever needs an account gets one, unless a group rule says otherwise. Absent: `users`. */
  readonly provision?: Provision;
  /** Source ids, the one that wins first. */
  readonly precedence: readonly string[];
  readonly names: { readonly tooLong: 'cut' | 'skip'; readonly blank: 'fromEmail' | 'skip' };
}

/** Why a managed account loses its access. */
export type LeaverReason = 'inactive' | 'gone' | 'outOfScope';

/** What happens to leavers, per reason. */
export type LeaverRules = Readonly<Record<LeaverReason, LeaverRule>>;

/** `afterMs`: disable, but only so long after the reason was first seen; coming back before ends the wait. */
export type LeaverRule = 'disable' | 'keep' | { readonly afterMs: number };

/** Which operation kinds a run may contain. */
export type PolicyName = 'create-only' | 'upsert-only' | 'sync';

/** Everything besides the mapping that decides what a plan may contain. */
export interface Policy {
  readonly policy: PolicyName;
  readonly leavers: LeaverRules;
  readonly memberships: 'owned' | 'authoritative' | 'additive';
  readonly adopt: 'email' | 'none';
  readonly adoptMemberships: 'called-for' | 'none';
  readonly reactivate: 'ours' | 'all';
  /** What happens to a managed value that was changed in Retool while the desired one was not. */
  readonly drift: 'repair' | 'report';
  /** What happens to invites that were not claimed. Absent: two more, and nobody is invited again. */
  readonly invites?: InviteRules;
  /** What happens when a person's address changes at the source. Absent: it is reported. */
  readonly onEmailChange?: 'report' | 'replace';
  /** Whether attributes that the mapping names and Retool lacks are defined there. Absent: never. */
  readonly attributeDefinitions?: 'never' | 'missing';
  /** Whether groups that we made and nothing calls for are deleted. Absent: never. */
  readonly groups?: { readonly delete: 'never' | 'owned' };
  /** Absent: they are left to the admins. */
  readonly accessRequests?: AccessRequestRules;
  /** What happens to accounts that nobody used for so long. Absent: nothing. */
  readonly dormant?: DormantRule;
  readonly protect: {
    /** Folded addresses never written to. */
    readonly users: readonly string[];
    /** Retool group names never written to, beside the built-in ones. */
    readonly groups: readonly string[];
    /** No operation may lower the active admins below this. */
    readonly admins: number;
    /** Built-in groups opened for management. */
    readonly allow: readonly string[];
  };
}

export interface InviteRules {
  /** How often an invite that expired is sent again. */
  readonly reissue: number;
  /** Whether somebody whose invite was revoked or deleted, or ran out for good, is invited again. */
  readonly again: 'never' | 'always';
}

/** What is answered to people who ask for access. */
export interface AccessRequestRules {
  readonly inScope: 'approve' | 'leave';
  readonly outOfScope: 'deny' | 'leave';
}

export interface DormantRule {
  /** Since the last sign-in, milliseconds. */
  readonly afterMs: number;
  readonly action: 'report' | 'disable';
}

/** A class trips at MORE than max(count, percent of what we manage of it). */
export interface CountAndPercent {
  readonly count: number;
  readonly percent: number;
}

/** The guard's limits; see docs/guard.md and docs/adr/0004. Percent are 0 to 100. */
export interface GuardLimits {
  readonly disables: CountAndPercent & { readonly most: number };
  readonly removals: CountAndPercent & { readonly perGroupCount: number; readonly perGroupPercent: number };
  readonly creates: CountAndPercent;
  readonly invites: { readonly count: number };
  readonly updates: CountAndPercent;
  /** What applied runs may take away in a rolling window, as percent of what we manage. */
  readonly windows: readonly { readonly name: string; readonly lengthMs: number; readonly percent: number }[];
}

/** How long things are kept, milliseconds; null: for ever. */
export interface Retention {
  /** Report files, and the run history in the state. */
  readonly reportsMs: number | null;
  /** What names people and serves no run any more. */
  readonly peopleMs: number | null;
  /** The audit chain, from its beginning. */
  readonly auditMs: number | null;
}
