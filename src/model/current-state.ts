import { canonicalJson } from './canonical.ts';
import type { UserType } from './desired-state.ts';
import type { JsonObject } from './json.ts';
import type { TokenOwner } from './preflight.ts';
import type { AccessLevels, GrantLevel, GroupFlags, ObjectType } from './rules.ts';

/** One Retool user as read this run. */
export interface CurrentUser {
  /** Opaque, `user_…`. */
  readonly id: string;
  /** As stored by Retool. */
  readonly email: string;
  readonly firstName: string | null;
  readonly lastName: string | null;
  readonly active: boolean;
  readonly isAdmin: boolean;
  readonly userType: UserType | null;
  /** The whole metadata object; attribute values live in it. */
  readonly metadata: JsonObject;
  /** ISO 8601; null before the first login. */
  readonly lastActive: string | null;
  /** Set when the API token in use belongs to this account: it is never written to. */
  readonly ownsToken?: true;
  /** Set when no request can carry its id: it takes its address, and nothing is done to it. */
  readonly unusable?: true;
}

/**
 * An account's attribute as text, which is what the bridge writes; null when it has no value. Retool stores whatever
 * was written, so that others may have left a number or an object there.
 */
export function attributeText({ metadata }: Pick<CurrentUser, 'metadata'>, name: string): string | null {
  const value = metadata[name];
  if (value === undefined || value === null) return null;
  return typeof value === 'string' ? value : canonicalJson(value);
}

/** One Retool group as read this run. */
export interface CurrentGroup {
  /** Decimal digits. */
  readonly id: string;
  readonly name: string;
  /** User id -> whether a group admin. Disabled accounts may still be listed. */
  readonly members: ReadonlyMap<string, { readonly groupAdmin: boolean }>;
  /** null when the reply did not state all four levels. */
  readonly access: AccessLevels | null;
  /** Its flags, as far as the reply stated them. */
  readonly flags?: GroupFlags;
  /** The id of the app its members land on; null for none. Absent: not stated. */
  readonly landingPage?: string | null;
}

/** One pending or claimed invite; its link is a credential and dropped at the edge. */
export interface CurrentInvite {
  /** Decimal digits. */
  readonly id: string;
  /** As stored by Retool. */
  readonly email: string;
  readonly claimed: boolean;
  /** What Retool says of who claimed it: an account's id, or an address; null when it does not say. */
  readonly claimedBy: string | null;
  /** ISO 8601: from then on its link is dead. */
  readonly expiresAt: string | null;
  /** Ids of the groups that whoever claims it joins. */
  readonly groups: ReadonlySet<string>;
  /** What the account of whoever claims it begins with; attribute values live in it. */
  readonly metadata: JsonObject;
}

/** Whether an invite can no longer be claimed at `now`, epoch milliseconds. */
export function isExpired({ expiresAt }: CurrentInvite, now: number): boolean {
  return expiresAt !== null && Date.parse(expiresAt) <= now;
}

/** One folder, app, resource or resource configuration of the target. */
export interface CatalogueObject {
  readonly type: ObjectType;
  readonly id: string;
  /** A configuration's: the name of its resource, a slash, and that of its environment. */
  readonly name: string;
  /** Folders: names from the root down, joined by slashes; others: the same as `name`. */
  readonly path: string;
}

/** Access that a group was given directly. */
export interface Grant {
  readonly type: ObjectType;
  readonly id: string;
  readonly level: GrantLevel;
}

/** Somebody without an account who asks to be let in. */
export interface AccessRequest {
  /** Decimal digits. */
  readonly id: string;
  readonly email: string;
  readonly status: 'PENDING' | 'APPROVED' | 'DENIED';
}

/** One organisation-wide attribute definition. */
export interface AttributeDefinition {
  readonly name: string;
  readonly dataType: string;
  readonly defaultValue: string | null;
}

/**
 * Whether a list was there to be read. `hidden`: the organisation's plan leaves it out of the API, so the list is
 * empty here and its emptiness says nothing: nobody may be taken for missing because of it.
 */
export type ListVisibility = 'visible' | 'hidden';

/** The lists that a plan of Retool may leave out of the API. */
export interface Visibility {
  readonly users: ListVisibility;
  /** With their members. */
  readonly groups: ListVisibility;
}

export const allVisible: Visibility = { users: 'visible', groups: 'visible' };

/** What the target held when it was read: a read either yields all that there is to see or throws. */
export interface CurrentState {
  readonly visible: Visibility;
  /** Whose token it was read with; absent when nobody asked, or nobody answered. */
  readonly tokenOwner?: TokenOwner;
  readonly users: readonly CurrentUser[];
  readonly groups: readonly CurrentGroup[];
  readonly invites: readonly CurrentInvite[];
  readonly attributes: readonly AttributeDefinition[];
  /** What names of objects stand for. Absent: not read, since no rule grants anything. */
  readonly catalogue?: readonly CatalogueObject[];
  /** Direct grants by group id, of the groups that were asked about. */
  readonly grants?: ReadonlyMap<string, readonly Grant[]>;
  /** Those that wait for an answer. Absent: not read, since no rule answers them. */
  readonly accessRequests?: readonly AccessRequest[];
  /** When the read began and ended, epoch milliseconds. */
  readonly readAt: { readonly began: number; readonly ended: number };
}
