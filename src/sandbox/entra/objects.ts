import type { Properties } from './properties.ts';

/** A user; properties carry Graph's names. A deleted one keeps its memberships until it is restored. */
export interface EntraUser {
  readonly kind: 'user';
  readonly id: string;
  readonly state: 'present' | 'deleted';
  readonly properties: Properties;
}

/** A group and the ids of its direct members, of whatever type. */
export interface EntraGroup {
  readonly kind: 'group';
  readonly id: string;
  readonly properties: Properties;
  readonly members: ReadonlySet<string>;
}

export interface EntraDevice {
  readonly kind: 'device';
  readonly id: string;
  readonly properties: Properties;
}

/** What can be a member of a group. */
export type DirectoryObject = EntraUser | EntraGroup | EntraDevice;
