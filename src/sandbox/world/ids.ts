import type { Random } from './random.ts';

const BASE62 = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const HEX = '0123456789abcdef';

/** An Okta id of 20 characters; the number, which must be unique per prefix, makes the id so. */
export function oktaId(prefix: string, number: number, random: Random): string {
  return prefix + random.text(11, BASE62) + number.toString(36).padStart(6, '0');
}

/** A version 4 UUID (RFC 9562 §5.4); the number, which must be unique, makes the UUID so. */
export function entraId(number: number, random: Random): string {
  const tail = random.text(4, HEX) + number.toString(16).padStart(8, '0');
  const variant = random.text(1, '89ab');
  return `${random.text(8, HEX)}-${random.text(4, HEX)}-4${random.text(3, HEX)}-${variant}${random.text(3, HEX)}-${tail}`;
}
