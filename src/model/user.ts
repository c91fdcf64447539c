import type { JsonObject } from './json.ts';

/** A value of `emails` (RFC 7643 section 4.1.2). */
export interface Email {
  readonly value: string;
  readonly type?: string;
  readonly primary?: boolean;
}

/** Parts of a person's name (RFC 7643 section 4.1.1, `name`). */
export interface Name {
  readonly formatted?: string;
  readonly givenName?: string;
  readonly familyName?: string;
  readonly middleName?: string;
  readonly honorificPrefix?: string;
  readonly honorificSuffix?: string;
}

/** A person's manager (RFC 7643 section 4.3). */
export interface Manager {
  readonly value?: string;
  readonly displayName?: string;
}

/** The enterprise extension (RFC 7643 section 4.3). */
export interface Enterprise {
  readonly employeeNumber?: string;
  readonly costCenter?: string;
  readonly organization?: string;
  readonly division?: string;
  readonly department?: string;
  readonly manager?: Manager;
}

/**
 * An identity: one person as one source tells it, before mapping. The shape is a SCIM 2.0 User
 * (RFC 7643 section 4.1) with its enterprise extension, plus `email` and `extra`. A fact that the
 * source does not state is absent, never null or empty; parts of a name alone may be empty text.
 */
export interface User {
  /** The source's own immutable id (RFC 7643 section 3.1, `externalId`); never an address. */
  readonly externalId: string;
  /** SCIM's Boolean administrative status: whether the source lets this person sign in. */
  readonly active: boolean;
  /**
   * Why nobody can tell whether this person may sign in; `active` is then true, so that whoever does not look here
   * takes nothing away. Absent where the source says it.
   */
  readonly unjudged?: string;
  readonly userName?: string;
  /** The primary address as the source writes it, derived by the adapter; absent when there is none. */
  readonly email?: string;
  readonly emails?: readonly Email[];
  readonly name?: Name;
  readonly displayName?: string;
  readonly nickName?: string;
  readonly title?: string;
  readonly userType?: string;
  readonly preferredLanguage?: string;
  readonly locale?: string;
  readonly timezone?: string;
  readonly enterprise?: Enterprise;
  /** The provider's own attributes under their own names; a null-prototype object. */
  readonly extra: JsonObject;
}
