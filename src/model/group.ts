import type { JsonObject } from './json.ts';

/** A group as one source tells it (RFC 7643 section 4.2), its nesting already flattened by the adapter. */
export interface Group {
  /** The source's own immutable id. */
  readonly externalId: string;
  readonly displayName: string;
  /** `externalId`s of the people in it, each once, whatever their status. */
  readonly members: readonly string[];
  /**
   * Those members who are in it only through groups inside it, as far as the source tells, with the names of the
   * groups in between, outermost first. Absent when there are none; for explanations, never for decisions.
   */
  readonly through?: readonly NestedMember[];
  /** The provider's own attributes under their own names; a null-prototype object. */
  readonly extra: JsonObject;
}

/** A member of a group through other groups. */
export interface NestedMember {
  readonly member: string;
  readonly groups: readonly string[];
}
