import { createHash } from 'node:crypto';

/**
 * Everything here is a pure function of a name: the same sequence of requests meets the same ids,
 * so that a run against the stand-in can be repeated exactly.
 */

function digest(name: string): string {
  return createHash('sha256').update(name).digest('hex');
}

/** A user id in the form seen in real organisations: `user_` and 32 hexadecimal digits. */
export function userIdFrom(sequence: number): string {
  return `user_${digest(`user ${sequence}`).slice(0, 32)}`;
}

/** A Space id in the form seen in real organisations: `org_` and 32 hexadecimal digits. */
export function spaceIdFrom(name: string): string {
  return `org_${digest(`space ${name}`).slice(0, 32)}`;
}

/** A UUID of version 4's shape (RFC 9562 §5.4), made from a name. */
export function uuidFrom(name: string): string {
  const hex = digest(name);
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `4${hex.slice(13, 16)}`,
    `8${hex.slice(17, 20)}`,
    hex.slice(20, 32),
  ].join('-');
}

/** A key whose order has nothing to do with the order of ids, addresses or creation. */
export function listingKey(id: string): string {
  return digest(`listing ${id}`).slice(0, 16);
}

/** The form in which two addresses that differ in letter case only are equal. */
export function foldEmail(email: string): string {
  return email.toUpperCase().toLowerCase();
}

/** An API timestamp from epoch milliseconds. */
export function timestamp(at: number): string {
  return new Date(at).toISOString();
}
