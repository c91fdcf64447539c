import { createHmac } from 'node:crypto';
import { foldAddress } from '../../mapping/address.ts';
import { isBlank } from '../../mapping/names.ts';
import type { Json, JsonObject } from '../../model/json.ts';

/** What stands in the place of personal data: the same for the same text, and of no use without the key. */
export interface Pseudonyms {
  /** Any text: an address stays an address of its domain, digits stay digits, and a long text stays as long. */
  text(value: string): string;
  /** A source's own id. */
  id(value: string): string;
  /** A Retool user id. */
  account(value: string): string;
  /** Every text in it, at any depth; its names stay. */
  object(value: JsonObject): JsonObject;
}

export interface PseudonymParts {
  /** Secret and made for one bundle alone, so that nobody can try names out. */
  readonly key: string;
  /** Texts that stay, since the configuration names them: without them its rules could not be followed. */
  readonly keep: ReadonlySet<string>;
}

/** Characters of a pseudonym that no length asks for. */
const shortest = 12;

export function createPseudonyms({ key, keep }: PseudonymParts): Pseudonyms {
  const known = new Map<string, string>();

  function hashOf(value: string): string {
    const hash = known.get(value) ?? createHmac('sha256', key).update(value, 'utf8').digest('hex');
    known.set(value, hash);
    return hash;
  }

  function text(value: string): string {
    if (keep.has(value) || isBlank(value)) return value;
    const address = foldAddress(value);
    if (address !== null) return addressLike(address);
    if (/^\d+$/.test(value)) return digitsLike(value);
    return `x${hashOf(value).repeat(Math.ceil(value.length / 64))}`.slice(
      0,
      Math.max(shortest, value.length),
    );
  }

  /** The domain stays, since scopes are told by it. */
  function addressLike(address: string): string {
    const at = address.indexOf('@');
    return `p${hashOf(address.slice(0, at)).slice(0, shortest)}${address.slice(at)}`;
  }

  function digitsLike(value: string): string {
    const digits = [...hashOf(value)].map((digit) => String(Number.parseInt(digit, 16) % 10)).join('');
    return digits.repeat(Math.ceil(value.length / 64)).slice(0, value.length);
  }

  function part(value: Json): Json {
    if (typeof value === 'string') return text(value);
    if (typeof value === 'number')
      return Number(digitsLike(String(Math.trunc(Math.abs(value))).slice(0, 15)));
    if (Array.isArray(value)) return value.map(part);
    return typeof value === 'object' && value !== null ? object(value as JsonObject) : value;
  }

  function object(value: JsonObject): JsonObject {
    const parts: Record<string, Json> = Object.create(null);
    for (const [name, inner] of Object.entries(value)) parts[name] = part(inner);
    return parts;
  }

  return {
    text,
    object,
    id: (value) => (keep.has(value) ? value : `e${hashOf(value).slice(0, shortest)}`),
    account: (value) => `user_${hashOf(value).slice(0, 32)}`,
  };
}
