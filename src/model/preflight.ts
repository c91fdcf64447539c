/** A release of Retool: major and minor number. */
export type ReleaseNumber = readonly [major: number, minor: number];

/** What a configuration may ask for that came to Retool later than the API itself. */
export type Feature = 'attributes' | 'invites' | 'grants' | 'attributeDefinitions';

/** The release as the target states it. */
export type Release =
  | {
      readonly state: 'known';
      readonly number: ReleaseNumber;
      /** The oldest release that is known to fit, when this one is older. */
      readonly olderThan: ReleaseNumber | null;
      /** What came later. */
      readonly lacks: readonly { readonly feature: Feature; readonly since: ReleaseNumber }[];
    }
  | { readonly state: 'unknown'; readonly because: string };

/**
 * What a route of the API is to this token. `plan`: the organisation's plan leaves it out. `scope`: the token may not.
 * `missing`: there is no such route, or a page in its place. `failed`: it cannot be told.
 */
export type RouteState = 'open' | 'plan' | 'scope' | 'missing' | 'failed';

/** One route that runs read. */
export interface RouteSeen {
  /** For example `users`, of `GET /users`. */
  readonly name: string;
  readonly state: RouteState;
  /** What was answered, and what to do about it; null when it is open. */
  readonly trouble: Trouble | null;
}

export interface Trouble {
  readonly text: string;
  readonly remedy: string | null;
}

/** Whether logins write what the bridge writes. `none`: single sign-on is not configured where the API can see it. */
export type Logins =
  | { readonly state: 'seen'; readonly setMemberships: boolean; readonly makeAccounts: boolean }
  | { readonly state: 'none' }
  | { readonly state: 'unseen'; readonly because: string; readonly lacksScope: boolean };

/** Whose token the bridge uses. `unseen`: it cannot be told from here. */
export type TokenOwner =
  | { readonly state: 'known'; readonly userId: string }
  | { readonly state: 'unseen'; readonly because: string };

/** What can be told about a target before a run. */
export interface Preflight {
  readonly release: Release;
  /** Set when the token is not accepted; nothing else was asked then. */
  readonly refused: Trouble | null;
  readonly routes: readonly RouteSeen[];
  readonly logins: Logins;
}

/** What was found out about a target with the token in use; null: not yet. */
export interface Known {
  readonly tokenOwner: TokenOwner | null;
  readonly release: Release | null;
  readonly logins: Logins | null;
}

export const nothingKnown: Known = { tokenOwner: null, release: null, logins: null };

/** Remembers what was found out, so that runs need not ask again. */
export interface TargetKnowledge {
  recall(): Known;
  remember(part: Partial<Known>): void;
}

/** The part of a state that holds it: of one token, known by its digest, at a time. */
export interface KnownMemory {
  /** null when nothing was found out with this token. */
  known(token: string): Known | null;
  saveKnown(token: string, known: Known): void;
}
