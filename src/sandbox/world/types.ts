/** Okta's user statuses that last (Okta: `UserStatus`; `ACTIVATING` shows only between two of them). */
export type OktaStatus =
  | 'ACTIVE'
  | 'DEPROVISIONED'
  | 'LOCKED_OUT'
  | 'PASSWORD_EXPIRED'
  | 'PROVISIONED'
  | 'RECOVERY'
  | 'STAGED'
  | 'SUSPENDED';

/** A person's user at Okta. */
export interface OktaPresence {
  readonly id: string;
  readonly status: OktaStatus;
}

/** A person's user at Entra. */
export interface EntraPresence {
  readonly id: string;
  readonly enabled: boolean;
  readonly userType: 'Member' | 'Guest';
  /** The address, or for a guest the address mangled around `#EXT#`. */
  readonly userPrincipalName: string;
  /** Null for some, as in many real tenants; may be written with capitals. */
  readonly mail: string | null;
}

/** Someone who works at, or for, Acme. */
export interface Person {
  /** Lower case and unique; the same at every provider that knows the person. */
  readonly email: string;
  readonly given: string;
  readonly family: string;
  readonly department: string;
  readonly title: string;
  /** Unique, such as `E10001`. */
  readonly employeeNumber: string;
  /** The manager's address; null for the one at the top. */
  readonly manager: string | null;
  /** Epoch milliseconds, whole seconds. */
  readonly hiredAt: number;
  /** Null for someone whom Okta does not know. */
  readonly okta: OktaPresence | null;
  /** Null for someone whom Entra does not know. */
  readonly entra: EntraPresence | null;
  /** The source groups named `retool-…` (Okta) and `Retool …` (Entra) that hold the person, directly or through a nested group. */
  readonly retoolGroups: readonly string[];
}

/** A group of Okta users. */
export interface OktaWorldGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  /** Okta ids of users, deactivated ones included. */
  readonly members: readonly string[];
}

/** An application at Okta and who is assigned to it. */
export interface OktaWorldApp {
  readonly id: string;
  readonly label: string;
  /** Ids of assigned groups, highest priority first. */
  readonly groups: readonly string[];
  /** Ids of users assigned on their own. */
  readonly users: readonly string[];
}

/** A security group at Entra; its members may be users, groups and devices. */
export interface EntraWorldGroup {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly users: readonly string[];
  readonly groups: readonly string[];
  readonly devices: readonly string[];
}

/** A device that is registered at Entra. */
export interface EntraWorldDevice {
  readonly id: string;
  readonly name: string;
}

/** An enterprise application at Entra and who is assigned to it. */
export interface EntraWorldApp {
  /** The service principal's id. */
  readonly id: string;
  readonly appId: string;
  readonly name: string;
  readonly roles: readonly { readonly id: string; readonly name: string }[];
  /** `role` is null for default access. */
  readonly assignments: readonly {
    readonly principal: string;
    readonly kind: 'User' | 'Group';
    readonly role: string | null;
  }[];
}

/** A Retool account as the world starts with it. */
export interface RetoolWorldUser {
  readonly email: string;
  readonly firstName: string;
  readonly lastName: string;
  readonly active: boolean;
  readonly admin: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The Retool organisation as the world starts with it: the work of people, before any bridge. */
export interface RetoolWorld {
  readonly users: readonly RetoolWorldUser[];
  /** Members are addresses. */
  readonly groups: readonly { readonly name: string; readonly members: readonly string[] }[];
  readonly userAttributes: readonly {
    readonly name: string;
    readonly label: string;
    readonly dataType: 'string';
  }[];
}

/** A company, its two identity providers and its Retool organisation at one moment. */
export interface World {
  readonly seed: number;
  /** The company's mail domain. */
  readonly domain: string;
  /** In the order in which they joined. */
  readonly people: readonly Person[];
  readonly okta: { readonly groups: readonly OktaWorldGroup[]; readonly app: OktaWorldApp };
  readonly entra: {
    readonly groups: readonly EntraWorldGroup[];
    readonly devices: readonly EntraWorldDevice[];
    readonly app: EntraWorldApp;
  };
  readonly retool: RetoolWorld;
}

/** How big a world is to be, and which one of that size. */
export interface WorldOptions {
  /** People at Okta and Entra together; default 200. */
  readonly users?: number;
  /** Groups of both providers together, without Okta's `Everyone`; default 20. */
  readonly groups?: number;
  /** A whole number; default 1. */
  readonly seed?: number;
}
