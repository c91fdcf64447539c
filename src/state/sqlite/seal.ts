import { crc32 } from 'node:zlib';
import { Damage } from './errors.ts';

/** What a column can hold. */
export type Sealed = string | number | null;

/**
 * The checksum kept in each row that a plan rests on. SQLite checks the structure of its pages, not what
 * is in them: without it, a flipped bit in an id would read as another person, and theirs as gone.
 */
export function sealOf(...values: readonly Sealed[]): number {
  // Joining would write an absent value like an empty one.
  return crc32(values.includes(null) ? JSON.stringify(values) : values.join('\u0000'));
}

/** Throws {@link Damage} unless `seal` is the checksum of `values`. */
export function checkSeal(table: string, seal: number | null, ...values: readonly Sealed[]): void {
  if (seal !== sealOf(...values)) throw new Damage(`a row of "${table}" is not as it was written`);
}
