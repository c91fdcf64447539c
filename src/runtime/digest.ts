import { createHash } from 'node:crypto';
import { canonicalJson } from '../model/canonical.ts';

/** sha256, in hex, of a value's canonical JSON (RFC 8785). */
export function digestOf(value: unknown): string {
  return createHash('sha256').update(canonicalJson(value), 'utf8').digest('hex');
}
